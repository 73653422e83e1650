//! What happens to every byte of a cookie on every request.
//!
//! A crate of its own, without generic functions, so that it alone is compiled for speed while the
//! decisions are compiled for size: a profile applies to the crate in which code is generated, and the
//! ciphers' generic code would be generated in the crate that calls it. Nothing here is inlined there,
//! for the same reason.

#![cfg_attr(not(test), no_std)]

extern crate alloc;

pub mod aead;
pub mod base64url;
pub mod bytes;
