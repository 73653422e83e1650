//! Revocation ([RFC 7009]).
//!
//! [RFC 7009]: https://www.rfc-editor.org/rfc/rfc7009.html

use super::{OAuth, answer};
use crate::error::ErrorCode;
use crate::http::{HttpRequest, SendResult};
use crate::provider::Revocation;
use crate::token_set::TokenSet;

/// `token=…&token_type_hint=refresh_token` (§2.1). `None` without a revocation endpoint or a refresh
/// token.
pub(in crate::provider) fn request(oauth: &OAuth, tokens: &TokenSet) -> Option<HttpRequest> {
    let endpoint = oauth.revocation_endpoint.as_ref()?;
    let token = tokens.refresh_token.as_ref()?.expose();
    let parameters = vec![("token", token), ("token_type_hint", "refresh_token")];
    Some(oauth.client_auth.post(endpoint.as_str(), parameters))
}

/// Any success settles it, also for a token that the server did not know (§2.2). Servers that answer such
/// a token with an error call it `invalid_token` or `invalid_grant`. Every other error of the server's own
/// is about the client (§2.2.1), and would be the same the next time; an answer of something in front of
/// it (HTML, a redirect) settles nothing.
pub(in crate::provider) fn outcome(result: &SendResult) -> Revocation {
    let SendResult::Response(response) = result else { return Revocation::RetryLater };
    match (response.status, answer::error_code(response.body.as_ref())) {
        (200..=299, None) => Revocation::Done,
        (408 | 429 | 500.., _) | (_, None) => Revocation::RetryLater,
        (_, Some(code)) if answer::is_for_now(code) => Revocation::RetryLater,
        (_, Some("invalid_token" | "invalid_grant")) => Revocation::Done,
        (_, Some(_)) => Revocation::Misconfigured(answer::answered(
            response,
            ErrorCode::ProviderRejected,
            "the authorization server does not let this client revoke refresh tokens: check clientId, \
             clientSecret, clientAuth and revocationEndpoint",
        )),
    }
}
