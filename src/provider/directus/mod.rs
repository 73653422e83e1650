//! Directus, by endpoint: <https://directus.io/docs/api/authentication>.
//!
//! Directus judges every credential on a request before it looks at the route. An expired bearer or
//! an expired session cookie makes even `/auth/login` answer 401. So the requests built here carry
//! the one credential that they are about, in the one place where Directus looks for it.

pub(super) mod adoption;
mod envelope;
pub(super) mod login;
pub(super) mod logout;
pub(super) mod refresh;
mod token_cookie;

use crate::error::{Error, ErrorCode};
use crate::http::{Headers, HttpRequest};
use crate::json::{Json, Mapped, Mapping, json_names};
use crate::jwt::JwtClaims;
use crate::provider::base_url::BaseUrl;
use crate::secret::Secret;
use crate::time::Millis;
use crate::token_set::TokenSet;

/// Where Directus puts the tokens. It cannot be changed for a session that has begun.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Access token and refresh token in the body. The refresh token is good for one use.
    #[default]
    Json,
    /// The same two tokens, with the refresh token in a cookie.
    Cookie,
    /// Directus session mode: one token in a cookie, which is both, and which can be renewed only
    /// while it is valid. A refresh may be repeated for a few seconds.
    Session,
}

impl Mode {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Cookie => "cookie",
            Self::Session => "session",
        }
    }
}

/// The settings of a Directus project.
#[derive(Clone, Debug, PartialEq)]
pub struct DirectusConfig {
    /// Directus' `PUBLIC_URL`: absolute, with its base path if it has one.
    pub url: String,
    /// Default: `json`.
    pub mode: Mode,
    /// Directus' `SESSION_COOKIE_NAME`, which its API does not tell. Default:
    /// `directus_session_token`.
    pub session_cookie_name: String,
    /// Directus' `REFRESH_TOKEN_COOKIE_NAME`. Default: `directus_refresh_token`.
    pub refresh_token_cookie_name: String,
    /// For how many seconds after a rotation Directus answers the old token with its successor, in
    /// Directus session mode its `SESSION_REFRESH_GRACE_PERIOD`. Default: 10 in Directus session
    /// mode, else 0, which is what Directus itself does.
    pub reuse_window: Option<f64>,
}

json_names!(Mode { Json = "json", Cookie = "cookie", Session = "session" });

impl Mapped for DirectusConfig {
    fn map(&mut self, mapping: &mut Mapping<'_>) {
        mapping.optional("url", &mut self.url);
        mapping.optional("mode", &mut self.mode);
        mapping.optional("sessionCookieName", &mut self.session_cookie_name);
        mapping.optional("refreshTokenCookieName", &mut self.refresh_token_cookie_name);
        mapping.optional("reuseWindow", &mut self.reuse_window);
    }

    fn blank() -> Self {
        Self::default()
    }
}

impl Default for DirectusConfig {
    fn default() -> Self {
        Self {
            url: String::new(),
            mode: Mode::default(),
            session_cookie_name: "directus_session_token".into(),
            refresh_token_cookie_name: "directus_refresh_token".into(),
            reuse_window: None,
        }
    }
}

/// A Directus project with checked settings.
#[derive(Clone, Debug, PartialEq)]
pub struct Directus {
    base_url: BaseUrl,
    mode: Mode,
    session_cookie_name: String,
    refresh_token_cookie_name: String,
    reuse_window: Millis,
}

impl Directus {
    /// Checks the settings.
    ///
    /// # Errors
    ///
    /// `ERR_CONFIG` for a URL, a cookie name or a reuse window that cannot work.
    pub fn new(config: DirectusConfig) -> Result<Self, Error> {
        let DirectusConfig { mode, session_cookie_name, refresh_token_cookie_name, .. } = config;
        if !token_cookie::is_valid_name(&session_cookie_name) {
            return Err(Error::new(ErrorCode::Config, "sessionCookieName is no cookie name"));
        }
        if !token_cookie::is_valid_name(&refresh_token_cookie_name) {
            return Err(Error::new(ErrorCode::Config, "refreshTokenCookieName is no cookie name"));
        }
        let reuse_window = config.reuse_window.unwrap_or(match mode {
            Mode::Json | Mode::Cookie => 0.0,
            Mode::Session => 10.0,
        });
        if !(0.0..=86_400.0).contains(&reuse_window) {
            let message = "reuseWindow must be a number of seconds between 0 and 86400";
            return Err(Error::new(ErrorCode::Config, message));
        }
        let reuse_window = Millis::from_seconds_f64(reuse_window);
        let base_url = BaseUrl::parse(&config.url)?;
        Ok(Self { base_url, mode, session_cookie_name, refresh_token_cookie_name, reuse_window })
    }

    /// The cookie in which the mode keeps its token. In json mode: the one that a sign-in elsewhere leaves.
    fn cookie_name(&self) -> &str {
        match self.mode {
            Mode::Json | Mode::Cookie => &self.refresh_token_cookie_name,
            Mode::Session => &self.session_cookie_name,
        }
    }

    pub(super) fn rejects_access_token(&self, status: u16, body: Option<&Json>) -> bool {
        match (status, envelope::error_code(body)) {
            (401, Some("TOKEN_EXPIRED")) => true,
            // A rotated or revoked session. In json mode it would be a token that was never good.
            (401, Some("INVALID_CREDENTIALS")) => self.mode == Mode::Session,
            // GraphQL reports what its resolvers meet with status 200. With data beside the error a part
            // of the operation was done, and must not be done twice.
            (200, Some("TOKEN_EXPIRED")) => {
                matches!(body.and_then(|body| body.get("data")), None | Some(Json::Null))
            }
            _ => false,
        }
    }

    pub(super) const fn reuse_window(&self) -> Millis {
        self.reuse_window
    }

    /// A session that nobody renews before it expires is lost in Directus session mode, so renewal
    /// starts when half of its life is over.
    pub(super) const fn leeway_divisor(&self) -> i64 {
        match self.mode {
            Mode::Json | Mode::Cookie => 4,
            Mode::Session => 2,
        }
    }

    /// The token that renews or revokes the session. Static tokens have none, and neither has a set
    /// that was issued in session mode or not: using it in the other fails, or breaks the session. Between
    /// json and cookie mode a refresh token may move.
    pub(super) fn renewed_with<'a>(&self, tokens: &'a TokenSet) -> Option<&'a Secret> {
        match (self.mode, &tokens.refresh_token) {
            (Mode::Json | Mode::Cookie, refresh_token) => refresh_token.as_ref(),
            (Mode::Session, Some(_)) => None,
            (Mode::Session, None) => {
                let claims = JwtClaims::read(tokens.access_token.expose())?;
                (claims.issuer.as_deref() == Some("directus")).then_some(&tokens.access_token)
            }
        }
    }

    fn post(&self, path: &str, body: Secret) -> HttpRequest {
        let json = || Secret::new("application/json");
        HttpRequest {
            method: "POST".into(),
            url: self.base_url.join(path),
            headers: Headers(vec![("accept", json()), ("content-type", json())]),
            body: Some(body),
        }
    }

    /// A request about `token`, which is where the mode wants it: in the body, or in the cookie.
    fn post_token(&self, path: &str, token: &Secret) -> HttpRequest {
        let mode = ("mode", Some(self.mode.as_str()));
        match self.mode {
            Mode::Json => {
                let refresh_token = ("refresh_token", Some(token.expose()));
                self.post(path, crate::json_body::object(&[refresh_token, mode]))
            }
            Mode::Cookie | Mode::Session => {
                let mut request = self.post(path, crate::json_body::object(&[mode]));
                let cookie = token_cookie::header(self.cookie_name(), token);
                request.headers.0.push(("cookie", cookie));
                request
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::from_json;
    use crate::time::UnixMillis;

    /// `{"iat":1767225600,"exp":1767225660,"iss":"directus"}`
    const SESSION_JWT: &str =
        "e30.eyJpYXQiOjE3NjcyMjU2MDAsImV4cCI6MTc2NzIyNTY2MCwiaXNzIjoiZGlyZWN0dXMifQ.c2ln";

    fn directus(mode: Mode) -> Directus {
        let url = "https://cms.example.com".into();
        Directus::new(DirectusConfig { url, mode, ..Default::default() }).expect("good settings")
    }

    fn tokens(access_token: &str, refresh_token: Option<&str>) -> TokenSet {
        TokenSet {
            access_token: Secret::new(access_token),
            refresh_token: refresh_token.map(Secret::new),
            expires_at: JwtClaims::read(access_token).and_then(|claims| claims.expires_at),
            obtained_at: UnixMillis(0),
            scope: None,
        }
    }

    fn renews(mode: Mode, tokens: &TokenSet) -> bool {
        directus(mode).renewed_with(tokens).is_some()
    }

    #[test]
    fn in_json_mode_the_refresh_token_renews_and_in_session_mode_the_session_token() {
        assert!(renews(Mode::Json, &tokens(SESSION_JWT, Some("refresh"))));
        assert!(!renews(Mode::Json, &tokens(SESSION_JWT, None)));
        assert!(renews(Mode::Cookie, &tokens(SESSION_JWT, Some("refresh"))));
        assert!(renews(Mode::Session, &tokens(SESSION_JWT, None)));
    }

    #[test]
    fn a_static_token_is_never_renewed() {
        let elsewhere = "e30.eyJleHAiOjE3NjcyMjU2NjAsImlzcyI6Im90aGVyIn0.c2ln";
        for mode in [Mode::Json, Mode::Cookie, Mode::Session] {
            assert!(!renews(mode, &tokens("static-token", None)));
            assert!(!renews(mode, &tokens(elsewhere, None)));
        }
    }

    #[test]
    fn a_set_of_the_other_mode_is_not_sent() {
        let of_json_mode = tokens(SESSION_JWT, Some("refresh"));
        assert!(!renews(Mode::Session, &of_json_mode));
        assert_eq!(refresh::request(&directus(Mode::Session), &of_json_mode), None);
        assert_eq!(logout::request(&directus(Mode::Json), &tokens(SESSION_JWT, None)), None);
    }

    #[test]
    fn a_graphql_answer_of_200_refuses_the_token_only_if_nothing_was_done() {
        let rejects = |text: &str| {
            let body: Json = serde_json::from_str(text).expect("JSON");
            directus(Mode::Json).rejects_access_token(200, Some(&body))
        };
        let expired = r#""errors":[{"extensions":{"code":"TOKEN_EXPIRED"}}]"#;
        assert!(rejects(&format!("{{{expired}}}")));
        assert!(rejects(&format!(r#"{{"data":null,{expired}}}"#)));
        assert!(!rejects(&format!(r#"{{"data":{{"created":null}},{expired}}}"#)));
        assert!(!rejects(r#"{"errors":[{"extensions":{"code":"FORBIDDEN"}}]}"#));
        assert!(!rejects(r#"{"data":{}}"#));
    }

    #[test]
    fn settings_have_directus_own_defaults() {
        let config = from_json(Json::Object(Vec::new()));
        assert_eq!(config, Some(DirectusConfig::default()));
        assert_eq!(directus(Mode::Json).reuse_window(), Millis(0));
        assert_eq!(directus(Mode::Session).reuse_window(), Millis(10_000));
    }

    #[test]
    fn settings_that_cannot_work_are_named() {
        let url: String = "https://cms.example.com".into();
        let good = DirectusConfig { url, ..Default::default() };
        let wrong = [
            (DirectusConfig { url: String::new(), ..good.clone() }, "url"),
            (
                DirectusConfig { session_cookie_name: "a;b".into(), ..good.clone() },
                "sessionCookieName",
            ),
            (
                DirectusConfig { refresh_token_cookie_name: String::new(), ..good.clone() },
                "refreshTokenCookieName",
            ),
            (DirectusConfig { reuse_window: Some(-1.0), ..good.clone() }, "reuseWindow"),
            (DirectusConfig { reuse_window: Some(f64::NAN), ..good.clone() }, "reuseWindow"),
        ];
        for (config, setting) in wrong {
            let error = Directus::new(config).expect_err(setting);
            assert_eq!(error.code, ErrorCode::Config);
            assert!(error.message.contains(setting), "{error}");
        }
        assert!(Directus::new(good).is_ok());
    }
}
