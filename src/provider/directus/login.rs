//! `POST /auth/login` and `POST /auth/login/:provider`: <https://directus.io/docs/api/authentication>.
//! `POST /shares/auth`: <https://directus.io/docs/api/shares>.

use super::envelope::{Trouble, answered, error_code};
use super::{Directus, Mode};
use crate::error::{Error, ErrorCode};
use crate::http::{HttpRequest, HttpResponse, SendResult};
use crate::json_body;
use crate::provider::{Credentials, LoginOutcome};
use crate::secret::Secret;
use crate::time::Clock;

/// What the user signs in with and `mode`, and no credential of an earlier session, which would be
/// judged first. Of the credentials only those that are there are sent: Directus knows which it wants.
pub(in crate::provider) fn request(directus: &Directus, credentials: &Credentials) -> HttpRequest {
    let Credentials { share, email, identifier, password, otp, provider } = credentials;
    let text = |name, value| (name, Option::map(Option::as_ref(value), Secret::expose));
    let body = json_body::object(&[
        text("share", share),
        text("email", email),
        text("identifier", identifier),
        text("password", password),
        text("otp", otp),
        ("mode", Some(directus.mode.as_str())),
    ]);
    match provider {
        _ if share.is_some() => directus.post("shares/auth", body),
        None => directus.post("auth/login", body),
        Some(provider) => directus.post(&["auth/login/", provider.expose()].concat(), body),
    }
}

/// Tokens, or who has to do something about it.
pub(in crate::provider) fn outcome(
    directus: &Directus,
    result: &SendResult,
    clock: Clock,
) -> LoginOutcome {
    let SendResult::Response(response) = result else {
        return LoginOutcome::Failed(Trouble::of(result).into_error());
    };
    match response.status {
        200..=299 => match directus.issued_tokens(response, clock) {
            Ok(tokens) if directus.mode == Mode::Json && tokens.refresh_token.is_none() => {
                let message = "the answer has no data.refresh_token";
                LoginOutcome::Failed(answered(response, ErrorCode::ResponseInvalid, message))
            }
            Ok(tokens) => LoginOutcome::Tokens(tokens),
            Err(error) => LoginOutcome::Failed(error),
        },
        _ => match rejection(directus.mode, response) {
            Some(error) => LoginOutcome::Rejected(error),
            None => LoginOutcome::Failed(Trouble::of(result).into_error()),
        },
    }
}

/// The answers that are about what the user typed, or about the cookie that a sign-in elsewhere left.
fn rejection(mode: Mode, response: &HttpResponse) -> Option<Error> {
    let rejected = ErrorCode::LoginRejected;
    let (code, message) = match (response.status, error_code(response.body.as_ref())?) {
        (401, "INVALID_CREDENTIALS") => (rejected, "directus does not accept the credentials"),
        (401, "USER_SUSPENDED") => (rejected, "the user is suspended"),
        // Directus has one code for a missing and for a wrong one-time password.
        (401, "INVALID_OTP") => (ErrorCode::OtpRequired, "a valid one-time password is needed"),
        // The body is ours and well-formed, so it is what was typed: no address, or nothing at all.
        (400, "INVALID_PAYLOAD") => {
            (rejected, "the credentials are empty or not of the form that directus expects")
        }
        (401, "TOKEN_EXPIRED") | (403, "INVALID_TOKEN") if mode == Mode::Session => {
            (rejected, "directus does not accept the session token that was presented")
        }
        _ => return None,
    };
    Some(answered(response, code, message))
}
