//! Sessions to test with.

use tokenkeep::secret::Secret;
use tokenkeep::session::key_ring::KeyRing;
use tokenkeep::session::{Session, SessionId};
use tokenkeep::time::UnixMillis;
use tokenkeep::token_set::TokenSet;

pub const SECRET: &str = "a secret of at least thirty-two bytes";

#[expect(clippy::unwrap_used, reason = "the secrets of the tests are long enough")]
pub fn ring(secret: &str) -> KeyRing {
    KeyRing::new(&[secret]).unwrap()
}

/// A session of one login, at a generation, with as much data of the app as it takes.
pub fn session(login: u8, generation: u32, data_len: usize) -> Session {
    Session {
        id: SessionId::from_bytes([login; 16]),
        generation,
        provider: "directus".to_owned(),
        instance: [7; 8],
        tokens: TokenSet {
            access_token: Secret::new("eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjE3NjM3NTIwMDB9.c2lnbmF0dXJl"),
            refresh_token: Some(Secret::new(format!("refresh-token-{generation}"))),
            expires_at: Some(UnixMillis(1_763_752_900_000)),
            obtained_at: UnixMillis(1_763_752_000_000),
            scope: None,
        },
        started_at: UnixMillis(1_763_000_000_000 + i64::from(login)),
        sealed_at: UnixMillis(1_763_752_000_001),
        remember: true,
        data: (data_len > 0).then(|| Secret::new("d".repeat(data_len))),
    }
}
