//! One store: the shipped rules as its atomic steps, on its own clock.

use std::collections::{HashMap, HashSet};

use tokenkeep::rotation::{Answer, Record, Verb, apply};
use tokenkeep::time::{Millis, UnixMillis};

use crate::faults::Fault;

/// Somebody who waits for a session's record to say something other than `held`.
pub struct Waiter {
    pub flight: usize,
    pub effect: u32,
    pub session_id: String,
    pub generation: u32,
    pub drain: bool,
}

pub struct Store {
    pub fault: Fault,
    pub records: HashMap<String, Record>,
    /// What evicted records left behind.
    pub forgotten: HashMap<String, u32>,
    pub waiters: Vec<Waiter>,
    /// When those who wait for a session are next looked after, because a lease may have run out.
    pub looks: HashMap<String, i64>,
    /// When a flight was granted a lease that it has not extended yet.
    pub claimed_at: HashMap<String, i64>,
    /// Flights that have extended a lease.
    extended: HashSet<String>,
}

impl Store {
    pub fn new(fault: Fault) -> Self {
        Self {
            fault,
            records: HashMap::new(),
            forgotten: HashMap::new(),
            waiters: Vec::new(),
            looks: HashMap::new(),
            claimed_at: HashMap::new(),
            extended: HashSet::new(),
        }
    }

    /// One step. The second value is what a store in two steps would write only now.
    pub fn perform(&mut self, session_id: &str, verb: Verb, now: i64) -> (Answer, Option<Record>) {
        let known = self.records.get(session_id).cloned();
        if let Some(answer) = self.faulty(session_id, known.as_ref(), &verb, now) {
            return (answer, None);
        }
        let forgotten = match self.fault {
            Fault::EvictedRecordGranted => None,
            _ => known.is_none().then(|| self.forgotten.get(session_id).copied()).flatten(),
        };
        let verb = self.altered(verb);
        let is_claim = matches!(verb, Verb::Claim { .. });
        let (record, answer) = apply(known, forgotten, verb, UnixMillis(now));
        let Some(record) = record else { return (answer, None) };
        if is_claim && self.fault == Fault::ClaimInTwoSteps {
            return (answer, Some(record));
        }
        self.note_lease(&record, &answer, now);
        self.records.insert(session_id.to_owned(), record);
        (answer, None)
    }

    fn note_lease(&mut self, record: &Record, answer: &Answer, now: i64) {
        let Some(lease) = &record.lease else { return };
        match answer {
            Answer::Granted { .. } if !self.extended.contains(&lease.flight) => {
                self.claimed_at.insert(lease.flight.clone(), now);
            }
            Answer::Extended => {
                self.claimed_at.remove(&lease.flight);
                self.extended.insert(lease.flight.clone());
            }
            _ => {}
        }
    }

    /// What a store does that has one of the faults; `None` where it does the right thing.
    fn faulty(
        &mut self,
        session_id: &str,
        known: Option<&Record>,
        verb: &Verb,
        now: i64,
    ) -> Option<Answer> {
        match (self.fault, verb) {
            (Fault::PublishRequiresLease, Verb::Publish { flight, .. }) => {
                let record = known?;
                let is_holder = record.lease.as_ref().is_some_and(|lease| lease.flight == *flight);
                (!is_holder && !record.ended).then_some(Answer::NoAnswer)
            }
            (Fault::EndComparesNothing, Verb::End { generation: Some(_), flight, revoked }) => {
                let verb =
                    Verb::End { flight: flight.clone(), generation: None, revoked: *revoked };
                let (record, answer) = apply(known.cloned(), None, verb, UnixMillis(now));
                self.records.insert(session_id.to_owned(), record?);
                Some(answer)
            }
            _ => None,
        }
    }

    fn altered(&self, mut verb: Verb) -> Verb {
        if let (Fault::FullLeaseAtOnce, Verb::Claim { lease_ms, .. }) = (self.fault, &mut verb) {
            *lease_ms = Millis(30_000);
        }
        verb
    }

    /// What a waiter would be told now; `held` means: nothing yet.
    pub fn look(&self, waiter: &Waiter, now: i64) -> Answer {
        let Waiter { session_id, generation, drain, .. } = waiter;
        let verb = Verb::Look { generation: *generation, drain: *drain };
        apply(self.records.get(session_id).cloned(), None, verb, UnixMillis(now)).1
    }

    pub fn lose_everything(&mut self) {
        self.records.clear();
        self.forgotten.clear();
        self.waiters.clear();
    }

    /// Evicts a record, and remembers how far it had got. Leases are never evicted.
    pub fn evict(&mut self, session_id: &str, now: i64) -> Option<Record> {
        if self.records.get(session_id)?.held(UnixMillis(now)) {
            return None;
        }
        let record = self.records.remove(session_id)?;
        let highest = record.generation.max(record.presented);
        // Nothing of a session that has ended is ever granted again.
        let highest = if record.ended { u32::MAX } else { highest };
        self.forgotten.insert(session_id.to_owned(), highest);
        Some(record)
    }
}
