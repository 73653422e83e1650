//! The Directus provider against golden vectors.
#![allow(clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod provider_vectors;

use provider_vectors::{AnswerVector, File};
use serde_json::json;
use tokenkeep::http::{HttpResponse, SendResult};
use tokenkeep::time::{Millis, UnixMillis};

const REQUESTS: &str = include_str!("vectors/directus-requests.json");
const ANSWERS: &str = include_str!("vectors/directus-answers.json");

/// Everything in the vectors that no message may repeat.
const SECRETS: [&str; 9] = [
    "aSecretInABody",
    "RefreshToken",
    "SessionClaim",
    "eyJ",
    "c2lnbmF0dXJl",
    "opaque",
    "cms.example.com",
    "Maintenance",
    "5d1c",
];

#[test]
fn requests_are_sent_byte_for_byte() {
    provider_vectors::requests_are_sent_byte_for_byte(REQUESTS);
}

#[test]
fn answers_mean_what_they_should() {
    provider_vectors::answers_mean_what_they_should(ANSWERS, &SECRETS);
}

#[test]
fn no_answer_but_a_definite_no_ends_a_session() {
    let file = File::<AnswerVector>::read(ANSWERS);
    let definite = ["INVALID_CREDENTIALS", "USER_SUSPENDED", "TOKEN_EXPIRED", "INVALID_TOKEN"];
    let ended =
        file.vectors.iter().filter(|vector| vector.outcome["error"]["sessionEnded"] == true);
    let mut count = 0;
    for vector in ended {
        assert_eq!((vector.call.as_str(), &vector.outcome["kind"]), ("refresh", &json!("refused")));
        let code = vector.outcome["error"]["providerCode"].as_str().expect("a code");
        assert!(definite.contains(&code), "{}", vector.name);
        count += 1;
    }
    assert!(count > 0);
}

#[test]
fn the_clock_skew_is_learned_from_the_date_or_else_from_the_new_tokens_iat() {
    let file = File::<AnswerVector>::read(ANSWERS);
    let provider = file.provider("json");
    let renewed = file.vectors.first().expect("a vector").answer.result();
    let SendResult::Response(response) = renewed else { panic!("an answer") };
    let learned = |date, received| {
        let result = SendResult::Response(HttpResponse { date, ..response.clone() });
        provider.learned_skew(&result, UnixMillis(received), Some(UnixMillis(received - 100)))
    };
    let iat = 1_767_225_605_000;
    assert_eq!(learned(Some(UnixMillis(iat)), iat + 250), Some(Millis(0)));
    assert_eq!(learned(None, iat + 250), Some(Millis(0)));
    assert_eq!(learned(None, iat - 60_000), Some(Millis(60_000)));
    assert_eq!(learned(Some(UnixMillis(iat - 60_000)), iat - 60_000), Some(Millis(0)));
    let lost = provider.learned_skew(&SendResult::Unknown, UnixMillis(iat), None);
    assert_eq!(lost, None);
}
