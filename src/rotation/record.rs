//! What a store knows of one session.

use crate::json::json_struct;
use crate::time::{Millis, UnixMillis};

/// After a newer generation has been presented for this long, an older one is a replay.
const REPLAY_GRACE: Millis = Millis::from_seconds(60);
/// First cool-down after a failed renewal; doubles up to [`MAX_COOL_DOWN`].
const COOL_DOWN: Millis = Millis::from_seconds(2);
const MAX_COOL_DOWN: Millis = Millis::from_seconds(30);

/// How long nobody tries again after so many failures in a row before this one.
pub(crate) fn cool_down(failures: u32, at_least: Millis) -> Millis {
    Millis(COOL_DOWN.0 << failures.min(4)).min(MAX_COOL_DOWN).max(at_least)
}

/// What the store knows of one session. Instants are on the store's clock.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// The newest generation that was published. While `tokens` is `None`: the newest that was claimed.
    pub generation: u32,
    /// That generation's token set, sealed with the session id as associated data.
    pub tokens: Option<String>,
    /// The highest generation that a browser has presented: in the cookie of an incoming request.
    pub presented: u32,
    /// Since when.
    pub presented_at: UnixMillis,
    /// The exclusive right to renew.
    pub lease: Option<Lease>,
    /// Until when nobody renews, after a failure.
    pub cool_down_until: Option<UnixMillis>,
    /// Failed renewals since the last published generation.
    pub failures: u32,
    /// The session has ended: no generation is served or published any more.
    pub ended: bool,
    /// The provider has confirmed that the newest refresh token no longer works.
    pub revoked: bool,
}

/// The exclusive right to renew one session, until a given time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Whose it is.
    pub flight: String,
    /// When it ends unless extended.
    pub until: UnixMillis,
    /// An earlier holder's lease ran out before it said how its renewal went.
    pub taken_over: bool,
}

impl Record {
    /// The record of a session that a browser presents for the first time at this generation.
    #[must_use]
    pub fn first_seen(generation: u32, now: UnixMillis) -> Self {
        Self { generation, presented: generation, presented_at: now, ..Self::default() }
    }

    /// The newest published generation and its sealed token set.
    #[must_use]
    pub fn newest(&self) -> Option<(u32, &str)> {
        self.tokens.as_deref().map(|tokens| (self.generation, tokens))
    }

    /// The same, if it is newer than `generation`.
    #[must_use]
    pub fn newer_than(&self, generation: u32) -> Option<(u32, &str)> {
        self.newest().filter(|(newest, _)| *newest > generation)
    }

    /// Whether somebody other than `flight` may be renewing at this moment.
    #[must_use]
    pub fn held_by_another(&self, flight: &str, now: UnixMillis) -> bool {
        self.lease.as_ref().is_some_and(|lease| lease.flight != flight && lease.until > now)
    }

    /// Whether anybody may be renewing at this moment.
    #[must_use]
    pub fn held(&self, now: UnixMillis) -> bool {
        self.lease.as_ref().is_some_and(|lease| lease.until > now)
    }

    /// How long renewal still pauses after a failure.
    #[must_use]
    pub fn cooling(&self, now: UnixMillis) -> Option<Millis> {
        self.cool_down_until.map(|until| until - now).filter(|left| left.0 > 0)
    }

    /// Notes that a browser presented a generation; `true` if that is a replay.
    pub fn present(&mut self, generation: u32, now: UnixMillis) -> bool {
        if generation > self.presented {
            self.presented = generation;
            self.presented_at = now;
        }
        generation < self.presented && now - self.presented_at > REPLAY_GRACE
    }

    pub(super) fn grant(&mut self, flight: &str, until: UnixMillis) {
        let (until, taken_over) = match self.lease.take() {
            // The same flight claims again when an answer was lost. The first claim may arrive last, after
            // the lease was extended.
            Some(lease) if lease.flight == flight => (lease.until.max(until), lease.taken_over),
            other => (until, other.is_some()),
        };
        self.lease = Some(Lease { flight: flight.into(), until, taken_over });
    }

    pub(super) fn release(&mut self, flight: &str) -> bool {
        let own = self.lease.as_ref().is_some_and(|lease| lease.flight == flight);
        if own {
            self.lease = None;
        }
        own
    }

    /// Releases an own lease without having settled anything. What an earlier holder never said is still
    /// unsaid then: the next one takes over as well.
    pub(super) fn give_back(&mut self, flight: &str, now: UnixMillis) -> bool {
        let taken_over = self.lease.as_ref().is_some_and(|lease| lease.taken_over);
        let own = self.release(flight);
        if own && taken_over {
            self.lease = Some(Lease { flight: String::new(), until: now, taken_over });
        }
        own
    }

    pub(super) fn cool_down(&mut self, at_least: Millis, now: UnixMillis) {
        self.cool_down_until = Some(now + cool_down(self.failures, at_least));
        self.failures = self.failures.saturating_add(1);
    }

    pub(super) fn put(&mut self, generation: u32, tokens: String) {
        self.generation = generation;
        self.tokens = Some(tokens);
        self.lease = None;
        self.cool_down_until = None;
        self.failures = 0;
    }
}

json_struct!(Record {
    generation: "generation",
    tokens: "tokens",
    presented: "presented",
    presented_at: "presentedAt",
    lease: "lease",
    cool_down_until: "coolDownUntil",
    failures: "failures",
    ended: "ended",
    revoked: "revoked",
});

json_struct!(Lease { flight: "flight", until: "until", taken_over: "takenOver" });
