//! `POST /auth/refresh`: <https://directus.io/docs/api/authentication>.

use super::envelope::{Trouble, answered, error_code};
use super::{Directus, Mode};
use crate::error::{Error, ErrorCode};
use crate::http::{HttpRequest, HttpResponse, SendResult};
use crate::provider::RefreshOutcome;
use crate::time::Clock;
use crate::token_set::TokenSet;

/// `{ refresh_token, mode: 'json' }`, or `{ mode }` and the cookie of the mode. `None` for tokens that
/// cannot be renewed in this mode.
pub(in crate::provider) fn request(directus: &Directus, tokens: &TokenSet) -> Option<HttpRequest> {
    let token = directus.renewed_with(tokens)?;
    Some(directus.post_token("auth/refresh", token))
}

/// The next set, or what the lack of it means for the session.
pub(in crate::provider) fn outcome(
    directus: &Directus,
    old: &TokenSet,
    result: &SendResult,
    clock: Clock,
) -> RefreshOutcome {
    if let SendResult::Response(response) = result {
        if (200..=299).contains(&response.status) {
            return match directus.issued_tokens(response, clock) {
                Ok(new) => RefreshOutcome::Renewed(old.renewed_by(new)),
                Err(error) => RefreshOutcome::Unknown(error),
            };
        }
        if let Some(error) = refusal(directus.mode, response) {
            return RefreshOutcome::Refused(error);
        }
        if let Some(error) = unseen_token(directus.mode, response) {
            return RefreshOutcome::Misconfigured(error);
        }
    }
    match Trouble::of(result) {
        Trouble::NotNow(error) => {
            let retry_after = error.retry_after_ms;
            RefreshOutcome::NotNow { error, retry_after }
        }
        Trouble::Unknown(error) => RefreshOutcome::Unknown(error),
        Trouble::Misconfigured(error) => RefreshOutcome::Misconfigured(error),
    }
}

/// The definite no.
///
/// A code is believed only with its own status: a gateway that reports 502 with somebody's body is no
/// verdict. `TOKEN_EXPIRED` and `INVALID_TOKEN` speak of a JWT. In Directus session mode that is the
/// session token itself: Directus will not renew it, and takes the cookie of an invalid one away. In
/// json mode the request carries no JWT, so they speak of something that was added on the way. Then
/// Directus has not looked at the refresh token at all, and the session is kept.
fn refusal(mode: Mode, response: &HttpResponse) -> Option<Error> {
    let message = match (response.status, error_code(response.body.as_ref())?, mode) {
        (401, "INVALID_CREDENTIALS", _) => {
            "directus does not know the refresh token: it was used, revoked, or has expired"
        }
        (401, "USER_SUSPENDED", _) => "the user is suspended",
        (401, "TOKEN_EXPIRED", Mode::Session) => {
            "the session token expired before it was renewed, and directus renews only valid ones"
        }
        (403, "INVALID_TOKEN", Mode::Session) => {
            "the session token is not signed with the SECRET that directus has now"
        }
        _ => return None,
    };
    Some(answered(response, ErrorCode::RefreshRejected, message))
}

/// "The refresh token is required in either the payload or cookie." The token was sent, but not where
/// Directus looks for it in the mode that it understood, so the session is as alive as before.
fn unseen_token(mode: Mode, response: &HttpResponse) -> Option<Error> {
    let message = match (response.status, error_code(response.body.as_ref())?, mode) {
        (400, "INVALID_PAYLOAD", Mode::Json) => {
            "directus did not find the refresh token in the body: something in between drops the body \
             or its content type, or adds a second credential"
        }
        (400, "INVALID_PAYLOAD", Mode::Cookie) => {
            "directus did not find the refresh token in the cookie: refreshTokenCookieName must be its \
             REFRESH_TOKEN_COOKIE_NAME, and nothing in between may drop the cookie or the body"
        }
        (400, "INVALID_PAYLOAD", Mode::Session) => {
            "directus did not find the session token in the cookie: sessionCookieName must be its \
             SESSION_COOKIE_NAME, and nothing in between may drop the cookie or the body"
        }
        _ => return None,
    };
    Some(answered(response, ErrorCode::ProviderRejected, message))
}
