//! The layout of what is sealed. Integers are little endian, instants are epoch milliseconds.
//!
//! ```text
//! session   0 i64 expires at      8 i64 obtained at   16 u8 flags
//!          17 u32 generation     21 [16] session id   37 [8] instance
//!          45 i64 started at     53 i64 sealed at     61 fields: access token, refresh token?,
//!                                                        scope?, provider, data?
//! record    0 i64 expires at      8 i64 obtained at   16 u8 flags
//!                                                     17 fields: access token, refresh token?, scope?
//! ```
//!
//! A field is its length (`u16`) and its bytes; flags say which optional fields are there. Tokens are
//! packed by [`token_text`]. Bytes after the last field are ignored, so that a release can
//! append fields and the release before it, still running or rolled back to, reads the rest.

use zeroize::Zeroizing;

use crate::secret::Secret;
use crate::session::seal::TooLarge;
use crate::session::{Session, SessionId, token_text};
use crate::time::UnixMillis;
use crate::token_set::TokenSet;

const HAS_EXPIRY: u8 = 1;
const HAS_REFRESH_TOKEN: u8 = 1 << 1;
const HAS_SCOPE: u8 = 1 << 2;
const HAS_DATA: u8 = 1 << 3;
const REMEMBER: u8 = 1 << 4;

const TOKENS_HEAD_LEN: usize = 17;
const SESSION_HEAD_LEN: usize = 61;
/// What a field costs beside its text: its length, and what a packed token may add.
const FIELD_OVERHEAD: usize = 2 + token_text::OVERHEAD;

/// The fixed part of a session: all that the decision needs, read without allocating.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// When the access token stops working, on the provider's clock. `None`: not known, or never.
    pub expires_at: Option<UnixMillis>,
    /// When the provider issued the tokens, on the provider's clock.
    pub obtained_at: UnixMillis,
    /// Whether the session has a refresh token.
    pub has_refresh_token: bool,
    /// As in [`Session`].
    pub generation: u32,
    /// As in [`Session`].
    pub id: SessionId,
    /// As in [`Session`].
    pub instance: [u8; 8],
    /// As in [`Session`].
    pub started_at: UnixMillis,
    /// As in [`Session`].
    pub sealed_at: UnixMillis,
    /// As in [`Session`].
    pub remember: bool,
}

impl Head {
    /// Reads the head of an unsealed session. `None` if it is too short to be one.
    #[must_use]
    pub fn read(plaintext: &[u8]) -> Option<Self> {
        let mut reader = Reader(plaintext);
        let expires_at = reader.instant()?;
        let obtained_at = reader.instant()?;
        let [flags] = reader.array()?;
        Some(Self {
            expires_at: (flags & HAS_EXPIRY != 0).then_some(expires_at),
            obtained_at,
            has_refresh_token: flags & HAS_REFRESH_TOKEN != 0,
            generation: u32::from_le_bytes(reader.array()?),
            id: SessionId::from_bytes(reader.array()?),
            instance: reader.array()?,
            started_at: reader.instant()?,
            sealed_at: reader.instant()?,
            remember: flags & REMEMBER != 0,
        })
    }
}

/// The packed access token of an unsealed session, for [`token_text::unpack_into`].
#[must_use]
pub fn access_token(plaintext: &[u8]) -> Option<&[u8]> {
    Reader(plaintext.get(SESSION_HEAD_LEN..)?).field()
}

/// The bytes of a session.
///
/// # Errors
/// [`TooLarge`] if a field is longer than 65,535 bytes.
pub fn encode_session(session: &Session) -> Result<Zeroizing<Vec<u8>>, TooLarge> {
    let data = session.data.as_ref().map(Secret::expose);
    let mut flags = token_flags(&session.tokens);
    flags |= flag(HAS_DATA, data.is_some()) | flag(REMEMBER, session.remember);
    let room = SESSION_HEAD_LEN
        + tokens_len(&session.tokens)
        + session.provider.len()
        + data.map_or(0, str::len)
        + 2 * FIELD_OVERHEAD;
    let mut writer = Writer::new(room);
    writer.tokens_head(&session.tokens, flags);
    writer.bytes(&session.generation.to_le_bytes());
    writer.bytes(session.id.as_bytes());
    writer.bytes(&session.instance);
    writer.instant(session.started_at);
    writer.instant(session.sealed_at);
    writer.token_fields(&session.tokens)?;
    writer.text(&session.provider)?;
    data.map_or(Ok(()), |data| writer.text(data))?;
    Ok(writer.0)
}

/// The session in these bytes. `None` if they are no session.
#[must_use]
pub fn decode_session(plaintext: &[u8]) -> Option<Session> {
    let head = Head::read(plaintext)?;
    let (flags, _) = plaintext.get(TOKENS_HEAD_LEN - 1..)?.split_first()?;
    let mut reader = Reader(plaintext.get(SESSION_HEAD_LEN..)?);
    Some(Session {
        id: head.id,
        generation: head.generation,
        instance: head.instance,
        started_at: head.started_at,
        sealed_at: head.sealed_at,
        remember: head.remember,
        tokens: reader.token_fields(head.expires_at, head.obtained_at, *flags)?,
        provider: reader.text()?.to_owned(),
        data: optional(flags & HAS_DATA != 0, || reader.text().map(Secret::new))?,
    })
}

/// The bytes of a token set, for a record.
///
/// # Errors
/// [`TooLarge`] if a field is longer than 65,535 bytes.
pub fn encode_tokens(tokens: &TokenSet) -> Result<Zeroizing<Vec<u8>>, TooLarge> {
    let mut writer = Writer::new(TOKENS_HEAD_LEN + tokens_len(tokens));
    writer.tokens_head(tokens, token_flags(tokens));
    writer.token_fields(tokens)?;
    Ok(writer.0)
}

/// The token set in these bytes. `None` if they are none.
#[must_use]
pub fn decode_tokens(plaintext: &[u8]) -> Option<TokenSet> {
    let mut reader = Reader(plaintext);
    let expires_at = reader.instant()?;
    let obtained_at = reader.instant()?;
    let [flags] = reader.array()?;
    reader.token_fields((flags & HAS_EXPIRY != 0).then_some(expires_at), obtained_at, flags)
}

fn token_flags(tokens: &TokenSet) -> u8 {
    flag(HAS_EXPIRY, tokens.expires_at.is_some())
        | flag(HAS_REFRESH_TOKEN, tokens.refresh_token.is_some())
        | flag(HAS_SCOPE, tokens.scope.is_some())
}

const fn flag(bit: u8, set: bool) -> u8 {
    if set { bit } else { 0 }
}

/// Most bytes that the fields of a token set can take.
fn tokens_len(tokens: &TokenSet) -> usize {
    tokens.access_token.expose().len()
        + tokens.refresh_token.as_ref().map_or(0, |token| token.expose().len())
        + tokens.scope.as_ref().map_or(0, String::len)
        + 3 * FIELD_OVERHEAD
}

/// `Some(None)` if it is not there, `None` if it is there and cannot be read.
fn optional<T>(present: bool, read: impl FnOnce() -> Option<T>) -> Option<Option<T>> {
    if present { read().map(Some) } else { Some(None) }
}

/// Allocates once: a buffer that grew would leave copies of the tokens behind.
struct Writer(Zeroizing<Vec<u8>>);

impl Writer {
    fn new(room: usize) -> Self {
        Self(Zeroizing::new(Vec::with_capacity(room)))
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn instant(&mut self, instant: UnixMillis) {
        self.bytes(&instant.0.to_le_bytes());
    }

    fn field(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> Result<(), TooLarge> {
        let start = self.0.len();
        self.bytes(&[0; 2]);
        write(&mut self.0);
        let bytes = self.0.len() - start - 2;
        let length =
            u16::try_from(bytes).map_err(|_| TooLarge { bytes, limit: usize::from(u16::MAX) })?;
        if let Some((place, _)) = self.0.get_mut(start..).and_then(<[u8]>::split_first_chunk_mut) {
            *place = length.to_le_bytes();
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), TooLarge> {
        self.field(|out| out.extend_from_slice(text.as_bytes()))
    }

    fn tokens_head(&mut self, tokens: &TokenSet, flags: u8) {
        self.instant(tokens.expires_at.unwrap_or_default());
        self.instant(tokens.obtained_at);
        self.bytes(&[flags]);
    }

    fn token_fields(&mut self, tokens: &TokenSet) -> Result<(), TooLarge> {
        self.field(|out| token_text::pack(tokens.access_token.expose(), out))?;
        if let Some(token) = &tokens.refresh_token {
            self.field(|out| token_text::pack(token.expose(), out))?;
        }
        tokens.scope.as_ref().map_or(Ok(()), |scope| self.text(scope))
    }
}

/// Reads from the front; `None` when the bytes end too early.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (array, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*array)
    }

    fn instant(&mut self) -> Option<UnixMillis> {
        self.array().map(|bytes| UnixMillis(i64::from_le_bytes(bytes)))
    }

    fn field(&mut self) -> Option<&'a [u8]> {
        let length = u16::from_le_bytes(self.array()?);
        let (field, rest) = self.0.split_at_checked(length.into())?;
        self.0 = rest;
        Some(field)
    }

    fn text(&mut self) -> Option<&'a str> {
        core::str::from_utf8(self.field()?).ok()
    }

    fn token(&mut self) -> Option<Secret> {
        token_text::unpack(self.field()?)
    }

    fn token_fields(
        &mut self,
        expires_at: Option<UnixMillis>,
        obtained_at: UnixMillis,
        flags: u8,
    ) -> Option<TokenSet> {
        Some(TokenSet {
            access_token: self.token()?,
            refresh_token: optional(flags & HAS_REFRESH_TOKEN != 0, || self.token())?,
            expires_at,
            obtained_at,
            scope: optional(flags & HAS_SCOPE != 0, || self.text().map(str::to_owned))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session() -> Session {
        Session {
            id: SessionId::from_bytes(*b"0123456789abcdef"),
            generation: 7,
            provider: "directus".to_owned(),
            instance: *b"instance",
            tokens: TokenSet {
                access_token: Secret::new("eyJh.eyJl.c2ln"),
                refresh_token: Some(Secret::new("opaque refresh token")),
                expires_at: Some(UnixMillis(1_763_752_900_000)),
                obtained_at: UnixMillis(1_763_752_000_000),
                scope: Some("openid".to_owned()),
            },
            started_at: UnixMillis(1_763_751_000_000),
            sealed_at: UnixMillis(1_763_752_000_001),
            remember: true,
            data: Some(Secret::new(r#"{"name":"Ada"}"#)),
        }
    }

    #[test]
    fn the_expiry_comes_first_and_the_access_token_right_after_the_head() {
        let bytes = encode_session(&session()).unwrap();
        assert_eq!(bytes[..8], 1_763_752_900_000_i64.to_le_bytes());
        assert_eq!(access_token(&bytes), Some(&bytes[63..63 + 14]));
        assert_eq!(
            token_text::unpack(access_token(&bytes).unwrap()).unwrap().expose(),
            "eyJh.eyJl.c2ln"
        );
    }

    #[test]
    fn the_head_is_what_the_session_says() {
        let session = session();
        let head = Head::read(&encode_session(&session).unwrap()).unwrap();
        assert_eq!(head.expires_at, session.tokens.expires_at);
        assert_eq!(head.obtained_at, session.tokens.obtained_at);
        assert_eq!((head.id, head.generation), (session.id, session.generation));
        assert_eq!((head.started_at, head.sealed_at), (session.started_at, session.sealed_at));
        assert_eq!(head.instance, session.instance);
        assert!(head.has_refresh_token && head.remember);
    }

    #[test]
    fn the_buffer_is_never_grown_while_a_session_is_written() {
        let bytes = encode_session(&session()).unwrap();
        let tokens = tokens_len(&session().tokens);
        let room = SESSION_HEAD_LEN + tokens + "directus".len() + 14 + 2 * FIELD_OVERHEAD;
        assert_eq!(bytes.capacity(), room);
    }

    #[test]
    fn every_truncation_is_no_session() {
        let bytes = encode_session(&session()).unwrap();
        for length in 0..bytes.len() {
            assert_eq!(decode_session(&bytes[..length]), None, "{length}");
        }
    }

    #[test]
    fn fields_that_a_later_release_appends_are_passed_over() {
        let mut bytes = encode_session(&session()).unwrap().to_vec();
        bytes.extend_from_slice(b"\x05\x00later");
        assert_eq!(decode_session(&bytes), Some(session()));
        let mut record = encode_tokens(&session().tokens).unwrap().to_vec();
        record.extend_from_slice(b"\x05\x00later");
        assert_eq!(decode_tokens(&record), Some(session().tokens));
    }

    #[test]
    fn a_field_that_its_length_cannot_count_is_refused() {
        let data = Some(Secret::new("x".repeat(70_000)));
        let error = encode_session(&Session { data, ..session() }).unwrap_err();
        assert_eq!(error, TooLarge { bytes: 70_000, limit: 65_535 });
    }
}
