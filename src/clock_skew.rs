//! How far the provider's clock is from ours, learned from an answer.
//!
//! An expiry is an instant on the provider's clock. A container that woke up a minute late, or a
//! phone set by hand, would otherwise use dead tokens, or renew living ones on every request.

use crate::time::{Millis, UnixMillis};

/// Both `Date` and `iat` are rounded down to a second: the true time is up to this much later.
const RESOLUTION: Millis = Millis(999);

/// How long an exchange can have taken when nobody noted when it began.
const LONGEST_EXCHANGE: Millis = Millis(10_000);

/// A stamp that is further from our clock is a mistake, not a clock: a gateway that writes a `Date` of
/// 1970 or of 2100 would make every token look expired, and be renewed by every request.
const FURTHEST_STAMP: u64 = 86_400_000;

/// The clock skew (the provider's clock minus ours) that an answer is evidence of.
///
/// * `date`: the answer's `Date` header. Preferred: it is written as the answer leaves.
/// * `issued_at`: the `iat` of the token in it. Some issuers set it minutes back on purpose, or hand
///   out a token that they had issued before.
/// * `received`, `sent`: our clock when the answer was there, and when the request was sent.
///   Without `sent` the exchange is taken to have lasted for up to ten seconds.
///
/// A stamp `s` stands for any provider time in `s ..= s + 999 ms`, and was made at some instant of
/// ours in `sent ..= received`. So the skew lies in `s - received ..= s + 999 ms - sent`. If zero is
/// among these, the clocks may well agree and the answer is zero: a correction made of rounding and
/// latency would move every expiry to and fro. Otherwise it is the value nearest to zero, the least
/// correction that explains the evidence.
///
/// `None` when there is no stamp within a day of our clock, or when our own clock was set back during
/// the exchange: what was learned before stays.
#[must_use]
pub fn learn_skew(
    date: Option<UnixMillis>,
    issued_at: Option<UnixMillis>,
    received: UnixMillis,
    sent: Option<UnixMillis>,
) -> Option<Millis> {
    let plausible = |stamp: &UnixMillis| (*stamp - received).0.unsigned_abs() <= FURTHEST_STAMP;
    let stamp = date.filter(plausible).or(issued_at.filter(plausible))?;
    let sent = sent.unwrap_or(received - LONGEST_EXCHANGE);
    if sent > received {
        return None;
    }
    let least = stamp - received;
    let most = stamp + RESOLUTION - sent;
    Some(Millis(0).max(least).min(most))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: UnixMillis = UnixMillis(1_767_268_800_000);

    fn after(ms: i64) -> UnixMillis {
        NOON + Millis(ms)
    }

    fn learned(stamp: UnixMillis, sent: i64, received: i64) -> Option<i64> {
        learn_skew(Some(stamp), None, after(received), Some(after(sent))).map(|skew| skew.0)
    }

    #[test]
    fn clocks_that_agree_show_no_skew_at_any_fraction_of_a_second() {
        for stamped in 0..2000 {
            let stamp = after(stamped / 1000 * 1000);
            assert_eq!(learned(stamp, stamped - 40, stamped + 30), Some(0), "{stamped}");
            assert_eq!(learn_skew(Some(stamp), None, after(stamped + 30), None), Some(Millis(0)));
        }
    }

    #[test]
    fn latency_is_not_skew() {
        assert_eq!(learned(NOON, 0, 8000), Some(0));
        assert_eq!(learned(after(8000), 0, 8000), Some(0));
    }

    #[test]
    fn a_providers_clock_that_is_ahead_is_followed_as_far_as_is_certain() {
        assert_eq!(learned(after(300_000), 100, 400), Some(299_600));
    }

    #[test]
    fn a_providers_clock_that_is_behind_is_followed_as_far_as_is_certain() {
        assert_eq!(learned(after(-300_000), 100, 400), Some(-299_101));
    }

    #[test]
    fn without_the_time_of_sending_ten_seconds_are_allowed_for() {
        let learned = |stamp| learn_skew(Some(after(stamp)), None, NOON, None);
        assert_eq!(learned(-9000), Some(Millis(0)));
        assert_eq!(learned(-60_000), Some(Millis(-49_001)));
        assert_eq!(learned(60_000), Some(Millis(60_000)));
    }

    #[test]
    fn the_date_header_is_preferred_to_the_tokens_iat() {
        let backdated = Some(after(-300_000));
        assert_eq!(learn_skew(Some(NOON), backdated, NOON, Some(NOON)), Some(Millis(0)));
        assert_eq!(learn_skew(None, backdated, NOON, Some(NOON)), Some(Millis(-299_001)));
    }

    #[test]
    fn no_stamp_and_a_clock_that_was_set_back_are_no_evidence() {
        assert_eq!(learn_skew(None, None, NOON, Some(NOON)), None);
        assert_eq!(learned(NOON, 5000, 0), None);
    }

    #[test]
    fn a_stamp_of_another_age_is_no_evidence_and_the_other_one_counts() {
        const DAY: i64 = 86_400_000;
        for absurd in [DAY + 1, -DAY - 1, 366 * DAY, -20_000 * DAY, i64::MAX, i64::MIN] {
            assert_eq!(learned(UnixMillis(NOON.0.saturating_add(absurd)), 0, 0), None, "{absurd}");
        }
        assert_eq!(learned(after(DAY), 0, 0), Some(DAY));
        assert_eq!(learned(after(-DAY), 0, 0), Some(-DAY + 999));
        let minute = Some(after(60_000));
        assert_eq!(learn_skew(Some(UnixMillis(0)), minute, NOON, Some(NOON)), Some(Millis(60_000)));
        assert_eq!(learn_skew(minute, Some(UnixMillis(0)), NOON, Some(NOON)), Some(Millis(60_000)));
    }

    #[test]
    fn the_learned_skew_is_always_one_that_the_evidence_allows() {
        for true_skew in (-5000_i64..5000).step_by(37) {
            for latency in [0, 20, 900, 4000] {
                let stamp = after((true_skew + latency / 2).div_euclid(1000) * 1000);
                let skew = learned(stamp, 0, latency).expect("evidence");
                let (least, most) = ((stamp - after(latency)).0, (stamp - after(-999)).0);
                assert!((least..=most).contains(&skew) && skew.abs() <= true_skew.abs());
            }
        }
    }
}
