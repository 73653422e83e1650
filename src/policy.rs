//! When a token set must be renewed, and with how much urgency.

use crate::json::{json_enum, json_names};
use crate::time::{Clock, Millis, UnixMillis};
use crate::token_set::TokenSet;

/// A token set younger than this is not renewed because a data call answered 401: a missing
/// permission or a wrong clock must not refresh for ever.
const TRUST_AFTER_ISSUE: Millis = Millis::from_seconds(30);

/// The numbers that govern renewal. Durations in milliseconds; options arrive in seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Refresh leeway: how long before expiry a token set is renewed. Default 30 s. Never more than
    /// the token's lifetime divided by `leeway_divisor`.
    pub refresh_leeway: Millis,
    /// Caps the leeway at this fraction of the lifetime. 4; in Directus session mode 2.
    pub leeway_divisor: i64,
    /// Renew a set that is older than this although it has not expired. Default: none.
    pub max_token_age: Option<Millis>,
    /// How long a request, a follower's or the leader's own, waits for a renewal. Default 5 s. The
    /// renewal itself goes on.
    pub max_wait: Millis,
    /// Lease from the claim until just before sending. Default 5 s.
    pub claim_lease: Millis,
    /// Lease from just before sending, extended every third. Default 30 s; a third of the reuse
    /// window at a provider that has one.
    pub send_lease: Millis,
    /// How long the provider accepts a rotated refresh token again and answers the same successor.
    /// Zero: never.
    pub reuse_window: Millis,
    /// How long a session lives without renewal. Default 7 days, sliding.
    pub session_max_age: Millis,
    /// What a replayed generation leads to.
    pub replay: ReplayPolicy,
    /// Where the tokens live: in the cookie, or in the session's record.
    pub tokens_in_record: bool,
}

/// What happens when a cookie comes back although its successor has been in use for a while.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReplayPolicy {
    /// Served like any cookie of a living session; an event tells.
    #[default]
    Serve,
    /// The request is signed out; nothing is written.
    Refuse,
    /// The session is ended.
    End,
}

/// What a caller asks of the tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Demand {
    /// A token that works now.
    #[default]
    Usable,
    /// Newer than this generation, which the provider has just refused with a 401.
    RefusedByProvider(u32),
    /// Newer than this generation, because the application says so.
    NewerThan(u32),
}

/// Why a token set is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Expiry is nearer than the refresh leeway.
    Leeway,
    /// Older than `max_token_age`.
    TokenAge,
    /// Past its expiry.
    Expired,
    /// The provider answered a call with it 401.
    RefusedByProvider,
    /// The application asked for a newer one.
    Forced,
}

/// What to do with a token set now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Decision {
    /// Use it.
    Fresh,
    /// Renew it, but it still works: nobody has to wait.
    Eager(Reason),
    /// It must be renewed before it is used.
    Required(Reason),
    /// It has expired and nothing can renew it.
    Ended,
}

/// Decides what a token set is good for.
///
/// `renews` says whether the provider has any way to renew this set. Expiry is compared on the
/// provider's clock. Exactly at expiry a token no longer works.
///
/// ```
/// # use tokenkeep::{policy::*, secret::Secret, time::*, token_set::TokenSet};
/// let tokens = TokenSet {
///     access_token: Secret::new("a"),
///     refresh_token: Some(Secret::new("r")),
///     expires_at: Some(UnixMillis(60_000)),
///     obtained_at: UnixMillis(0),
///     scope: None,
/// };
/// let at = |now| Clock { now: UnixMillis(now), skew_ms: Millis(0) };
/// let policy = Policy::default();
/// assert_eq!(decide(at(0), &tokens, 0, true, &policy, Demand::Usable), Decision::Fresh);
/// // A quarter of the lifetime, 15 s, is less than the leeway's 30 s.
/// assert_eq!(decide(at(45_000), &tokens, 0, true, &policy, Demand::Usable), Decision::Eager(Reason::Leeway));
/// assert_ne!(decide(at(60_000), &tokens, 0, true, &policy, Demand::Usable), Decision::Fresh);
/// ```
pub fn decide(
    clock: Clock,
    tokens: &TokenSet,
    generation: u32,
    renews: bool,
    policy: &Policy,
    demand: Demand,
) -> Decision {
    let now = clock.provider_now();
    let expired = tokens.expires_at.is_some_and(|at| at <= now);
    if !renews {
        return if expired { Decision::Ended } else { Decision::Fresh };
    }
    if expired {
        return Decision::Required(Reason::Expired);
    }
    let age = now - tokens.obtained_at;
    match demand {
        Demand::NewerThan(used) if generation <= used => return Decision::Required(Reason::Forced),
        Demand::RefusedByProvider(used) if generation <= used && age >= TRUST_AFTER_ISSUE => {
            return Decision::Required(Reason::RefusedByProvider);
        }
        _ => {}
    }
    if let Some(expires_at) = tokens.expires_at
        && expires_at - now <= leeway(expires_at, tokens, policy)
    {
        return Decision::Eager(Reason::Leeway);
    }
    match policy.max_token_age {
        Some(max_age) if age >= max_age => Decision::Eager(Reason::TokenAge),
        _ => Decision::Fresh,
    }
}

fn leeway(expires_at: UnixMillis, tokens: &TokenSet, policy: &Policy) -> Millis {
    let lifetime = expires_at - tokens.obtained_at;
    policy.refresh_leeway.min(Millis(lifetime.0 / policy.leeway_divisor.max(1)))
}

/// When a token set that can be renewed stops being [`Decision::Fresh`], on the provider's clock.
/// `None`: never.
#[cfg(feature = "browser")]
#[must_use]
pub fn due_at(tokens: &TokenSet, policy: &Policy) -> Option<UnixMillis> {
    let by_expiry = tokens.expires_at.map(|at| at - leeway(at, tokens, policy));
    let by_age = policy.max_token_age.map(|max_age| tokens.obtained_at + max_age);
    by_expiry.into_iter().chain(by_age).min()
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            refresh_leeway: Millis::from_seconds(30),
            leeway_divisor: 4,
            max_token_age: None,
            max_wait: Millis::from_seconds(5),
            claim_lease: Millis::from_seconds(5),
            send_lease: Millis::from_seconds(30),
            reuse_window: Millis(0),
            session_max_age: Millis::from_seconds(7 * 24 * 3600),
            replay: ReplayPolicy::Serve,
            tokens_in_record: false,
        }
    }
}

json_names!(ReplayPolicy { Serve = "serve", Refuse = "refuse", End = "end" });

json_names!(Reason {
    Leeway = "leeway",
    TokenAge = "tokenAge",
    Expired = "expired",
    RefusedByProvider = "refusedByProvider",
    Forced = "forced",
});

json_enum!(Demand, by "tokens" {
    "usable" = Usable {},
    "refusedByProvider" = RefusedByProvider { 0: used = "used" },
    "newerThan" = NewerThan { 0: used = "used" },
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    fn tokens(lifetime_ms: i64) -> TokenSet {
        TokenSet {
            access_token: Secret::new("access"),
            refresh_token: Some(Secret::new("refresh")),
            expires_at: Some(UnixMillis(lifetime_ms)),
            obtained_at: UnixMillis(0),
            scope: None,
        }
    }

    fn at(now: i64) -> Clock {
        Clock { now: UnixMillis(now), skew_ms: Millis(0) }
    }

    fn usable(now: i64, set: &TokenSet, policy: &Policy) -> Decision {
        decide(at(now), set, 0, true, policy, Demand::Usable)
    }

    #[test]
    fn the_life_of_a_fifteen_minute_token() {
        let (set, policy) = (tokens(900_000), Policy::default());
        for (now, expected) in [
            (0, Decision::Fresh),
            (869_999, Decision::Fresh),
            (870_000, Decision::Eager(Reason::Leeway)),
            (899_999, Decision::Eager(Reason::Leeway)),
            (900_000, Decision::Required(Reason::Expired)),
            (i64::MAX, Decision::Required(Reason::Expired)),
        ] {
            assert_eq!(usable(now, &set, &policy), expected, "at {now}");
        }
    }

    #[test]
    fn a_two_second_token_is_not_refreshed_on_every_request() {
        let (set, policy) = (tokens(2_000), Policy::default());
        assert_eq!(usable(0, &set, &policy), Decision::Fresh);
        assert_eq!(usable(1_499, &set, &policy), Decision::Fresh);
        assert_eq!(usable(1_500, &set, &policy), Decision::Eager(Reason::Leeway));
    }

    #[test]
    fn directus_session_mode_renews_in_the_second_half_of_the_lifetime() {
        let policy = Policy { leeway_divisor: 2, ..Policy::default() };
        assert_eq!(usable(29_999, &tokens(60_000), &policy), Decision::Fresh);
        assert_eq!(usable(30_000, &tokens(60_000), &policy), Decision::Eager(Reason::Leeway));
    }

    #[test]
    fn max_token_age_renews_a_token_that_still_works() {
        let policy = Policy { max_token_age: Some(Millis(1_800_000)), ..Policy::default() };
        assert_eq!(usable(1_799_999, &tokens(86_400_000), &policy), Decision::Fresh);
        assert_eq!(
            usable(1_800_000, &tokens(86_400_000), &policy),
            Decision::Eager(Reason::TokenAge)
        );
    }

    #[test]
    fn the_providers_clock_decides_about_expiry() {
        let ahead = Clock { now: UnixMillis(0), skew_ms: Millis(900_000) };
        assert_eq!(
            decide(ahead, &tokens(900_000), 0, true, &Policy::default(), Demand::Usable),
            Decision::Required(Reason::Expired)
        );
    }

    #[test]
    fn what_cannot_be_renewed_ends_at_expiry_and_a_static_token_never() {
        let policy = Policy::default();
        let decide_at =
            |now, set: &TokenSet| decide(at(now), set, 0, false, &policy, Demand::NewerThan(0));
        assert_eq!(decide_at(899_999, &tokens(900_000)), Decision::Fresh);
        assert_eq!(decide_at(900_000, &tokens(900_000)), Decision::Ended);
        let fixed = TokenSet { expires_at: None, refresh_token: None, ..tokens(0) };
        assert_eq!(decide_at(i64::MAX, &fixed), Decision::Fresh);
    }

    #[test]
    fn a_forced_renewal_is_satisfied_by_a_newer_generation() {
        let (set, policy) = (tokens(900_000), Policy::default());
        let forced =
            |generation| decide(at(1), &set, generation, true, &policy, Demand::NewerThan(3));
        assert_eq!(forced(3), Decision::Required(Reason::Forced));
        assert_eq!(forced(4), Decision::Fresh);
    }

    #[test]
    fn a_401_does_not_renew_a_token_that_was_just_issued() {
        let (set, policy) = (tokens(900_000), Policy::default());
        let refused = |now| decide(at(now), &set, 0, true, &policy, Demand::RefusedByProvider(0));
        assert_eq!(refused(29_999), Decision::Fresh);
        assert_eq!(refused(30_000), Decision::Required(Reason::RefusedByProvider));
    }

    #[cfg(feature = "browser")]
    #[test]
    fn a_token_set_is_due_from_the_millisecond_on_that_is_told() {
        let set = tokens(900_000);
        let by_age = Policy { max_token_age: Some(Millis(60_000)), ..Policy::default() };
        for policy in [Policy::default(), by_age] {
            let UnixMillis(due) = due_at(&set, &policy).expect("it expires");
            assert_eq!(usable(due - 1, &set, &policy), Decision::Fresh);
            assert!(matches!(usable(due, &set, &policy), Decision::Eager(_)));
        }
        let lasting = TokenSet { expires_at: None, ..set };
        assert_eq!(due_at(&lasting, &Policy::default()), None);
    }
}
