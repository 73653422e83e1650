//! What happens at the store and at the provider.

use tokenkeep::http::SendResult;
use tokenkeep::rotation::{Answer, Verb};
use tokenkeep::step::EffectResult;

use crate::network::SendPath;
use crate::provider_model::{Call, unavailable};
use crate::store_model::Waiter;
use crate::world::{Event, World};

impl World {
    pub fn at_store(
        &mut self,
        flight: usize,
        effect: u32,
        session_id: &str,
        verb: Verb,
        back: Option<i64>,
    ) {
        if self.flights[flight].dead && !self.scenario.shared_store {
            return;
        }
        let now = self.store_now();
        let (answer, unwritten) = self.store.perform(session_id, verb.clone(), now);
        self.note(|_| format!("  store: flight {flight} {} → {}", brief(&verb), brief(&answer)));
        self.judge_store(flight, session_id, &verb, &answer);
        if let Some(record) = unwritten {
            let session_id = session_id.to_owned();
            let delay = self.rng.between(1, 30);
            self.queue.after(delay, Event::Write { session_id, record });
        }
        if let Some(back) = back {
            self.queue.after(
                back,
                Event::Report { flight, effect, result: EffectResult::Store { answer } },
            );
        }
        self.recheck(session_id);
        self.maybe_evict();
    }

    fn maybe_evict(&mut self) {
        if !self.rng.chance(self.network.weather.evict) || self.store.records.is_empty() {
            return;
        }
        let mut ids: Vec<String> = self.store.records.keys().cloned().collect();
        ids.sort();
        let id = ids.swap_remove(self.rng.below(ids.len()));
        let now = self.store_now();
        if let Some(record) = self.store.evict(&id, now) {
            self.note(|_| format!("  store: evicts generation {}", record.generation));
            self.evicted(&id, &record);
        }
    }

    pub fn recheck_last(&mut self) {
        if let Some(waiter) = self.store.waiters.last() {
            let session_id = waiter.session_id.clone();
            self.recheck(&session_id);
        }
    }

    /// Tells those who wait for this session what there is to tell.
    pub fn recheck(&mut self, session_id: &str) {
        let now = self.store_now();
        let (mut kept, mut lapses) = (Vec::new(), None);
        for waiter in std::mem::take(&mut self.store.waiters) {
            if waiter.session_id != session_id {
                kept.push(waiter);
                continue;
            }
            match self.store.look(&waiter, now) {
                Answer::Held { lease_ms } => {
                    lapses = Some(lease_ms.0 + 1);
                    kept.push(waiter);
                }
                answer => self.tell_waiter(&waiter, answer),
            }
        }
        self.store.waiters = kept;
        let due = self.store.looks.get(session_id).copied().filter(|due| *due > now);
        if let Some(left) = lapses.filter(|left| due.is_none_or(|due| due > now + left)) {
            let session_id = session_id.to_owned();
            self.store.looks.insert(session_id.clone(), now + left);
            self.queue.after(left, Event::Recheck { session_id });
        }
    }

    fn tell_waiter(&mut self, waiter: &Waiter, answer: Answer) {
        let Waiter { flight, effect, .. } = *waiter;
        self.note(|_| format!("  store: tells waiting flight {flight} {}", brief(&answer)));
        let result = EffectResult::Store { answer };
        let delay = if self.scenario.shared_store { self.rng.between(1, 12) } else { 0 };
        self.queue.after(delay, Event::Report { flight, effect, result });
    }

    pub fn provider_reads(&mut self, flight: usize, effect: u32, call: Call, path: SendPath) {
        let read = self.provider.read(call);
        let (SendPath::ResetAfter { arrives, acts, .. }
        | SendPath::Failed { arrives, acts, .. }
        | SendPath::Answered { arrives, acts, .. }) = path
        else {
            return;
        };
        let event = Event::ProviderActs { flight, effect, call, read, path };
        self.queue.after(acts - arrives, event);
    }

    pub fn provider_acts(
        &mut self,
        flight: usize,
        effect: u32,
        call: Call,
        read: bool,
        path: SendPath,
    ) {
        let now = self.queue.now();
        let before = self.before_provider(call);
        let response = self.provider.act(call, read, now);
        self.note(|_| format!("  provider: flight {flight} {call:?} → {}", response.status));
        self.judge_provider(flight, call, &response, &before, path);
        let (after, result) = match path {
            SendPath::Answered { acts, answers, .. } => {
                (answers - acts, SendResult::Response(response))
            }
            SendPath::Failed { acts, answers, .. } => {
                let failed = unavailable(500, None, now);
                (answers - acts, SendResult::Response(failed))
            }
            _ => return,
        };
        self.queue
            .after(after, Event::Report { flight, effect, result: EffectResult::Sent { result } });
    }
}

/// Without the sealed text, which is long.
fn brief(what: &impl std::fmt::Debug) -> String {
    let text = format!("{what:?}");
    match text.split_once("tokens: \"") {
        Some((before, after)) => {
            let rest = after.split_once('"').map_or("", |(_, rest)| rest);
            format!("{before}tokens: …{rest}")
        }
        None => match text.split_once("tokens: Some(\"") {
            Some((before, after)) => {
                let rest = after.split_once("\")").map_or("", |(_, rest)| rest);
                format!("{before}tokens: …{rest}")
            }
            None => text,
        },
    }
}
