//! tokenkeep keeps a signed-in user's access and refresh tokens alive on the server.
//!
//! This crate decides; it never does. Each call takes the time, the entropy and what happened since
//! the last call, and returns everything the caller must do next. It reads no clock, draws no
//! randomness, performs no I/O and remembers no promise. An effect that was not returned does not
//! happen; an effect that was returned is performed and reported back.

pub mod clock_skew;
pub mod error;
pub mod expiry;
pub mod http;
pub mod json_body;
pub mod jwt;
pub mod provider;
pub mod secret;
pub mod time;
pub mod token_set;
