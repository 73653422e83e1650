//! What a provider issues: an access token, its expiry, and what renews it.

use crate::json::json_struct;
use crate::secret::Secret;
use crate::time::{Millis, UnixMillis};

/// The tokens of one session at one generation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenSet {
    /// Sent to the provider as `Authorization: Bearer`.
    pub access_token: Secret,
    /// Renews the access token. `None`: the session ends when the access token does.
    pub refresh_token: Option<Secret>,
    /// When the access token stops working, on the provider's clock. `None`: not known, or never.
    pub expires_at: Option<UnixMillis>,
    /// When the provider issued the set, on the provider's clock.
    pub obtained_at: UnixMillis,
    /// Granted scope, if the provider named one (RFC 6749 §3.3).
    pub scope: Option<String>,
}

impl TokenSet {
    /// What a cookie holds in place of the tokens when they live in the session's record.
    #[must_use]
    pub fn stored() -> Self {
        Self {
            access_token: Secret::new(""),
            refresh_token: None,
            expires_at: Some(UnixMillis(0)),
            obtained_at: UnixMillis(0),
            scope: None,
        }
    }

    /// Whether the tokens live in the record and this only stands for them.
    #[must_use]
    pub fn is_stored(&self) -> bool {
        self.access_token.expose().is_empty()
    }

    /// How long the access token lives from when it was obtained: never negative, `None` if its
    /// expiry is not known. The refresh leeway is a part of it.
    #[must_use]
    pub fn lifetime(&self) -> Option<Millis> {
        Some((self.expires_at? - self.obtained_at).max(Millis(0)))
    }

    /// The set that follows this one when `new` is the provider's answer to its renewal.
    ///
    /// A provider that does not rotate sends no refresh token, and one that grants what it granted
    /// before need not repeat the scope ([RFC 6749 §6]): the old ones stay in force.
    ///
    /// [RFC 6749 §6]: https://www.rfc-editor.org/rfc/rfc6749.html#section-6
    #[must_use]
    pub fn renewed_by(&self, new: Self) -> Self {
        Self {
            refresh_token: new.refresh_token.or_else(|| self.refresh_token.clone()),
            scope: new.scope.or_else(|| self.scope.clone()),
            ..new
        }
    }
}

json_struct!(TokenSet {
    access_token: "accessToken",
    refresh_token: "refreshToken",
    expires_at: "expiresAt",
    obtained_at: "obtainedAt",
    scope: "scope",
});

#[cfg(test)]
mod tests {
    use super::*;

    fn set(refresh_token: Option<&str>, scope: Option<&str>) -> TokenSet {
        TokenSet {
            access_token: Secret::new("access"),
            refresh_token: refresh_token.map(Secret::new),
            expires_at: Some(UnixMillis(5000)),
            obtained_at: UnixMillis(2000),
            scope: scope.map(Into::into),
        }
    }

    #[test]
    fn a_lifetime_runs_from_when_the_set_was_obtained() {
        assert_eq!(set(None, None).lifetime(), Some(Millis(3000)));
        let unknown = TokenSet { expires_at: None, ..set(None, None) };
        assert_eq!(unknown.lifetime(), None);
        let expired_on_arrival = TokenSet { expires_at: Some(UnixMillis(1)), ..set(None, None) };
        assert_eq!(expired_on_arrival.lifetime(), Some(Millis(0)));
    }

    #[test]
    fn what_a_renewal_does_not_mention_stays_in_force() {
        let old = set(Some("first"), Some("openid"));
        assert_eq!(old.renewed_by(set(None, None)), old);
    }

    #[test]
    fn what_a_renewal_brings_replaces_the_old() {
        let new = set(Some("second"), Some("email"));
        assert_eq!(set(Some("first"), Some("openid")).renewed_by(new.clone()), new);
    }
}
