//! `POST /auth/login`: <https://directus.io/docs/api/authentication>.

use super::envelope::{Trouble, answered, error_code};
use super::{Directus, Mode};
use crate::error::{Error, ErrorCode};
use crate::http::{HttpRequest, HttpResponse, SendResult};
use crate::json_body;
use crate::provider::{Credentials, LoginOutcome};
use crate::time::Clock;

/// `{ email, password, otp?, mode }`, and no credential of an earlier session, which would be judged
/// first.
pub(in crate::provider) fn request(directus: &Directus, credentials: &Credentials) -> HttpRequest {
    let body = json_body::object(&[
        ("email", Some(credentials.email.expose())),
        ("password", Some(credentials.password.expose())),
        ("otp", credentials.otp.as_ref().map(|otp| otp.expose())),
        ("mode", Some(directus.mode.as_str())),
    ]);
    directus.post("auth/login", body)
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
        _ => match rejection(response) {
            Some(error) => LoginOutcome::Rejected(error),
            None => LoginOutcome::Failed(Trouble::of(result).into_error()),
        },
    }
}

/// The answers that are about what the user typed.
fn rejection(response: &HttpResponse) -> Option<Error> {
    let rejected = ErrorCode::LoginRejected;
    let (code, message) = match (response.status, error_code(response.body.as_ref())?) {
        (401, "INVALID_CREDENTIALS") => (rejected, "directus does not accept e-mail and password"),
        (401, "USER_SUSPENDED") => (rejected, "the user is suspended"),
        // Directus has one code for a missing and for a wrong one-time password.
        (401, "INVALID_OTP") => (ErrorCode::OtpRequired, "a valid one-time password is needed"),
        // The body is ours and well-formed, so it is what was typed: no address, or nothing at all.
        (400, "INVALID_PAYLOAD") => {
            (rejected, "e-mail or password is empty or not of the form that directus expects")
        }
        _ => return None,
    };
    Some(answered(response, code, message))
}
