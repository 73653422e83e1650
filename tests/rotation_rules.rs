//! Rules of rotation that the simulation found broken once, each as the few steps that it takes.

use tokenkeep::rotation::{Answer, Record, Verb, apply};
use tokenkeep::time::{Millis, UnixMillis};

const CLAIM_LEASE: Millis = Millis(5_000);
const SEND_LEASE: Millis = Millis(30_000);

/// The record of one session and what happens to it, at seconds of the store's clock.
#[derive(Default)]
struct Store(Option<Record>);

impl Store {
    fn perform(&mut self, second: i64, verb: Verb) -> Answer {
        let now = UnixMillis(1_767_225_600_000) + Millis::from_seconds(second);
        let (record, answer) = apply(self.0.take(), None, verb, now);
        self.0 = record;
        answer
    }

    fn claim(&mut self, second: i64, flight: &str, generation: u32) -> Answer {
        self.claim_ahead(second, flight, generation, generation)
    }

    fn claim_ahead(
        &mut self,
        second: i64,
        flight: &str,
        generation: u32,
        presented: u32,
    ) -> Answer {
        let flight = flight.into();
        self.perform(second, Verb::Claim { flight, generation, presented, lease_ms: CLAIM_LEASE })
    }

    fn extend(&mut self, second: i64, flight: &str) -> Answer {
        self.perform(second, Verb::Extend { flight: flight.into(), lease_ms: SEND_LEASE })
    }

    fn publish(&mut self, second: i64, flight: &str, generation: u32) -> Answer {
        let (flight, tokens) = (flight.into(), format!("sealed set {generation}"));
        self.perform(second, Verb::Publish { flight, generation, tokens })
    }

    fn fail(&mut self, second: i64, flight: &str) -> Answer {
        let cool_down_ms = Some(Millis(0));
        self.perform(second, Verb::Fail { flight: flight.into(), cool_down_ms })
    }
}

fn granted(taken_over: bool) -> Answer {
    Answer::Granted { taken_over, replay: false }
}

#[test]
fn a_repeated_publication_leaves_the_next_flights_lease_alone() {
    let mut store = Store::default();
    assert_eq!(store.claim(0, "first", 0), granted(false));
    assert_eq!(store.publish(1, "first", 1), Answer::Published);
    assert_eq!(store.claim(2, "second", 1), granted(false));
    assert_eq!(store.publish(3, "first", 1), Answer::Published);
    assert_eq!(store.claim(4, "third", 1), Answer::Held { lease_ms: Millis(3_000) });
}

#[test]
fn a_claim_that_arrives_late_does_not_shorten_its_own_flights_lease() {
    let mut store = Store::default();
    assert_eq!(store.claim(0, "first", 0), granted(false));
    assert_eq!(store.extend(1, "first"), Answer::Extended);
    assert_eq!(store.claim(2, "first", 0), granted(false));
    assert_eq!(store.claim(8, "second", 0), Answer::Held { lease_ms: Millis(23_000) });
}

#[test]
fn a_generation_below_one_that_a_browser_has_presented_is_never_granted() {
    let mut store = Store::default();
    assert_eq!(store.claim(0, "first", 4), granted(false));
    assert_eq!(store.fail(1, "first"), Answer::Released);
    assert_eq!(store.claim(10, "second", 1), Answer::Forgotten);
    assert_eq!(store.claim(11, "third", 4), granted(false));
    assert!(
        matches!(store.claim(12, "fourth", 1), Answer::Held { .. }),
        "the tokens are on their way"
    );
}

#[test]
fn what_the_first_holder_never_said_is_still_unsaid_after_a_failed_take_over() {
    let mut store = Store::default();
    assert_eq!(store.claim(0, "first", 0), granted(false));
    assert_eq!(store.claim(6, "second", 0), granted(true));
    assert_eq!(store.fail(7, "second"), Answer::Released);
    assert_eq!(store.fail(8, "second"), Answer::Released, "an answer was lost: no second failure");
    assert_eq!(store.claim(10, "third", 0), granted(true));
    assert_eq!(store.publish(11, "first", 1), Answer::Published);
    assert_eq!(store.claim(12, "fourth", 1), granted(false));
}

#[test]
fn a_cookie_that_is_older_than_what_was_claimed_after_an_eviction_is_not_granted() {
    let mut store = Store::default();
    assert_eq!(store.claim(0, "first", 3), granted(false));
    assert_eq!(store.publish(1, "first", 4), Answer::Published);
    assert!(matches!(store.claim(60, "second", 3), Answer::Newer { generation: 4, .. }));
    store.0 = None;
    assert_eq!(store.claim_ahead(60, "second", 4, 3), granted(false));
    assert_eq!(store.fail(61, "second"), Answer::Released);
    assert_eq!(store.claim(70, "third", 3), Answer::Forgotten);
    assert_eq!(store.claim(70, "fourth", 4), granted(false));
}

#[test]
fn what_a_flight_claims_counts_also_where_the_record_was_there_before() {
    let mut store = Store::default();
    assert_eq!(store.claim(0, "first", 3), granted(false));
    assert_eq!(store.fail(1, "first"), Answer::Released);
    assert_eq!(store.claim_ahead(10, "second", 5, 3), granted(false));
    assert_eq!(store.fail(11, "second"), Answer::Released);
    assert_eq!(store.claim(60, "third", 3), Answer::Forgotten);
    assert_eq!(store.claim(60, "fourth", 5), granted(false));
}

#[test]
fn a_leader_that_comes_back_late_does_not_confirm_the_revocation_of_what_others_published() {
    let mut store = Store::default();
    let end = |flight: &str, generation, revoked| Verb::End {
        flight: flight.into(),
        generation,
        revoked,
    };
    assert_eq!(store.claim(0, "late", 0), granted(false));
    assert_eq!(store.claim(6, "second", 0), granted(true));
    assert_eq!(store.publish(7, "second", 1), Answer::Published);
    store.perform(8, end("logout", None, false));
    assert!(matches!(store.publish(9, "late", 1), Answer::Ended { generation: 1, .. }));
    store.perform(10, end("late", Some(0), true));
    let Answer::Ended { tokens, revoked, .. } = store.perform(11, end("logout", None, false))
    else {
        panic!("the session has ended");
    };
    assert_eq!((tokens.as_deref(), revoked), (Some("sealed set 1"), false));
}
