//! The session as a page holds it: `1.` and the base64url of its JSON as bytes.

use tokenkeep_primitives::base64url;

use super::Session;
use crate::json::{Json, Mapped, from_json, into_json};
use crate::secret::Secret;
use crate::token_set::TokenSet;

/// Text of another version reads as no session.
const VERSION: &str = "1.";

/// The text of a session.
#[must_use]
pub fn write_session(session: &Session) -> Secret {
    Secret::new(text(session.clone()))
}

/// The session in a text, whatever the text is.
#[must_use]
pub fn read_session(text: &str) -> Option<Session> {
    value(text)
}

/// The text of a token set.
#[must_use]
pub fn write_tokens(tokens: &TokenSet) -> String {
    text(tokens.clone())
}

/// The token set in a text.
#[must_use]
pub fn read_tokens(text: &str) -> Option<TokenSet> {
    value(text)
}

fn text(value: impl Mapped) -> String {
    [VERSION, &base64url::encode(&into_json(value).to_bytes())].concat()
}

fn value<T: Mapped>(text: &str) -> Option<T> {
    let bytes = base64url::decode(text.strip_prefix(VERSION)?.as_bytes())?;
    from_json(Json::from_bytes(&bytes)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::SessionId;
    use crate::time::UnixMillis;

    fn session() -> Session {
        Session {
            id: SessionId::from_bytes([1; 16]),
            generation: 3,
            provider: "directus".to_owned(),
            instance: [2; 8],
            tokens: TokenSet {
                access_token: Secret::new("access"),
                refresh_token: Some(Secret::new("refresh")),
                expires_at: Some(UnixMillis(1_763_752_900_000)),
                obtained_at: UnixMillis(1_763_752_000_000),
                scope: None,
            },
            started_at: UnixMillis(4),
            sealed_at: UnixMillis(5),
            remember: true,
            data: None,
        }
    }

    #[test]
    fn a_session_and_its_tokens_come_back_from_their_texts() {
        let text = write_session(&session());
        assert_eq!(read_session(text.expose()), Some(session()));
        let text = write_tokens(&session().tokens);
        assert_eq!(read_tokens(&text), Some(session().tokens));
    }

    #[test]
    fn whatever_else_a_storage_holds_is_no_session() {
        let whole = write_session(&session());
        let whole = whole.expose();
        let cut = &whole[..whole.len() - 8];
        let other = whole.replacen('1', "2", 1);
        for text in ["", "1.", "null", "{\"access_token\":\"a\"}", "1.é", cut, &other, &whole[2..]]
        {
            assert_eq!(read_session(text), None, "{text}");
        }
    }
}
