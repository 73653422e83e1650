//! The per-request call: cookies in, session state out, through two static buffers.
//!
//! JavaScript encodes the `Cookie` header into the input buffer and reads the session from the output
//! buffer, little-endian:
//!
//! | offset | field |
//! |---:|---|
//! | 0 | expiry on our clock, f64 epoch milliseconds; NaN: not known, or never |
//! | 8 | when it was sealed, f64 epoch milliseconds |
//! | 16 | generation, u32 |
//! | 20 | length of the access token, u32 |
//! | 24 | length of the application's data, u32; 0: none |
//! | 28 | instance that sealed it, 8 bytes |
//! | 36 | session id, 22 characters |
//! | 58 | access token, then the application's data, UTF-8 |

#![allow(unsafe_code)]

use tokenkeep_primitives::bytes::copy_into;
use wasm_bindgen::prelude::*;

use super::convert::clock;
use super::server::TokenManager;
use crate::manager::Opened;
use crate::policy::Decision;
use crate::secret::Secret;
use crate::session::Session;
use crate::step::EndReason;
use crate::time::{Clock, UnixMillis};

/// Node accepts 16 KiB of headers by default; nobody needs more.
const CAPACITY: usize = 64 * 1024;
const HEAD: usize = 58;

type Buffer = [u8; CAPACITY];

static mut INPUT: Buffer = [0; CAPACITY];
static mut OUTPUT: Buffer = [0; CAPACITY];

/// Where JavaScript writes the `Cookie` header.
#[wasm_bindgen(js_name = inputBuffer)]
pub fn input_buffer() -> *const u8 {
    (&raw const INPUT).cast()
}

/// How many bytes of it there are.
#[wasm_bindgen(js_name = inputCapacity)]
pub fn input_capacity() -> usize {
    CAPACITY
}

/// Where JavaScript reads the session.
#[wasm_bindgen(js_name = outputBuffer)]
pub fn output_buffer() -> *const u8 {
    (&raw mut OUTPUT).cast()
}

#[wasm_bindgen]
impl TokenManager {
    /// Opens the session in the first `length` bytes of the input. 0 absent, 1 unreadable, 2 ended,
    /// 3 fresh, 4 due, 5 expired; from 3 on the output holds the session.
    pub fn open(&self, length: usize, now: f64, skew_ms: f64) -> u32 {
        // SAFETY: one thread runs in this memory, and neither buffer is borrowed outside this call:
        // JavaScript reads and writes them only between calls.
        let (input, output) = unsafe {
            (&*input_buffer().cast::<Buffer>(), &mut *output_buffer().cast::<Buffer>().cast_mut())
        };
        let clock = clock(now, skew_ms);
        let cookies = input.get(..length).and_then(|bytes| core::str::from_utf8(bytes).ok());
        match self.core.open(cookies.unwrap_or_default(), clock) {
            Ok(Opened { session, decision, .. }) => match write(&session, clock, output) {
                Some(()) => code(decision),
                None => 1,
            },
            Err(EndReason::Absent) => 0,
            Err(EndReason::Unreadable) => 1,
            Err(_) => 2,
        }
    }
}

fn code(decision: Decision) -> u32 {
    match decision {
        Decision::Ended => 2,
        Decision::Fresh => 3,
        Decision::Eager(_) => 4,
        Decision::Required(_) => 5,
    }
}

/// `None` if the session does not fit, which a cookie that fitted the input cannot bring about.
fn write(session: &Session, clock: Clock, output: &mut [u8]) -> Option<()> {
    let tokens = &session.tokens;
    let token = tokens.access_token.expose().as_bytes();
    let data = session.data.as_ref().map_or("", Secret::expose).as_bytes();
    let expires_at = tokens.expires_at.map_or(f64::NAN, |at| float(at - clock.skew_ms));
    let mut head = Vec::with_capacity(HEAD);
    head.extend(expires_at.to_le_bytes());
    head.extend(float(session.sealed_at).to_le_bytes());
    head.extend(session.generation.to_le_bytes());
    head.extend(u32::try_from(token.len()).ok()?.to_le_bytes());
    head.extend(u32::try_from(data.len()).ok()?.to_le_bytes());
    head.extend(session.instance);
    head.extend(session.id.text().as_bytes());
    let mut at = 0;
    for part in [&head, token, data] {
        at += copy_into(part, output.get_mut(at..)?)?;
    }
    Some(())
}

fn float(at: UnixMillis) -> f64 {
    at.0 as f64
}
