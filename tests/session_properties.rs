//! What holds for every session and every text that claims to be one.

mod sample;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use proptest::prelude::*;
use sample::{SECRET, ring, session};
use tokenkeep::secret::Secret;
use tokenkeep::session::jar::Jar;
use tokenkeep::session::key_ring::KeyRing;
use tokenkeep::session::plaintext::{
    Head, access_token, decode_session, decode_tokens, encode_session,
};
use tokenkeep::session::seal::{Purpose, UnsealError, seal, unseal, unseal_in_place};
use tokenkeep::session::set_cookie::CookiePolicy;
use tokenkeep::session::{Session, SessionId, seal_tokens, token_text, unseal_tokens};
use tokenkeep::time::UnixMillis;
use tokenkeep::token_set::TokenSet;

const NAME: &str = "__Host-tokenkeep-AAAAAAAA";

fn token() -> impl Strategy<Value = Secret> {
    let opaque = any::<String>();
    let segments = "[A-Za-z0-9_-]{0,60}(\\.[A-Za-z0-9_-]{0,60}){0,6}";
    prop_oneof![opaque, segments].prop_map(Secret::new)
}

fn instant() -> impl Strategy<Value = UnixMillis> {
    any::<i64>().prop_map(UnixMillis)
}

fn tokens() -> impl Strategy<Value = TokenSet> {
    let optional = (prop::option::of(token()), prop::option::of(instant()));
    (token(), optional, instant(), prop::option::of(any::<String>())).prop_map(
        |(access_token, (refresh_token, expires_at), obtained_at, scope)| TokenSet {
            access_token,
            refresh_token,
            expires_at,
            obtained_at,
            scope,
        },
    )
}

fn any_session() -> impl Strategy<Value = Session> {
    let plain = (any::<[u8; 16]>(), any::<u32>(), any::<String>(), any::<[u8; 8]>(), any::<bool>());
    let data = prop::option::of(any::<String>().prop_map(Secret::new));
    (plain, tokens(), instant(), instant(), data).prop_map(
        |((id, generation, provider, instance, remember), tokens, started_at, sealed_at, data)| {
            Session {
                id: SessionId::from_bytes(id),
                generation,
                provider,
                instance,
                tokens,
                started_at,
                sealed_at,
                remember,
                data,
            }
        },
    )
}

fn refusal(ring: &KeyRing, name: &str, text: &str) -> Option<UnsealError> {
    Session::unseal(ring, name, text).err()
}

proptest! {
    #[test]
    fn what_is_sealed_is_unsealed(session in any_session(), nonce in any::<[u8; 24]>()) {
        let text = session.seal(&ring(SECRET), NAME, &nonce).unwrap();
        prop_assert_eq!(Session::unseal(&ring(SECRET), NAME, &text), Ok((session, false)));
    }

    #[test]
    fn the_tokens_of_a_record_are_unsealed(session in any_session(), nonce in any::<[u8; 24]>()) {
        let text = seal_tokens(&ring(SECRET), session.id, &session.tokens, &nonce).unwrap();
        prop_assert_eq!(unseal_tokens(&ring(SECRET), session.id, &text), Ok(session.tokens));
    }

    #[test]
    fn head_and_access_token_are_read_without_the_rest(session in any_session()) {
        let bytes = encode_session(&session).unwrap();
        let head = Head::read(&bytes).unwrap();
        prop_assert_eq!(head.expires_at, session.tokens.expires_at);
        prop_assert_eq!(head.has_refresh_token, session.tokens.refresh_token.is_some());
        let packed = access_token(&bytes).unwrap();
        let mut out = vec![0; 4096];
        let length = token_text::unpack_into(packed, &mut out).unwrap();
        prop_assert_eq!(&out[..length], session.tokens.access_token.expose().as_bytes());
    }

    #[test]
    fn both_ways_to_unseal_agree(session in any_session(), nonce in any::<[u8; 24]>()) {
        let text = session.seal(&ring(SECRET), NAME, &nonce).unwrap();
        let mut out = vec![0; text.len()];
        let (ring, name) = (ring(SECRET), NAME.as_bytes());
        let place = unseal_in_place(&ring, Purpose::Cookie, name, text.as_bytes(), &mut out);
        let whole = unseal(&ring, Purpose::Cookie, name, &text).unwrap();
        prop_assert_eq!(&out[place.unwrap().plaintext], whole.plaintext());
    }

    #[test]
    fn any_token_text_comes_back_identical(token in "[A-Za-z0-9_.-]{0,200}|\\PC{0,60}") {
        let mut packed = Vec::new();
        token_text::pack(&token, &mut packed);
        prop_assert!(packed.len() <= token.len() + token_text::OVERHEAD);
        let unpacked = token_text::unpack(&packed);
        prop_assert_eq!(unpacked.as_ref().map(|token| token.expose()), Some(token.as_str()));
    }

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = (decode_session(&bytes), decode_tokens(&bytes), token_text::unpack(&bytes));
        let text = seal(&ring(SECRET), Purpose::Cookie, NAME.as_bytes(), &bytes, &[0; 24]).unwrap();
        let _ = refusal(&ring(SECRET), NAME, &text);
    }

    #[test]
    fn garbage_reads_as_signed_out(
        suffixes in prop::collection::vec("(\\.[0-9]{1,3}|\\PC{0,3})?", 0..40),
        value in "(AQ|[0-9]{1,2}\\.)?([A-Za-z0-9_-]{0,200}|\\PC{0,200})",
    ) {
        let cookies: Vec<_> =
            suffixes.iter().map(|suffix| (format!("{NAME}{suffix}"), value.as_str())).collect();
        let jar = Jar::read(&ring(SECRET), &CookiePolicy::default(), &cookies);
        prop_assert_eq!(jar.session, None);
        prop_assert!(refusal(&ring(SECRET), NAME, &value).is_some());
    }
}

#[expect(clippy::unwrap_used, reason = "these sessions are small")]
fn real_cookies() -> Vec<String> {
    let sessions = [session(1, 0, 0), session(2, 9, 100)];
    sessions.iter().map(|session| session.seal(&ring(SECRET), NAME, &[5; 24]).unwrap()).collect()
}

#[test]
fn every_bit_flip_is_noticed() {
    let ring = ring(SECRET);
    for text in real_cookies() {
        let sealed = BASE64_URL_SAFE_NO_PAD.decode(&text).unwrap();
        for bit in 0..sealed.len() * 8 {
            let mut flipped = sealed.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let expected = match bit / 8 {
                0 => UnsealError::UnknownVersion,
                1..5 => UnsealError::UnknownKey,
                _ => UnsealError::Tampered,
            };
            let flipped = BASE64_URL_SAFE_NO_PAD.encode(flipped);
            assert_eq!(refusal(&ring, NAME, &flipped), Some(expected), "bit {bit}");
        }
    }
}

#[test]
fn every_changed_character_is_noticed() {
    let ring = ring(SECRET);
    for text in real_cookies() {
        for at in 0..text.len() {
            for bit in 0..7 {
                let mut changed = text.clone().into_bytes();
                changed[at] ^= 1 << bit;
                let changed = String::from_utf8(changed).unwrap();
                assert!(refusal(&ring, NAME, &changed).is_some(), "character {at}");
            }
        }
    }
}

#[test]
fn every_truncation_is_noticed_at_either_end() {
    let ring = ring(SECRET);
    for text in real_cookies() {
        for at in 1..text.len() {
            let (start, end) = text.split_at(at);
            assert!(refusal(&ring, NAME, start).is_some(), "first {at}");
            assert!(refusal(&ring, NAME, end).is_some(), "without the first {at}");
        }
        assert!(refusal(&ring, NAME, &format!("{text}AAAA")).is_some());
    }
}

#[test]
fn another_name_or_secret_does_not_open_a_cookie() {
    for text in real_cookies() {
        for name in
            ["", "tokenkeep-AAAAAAAA", "__Host-tokenkeep-AAAAAAAB", "__Host-tokenkeep-AAAAAAAA.0"]
        {
            assert_eq!(refusal(&ring(SECRET), name, &text), Some(UnsealError::Tampered));
        }
        let other = ring("another secret, thirty-two bytes or more");
        assert_eq!(refusal(&other, NAME, &text), Some(UnsealError::UnknownKey));
    }
}

#[test]
fn no_debug_output_holds_a_token() {
    let session = session(1, 3, 20);
    let shown = format!("{session:?}");
    let data = session.data.as_ref().unwrap();
    let refresh = session.tokens.refresh_token.as_ref().unwrap();
    for secret in [session.tokens.access_token.expose(), refresh.expose(), data.expose()] {
        assert!(!shown.contains(secret));
    }
}
