//! Copies of bytes.

/// Writes the bytes to the front of `out` and gives their number. `None`: too short.
///
/// Compiled here, the copy needs no panic for lengths that differ, nor the formatting of one.
#[must_use]
pub fn copy_into(bytes: &[u8], out: &mut [u8]) -> Option<usize> {
    out.get_mut(..bytes.len())?.copy_from_slice(bytes);
    Some(bytes.len())
}
