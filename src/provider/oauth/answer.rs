//! What the error answers of an authorization server have in common: `{ error, … }` ([RFC 6749 §5.2],
//! [RFC 7009 §2.2.1]).
//!
//! [RFC 6749 §5.2]: https://www.rfc-editor.org/rfc/rfc6749.html#section-5.2
//! [RFC 7009 §2.2.1]: https://www.rfc-editor.org/rfc/rfc7009.html#section-2.2.1

use crate::error::{Error, ErrorCode};
use crate::http::{HttpResponse, SendResult};
use crate::json::Json;
use crate::time::Millis;

/// The server's own code. `None`: the answer is not an error of an authorization server, whatever its
/// status.
pub(super) fn error_code(body: Option<&Json>) -> Option<&str> {
    body?.get("error")?.text().filter(|code| !code.is_empty())
}

/// Codes that ask to come back later: `temporarily_unavailable` (RFC 6749 §4.1.2.1), which token
/// endpoints use as well, and `slow_down` (RFC 8628 §3.5).
pub(super) fn is_for_now(code: &str) -> bool {
    matches!(code, "temporarily_unavailable" | "slow_down")
}

/// Why there are no tokens.
pub(super) enum Trouble {
    /// The refresh token is not accepted any more.
    Refused(Error),
    /// The server wants to see the user; the refresh token stays good.
    InteractionRequired(Error),
    /// The server did not act on the request, and may at another time.
    NotNow(Error),
    /// The server may have acted on it.
    Unknown(Error),
    /// The server did not act on it, and never will with these settings.
    Misconfigured(Error),
}

impl Trouble {
    /// Judges any result. A successful answer counts as unreadable: its tokens were not found.
    pub(super) fn of(result: &SendResult) -> Self {
        match result {
            SendResult::Response(response) => match error_code(response.body.as_ref()) {
                // A gateway that reports 5xx with somebody's body is no verdict. Some servers send
                // their errors with status 200.
                Some(code) if response.status < 500 => Self::said(response, code),
                _ => Self::by_status(response),
            },
            SendResult::NotConnected => {
                let message = "no connection to the authorization server could be made";
                Self::NotNow(Error::new(ErrorCode::Transport, message))
            }
            SendResult::Unknown => {
                let message = "the connection to the authorization server broke before the answer was complete";
                Self::Unknown(Error::new(ErrorCode::Transport, message))
            }
        }
    }

    /// The server's own verdict. Only `invalid_grant` is about the refresh token.
    /// `mfa_required` is Auth0's: <https://auth0.com/docs/secure/multi-factor-authentication>.
    fn said(response: &HttpResponse, code: &str) -> Self {
        match code {
            _ if response.status == 429 || is_for_now(code) => Self::not_now(response),
            "invalid_grant" => Self::Refused(answered(
                response,
                ErrorCode::RefreshRejected,
                "the authorization server does not accept the refresh token: it was used, revoked, has \
                 expired, or belongs to another client",
            )),
            "interaction_required"
            | "login_required"
            | "consent_required"
            | "account_selection_required"
            | "mfa_required" => Self::InteractionRequired(answered(
                response,
                ErrorCode::InteractionRequired,
                "the authorization server wants the user to sign in or to consent before it renews",
            )),
            "server_error" => Self::Unknown(answered(
                response,
                ErrorCode::ProviderUnavailable,
                "the authorization server failed while it answered",
            )),
            _ => Self::Misconfigured(answered(
                response,
                ErrorCode::ProviderRejected,
                what_to_change(code),
            )),
        }
    }

    fn by_status(response: &HttpResponse) -> Self {
        let rejected =
            |message| Self::Misconfigured(answered(response, ErrorCode::ProviderRejected, message));
        match response.status {
            408 | 429 | 502 | 503 => Self::not_now(response),
            300..=399 => {
                rejected("the answer is a redirect: tokenEndpoint must be the address it leads to")
            }
            404 | 405 => {
                rejected("there is no token endpoint at this address: check tokenEndpoint")
            }
            401 => rejected(
                "the authorization server does not know this client: check clientId, clientSecret and \
                 clientAuth",
            ),
            400..=499 => rejected(
                "the answer is not an authorization server's own: something in front of it refuses the \
                 request, or tokenEndpoint is another address",
            ),
            500.. => Self::Unknown(answered(
                response,
                ErrorCode::ProviderUnavailable,
                "the authorization server failed while it answered",
            )),
            _ => Self::Unknown(answered(response, ErrorCode::ResponseInvalid, no_tokens(response))),
        }
    }

    fn not_now(response: &HttpResponse) -> Self {
        let message = "the authorization server is not available";
        let retry_after = response.retry_after_ms.map(|delay| delay.max(Millis(0)));
        Self::NotNow(
            answered(response, ErrorCode::ProviderUnavailable, message)
                .with_retry_after(retry_after),
        )
    }
}

pub(super) fn answered(response: &HttpResponse, code: ErrorCode, message: &str) -> Error {
    Error::new(code, message)
        .with_status(response.status)
        .with_provider_code(error_code(response.body.as_ref()))
}

fn no_tokens(response: &HttpResponse) -> &'static str {
    match response.body {
        Some(_) => "the answer has no access_token",
        None => "the answer is not json, so it is hardly a token endpoint that answers there",
    }
}

fn what_to_change(code: &str) -> &'static str {
    match code {
        "invalid_client" => {
            "the authorization server does not accept the client: check clientId and clientSecret, and \
             that clientAuth is the method the client is registered with"
        }
        "unauthorized_client" | "unsupported_grant_type" => {
            "the client may not use the refresh_token grant: allow it where the client is registered"
        }
        "invalid_scope" => "scope must not ask for more than the user has granted: leave it out",
        "invalid_target" => "body.resource or body.audience is not one that the server knows",
        "invalid_request" => {
            "the authorization server cannot make sense of the request: check body, and that \
             tokenEndpoint is not another endpoint"
        }
        _ => "the authorization server refuses the request in this configuration",
    }
}
