//! The verbs on a record, each one atomic step.

use super::Record;
use crate::json::json_enum;
use crate::time::{Millis, UnixMillis};

/// One atomic step on the record of one session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Asks for the right to renew `generation`. The same flight may repeat it.
    Claim {
        /// Who asks.
        flight: String,
        /// The generation of the token set that is to be renewed.
        generation: u32,
        /// The generation in the cookie of the incoming request.
        presented: u32,
        /// How long the lease lasts, in milliseconds from now.
        lease_ms: Millis,
    },
    /// Sets the end of an own lease anew.
    Extend {
        /// Whose lease.
        flight: String,
        /// Milliseconds from now.
        lease_ms: Millis,
    },
    /// Puts a token set if it is newer, whoever holds the lease, and releases the lease.
    Publish {
        /// Who publishes.
        flight: String,
        /// The generation of `tokens`.
        generation: u32,
        /// The sealed token set.
        tokens: String,
    },
    /// Releases an own lease, after a failure together with a cool-down.
    Fail {
        /// Whose lease.
        flight: String,
        /// `None`: nothing went wrong at the provider. Otherwise a lower bound in milliseconds
        /// (`Retry-After`); the record's own doubling pause applies too.
        cool_down_ms: Option<Millis>,
    },
    /// Ends the session: with a generation, only if nobody got further or may be about to; without,
    /// always (logout).
    End {
        /// Who ends it.
        flight: String,
        /// The generation whose refresh token the provider refused; with `revoked`, the one that was renewed when
        /// the session ended.
        generation: Option<u32>,
        /// The provider has confirmed that no refresh token of the session works.
        revoked: bool,
    },
    /// Notes that a browser presented a generation, and asks whether the session has ended.
    Present {
        /// The generation in the cookie.
        generation: u32,
    },
    /// Asks how things stand for somebody who waits, and changes nothing. `held`: wait on.
    Look {
        /// The newest generation that the asker has.
        generation: u32,
        /// Wait until nobody renews any more, also when the session has ended (logout).
        drain: bool,
    },
}

/// What a verb found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A newer token set has been published: adopt it.
    Newer {
        /// Its generation.
        generation: u32,
        /// The sealed token set.
        tokens: String,
        /// The presented generation is a replay.
        replay: bool,
    },
    /// The lease is the asker's.
    Granted {
        /// An earlier holder never said how its renewal went.
        taken_over: bool,
        /// The presented generation is a replay.
        replay: bool,
    },
    /// Somebody else is renewing.
    Held {
        /// For how long at most unless the lease is extended, in milliseconds.
        lease_ms: Millis,
    },
    /// Renewal pauses after a failure.
    CoolDown {
        /// How long it still pauses, in milliseconds.
        retry_after_ms: Millis,
    },
    /// The session has ended.
    Ended {
        /// This very step ended it.
        now: bool,
        /// The newest generation, if one was published.
        generation: u32,
        /// Its sealed token set, as long as it is not revoked.
        tokens: Option<String>,
        /// Somebody may still be renewing; its lease ends with the revocation of what it received.
        held: bool,
        /// The provider has confirmed the revocation.
        revoked: bool,
    },
    /// The asker's generation is not the newest, and the newest is not in the record (any more): it was
    /// evicted, or never published. Never granted.
    Forgotten,
    /// The lease now ends later.
    Extended,
    /// The lease is not the asker's any more.
    Lost,
    /// The token set is in the record.
    Published,
    /// Nobody holds the lease.
    Released,
    /// The presented generation was noted.
    Noted {
        /// It is a replay.
        replay: bool,
    },
    /// The store could not be asked, or did not say.
    NoAnswer,
}

/// Applies one verb to a record (`None`: there is none) at `now` on the store's clock.
///
/// `forgotten` is what an evicted record left behind: the highest generation that it knew.
#[must_use]
pub fn apply(
    record: Option<Record>,
    forgotten: Option<u32>,
    verb: Verb,
    now: UnixMillis,
) -> (Option<Record>, Answer) {
    match verb {
        Verb::Claim { generation, .. } if is_forgotten(&record, forgotten, generation) => {
            (None, Answer::Forgotten)
        }
        Verb::Claim { flight, generation, presented, lease_ms } => {
            let mut record = record.unwrap_or_else(|| Record::first_seen(presented, now));
            let answer = claim(&mut record, &flight, generation, presented, now, now + lease_ms);
            (Some(record), answer)
        }
        Verb::End { flight, generation, revoked } => {
            let mut record = record.unwrap_or_default();
            let answer = end(&mut record, &flight, generation, revoked, now);
            (Some(record), answer)
        }
        Verb::Publish { flight, generation, tokens } => {
            let mut record = record.unwrap_or_default();
            let answer = publish(&mut record, &flight, generation, tokens, now);
            (Some(record), answer)
        }
        Verb::Extend { flight, lease_ms } => {
            with(record, Answer::Lost, |record| extend(record, &flight, now, now + lease_ms))
        }
        Verb::Fail { flight, cool_down_ms } => {
            with(record, Answer::Released, |record| fail(record, &flight, cool_down_ms, now))
        }
        Verb::Present { generation } => with(record, Answer::Noted { replay: false }, |record| {
            let replay = record.present(generation, now);
            if record.ended { ended(record, false, now) } else { Answer::Noted { replay } }
        }),
        Verb::Look { generation, drain } => {
            with(record, Answer::Released, |record| look(record, generation, drain, now))
        }
    }
}

/// An old cookie of an evicted record: its refresh token has been used, and whoever knew the newer one
/// is gone. Sending it could set off the provider's reuse detection.
fn is_forgotten(record: &Option<Record>, forgotten: Option<u32>, generation: u32) -> bool {
    record.is_none() && forgotten.is_some_and(|highest| generation < highest)
}

/// A verb that does nothing where there is no record.
fn with(
    record: Option<Record>,
    absent: Answer,
    act: impl FnOnce(&mut Record) -> Answer,
) -> (Option<Record>, Answer) {
    match record {
        Some(mut record) => {
            let answer = act(&mut record);
            (Some(record), answer)
        }
        None => (None, absent),
    }
}

fn claim(
    record: &mut Record,
    flight: &str,
    generation: u32,
    presented: u32,
    now: UnixMillis,
    until: UnixMillis,
) -> Answer {
    let replay = record.present(presented, now);
    if record.ended {
        return ended(record, false, now);
    }
    if let Some((generation, tokens)) = record.newer_than(generation) {
        return Answer::Newer { generation, tokens: tokens.into(), replay };
    }
    if let Some(retry_after_ms) = record.cooling(now) {
        return Answer::CoolDown { retry_after_ms };
    }
    if record.held_by_another(flight, now) {
        return held(record, now);
    }
    if generation < record.presented.max(record.generation) {
        // A browser or a flight has a newer generation whose tokens never came into this record: it was evicted, or
        // a leader died. The asker's refresh token has been used.
        return Answer::Forgotten;
    }
    if record.tokens.is_none() {
        // An asker that is ahead of its cookie has adopted what an earlier record held.
        record.generation = record.generation.max(generation);
    }
    record.grant(flight, until);
    let taken_over = record.lease.as_ref().is_some_and(|lease| lease.taken_over);
    Answer::Granted { taken_over, replay }
}

fn extend(record: &mut Record, flight: &str, now: UnixMillis, until: UnixMillis) -> Answer {
    match &mut record.lease {
        // A lease that ran out but that nobody took is still ours to extend.
        Some(lease) if lease.flight == flight => {
            lease.until = until.max(now);
            Answer::Extended
        }
        _ => Answer::Lost,
    }
}

fn publish(
    record: &mut Record,
    flight: &str,
    generation: u32,
    tokens: String,
    now: UnixMillis,
) -> Answer {
    if record.ended {
        // The lease stays: it covers the revocation of what the publisher has just received.
        return ended(record, false, now);
    }
    match record.newest() {
        Some((newest, known)) if newest >= generation => {
            // The same flight publishes again when an answer was lost: the same set is no news, and the
            // lease may be somebody else's by now.
            let is_known = newest == generation && known == tokens;
            let known = known.to_owned();
            record.release(flight);
            if is_known {
                return Answer::Published;
            }
            Answer::Newer { generation: newest, tokens: known, replay: false }
        }
        _ => {
            record.put(generation, tokens);
            Answer::Published
        }
    }
}

fn fail(record: &mut Record, flight: &str, cool_down: Option<Millis>, now: UnixMillis) -> Answer {
    if record.give_back(flight, now)
        && let Some(at_least) = cool_down
    {
        record.cool_down(at_least, now);
    }
    Answer::Released
}

fn end(
    record: &mut Record,
    flight: &str,
    generation: Option<u32>,
    revoked: bool,
    now: UnixMillis,
) -> Answer {
    if let Some(generation) = generation
        && !record.ended
    {
        if let Some((generation, tokens)) = record.newer_than(generation) {
            return Answer::Newer { generation, tokens: tokens.into(), replay: false };
        }
        // Whoever took our lease over may have been answered with the tokens that we were refused.
        if record.held_by_another(flight, now) {
            return held(record, now);
        }
    }
    let first = !record.ended;
    record.ended = true;
    record.release(flight);
    // What was published beyond that generation is not what was revoked: it is left to whoever logs out.
    if revoked && generation.is_none_or(|it| record.newer_than(it).is_none()) {
        record.revoked = true;
        record.tokens = None;
    }
    ended(record, first, now)
}

fn look(record: &Record, generation: u32, drain: bool, now: UnixMillis) -> Answer {
    if drain && record.held(now) {
        return held(record, now);
    }
    if record.ended {
        return ended(record, false, now);
    }
    if let Some((generation, tokens)) = record.newer_than(generation) {
        return Answer::Newer { generation, tokens: tokens.into(), replay: false };
    }
    match record.cooling(now) {
        Some(retry_after_ms) => Answer::CoolDown { retry_after_ms },
        None if record.held(now) => held(record, now),
        None => Answer::Released,
    }
}

fn held(record: &Record, now: UnixMillis) -> Answer {
    let until = record.lease.as_ref().map_or(now, |lease| lease.until);
    Answer::Held { lease_ms: until - now }
}

fn ended(record: &Record, now: bool, at: UnixMillis) -> Answer {
    Answer::Ended {
        now,
        generation: record.generation,
        tokens: record.tokens.clone(),
        held: record.held(at),
        revoked: record.revoked,
    }
}

json_enum!(Verb, by "verb" {
    "claim" = Claim {
        flight: flight = "flight",
        generation: generation = "generation",
        presented: presented = "presented",
        lease_ms: lease = "leaseMs"
    },
    "extend" = Extend { flight: flight = "flight", lease_ms: lease = "leaseMs" },
    "publish" = Publish {
        flight: flight = "flight",
        generation: generation = "generation",
        tokens: tokens = "tokens"
    },
    "fail" = Fail { flight: flight = "flight", cool_down_ms: pause = "coolDownMs" },
    "end" = End {
        flight: flight = "flight",
        generation: generation = "generation",
        revoked: revoked = "revoked"
    },
    "present" = Present { generation: generation = "generation" },
    "look" = Look { generation: generation = "generation", drain: drain = "drain" },
});

json_enum!(Answer, by "answer" {
    "newer" = Newer {
        generation: generation = "generation",
        tokens: tokens = "tokens",
        replay: replay = "replay"
    },
    "granted" = Granted { taken_over: taken_over = "takenOver", replay: replay = "replay" },
    "held" = Held { lease_ms: lease = "leaseMs" },
    "coolDown" = CoolDown { retry_after_ms: pause = "retryAfterMs" },
    "ended" = Ended {
        now: now = "now",
        generation: generation = "generation",
        tokens: tokens = "tokens",
        held: held = "held",
        revoked: revoked = "revoked"
    },
    "forgotten" = Forgotten {},
    "extended" = Extended {},
    "lost" = Lost {},
    "published" = Published {},
    "released" = Released {},
    "noted" = Noted { replay: replay = "replay" },
    "noAnswer" = NoAnswer {},
});
