//! The `refresh_token` grant ([RFC 6749 §6]) and the answers of a token endpoint (§5).
//!
//! [RFC 6749 §6]: https://www.rfc-editor.org/rfc/rfc6749.html#section-6

use super::OAuth;
use super::answer::{self, Trouble};
use crate::error::{Error, ErrorCode};
use crate::expiry::{expires_at, lifetime_in_seconds};
use crate::http::{HttpRequest, SendResult};
use crate::json::Json;
use crate::provider::RefreshOutcome;
use crate::secret::Secret;
use crate::time::Clock;
use crate::token_set::TokenSet;

/// `grant_type=refresh_token&refresh_token=…`, then the scope, the extra parameters and the client's
/// credentials as they are configured. `None` without a refresh token.
pub(in crate::provider) fn request(oauth: &OAuth, tokens: &TokenSet) -> Option<HttpRequest> {
    let token = tokens.refresh_token.as_ref()?.expose();
    let mut parameters = vec![("grant_type", "refresh_token"), ("refresh_token", token)];
    parameters.extend(oauth.scope.as_deref().map(|scope| ("scope", scope)));
    parameters.extend(oauth.body.iter().map(|(name, value)| (name.as_str(), value.expose())));
    Some(oauth.client_auth.post(oauth.token_endpoint.as_str(), parameters))
}

/// The next set, or what the lack of it means for the session.
pub(in crate::provider) fn outcome(
    old: &TokenSet,
    result: &SendResult,
    clock: Clock,
) -> RefreshOutcome {
    let issued = match result {
        SendResult::Response(response) if (200..=299).contains(&response.status) => {
            response.body.as_ref().and_then(|body| issued_tokens(body, clock))
        }
        _ => None,
    };
    if let Some(new) = issued {
        return RefreshOutcome::Renewed(old.renewed_by(new));
    }
    match Trouble::of(result) {
        Trouble::Refused(error) => RefreshOutcome::Refused(error),
        Trouble::InteractionRequired(error) => RefreshOutcome::InteractionRequired(error),
        Trouble::NotNow(error) => {
            let retry_after = error.retry_after_ms;
            RefreshOutcome::NotNow { error, retry_after }
        }
        Trouble::Unknown(error) => RefreshOutcome::Unknown(error),
        Trouble::Misconfigured(error) => RefreshOutcome::Misconfigured(error),
    }
}

/// The tokens of a success (§5.1), as far as they can be used: real servers leave out `token_type` and
/// `expires_in`, or write the latter as text. An unfamiliar `token_type` is not held against them,
/// because a rotated refresh token that is thrown away is a lost session.
pub(in crate::provider) fn issued_tokens(body: &Json, clock: Clock) -> Option<TokenSet> {
    let access_token = issued_access_token(body)?;
    let lifetime = lifetime_in_seconds(body.get("expires_in"));
    Some(TokenSet {
        expires_at: expires_at(access_token.expose(), lifetime, clock),
        obtained_at: clock.provider_now(),
        refresh_token: text(body, "refresh_token").map(Secret::new),
        scope: text(body, "scope").map(Into::into),
        access_token,
    })
}

/// The access token of a success.
pub(in crate::provider) fn issued_access_token(body: &Json) -> Option<Secret> {
    text(body, "access_token").map(Secret::new)
}

/// The tokens of an answer that the application itself has received.
pub(in crate::provider) fn adopted(body: &Json, clock: Clock) -> Result<TokenSet, Error> {
    issued_tokens(body, clock).ok_or_else(|| {
        Error::new(
            ErrorCode::ApiMisuse,
            "a token endpoint's answer has an access_token, this one not",
        )
        .with_provider_code(answer::error_code(Some(body)))
    })
}

fn text<'a>(body: &'a Json, name: &str) -> Option<&'a str> {
    body.get(name)?.text().filter(|text| !text.is_empty())
}
