//! Randomness as an argument: the caller draws one seed, the crate makes of it what one call needs.

use core::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

#[cfg(feature = "server")]
use crate::key_derivation::derive;

/// The randomness of one call.
///
/// The same seed gives the same bytes in the same order, so a recorded call can be replayed. A seed
/// must therefore come from a cryptographic generator and must serve one call only: two calls with
/// one seed would seal two plaintexts under one nonce.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Entropy {
    seed: [u8; 32],
    #[cfg(feature = "server")]
    taken: u64,
    #[cfg(not(feature = "server"))]
    taken: usize,
}

impl Entropy {
    /// Takes a fresh 32-byte seed, for example from `crypto.getRandomValues`.
    #[must_use]
    pub const fn new(seed: &[u8; 32]) -> Self {
        Self { seed: *seed, taken: 0 }
    }

    /// The next `N` bytes, at most 8160, independent of all bytes taken before.
    #[cfg(feature = "server")]
    #[must_use]
    pub fn take<const N: usize>(&mut self) -> [u8; N] {
        let bytes =
            derive(&self.seed, &[b"tokenkeep/entropy/v1".as_slice(), &self.taken.to_le_bytes()]);
        self.taken += 1;
        *bytes
    }

    /// The next `N` bytes. In a page nothing is sealed: a call draws two names of 16 bytes at most, and the
    /// seed is long enough for them. What is taken after them repeats.
    #[cfg(not(feature = "server"))]
    #[must_use]
    pub fn take<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        let seed = self.seed.iter().cycle().skip(self.taken);
        bytes.iter_mut().zip(seed).for_each(|(to, from)| *to = *from);
        self.taken += N;
        bytes
    }
}

impl fmt::Debug for Entropy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Entropy(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_take_differs_and_a_replay_gives_the_same() {
        let mut first = Entropy::new(&[7; 32]);
        let mut replay = Entropy::new(&[7; 32]);
        let (one, two): ([u8; 24], [u8; 24]) = (first.take(), first.take());
        assert_ne!(one, two);
        assert_eq!((one, two), (replay.take(), replay.take()));
    }

    #[test]
    fn a_longer_take_is_no_extension_of_an_earlier_shorter_one() {
        let mut entropy = Entropy::new(&[7; 32]);
        let short: [u8; 16] = entropy.take();
        let long: [u8; 64] = entropy.take();
        assert_ne!(short, long[..16]);
    }

    #[test]
    fn debug_output_shows_neither_seed_nor_position() {
        assert_eq!(format!("{:?}", Entropy::new(&[7; 32])), "Entropy(…)");
    }
}
