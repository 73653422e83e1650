//! When an access token stops working, from whatever the provider said about it.

use crate::json::Json;
use crate::jwt::JwtClaims;
use crate::time::{Clock, Millis, UnixMillis};

/// Directus' `expires`: a lifetime in milliseconds, a number over REST and text over GraphQL.
///
/// A lifetime that is not positive says nothing that a client could follow, and reads as absent.
#[must_use]
pub fn lifetime_in_milliseconds(value: Option<&Json>) -> Option<Millis> {
    lifetime(value?.number()? / 1000.0)
}

/// OAuth's `expires_in` ([RFC 6749 §5.1]): a lifetime in seconds. Real servers also send text and
/// fractions. A lifetime that is not positive reads as absent.
///
/// [RFC 6749 §5.1]: https://www.rfc-editor.org/rfc/rfc6749.html#section-5.1
#[must_use]
pub fn lifetime_in_seconds(value: Option<&Json>) -> Option<Millis> {
    lifetime(value?.number()?)
}

fn lifetime(seconds: f64) -> Option<Millis> {
    Some(Millis::from_seconds_f64(seconds)).filter(|lifetime| *lifetime > Millis(0))
}

/// The expiry of an access token on the provider's clock: the earlier of the lifetime that came with
/// it, counted from now, and the `exp` of the token itself if it is a JWT. `None` if neither is known.
///
/// The two differ. `iat` and `exp` are whole seconds, rounded down, so a token of two seconds lives
/// for one to two seconds and is dead at `exp` exactly, up to a second before its lifetime is over.
#[must_use]
pub fn expires_at(
    access_token: &str,
    lifetime: Option<Millis>,
    clock: Clock,
) -> Option<UnixMillis> {
    let counted = lifetime.map(|lifetime| clock.provider_now() + lifetime);
    let claimed = JwtClaims::read(access_token).and_then(|claims| claims.expires_at);
    match (counted, claimed) {
        (Some(counted), Some(claimed)) => Some(counted.min(claimed)),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;
    use crate::time::FURTHEST;

    const CLOCK: Clock = Clock { now: UnixMillis(1_767_225_600_400), skew_ms: Millis(5_000) };
    /// `{"exp":1767225607}`
    const JWT: &str = "e30.eyJleHAiOjE3NjcyMjU2MDd9.c2ln";
    const JWT_EXPIRY: UnixMillis = UnixMillis(1_767_225_607_000);

    fn text(text: &str) -> Json {
        Json::Text(Secret::new(text))
    }

    #[test]
    fn a_lifetime_is_read_as_a_number_or_as_text() {
        assert_eq!(lifetime_in_milliseconds(Some(&Json::Number(900_000.0))), Some(Millis(900_000)));
        assert_eq!(lifetime_in_milliseconds(Some(&text("900000"))), Some(Millis(900_000)));
        assert_eq!(lifetime_in_seconds(Some(&Json::Number(3599.5))), Some(Millis(3_599_500)));
        assert_eq!(lifetime_in_seconds(Some(&text("3600"))), Some(Millis(3_600_000)));
    }

    #[test]
    fn a_lifetime_that_says_nothing_is_absent() {
        for value in [Json::Null, Json::Number(0.0), Json::Number(-1.0), text("soon"), text("NaN")]
        {
            assert_eq!(lifetime_in_seconds(Some(&value)), None, "{value:?}");
            assert_eq!(lifetime_in_milliseconds(Some(&value)), None, "{value:?}");
        }
        assert_eq!(lifetime_in_seconds(None), None);
    }

    #[test]
    fn a_lifetime_counts_on_the_providers_clock() {
        assert_eq!(
            expires_at("opaque", Some(Millis(2000)), CLOCK),
            Some(UnixMillis(1_767_225_607_400))
        );
    }

    #[test]
    fn the_earlier_of_lifetime_and_claim_counts() {
        assert_eq!(expires_at(JWT, Some(Millis(2000)), CLOCK), Some(JWT_EXPIRY));
        assert_eq!(expires_at(JWT, Some(Millis(500)), CLOCK), Some(UnixMillis(1_767_225_605_900)));
        assert_eq!(expires_at(JWT, None, CLOCK), Some(JWT_EXPIRY));
    }

    #[test]
    fn an_opaque_token_without_a_lifetime_has_no_known_expiry() {
        assert_eq!(expires_at("opaque", None, CLOCK), None);
    }

    #[test]
    fn an_absurd_lifetime_ends_where_javascript_has_no_dates() {
        let end = Some(UnixMillis(FURTHEST));
        assert_eq!(expires_at("opaque", Some(Millis(i64::MAX)), CLOCK), end);
        let absurd = Json::Number(1e300);
        assert_eq!(expires_at("opaque", lifetime_in_milliseconds(Some(&absurd)), CLOCK), end);
    }
}
