//! Golden vectors of what is sent to a provider and what its answers mean, and how they are checked.
//! JavaScript reads the same files.

#[path = "../typed/mod.rs"]
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

/// One file.
#[derive(Deserialize)]
pub struct File<Vector> {
    providers: BTreeMap<String, Typed<ProviderConfig>>,
    tokens: BTreeMap<String, Typed<TokenSet>>,
    pub vectors: Vec<Vector>,
}

impl<Vector: DeserializeOwned> File<Vector> {
    pub fn read(text: &str) -> Self {
        serde_json::from_str(text).expect("vectors")
    }

    pub fn provider(&self, name: &str) -> Provider {
        Provider::new(self.providers.get(name).expect(name).0.clone()).expect("good settings")
    }

    pub fn tokens(&self, name: Option<&String>) -> &TokenSet {
        &self.tokens.get(name.expect("tokens")).expect("tokens that the file lists").0
    }
}

#[derive(Deserialize)]
pub struct RequestVector {
    pub name: String,
    pub provider: String,
    call: String,
    credentials: Option<Typed<Credentials>>,
    tokens: Option<String>,
    request: Option<Value>,
}

#[derive(Deserialize)]
pub struct AnswerVector {
    pub name: String,
    pub provider: String,
    pub call: String,
    clock: ClockVector,
    pub tokens: Option<String>,
    pub answer: Answer,
    pub outcome: Value,
}

impl AnswerVector {
    pub fn clock(&self) -> Clock {
        Clock { now: self.clock.now.0, skew_ms: self.clock.skew_ms.0 }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClockVector {
    now: Typed<UnixMillis>,
    skew_ms: Typed<Millis>,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub enum Answer {
    Given { status: u16, headers: Vec<(String, String)>, body: String },
    Missing(String),
}

impl Answer {
    /// What a driver makes of it.
    pub fn result(&self) -> SendResult {
        match self {
            Self::Given { status, body, .. } => {
                let all = |name: &'static str| self.headers(name);
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

    fn headers(&self, name: &'static str) -> impl Iterator<Item = &str> {
        let headers: &[(String, String)] = match self {
            Self::Given { headers, .. } => headers,
            Self::Missing(_) => &[],
        };
        headers.iter().filter(move |header| header.0 == name).map(|header| &*header.1)
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

/// Checks that every request of a file is built as the file has it.
pub fn requests_are_sent_byte_for_byte(text: &str) {
    let file = File::<RequestVector>::read(text);
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

/// Checks that every answer of a file means what the file says, and that no error repeats one of
/// `secrets`.
pub fn answers_mean_what_they_should(text: &str, secrets: &[&str]) {
    let file = File::<AnswerVector>::read(text);
    let judge = Judge { secrets };
    for vector in &file.vectors {
        let provider = file.provider(&vector.provider);
        let result = vector.answer.result();
        let outcome = match vector.call.as_str() {
            "login" => judge.login(provider.login_outcome(&result, vector.clock())),
            "refresh" => {
                let old = file.tokens(vector.tokens.as_ref());
                judge.refresh(provider.refresh_outcome(old, &result, vector.clock()))
            }
            "revoke" => judge.revocation(provider.revoke_outcome(&result)),
            "data" => data(&provider, &vector.answer),
            call => panic!("unknown call {call}"),
        };
        assert_eq!(outcome, vector.outcome, "{}: {}", vector.call, vector.name);
    }
}

/// Shows outcomes as the vectors have them.
struct Judge<'a> {
    secrets: &'a [&'a str],
}

impl Judge<'_> {
    fn error(&self, kind: &str, error: &Error) -> Value {
        let mut value = shown(error);
        let members = value.as_object_mut().expect("an object");
        let message = members.remove("message").expect("a message");
        let message = message.as_str().expect("text");
        assert!(message.starts_with(char::is_lowercase) && !message.ends_with('.'), "{message}");
        let everything = format!("{error} {error:?} {members:?}");
        for secret in self.secrets {
            assert!(!everything.contains(secret), "{secret} in {everything}");
        }
        json!({ "kind": kind, "error": value })
    }

    fn login(&self, outcome: LoginOutcome) -> Value {
        match outcome {
            LoginOutcome::Tokens(set) => tokens("tokens", &set),
            LoginOutcome::Rejected(why) => self.error("rejected", &why),
            LoginOutcome::Failed(why) => self.error("failed", &why),
        }
    }

    fn refresh(&self, outcome: RefreshOutcome) -> Value {
        match outcome {
            RefreshOutcome::Renewed(set) => tokens("renewed", &set),
            RefreshOutcome::Refused(why) => self.error("refused", &why),
            RefreshOutcome::InteractionRequired(why) => self.error("interactionRequired", &why),
            RefreshOutcome::NotNow { error: why, retry_after } => {
                let mut value = self.error("notNow", &why);
                let members = value.as_object_mut().expect("an object");
                members.insert("retryAfterMs".into(), shown(&retry_after));
                value
            }
            RefreshOutcome::Unknown(why) => self.error("unknown", &why),
            RefreshOutcome::Misconfigured(why) => self.error("misconfigured", &why),
        }
    }

    fn revocation(&self, outcome: Revocation) -> Value {
        match outcome {
            Revocation::Done => json!({ "kind": "done" }),
            Revocation::RetryLater => json!({ "kind": "retryLater" }),
            Revocation::Misconfigured(why) => self.error("misconfigured", &why),
        }
    }
}

fn tokens(kind: &str, tokens: &TokenSet) -> Value {
    let debug = format!("{tokens:?}");
    assert!(!debug.contains("eyJ") && !debug.contains("RefreshToken"), "{debug}");
    json!({ "kind": kind, "tokens": shown(tokens) })
}

fn data(provider: &Provider, answer: &Answer) -> Value {
    let SendResult::Response(HttpResponse { status, body, .. }) = answer.result() else {
        panic!("a data call without an answer has nothing to say about its token")
    };
    let challenge = answer.headers("www-authenticate").next();
    match provider.rejects_access_token(status, challenge, body.as_ref()) {
        true => json!({ "kind": "accessTokenRejected" }),
        false => json!({ "kind": "other" }),
    }
}
