//! What earlier releases sealed stays readable, and what this one seals is what they read.
//!
//! The vectors were made by `tests/vectors/session-v1.mjs`, which shares no code with this crate.
//! JavaScript runs the same file through the wasm module. A vector of a release is never changed.

mod typed;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use serde::Deserialize;
use tokenkeep::session::chunks::split;
use tokenkeep::session::jar::Jar;
use tokenkeep::session::key_ring::KeyRing;
use tokenkeep::session::seal::UnsealError;
use tokenkeep::session::set_cookie::CookiePolicy;
use tokenkeep::session::{Session, SessionId, seal_tokens, unseal_tokens};
use tokenkeep::token_set::TokenSet;
use typed::Typed;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Vectors {
    secret: String,
    previous_secret: String,
    sessions: Vec<SessionVector>,
    previous: SessionVector,
    record: RecordVector,
    refused: Vec<RefusedVector>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SessionVector {
    title: String,
    cookie_name: String,
    nonce: String,
    sealed: String,
    #[serde(default)]
    cookies: Vec<(String, String)>,
    session: Typed<Session>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RecordVector {
    session_id: Typed<SessionId>,
    nonce: String,
    sealed: String,
    tokens: Typed<TokenSet>,
    later: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RefusedVector {
    title: String,
    cookie_name: String,
    sealed: String,
    reason: String,
}

impl Vectors {
    fn read() -> Self {
        serde_json::from_str(include_str!("vectors/session-v1.json"))
            .unwrap_or_else(|error| unreadable(&error))
    }

    fn ring(&self) -> KeyRing {
        KeyRing::new(&[&self.secret, &self.previous_secret])
            .unwrap_or_else(|error| unreadable(&error))
    }
}

#[expect(clippy::panic, reason = "a test file that cannot be read has nothing to test")]
fn unreadable(error: &dyn core::error::Error) -> ! {
    panic!("tests/vectors/session-v1.json: {error}")
}

fn nonce(text: &str) -> [u8; 24] {
    let mut nonce = [0; 24];
    assert_eq!(BASE64_URL_SAFE_NO_PAD.decode_slice(text, &mut nonce), Ok(24));
    nonce
}

#[test]
fn every_sealed_session_is_read_as_it_was_written() {
    let vectors = Vectors::read();
    assert_eq!(vectors.sessions.len(), 9);
    for vector in &vectors.sessions {
        let read = Session::unseal(&vectors.ring(), &vector.cookie_name, &vector.sealed);
        assert_eq!(read, Ok((vector.session.0.clone(), false)), "{}", vector.title);
    }
}

#[test]
fn the_same_session_and_nonce_give_the_same_text() {
    let vectors = Vectors::read();
    for vector in &vectors.sessions {
        let sealed =
            vector.session.0.seal(&vectors.ring(), &vector.cookie_name, &nonce(&vector.nonce));
        assert_eq!(sealed.as_ref(), Ok(&vector.sealed), "{}", vector.title);
    }
}

#[test]
fn names_and_chunks_are_those_of_the_vectors() {
    let policy = CookiePolicy::default();
    for vector in Vectors::read().sessions {
        assert_eq!(policy.cookie_name(vector.session.0.id), vector.cookie_name);
        let attributes = policy.attributes(vector.session.0.remember).to_header();
        let cookies = split(&vector.cookie_name, &vector.sealed, attributes.len());
        assert_eq!(cookies.as_ref(), Ok(&vector.cookies), "{}", vector.title);
        let chunked = vector.title == "large enough for chunks";
        assert_eq!(vector.cookies.len() > 1, chunked, "{}", vector.title);
    }
}

#[test]
fn a_request_with_a_vectors_cookies_has_its_session() {
    let vectors = Vectors::read();
    for vector in &vectors.sessions {
        let jar = Jar::read(&vectors.ring(), &CookiePolicy::default(), &vector.cookies);
        assert_eq!(jar.session.as_ref(), Some(&vector.session.0), "{}", vector.title);
        assert!(jar.rejected.is_empty() && !jar.reseal, "{}", vector.title);
    }
}

#[test]
fn a_session_of_the_previous_secret_is_read_and_asks_for_a_reseal() {
    let vectors = Vectors::read();
    let previous = &vectors.previous;
    let read = Session::unseal(&vectors.ring(), &previous.cookie_name, &previous.sealed);
    assert_eq!(read, Ok((previous.session.0.clone(), true)));
}

#[test]
fn a_record_is_read_and_written_alike() {
    let vectors = Vectors::read();
    let (ring, record) = (vectors.ring(), &vectors.record);
    let sealed = seal_tokens(&ring, record.session_id.0, &record.tokens.0, &nonce(&record.nonce));
    assert_eq!(sealed.as_ref(), Ok(&record.sealed));
    assert_eq!(
        unseal_tokens(&ring, record.session_id.0, &record.sealed).as_ref(),
        Ok(&record.tokens.0)
    );
    let later = unseal_tokens(&ring, record.session_id.0, &record.later);
    assert_eq!(later, Err(UnsealError::UnknownVersion));
}

#[test]
fn every_refused_text_is_refused_for_its_reason() {
    let vectors = Vectors::read();
    for vector in &vectors.refused {
        let read = Session::unseal(&vectors.ring(), &vector.cookie_name, &vector.sealed);
        let reason = read.map_err(|error| format!("{error:?}").to_lowercase());
        assert_eq!(reason, Err(vector.reason.to_lowercase()), "{}", vector.title);
    }
}
