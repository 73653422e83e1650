//! The OAuth provider against golden vectors, which JavaScript reads as well, and against answers that
//! no server should send.
#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use serde_json::{Map, Value};
use tokenkeep::error::Error;
use tokenkeep::http::{HttpResponse, SendResult};
use tokenkeep::json::{Json, Mapped, from_json, into_json};
use tokenkeep::provider::{
    Adoption, Credentials, Provider, ProviderConfig, RefreshOutcome, Revocation,
};
use tokenkeep::secret::Secret;
use tokenkeep::time::{Clock, Millis, UnixMillis};
use tokenkeep::token_set::TokenSet;

const REQUESTS: &str = include_str!("vectors/oauth-requests.json");
const ANSWERS: &str = include_str!("vectors/oauth-answers.json");

/// Everything in the vectors that no message may repeat.
const SECRETS: [&str; 6] =
    ["aSecretInABody", "RefreshToken", "AccessToken", "eyJ", "id.example.com", "Maintenance"];

fn file(text: &str) -> Json {
    serde_json::from_str(text).expect("vectors")
}

fn vectors(file: &Json) -> &[Json] {
    match file.get("vectors") {
        Some(Json::List(vectors)) => vectors,
        _ => panic!("no vectors"),
    }
}

fn text<'a>(json: &'a Json, name: &str) -> &'a str {
    json.get(name).and_then(Json::text).expect(name)
}

fn read<T: Mapped>(json: &Json, name: &str) -> T {
    from_json(json.get(name).cloned().unwrap_or_default()).expect(name)
}

fn provider(file: &Json, vector: &Json) -> Provider {
    let config: ProviderConfig =
        read(file.get("providers").expect("providers"), text(vector, "provider"));
    Provider::new(config).expect("good settings")
}

fn tokens(file: &Json, vector: &Json) -> TokenSet {
    read(file.get("tokens").expect("tokens"), text(vector, "tokens"))
}

fn clock(vector: &Json) -> Clock {
    let clock = vector.get("clock").expect("a clock");
    Clock { now: read(clock, "now"), skew_ms: read(clock, "skewMs") }
}

/// The order of members is no part of a value.
fn comparable(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(value) => (*value).into(),
        Json::Number(value) => (*value).into(),
        Json::Text(value) => value.expose().into(),
        Json::Bytes(_) => panic!("no answer has bytes"),
        Json::List(items) => items.iter().map(comparable).collect(),
        Json::Object(members) => Value::Object(
            members.iter().map(|(name, value)| (name.to_string(), comparable(value))).collect(),
        ),
    }
}

fn headers(answer: &Json) -> Vec<(String, String)> {
    let pairs: Vec<Vec<String>> = read(answer, "headers");
    pairs
        .into_iter()
        .map(|pair| pair.try_into().expect("two"))
        .map(|[name, value]: [_; 2]| (name, value))
        .collect()
}

fn header(answer: &Json, wanted: &str) -> Option<String> {
    headers(answer).into_iter().find(|(name, _)| name == wanted).map(|(_, value)| value)
}

fn result(answer: &Json) -> SendResult {
    match answer.text() {
        Some("notConnected") => return SendResult::NotConnected,
        Some(_) => return SendResult::Unknown,
        None => {}
    }
    let date = header(answer, "date").map(|text| http_date(&text));
    let delay = |text: String| match text.parse() {
        Ok(seconds) => Millis::from_seconds(seconds),
        Err(_) => http_date(&text) - date.expect("a date to count from"),
    };
    SendResult::Response(HttpResponse {
        status: read(answer, "status"),
        date,
        retry_after_ms: header(answer, "retry-after").map(delay),
        set_cookie: Vec::new(),
        body: serde_json::from_str(text(answer, "body")).ok(),
    })
}

/// `Thu, 01 Jan 2026 00:00:05 GMT`. The vectors do not leave the first minute of 2026.
fn http_date(text: &str) -> UnixMillis {
    let seconds =
        text.strip_suffix(" GMT").and_then(|rest| rest.strip_prefix("Thu, 01 Jan 2026 00:00:"));
    let seconds = seconds.and_then(|digits| digits.parse().ok()).expect("a date");
    UnixMillis(1_767_225_600_000) + Millis::from_seconds(seconds)
}

fn kind(kind: &str, members: &[(&str, Json)]) -> Value {
    let mut value = Map::from_iter([("kind".into(), kind.into())]);
    value.extend(members.iter().map(|(name, json)| ((*name).into(), comparable(json))));
    Value::Object(value)
}

fn error(error: &Error) -> Json {
    let everything = format!("{error} {error:?}");
    for secret in SECRETS {
        assert!(!everything.contains(secret), "{secret} in {everything}");
    }
    assert!(error.message.starts_with(char::is_lowercase) && !error.message.ends_with('.'));
    match into_json(error.clone()) {
        Json::Object(members) => {
            Json::Object(members.into_iter().filter(|(name, _)| name != "message").collect())
        }
        _ => panic!("an object"),
    }
}

fn refresh(outcome: &RefreshOutcome) -> Value {
    match outcome {
        RefreshOutcome::Renewed(tokens) => {
            kind("renewed", &[("tokens", into_json(tokens.clone()))])
        }
        RefreshOutcome::Refused(why) => kind("refused", &[("error", error(why))]),
        RefreshOutcome::InteractionRequired(why) => {
            kind("interactionRequired", &[("error", error(why))])
        }
        RefreshOutcome::NotNow { error: why, retry_after } => {
            kind("notNow", &[("error", error(why)), ("retryAfterMs", into_json(*retry_after))])
        }
        RefreshOutcome::Unknown(why) => kind("unknown", &[("error", error(why))]),
        RefreshOutcome::Misconfigured(why) => kind("misconfigured", &[("error", error(why))]),
    }
}

fn revocation(outcome: Revocation) -> Value {
    match outcome {
        Revocation::Done => kind("done", &[]),
        Revocation::RetryLater => kind("retryLater", &[]),
    }
}

fn data(provider: &Provider, answer: &Json) -> Value {
    let SendResult::Response(HttpResponse { status, body, .. }) = result(answer) else {
        panic!("a data call without an answer has nothing to say about its token")
    };
    let challenge = header(answer, "www-authenticate");
    match provider.rejects_access_token(status, challenge.as_deref(), body.as_ref()) {
        true => kind("accessTokenRejected", &[]),
        false => kind("other", &[]),
    }
}

#[test]
fn requests_are_sent_byte_for_byte() {
    let file = file(REQUESTS);
    for vector in vectors(&file) {
        let provider = provider(&file, vector);
        let request = match text(vector, "call") {
            "login" => provider.login_request(&read::<Credentials>(vector, "credentials")),
            "refresh" => provider.refresh_request(&tokens(&file, vector)),
            "revoke" => provider.revoke_request(&tokens(&file, vector)),
            call => panic!("unknown call {call}"),
        };
        let expected = vector.get("request").cloned().unwrap_or_default();
        assert_eq!(
            comparable(&into_json(request)),
            comparable(&expected),
            "{}",
            text(vector, "name")
        );
    }
}

#[test]
fn answers_mean_what_they_should() {
    let file = file(ANSWERS);
    for vector in vectors(&file) {
        let provider = provider(&file, vector);
        let answer = vector.get("answer").expect("an answer");
        let outcome = match text(vector, "call") {
            "refresh" => {
                let old = tokens(&file, vector);
                refresh(&provider.refresh_outcome(&old, &result(answer), clock(vector)))
            }
            "revoke" => revocation(provider.revoke_outcome(&result(answer))),
            "data" => data(&provider, answer),
            call => panic!("unknown call {call}"),
        };
        let expected = comparable(vector.get("outcome").expect("an outcome"));
        assert_eq!(outcome, expected, "{}: {}", text(vector, "call"), text(vector, "name"));
    }
}

#[test]
fn invalid_grant_alone_ends_a_session() {
    let file = file(ANSWERS);
    let ended = vectors(&file).iter().filter_map(|vector| {
        let error = vector.get("outcome")?.get("error")?;
        (error.get("sessionEnded") == Some(&Json::Bool(true))).then_some(error)
    });
    let codes: Vec<&str> = ended.map(|error| text(error, "providerCode")).collect();
    assert!(codes.len() > 3 && codes.iter().all(|code| *code == "invalid_grant"), "{codes:?}");
}

#[test]
fn a_session_begins_with_the_answer_of_a_token_endpoint() {
    let file = file(ANSWERS);
    let first = vectors(&file).first().expect("a vector");
    let (provider, clock) = (provider(&file, first), clock(first));
    let adopted =
        |text: &str| provider.adoption(&serde_json::from_str(text).expect("JSON"), "", clock);
    let body = text(first.get("answer").expect("an answer"), "body");
    let Ok(Adoption::Tokens(tokens)) = adopted(body) else { panic!("no tokens") };
    assert_eq!(tokens.refresh_token.as_ref().map(|token| token.expose()), Some("newRefreshToken"));
    assert_eq!(tokens.expires_at, Some(clock.now + Millis::from_seconds(300)));

    let refused = adopted(r#"{"error":"access_denied"}"#).expect_err("an error");
    assert_eq!(
        (refused.code.as_str(), refused.provider_code.as_deref()),
        ("ERR_API_MISUSE", Some("access_denied"))
    );
}

/// An xorshift generator (Marsaglia, 2003): tests need variety, not quality.
struct Variety(u64);

impl Variety {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % bound
    }

    fn one_of<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len())]
    }

    fn value(&mut self, depth: usize) -> Json {
        const WORDS: [&str; 9] = [
            "",
            "invalid_grant",
            "invalid_client",
            "slow_down",
            "eyJ.e30.x",
            "1e999",
            "-5",
            "\u{0}",
            "é\u{202e}",
        ];
        match self.below(if depth == 0 { 4 } else { 6 }) {
            0 => Json::Null,
            1 => Json::Bool(self.below(2) == 0),
            2 => Json::Number(*self.one_of(&[0.0, -1.0, 300.0, 1e300, f64::MAX, f64::MIN, 0.0001])),
            3 => Json::Text(Secret::new(*self.one_of(&WORDS))),
            4 => Json::List((0..self.below(3)).map(|_| self.value(depth - 1)).collect()),
            _ => self.object(depth - 1),
        }
    }

    fn object(&mut self, depth: usize) -> Json {
        const NAMES: [&str; 7] =
            ["access_token", "refresh_token", "expires_in", "scope", "token_type", "error", "x"];
        let members =
            (0..self.below(7)).map(|_| ((*self.one_of(&NAMES)).into(), self.value(depth)));
        Json::Object(members.collect())
    }

    fn response(&mut self) -> HttpResponse {
        HttpResponse {
            status: *self.one_of(&[0, 200, 204, 302, 400, 401, 403, 404, 429, 500, 503, 999]),
            date: [None, Some(UnixMillis(i64::MIN)), Some(UnixMillis(0))][self.below(3)],
            retry_after_ms: [None, Some(Millis(-1)), Some(Millis(i64::MAX))][self.below(3)],
            set_cookie: Vec::new(),
            body: [None, Some(self.value(3)), Some(self.object(2))][self.below(3)].take(),
        }
    }
}

#[test]
fn whatever_is_answered_the_refresh_token_is_kept_unless_the_server_said_invalid_grant() {
    let file = file(ANSWERS);
    let first = vectors(&file).first().expect("a vector");
    let (provider, old, clock) = (provider(&file, first), tokens(&file, first), clock(first));
    let mut variety = Variety(0x6f61_7574_685f_6675);
    let (mut renewed, mut refused) = (0, 0);
    for _ in 0..50_000 {
        let response = variety.response();
        let said =
            response.body.as_ref().and_then(|body| body.get("error")?.text()).map(String::from);
        let result = SendResult::Response(response);
        let _ = provider.learned_skew(&result, clock.now, None);
        let _ = provider.revoke_outcome(&result);
        match provider.refresh_outcome(&old, &result, clock) {
            RefreshOutcome::Renewed(tokens) => {
                assert!(tokens.refresh_token.is_some_and(|token| !token.expose().is_empty()));
                assert!(!tokens.access_token.expose().is_empty());
                assert!(tokens.expires_at.is_none_or(|at| at > clock.now));
                renewed += 1;
            }
            RefreshOutcome::Refused(_) => {
                assert_eq!(said.as_deref(), Some("invalid_grant"));
                refused += 1;
            }
            _ => {}
        }
    }
    assert!(renewed > 50 && refused > 50, "{renewed} renewed, {refused} refused");
}

#[test]
fn no_challenge_upsets_the_reading_of_it() {
    let file = file(ANSWERS);
    let provider = provider(&file, vectors(&file).first().expect("a vector"));
    let mut variety = Variety(0x6265_6172_6572_2121);
    let parts = [
        "Bearer",
        " ",
        ",",
        "=",
        "\"",
        "\\",
        "error",
        "invalid_token",
        "realm",
        "é",
        "\t",
        "Basic x",
    ];
    for _ in 0..50_000 {
        let header: String = (0..variety.below(12)).map(|_| *variety.one_of(&parts)).collect();
        let rejected = provider.rejects_access_token(401, Some(&header), None);
        assert!(!rejected || header.contains("invalid_token"), "{header}");
    }
}
