//! Sessions that begin elsewhere: with an answer of `/auth/login`, `/auth/refresh` or `/shares/auth` that
//! the application received itself, or with the cookie that a redirect from single sign-on leaves
//! (<https://directus.io/docs/guides/auth/sso>).

use super::envelope::error_code;
use super::{Directus, Mode, refresh, token_cookie};
use crate::error::{Error, ErrorCode};
use crate::expiry::{expires_at, lifetime_in_milliseconds};
use crate::json::Json;
use crate::provider::Adoption;
use crate::secret::Secret;
use crate::time::Clock;
use crate::token_set::TokenSet;

/// The tokens of `{ access_token, refresh_token?, expires? }`, with or without `data` around it; `expires`
/// is a lifetime in milliseconds. A refresh token alone, and a cookie, are redeemed at Directus: who presents one is not believed.
pub(in crate::provider) fn adopted(
    directus: &Directus,
    answer: &Json,
    cookies: &str,
    clock: Clock,
) -> Result<Adoption, Error> {
    if *answer == Json::Null {
        return redeemed(directus, left_by_sign_in(directus, cookies)?, clock);
    }
    let data = answer.get("data").unwrap_or(answer);
    let text = |name| data.get(name)?.text().filter(|text| !text.is_empty()).map(Secret::new);
    let refresh_token = text("refresh_token");
    if directus.mode == Mode::Session && refresh_token.is_some() {
        return Err(misuse(
            "a refresh token cannot be used in directus session mode: sign in with mode 'session'",
        ));
    }
    match (text("access_token"), refresh_token) {
        (Some(access_token), refresh_token) => {
            let lifetime = lifetime_in_milliseconds(data.get("expires"));
            Ok(Adoption::Tokens(TokenSet {
                expires_at: expires_at(access_token.expose(), lifetime, clock),
                obtained_at: clock.provider_now(),
                access_token,
                refresh_token,
                scope: None,
            }))
        }
        (None, Some(token)) => redeemed(directus, token, clock),
        // GraphQL's refusals come with status 200, so an application may not have noticed.
        (None, None) => {
            let message = "the token answer has neither access_token nor refresh_token";
            Err(misuse(message).with_provider_code(error_code(Some(answer))))
        }
    }
}

fn misuse(message: &str) -> Error {
    Error::new(ErrorCode::ApiMisuse, message)
}

/// The token in the cookie of the mode.
fn left_by_sign_in(directus: &Directus, cookies: &str) -> Result<Secret, Error> {
    let presented = |name: &str| token_cookie::presented(cookies, name);
    if let Some(token) = presented(directus.cookie_name()) {
        return Ok(token);
    }
    let of_another_mode = match directus.mode {
        Mode::Session => &directus.refresh_token_cookie_name,
        Mode::Json | Mode::Cookie => &directus.session_cookie_name,
    };
    let (code, message) = match presented(of_another_mode) {
        Some(_) => (
            ErrorCode::Config,
            "directus left the cookie of another mode: AUTH_<PROVIDER>_MODE must be session where mode \
             is 'session', and cookie where it is not",
        ),
        None => (
            ErrorCode::LoginRejected,
            "no cookie of directus came: the sign-in did not happen, or the cookie's domain does not \
             cover this application",
        ),
    };
    Err(Error::new(code, message))
}

fn redeemed(directus: &Directus, token: Secret, clock: Clock) -> Result<Adoption, Error> {
    let mut tokens = TokenSet {
        access_token: Secret::new(""),
        refresh_token: None,
        expires_at: None,
        obtained_at: clock.provider_now(),
        scope: None,
    };
    match directus.mode {
        Mode::Session => tokens.access_token = token,
        Mode::Json | Mode::Cookie => tokens.refresh_token = Some(token),
    }
    let request = refresh::request(directus, &tokens);
    let nothing_to_redeem = || misuse("the cookie holds a token that directus does not renew");
    request.map(Adoption::Redeem).ok_or_else(nothing_to_redeem)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::directus::DirectusConfig;
    use crate::time::{Millis, UnixMillis};

    /// `{"iat":1767225600,"exp":1767225660,"iss":"directus"}`
    const SESSION_JWT: &str =
        "e30.eyJpYXQiOjE3NjcyMjU2MDAsImV4cCI6MTc2NzIyNTY2MCwiaXNzIjoiZGlyZWN0dXMifQ.c2ln";
    const NOW: i64 = 1_767_225_630_000;

    fn adopt(mode: Mode, answer: &str, cookies: &str) -> Result<Adoption, Error> {
        let url = "https://cms.example.com".into();
        let config = DirectusConfig { url, mode, ..Default::default() };
        let directus = Directus::new(config).expect("good settings");
        let answer: Json = serde_json::from_str(answer).expect("JSON");
        let clock = Clock { now: UnixMillis(NOW), skew_ms: Millis(0) };
        adopted(&directus, &answer, cookies, clock)
    }

    fn code(outcome: Result<Adoption, Error>) -> &'static str {
        outcome.expect_err("an error").code.as_str()
    }

    #[test]
    fn an_answer_with_an_access_token_is_believed() {
        let text = r#"{"data":{"access_token":"a","refresh_token":"r","expires":"900000"}}"#;
        let Ok(Adoption::Tokens(tokens)) = adopt(Mode::Json, text, "") else { panic!("no tokens") };
        assert_eq!(tokens.expires_at, Some(UnixMillis(NOW + 900_000)));
        assert_eq!(tokens.refresh_token, Some(Secret::new("r")));
        let of_sdk = r#"{"access_token":"static","refresh_token":null,"expires":null}"#;
        let Ok(Adoption::Tokens(tokens)) = adopt(Mode::Json, of_sdk, "") else {
            panic!("no tokens")
        };
        assert_eq!((tokens.expires_at, tokens.refresh_token), (None, None));
    }

    #[test]
    fn a_refresh_token_alone_and_a_cookie_are_redeemed() {
        let redeemed = |mode, answer, cookies| match adopt(mode, answer, cookies) {
            Ok(Adoption::Redeem(request)) => {
                let body = request.body.map(Secret::into_string).unwrap_or_default();
                (body, request.headers.0.into_iter().last().map(|(_, value)| value.into_string()))
            }
            other => panic!("{other:?}"),
        };
        let json = r#"{"refresh_token":"r","mode":"json"}"#;
        assert_eq!(redeemed(Mode::Json, r#"{"refresh_token":"r"}"#, "").0, json);
        assert_eq!(redeemed(Mode::Json, "null", "directus_refresh_token=r").0, json);
        let cookie = "directus_refresh_token=r";
        assert_eq!(
            redeemed(Mode::Cookie, "null", "a=b; directus_refresh_token=r"),
            (r#"{"mode":"cookie"}"#.into(), Some(cookie.into()))
        );
        let cookie = ["directus_session_token=", SESSION_JWT].concat();
        assert_eq!(
            redeemed(Mode::Session, "null", &cookie),
            (r#"{"mode":"session"}"#.into(), Some(cookie.clone()))
        );
    }

    #[test]
    fn what_cannot_be_a_session_is_refused_by_name() {
        let session = ["directus_session_token=", SESSION_JWT].concat();
        assert_eq!(code(adopt(Mode::Session, "null", "")), "ERR_LOGIN_REJECTED");
        assert_eq!(code(adopt(Mode::Json, "null", &session)), "ERR_CONFIG");
        assert_eq!(code(adopt(Mode::Session, "null", "directus_refresh_token=r")), "ERR_CONFIG");
        let static_token = "directus_session_token=static";
        assert_eq!(code(adopt(Mode::Session, "null", static_token)), "ERR_API_MISUSE");
        assert_eq!(code(adopt(Mode::Json, "{}", "")), "ERR_API_MISUSE");
        let of_json_mode = r#"{"access_token":"a","refresh_token":"r"}"#;
        assert_eq!(code(adopt(Mode::Session, of_json_mode, "")), "ERR_API_MISUSE");
    }
}
