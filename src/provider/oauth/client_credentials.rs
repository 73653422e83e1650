//! The `client_credentials` grant ([RFC 6749 §4.4]): a token for the application itself, and for no
//! user.
//!
//! [RFC 6749 §4.4]: https://www.rfc-editor.org/rfc/rfc6749.html#section-4.4

use super::OAuthConfig;
use super::answer::Trouble;
use super::client_auth::ClientAuth;
use super::endpoint::Endpoint;
use super::token::issued_tokens;
use crate::error::{Error, ErrorCode};
use crate::http::{HttpRequest, SendResult};
use crate::json::json_struct;
use crate::policy::Policy;
use crate::rotation::cool_down;
use crate::secret::Secret;
use crate::time::{Clock, Millis, UnixMillis};

/// A token of the application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MachineToken {
    /// Sent to the resource server as a bearer.
    pub access_token: Secret,
    /// From when on another one is to be fetched while this one still works. `None`: never.
    pub renew_at: Option<UnixMillis>,
    /// When it stops working. `None`: not known, or never.
    pub expires_at: Option<UnixMillis>,
}

json_struct!(MachineToken {
    access_token: "accessToken",
    renew_at: "renewAt",
    expires_at: "expiresAt",
});

/// `grant_type=client_credentials`, then the scope, the extra parameters and the client's credentials as
/// they are configured (§4.4.2).
///
/// # Errors
///
/// `ERR_CONFIG`; the message names the setting.
pub fn request(config: OAuthConfig) -> Result<HttpRequest, Error> {
    let OAuthConfig { client_id, client_secret, client_auth, scope, body, .. } = config;
    let endpoint = Endpoint::parse("tokenEndpoint", &config.token_endpoint)?;
    let client = ClientAuth::new(client_id, client_secret, client_auth)?;
    if matches!(client, ClientAuth::None { .. }) {
        let message = "clientSecret is missing: a public client gets no token of its own";
        return Err(Error::new(ErrorCode::Config, message));
    }
    let mut parameters = vec![("grant_type", "client_credentials")];
    parameters.extend(scope.as_deref().filter(|it| !it.is_empty()).map(|it| ("scope", it)));
    parameters.extend(body.0.iter().map(|(name, value)| (name.as_str(), value.expose())));
    Ok(client.post(endpoint.as_str(), parameters))
}

/// The token in the answer. `failures` is how many attempts have failed since the last success.
///
/// # Errors
///
/// Why there is none; its `retry_after_ms` is the cool-down before the next attempt.
pub fn outcome(result: &SendResult, failures: u32, now: UnixMillis) -> Result<MachineToken, Error> {
    let clock = Clock { now, skew_ms: Millis(0) };
    let tokens = match result {
        SendResult::Response(response) if (200..=299).contains(&response.status) => {
            response.body.as_ref().and_then(|body| issued_tokens(body, clock))
        }
        _ => None,
    };
    let Some(tokens) = tokens else {
        let error = fault(result);
        let pause = cool_down(failures, error.retry_after_ms.unwrap_or_default());
        return Err(error.with_retry_after(Some(pause)));
    };
    let Policy { refresh_leeway, leeway_divisor, .. } = Policy::default();
    let lifetime = tokens.lifetime().unwrap_or_default();
    let leeway = refresh_leeway.min(Millis(lifetime.0 / leeway_divisor));
    Ok(MachineToken {
        access_token: tokens.access_token,
        renew_at: tokens.expires_at.map(|at| at - leeway),
        expires_at: tokens.expires_at,
    })
}

/// The verdicts of a token endpoint, said of a client and not of a user.
fn fault(result: &SendResult) -> Error {
    let (Trouble::Refused(error)
    | Trouble::InteractionRequired(error)
    | Trouble::NotNow(error)
    | Trouble::Unknown(error)
    | Trouble::Misconfigured(error)) = Trouble::of(result);
    let is_about_the_grant = matches!(
        error.provider_code.as_deref(),
        Some("unauthorized_client" | "unsupported_grant_type" | "invalid_grant" | "invalid_scope")
    );
    if !is_about_the_grant && error.code != ErrorCode::InteractionRequired {
        return error;
    }
    let message =
        "the client gets no token of its own: allow it the client_credentials grant and the scope";
    Error { code: ErrorCode::ProviderRejected, message: message.into(), ..error }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::HttpResponse;
    use crate::json::from_json;

    const NOW: UnixMillis = UnixMillis(1_000_000);

    fn config(text: &str) -> OAuthConfig {
        from_json(serde_json::from_str(text).expect("JSON")).expect("settings")
    }

    fn answer(status: u16, body: &str) -> SendResult {
        SendResult::Response(HttpResponse {
            status,
            date: None,
            retry_after_ms: None,
            set_cookie: Vec::new(),
            body: serde_json::from_str(body).ok(),
        })
    }

    #[test]
    fn the_request_names_the_grant_the_scope_and_further_parameters() {
        let request = request(config(
            r#"{ "tokenEndpoint": "https://id.example.com/token", "clientId": "app", "clientSecret": "s",
                 "clientAuth": "post", "scope": "read", "body": { "audience": "https://api.example.com" } }"#,
        ));
        let request = request.expect("a request");
        assert_eq!(
            (request.method.as_str(), request.url.as_str()),
            ("POST", "https://id.example.com/token")
        );
        assert_eq!(
            request.body.expect("a body").expose(),
            "grant_type=client_credentials&scope=read&audience=https%3A%2F%2Fapi.example.com\
             &client_id=app&client_secret=s",
        );
    }

    #[test]
    fn settings_that_cannot_work_are_named() {
        for (text, setting) in [
            (r#"{ "clientId": "app", "clientSecret": "s" }"#, "tokenEndpoint"),
            (r#"{ "tokenEndpoint": "https://a.example", "clientSecret": "s" }"#, "clientId"),
            (r#"{ "tokenEndpoint": "https://a.example", "clientId": "app" }"#, "clientSecret"),
        ] {
            let error = request(config(text)).expect_err(setting);
            assert_eq!(error.code, ErrorCode::Config);
            assert!(error.message.contains(setting), "{error}");
        }
    }

    #[test]
    fn a_token_is_renewed_ahead_by_the_leeway_or_a_quarter_of_its_life() {
        for (seconds, ahead) in [(3600, 30_000), (60, 15_000)] {
            let body = format!(r#"{{ "access_token": "a", "expires_in": {seconds} }}"#);
            let token = outcome(&answer(200, &body), 0, NOW).expect("a token");
            let expires_at = NOW + Millis(seconds * 1000);
            assert_eq!(token.expires_at, Some(expires_at));
            assert_eq!(token.renew_at, Some(expires_at - Millis(ahead)));
        }
        let lasting = outcome(&answer(200, r#"{ "access_token": "a" }"#), 0, NOW).expect("a token");
        assert_eq!((lasting.renew_at, lasting.expires_at), (None, None));
    }

    #[test]
    fn failures_say_how_long_to_wait_and_longer_each_time() {
        let pauses = [0, 1, 2, 9].map(|failures| {
            outcome(&answer(503, ""), failures, NOW).expect_err("an error").retry_after_ms
        });
        assert_eq!(pauses, [2_000, 4_000, 8_000, 30_000].map(|ms| Some(Millis(ms))));
    }

    #[test]
    fn a_refused_client_is_a_setting_and_no_users_session() {
        for code in ["invalid_grant", "unauthorized_client", "invalid_client", "invalid_scope"] {
            let error = outcome(&answer(400, &format!(r#"{{ "error": "{code}" }}"#)), 0, NOW);
            let error = error.expect_err(code);
            assert_eq!(error.code, ErrorCode::ProviderRejected);
            assert_eq!(error.provider_code.as_deref(), Some(code));
            assert!(!error.message.contains("refresh"), "{error}");
        }
    }
}
