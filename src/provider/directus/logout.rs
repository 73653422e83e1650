//! `POST /auth/logout`: <https://directus.io/docs/api/authentication>.

use super::Directus;
use super::envelope::error_code;
use crate::http::{HttpRequest, SendResult};
use crate::provider::Revocation;
use crate::token_set::TokenSet;

/// `{ refresh_token, mode: 'json' }`, or `{ mode }` and the cookie of the mode.
/// `None` for tokens that this mode cannot revoke.
pub(in crate::provider) fn request(directus: &Directus, tokens: &TokenSet) -> Option<HttpRequest> {
    let token = directus.renewed_with(tokens)?;
    Some(directus.post_token("auth/logout", token))
}

/// Directus answers 204. An error of Directus' own about the token is as good: asking again would
/// not change it. An answer of something in front of Directus (HTML, a redirect) settles nothing.
pub(in crate::provider) fn outcome(result: &SendResult) -> Revocation {
    let SendResult::Response(response) = result else { return Revocation::RetryLater };
    match (response.status, error_code(response.body.as_ref())) {
        (204, _) => Revocation::Done,
        (429, _) | (_, None | Some("REQUESTS_EXCEEDED")) => Revocation::RetryLater,
        (400..=499, Some(_)) => Revocation::Done,
        _ => Revocation::RetryLater,
    }
}
