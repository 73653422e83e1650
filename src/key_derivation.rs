//! HKDF-SHA-256 ([RFC 5869](https://www.rfc-editor.org/rfc/rfc5869.html)): every key and every
//! random-looking byte of this crate comes from here.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

const HASH_LEN: usize = 32;

/// Derives `N` bytes from `secret`. Different `info` (its parts are concatenated) gives independent bytes.
///
/// The salt is left out, as RFC 5869 §3.1 allows: `secret` is a key already, not a password.
pub(crate) fn derive<const N: usize>(secret: &[u8], info: &[&[u8]]) -> Zeroizing<[u8; N]> {
    const { assert!(N <= 255 * HASH_LEN, "HKDF-SHA-256 gives at most 255 blocks") };
    let mut bytes = Zeroizing::new([0; N]);
    let no_salt = [0; HASH_LEN];
    expand(&finish(keyed(&no_salt).chain_update(secret)), info, bytes.as_mut_slice());
    bytes
}

/// RFC 5869 §2.3.
fn expand(key: &[u8; HASH_LEN], info: &[&[u8]], out: &mut [u8]) {
    let mut block = Zeroizing::new([0; HASH_LEN]);
    for (number, part) in (1..=u8::MAX).zip(out.chunks_mut(HASH_LEN)) {
        let mut mac = keyed(key);
        if number > 1 {
            mac.update(block.as_slice());
        }
        info.iter().for_each(|text| mac.update(text));
        mac.update(&[number]);
        block = finish(mac);
        part.iter_mut().zip(*block).for_each(|(to, from)| *to = from);
    }
}

/// HMAC-SHA-256 with a key that is a hash, filled with zeros up to the length of a block as
/// [RFC 2104 §2](https://www.rfc-editor.org/rfc/rfc2104.html#section-2) has it.
fn keyed(key: &[u8; HASH_LEN]) -> Hmac<Sha256> {
    let mut block = Zeroizing::new([0; 64]);
    block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    Hmac::new((&*block).into())
}

fn finish(mac: Hmac<Sha256>) -> Zeroizing<[u8; HASH_LEN]> {
    Zeroizing::new(mac.finalize().into_bytes().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_hkdf_of_rfc_5869_appendix_a_3() {
        let bytes = derive::<42>(&[0x0b; 22], &[]);
        assert_eq!(bytes[..8], [0x8d, 0xa4, 0xe7, 0x75, 0xa5, 0x63, 0xc1, 0x8f]);
        assert_eq!(bytes[34..], [0x9d, 0x20, 0x13, 0x95, 0xfa, 0xa4, 0xb6, 0x1a, 0x96, 0xc8][2..]);
    }
}
