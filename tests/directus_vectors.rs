//! The Directus provider against golden vectors, which JavaScript reads as well.
#![allow(clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod typed;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokenkeep::error::Error;
use tokenkeep::http::{HttpResponse, SendResult};
use tokenkeep::json::{Json, Mapped, into_json};
use tokenkeep::provider::{
    Credentials, LoginOutcome, Provider, ProviderConfig, RefreshOutcome, Revocation,
};
use tokenkeep::secret::Secret;
use tokenkeep::time::{Clock, Millis, UnixMillis};
use tokenkeep::token_set::TokenSet;
use typed::Typed;

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

#[derive(Deserialize)]
struct File<Vector> {
    providers: BTreeMap<String, Typed<ProviderConfig>>,
    tokens: BTreeMap<String, Typed<TokenSet>>,
    vectors: Vec<Vector>,
}

impl<Vector: DeserializeOwned> File<Vector> {
    fn read(text: &str) -> Self {
        serde_json::from_str(text).expect("vectors")
    }

    fn provider(&self, name: &str) -> Provider {
        Provider::new(self.providers.get(name).expect(name).0.clone()).expect("good settings")
    }

    fn tokens(&self, name: Option<&String>) -> &TokenSet {
        &self.tokens.get(name.expect("tokens")).expect("tokens that the file lists").0
    }
}

#[derive(Deserialize)]
struct RequestVector {
    name: String,
    provider: String,
    call: String,
    credentials: Option<Typed<Credentials>>,
    tokens: Option<String>,
    request: Option<Value>,
}

#[derive(Deserialize)]
struct AnswerVector {
    name: String,
    provider: String,
    call: String,
    clock: ClockVector,
    tokens: Option<String>,
    answer: Answer,
    outcome: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClockVector {
    now: Typed<UnixMillis>,
    skew_ms: Typed<Millis>,
}

impl ClockVector {
    fn clock(&self) -> Clock {
        Clock { now: self.now.0, skew_ms: self.skew_ms.0 }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Answer {
    Given { status: u16, headers: Vec<(String, String)>, body: String },
    Missing(String),
}

impl Answer {
    fn result(&self) -> SendResult {
        match self {
            Self::Given { status, headers, body } => {
                let all = |name: &'static str| {
                    headers.iter().filter(move |header| header.0 == name).map(|header| &*header.1)
                };
                let date = all("date").next().map(http_date);
                let delay = |text: &str| match text.parse() {
                    Ok(seconds) => Millis::from_seconds(seconds),
                    Err(_) => http_date(text) - date.expect("a date to count from"),
                };
                SendResult::Response(HttpResponse {
                    status: *status,
                    date,
                    retry_after_ms: all("retry-after").next().map(delay),
                    set_cookie: all("set-cookie").map(Secret::new).collect(),
                    body: serde_json::from_str(body).ok(),
                })
            }
            Self::Missing(how) if how == "notConnected" => SendResult::NotConnected,
            Self::Missing(_) => SendResult::Unknown,
        }
    }
}

/// `Thu, 01 Jan 2026 00:00:05 GMT`. The vectors do not leave January 2026.
fn http_date(text: &str) -> UnixMillis {
    let (day, time) = text
        .strip_suffix(" GMT")
        .and_then(|date| date.split_once(", "))
        .and_then(|(_, date)| date.split_once(" Jan 2026 "))
        .expect("a date in January 2026");
    let number = |text: &str| text.parse::<i64>().expect("a number");
    let seconds = time.split(':').fold(0, |total, part| total * 60 + number(part));
    UnixMillis(1_767_225_600_000) + Millis::from_seconds((number(day) - 1) * 86_400 + seconds)
}

/// What a driver would see.
fn shown<T: Mapped + Clone>(value: &T) -> Value {
    plain(&into_json(value.clone()))
}

/// JavaScript's numbers are all doubles; `serde_json` tells `1` from `1.0`.
#[expect(clippy::cast_possible_truncation, reason = "the tests' numbers are small")]
fn plain(json: &Json) -> Value {
    match json {
        Json::Number(number) if number.fract() == 0.0 => Value::from(*number as i64),
        Json::List(items) => items.iter().map(plain).collect(),
        Json::Object(members) => {
            members.iter().map(|(name, value)| (name.to_string(), plain(value))).collect()
        }
        leaf => serde_json::to_value(leaf).unwrap_or_default(),
    }
}

fn error(kind: &str, error: &Error) -> Value {
    let mut value = shown(error);
    let members = value.as_object_mut().expect("an object");
    let message = members.remove("message").expect("a message");
    let message = message.as_str().expect("text");
    assert!(message.starts_with(char::is_lowercase) && !message.ends_with('.'), "{message}");
    let everything = format!("{error} {error:?} {members:?}");
    for secret in SECRETS {
        assert!(!everything.contains(secret), "{secret} in {everything}");
    }
    json!({ "kind": kind, "error": value })
}

fn tokens(kind: &str, tokens: &TokenSet) -> Value {
    let debug = format!("{tokens:?}");
    assert!(!debug.contains("eyJ") && !debug.contains("RefreshToken"), "{debug}");
    json!({ "kind": kind, "tokens": shown(tokens) })
}

fn login(outcome: LoginOutcome) -> Value {
    match outcome {
        LoginOutcome::Tokens(set) => tokens("tokens", &set),
        LoginOutcome::Rejected(why) => error("rejected", &why),
        LoginOutcome::Failed(why) => error("failed", &why),
    }
}

fn refresh(outcome: RefreshOutcome) -> Value {
    match outcome {
        RefreshOutcome::Renewed(set) => tokens("renewed", &set),
        RefreshOutcome::Refused(why) => error("refused", &why),
        RefreshOutcome::InteractionRequired(_) => panic!("directus knows no interaction"),
        RefreshOutcome::NotNow { error: why, retry_after } => {
            let mut value = error("notNow", &why);
            let members = value.as_object_mut().expect("an object");
            members.insert("retryAfterMs".into(), shown(&retry_after));
            value
        }
        RefreshOutcome::Unknown(why) => error("unknown", &why),
        RefreshOutcome::Misconfigured(why) => error("misconfigured", &why),
    }
}

fn revocation(outcome: Revocation) -> Value {
    match outcome {
        Revocation::Done => json!({ "kind": "done" }),
        Revocation::RetryLater => json!({ "kind": "retryLater" }),
    }
}

fn data(provider: &Provider, result: &SendResult) -> Value {
    let SendResult::Response(HttpResponse { status, body, .. }) = result else {
        panic!("a data call without an answer has nothing to say about its token")
    };
    match provider.rejects_access_token(*status, None, body.as_ref()) {
        true => json!({ "kind": "accessTokenRejected" }),
        false => json!({ "kind": "other" }),
    }
}

#[test]
fn requests_are_sent_byte_for_byte() {
    let file = File::<RequestVector>::read(REQUESTS);
    for vector in &file.vectors {
        let provider = file.provider(&vector.provider);
        let set = || file.tokens(vector.tokens.as_ref());
        let request = match vector.call.as_str() {
            "login" => provider.login_request(&vector.credentials.as_ref().expect("credentials").0),
            "refresh" => provider.refresh_request(set()),
            "revoke" => provider.revoke_request(set()),
            call => panic!("unknown call {call}"),
        };
        assert_eq!(request.as_ref().map(shown), vector.request, "{}", vector.name);
    }
}

#[test]
fn answers_mean_what_they_should() {
    let file = File::<AnswerVector>::read(ANSWERS);
    for vector in &file.vectors {
        let provider = file.provider(&vector.provider);
        let result = vector.answer.result();
        let outcome = match vector.call.as_str() {
            "login" => login(provider.login_outcome(&result, vector.clock.clock())),
            "refresh" => {
                let old = file.tokens(vector.tokens.as_ref());
                refresh(provider.refresh_outcome(old, &result, vector.clock.clock()))
            }
            "revoke" => revocation(provider.revoke_outcome(&result)),
            "data" => data(&provider, &result),
            call => panic!("unknown call {call}"),
        };
        assert_eq!(outcome, vector.outcome, "{}: {}", vector.call, vector.name);
    }
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
