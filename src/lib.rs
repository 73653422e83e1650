//! tokenkeep keeps a signed-in user's access and refresh tokens alive on the server.
//!
//! This crate decides; it never does. Each call takes the time, the entropy and what happened since
//! the last call, and returns everything the caller must do next. It reads no clock, draws no
//! randomness, performs no I/O and remembers no promise. An effect that was not returned does not
//! happen; an effect that was returned is performed and reported back.

#[cfg(not(any(feature = "server", feature = "browser")))]
compile_error!("one of the features `server` and `browser` is needed");

pub mod clock_skew;
mod decimal;
pub mod entropy;
pub mod error;
pub mod expiry;
pub mod flight;
pub mod http;
pub mod json;
pub mod json_body;
pub mod jwt;
#[cfg_attr(not(feature = "server"), allow(dead_code, reason = "pages have no keys"))]
mod key_derivation;
pub mod manager;
pub mod policy;
pub mod provider;
pub mod rotation;
pub mod secret;
pub mod session;
pub mod step;
mod text;
pub mod time;
pub mod token_set;
#[cfg(target_arch = "wasm32")]
mod wasm;
