//! What every answer of `/auth/*` has in common: `{ data }`, or `{ errors: [{ extensions: { code } }] }`.
//!
//! The codes: <https://directus.io/docs/guides/connect/errors>.

use super::token_cookie::TokenCookie;
use super::{Directus, Mode};
use crate::error::{Error, ErrorCode};
use crate::expiry::{expires_at, lifetime_in_milliseconds};
use crate::http::{HttpResponse, SendResult};
use crate::json::Json;
use crate::secret::Secret;
use crate::time::{Clock, Millis};
use crate::token_set::TokenSet;

/// Directus' own code. `None`: the answer is not an error of Directus, whatever its status.
pub(super) fn error_code(body: Option<&Json>) -> Option<&str> {
    body?.get("errors")?.at(0)?.get("extensions")?.get("code")?.text()
}

/// An error about an answer.
pub(super) fn answered(response: &HttpResponse, code: ErrorCode, message: &str) -> Error {
    Error::new(code, message)
        .with_status(response.status)
        .with_provider_code(error_code(response.body.as_ref()))
}

fn data<'a>(response: &'a HttpResponse, name: &str) -> Option<&'a Json> {
    response.body.as_ref()?.get("data")?.get(name)
}

fn token(response: &HttpResponse, name: &str) -> Option<Secret> {
    let text = data(response, name)?.text()?;
    (!text.is_empty()).then(|| Secret::new(text))
}

impl Directus {
    /// The tokens of a successful login or refresh. Without a refresh token if none came.
    pub(super) fn issued_tokens(
        &self,
        response: &HttpResponse,
        clock: Clock,
    ) -> Result<TokenSet, Error> {
        let access_token = self.issued_access_token(response)?;
        let refresh_token = match self.mode {
            Mode::Json => token(response, "refresh_token"),
            Mode::Cookie => Some(
                self.cookie(response)
                    .map_err(|why| answered(response, ErrorCode::ResponseInvalid, why))?,
            ),
            Mode::Session => None,
        };
        let lifetime = lifetime_in_milliseconds(data(response, "expires"));
        let expires_at = expires_at(access_token.expose(), lifetime, clock);
        let obtained_at = clock.provider_now();
        Ok(TokenSet { access_token, refresh_token, expires_at, obtained_at, scope: None })
    }

    /// The access token of a successful login or refresh.
    pub(in crate::provider) fn issued_access_token(
        &self,
        response: &HttpResponse,
    ) -> Result<Secret, Error> {
        let issued = match self.mode {
            Mode::Json | Mode::Cookie => {
                token(response, "access_token").ok_or("the answer has no data.access_token")
            }
            Mode::Session => self.cookie(response),
        };
        issued.map_err(|missing| {
            let message = match response.body {
                Some(_) => missing,
                None => {
                    "the answer is not json, so it is hardly directus that answers under this url"
                }
            };
            answered(response, ErrorCode::ResponseInvalid, message)
        })
    }
}

impl Directus {
    /// The token in the cookie of the mode.
    fn cookie(&self, response: &HttpResponse) -> Result<Secret, &'static str> {
        match (TokenCookie::read(&response.set_cookie, self.cookie_name()), self.mode) {
            (TokenCookie::Set(token), _) => Ok(token),
            (TokenCookie::Deleted, _) => Err("the answer deletes the cookie of the token"),
            (TokenCookie::Absent, Mode::Session) => Err(
                "the answer does not set the session cookie: sessionCookieName must be directus' \
                 SESSION_COOKIE_NAME, and nothing in between may drop set-cookie",
            ),
            (TokenCookie::Absent, _) => {
                Err("the answer does not set the refresh cookie: refreshTokenCookieName must be \
                 directus' REFRESH_TOKEN_COOKIE_NAME, and nothing in between may drop set-cookie")
            }
        }
    }
}

/// Why there are no tokens, when the reason is neither the user nor the session.
pub(super) enum Trouble {
    /// Directus did not act on the request, and may at another time.
    NotNow(Error),
    /// Directus may have acted on it.
    Unknown(Error),
    /// Directus did not act on it, and never will with these settings.
    Misconfigured(Error),
}

impl Trouble {
    /// Judges any result. A successful answer counts as unreadable: its tokens were not found.
    pub(super) fn of(result: &SendResult) -> Self {
        match result {
            SendResult::Response(response) => Self::answered(response),
            SendResult::NotConnected => {
                let message = "no connection to directus could be made";
                Self::NotNow(Error::new(ErrorCode::Transport, message))
            }
            SendResult::Unknown => {
                let message = "the connection to directus broke before the answer was complete";
                Self::Unknown(Error::new(ErrorCode::Transport, message))
            }
        }
    }

    fn answered(response: &HttpResponse) -> Self {
        let unavailable = |message| answered(response, ErrorCode::ProviderUnavailable, message);
        let code = error_code(response.body.as_ref());
        match (response.status, code) {
            (429, _) | (400..=499, Some("REQUESTS_EXCEEDED")) => Self::NotNow(
                unavailable("directus limits the rate of requests")
                    .with_retry_after(delay(response)),
            ),
            (408 | 502..=504, _) => Self::NotNow(
                unavailable("directus is not available").with_retry_after(delay(response)),
            ),
            (300..=399, _) => Self::Misconfigured(answered(
                response,
                ErrorCode::ProviderRejected,
                "the answer is a redirect: the provider's url must be the address it leads to",
            )),
            (400..=499, code) => Self::Misconfigured(answered(
                response,
                ErrorCode::ProviderRejected,
                what_to_change(response.status, code),
            )),
            (500.., _) => Self::Unknown(unavailable("directus failed while it answered")),
            _ => Self::Unknown(answered(
                response,
                ErrorCode::ResponseInvalid,
                "the answer holds no tokens",
            )),
        }
    }

    /// The error alone.
    pub(super) fn into_error(self) -> Error {
        match self {
            Self::NotNow(error) | Self::Unknown(error) | Self::Misconfigured(error) => error,
        }
    }
}

fn delay(response: &HttpResponse) -> Option<Millis> {
    response.retry_after_ms.map(|delay| delay.max(Millis(0)))
}

fn what_to_change(status: u16, code: Option<&str>) -> &'static str {
    match (status, code) {
        (404, _) => {
            "directus has no such route: the provider's url must be its PUBLIC_URL with the base path, \
             and AUTH_DISABLE_DEFAULT must not be set"
        }
        // Requests carry no credential but the one they are about, and that one was not refused.
        (_, Some("TOKEN_EXPIRED" | "INVALID_TOKEN")) => {
            "directus was shown a credential that is not ours: something in between adds an \
             authorization header or a cookie"
        }
        (_, Some("RESOURCE_RESTRICTED")) => "the licence of directus does not admit this user",
        (_, Some(_)) => "directus refuses the request in this configuration",
        (_, None) => {
            "the answer is not directus' own: something in front of it refuses the request"
        }
    }
}
