//! The OAuth provider against golden vectors, and against answers that no server should send.
#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod provider_vectors;

use provider_vectors::{Answer, AnswerVector, File};
use tokenkeep::http::{HttpResponse, SendResult};
use tokenkeep::json::Json;
use tokenkeep::provider::{Adoption, Provider, RefreshOutcome};
use tokenkeep::secret::Secret;
use tokenkeep::time::{Clock, Millis, UnixMillis};
use tokenkeep::token_set::TokenSet;

const REQUESTS: &str = include_str!("vectors/oauth-requests.json");
const ANSWERS: &str = include_str!("vectors/oauth-answers.json");
/// As the providers document them.
const DOCUMENTED: &str = include_str!("vectors/oauth-documented.json");

/// Everything in the vectors that no message may repeat.
const SECRETS: [&str; 6] =
    ["aSecretInABody", "RefreshToken", "AccessToken", "eyJ", "id.example.com", "Maintenance"];

fn vectors(text: &str) -> File<AnswerVector> {
    File::read(text)
}

fn bodies(text: &str) -> Vec<String> {
    let vectors = vectors(text).vectors.into_iter();
    let body = |vector: AnswerVector| match vector.answer {
        Answer::Given { body, .. } => Some(body),
        Answer::Missing(_) => None,
    };
    vectors.filter_map(body).collect()
}

/// A provider, and tokens that it renews.
fn scene() -> (Provider, TokenSet, Clock) {
    let file = vectors(ANSWERS);
    let first = file.vectors.first().expect("a vector");
    let tokens = file.tokens(first.tokens.as_ref()).clone();
    (file.provider(&first.provider), tokens, first.clock())
}

#[test]
fn requests_are_sent_byte_for_byte() {
    provider_vectors::requests_are_sent_byte_for_byte(REQUESTS);
}

#[test]
fn answers_mean_what_they_should() {
    provider_vectors::answers_mean_what_they_should(ANSWERS, &SECRETS);
}

#[test]
fn answers_mean_what_the_providers_documentation_says() {
    provider_vectors::answers_mean_what_they_should(DOCUMENTED, &SECRETS);
}

#[test]
fn invalid_grant_alone_ends_a_session() {
    for text in [ANSWERS, DOCUMENTED] {
        let file = vectors(text);
        let errors = file.vectors.iter().map(|vector| &vector.outcome["error"]);
        let ended = errors.filter(|error| error["sessionEnded"] == true);
        let codes: Vec<_> = ended.map(|error| error["providerCode"].as_str()).collect();
        assert!(
            codes.len() > 3 && codes.iter().all(|code| *code == Some("invalid_grant")),
            "{codes:?}"
        );
    }
}

#[test]
fn a_session_begins_with_the_answer_of_a_token_endpoint() {
    let (provider, _, clock) = scene();
    let adopted =
        |text: &str| provider.adoption(&serde_json::from_str(text).expect("JSON"), "", clock);
    let Ok(Adoption::Tokens(tokens)) = adopted(&bodies(ANSWERS)[0]) else { panic!("no tokens") };
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
    let (provider, old, clock) = scene();
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

/// Cuts, repeats, replaces and splices, as broken gateways and worse do.
fn mutated(variety: &mut Variety, bodies: &[String]) -> String {
    const PIECES: [&str; 8] =
        ["\"", "{", "}", "\\u0000", "null", "\"error\":\"invalid_grant\",", "1e999", "<html>"];
    let mut body: Vec<char> = variety.one_of(bodies).chars().collect();
    for _ in 0..=variety.below(3) {
        let at = variety.below(body.len() + 1);
        match variety.below(4) {
            0 => body.truncate(at),
            1 => body.extend(variety.one_of(bodies).chars().skip(at)),
            2 => body.splice(at..at, variety.one_of(&PIECES).chars()).for_each(drop),
            _ => drop((at < body.len()).then(|| body.remove(at))),
        }
    }
    body.into_iter().collect()
}

#[test]
fn a_mutated_body_ends_a_session_only_if_it_still_says_invalid_grant() {
    let (provider, old, clock) = scene();
    let bodies = [ANSWERS, DOCUMENTED].map(bodies).concat();
    let mut variety = Variety(0x6d75_7461_7465_6421);
    let (mut readable, mut refused) = (0, 0);
    for _ in 0..50_000 {
        let text = mutated(&mut variety, &bodies);
        let body: Option<Json> = serde_json::from_str(&text).ok();
        let says = body.as_ref().and_then(|body| body.get("error")?.text()).map(String::from);
        readable += usize::from(body.is_some());
        let result = SendResult::Response(HttpResponse { body, ..variety.response() });
        let _ = provider.revoke_outcome(&result);
        let _ = provider.learned_skew(&result, clock.now, None);
        if let RefreshOutcome::Refused(error) = provider.refresh_outcome(&old, &result, clock) {
            assert_eq!(says.as_deref(), Some("invalid_grant"), "{text}");
            assert_eq!(error.provider_code.as_deref(), Some("invalid_grant"));
            refused += 1;
        }
    }
    assert!(readable > 5000 && refused > 500, "{readable} readable, {refused} refused");
}

#[test]
fn no_challenge_upsets_the_reading_of_it() {
    let (provider, ..) = scene();
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
