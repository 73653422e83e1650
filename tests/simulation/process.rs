//! A process: the driver, as `js/driver.ts` performs effects, and how processes die.

use tokenkeep::entropy::Entropy;
use tokenkeep::http::{HttpRequest, SendResult};
use tokenkeep::rotation::{Answer, Verb};
use tokenkeep::step::{Effect, EffectResult, Input, Step};
use tokenkeep::time::{Clock, UnixMillis};

use crate::faults::Fault;
use crate::flight::{Asked, Flight};
use crate::network::{STORE_PATIENCE, SendPath, StorePath};
use crate::promises::is_unknown;
use crate::provider_model::{Call, unavailable};
use crate::store_model::Waiter;
use crate::world::{Event, World};

impl World {
    pub fn begin(&mut self, flight: Flight, input: Input) {
        let clock = self.clock(flight.process);
        let entropy = Entropy::new(&self.rng.seed());
        let step = self.scenario.manager(flight.process).begin(input, clock, entropy);
        self.flights.push(flight);
        self.take(self.flights.len() - 1, step, clock);
    }

    /// The result of an effect reaches the driver.
    pub fn report(&mut self, at: usize, effect: u32, result: EffectResult) {
        let flight = &mut self.flights[at];
        let Some(position) = flight.outstanding.iter().position(|(id, _)| *id == effect) else {
            return;
        };
        if flight.dead || flight.state.is_none() {
            return;
        }
        if let Some(until) = self.network.paused(flight.process, self.queue.now()) {
            (flight.paused, flight.extension_fault, flight.store_fault) = (true, true, true);
            let left = until - self.queue.now();
            return self.queue.after(left, Event::Report { flight: at, effect, result });
        }
        let (_, asked) = flight.outstanding.remove(position);
        let unknown = self.flights[at].sending.is_some()
            && matches!(&result, EffectResult::Sent { result } if is_unknown(result));
        self.heard(at, asked, &result);
        let result = self.altered(at, asked, result);
        let Some(state) = self.flights[at].state.take() else { return };
        let process = self.flights[at].process;
        let manager = self.scenario.manager(process);
        let (clock, seed) = (self.clock(process), self.rng.seed());
        let resume = |state, result, clock| {
            manager.resume(state, effect, result, clock, Entropy::new(&seed))
        };
        let step = match self.without_second_decision(&result) {
            Some(again) => {
                let decided = resume(state.clone(), result, clock);
                match decided {
                    Ok(step) if step.outcome.is_none() && step.state.is_some() => {
                        resume(state, again, Clock { now: UnixMillis(0), ..clock })
                    }
                    decided => decided,
                }
            }
            None => resume(state, result, clock),
        };
        match step {
            Ok(step) => {
                self.judge_resend(at, unknown, &step);
                self.take(at, step, clock);
            }
            Err(_) => self.broken("law", format!("flight {at} calls effect {effect} a misuse")),
        }
    }

    pub fn has_sent(&self, at: usize) -> bool {
        self.flights[at].sends > 0
    }

    /// Takes one step and performs what it says. What is outstanding when a flight is finished is dropped.
    fn take(&mut self, at: usize, mut step: Step, mut clock: Clock) {
        if let Some(skew) = step.skew_ms {
            self.processes[self.flights[at].process].skew = skew;
            clock.skew_ms = skew;
        }
        for event in &step.events {
            self.note(|_| format!("  flight {at}: {event:?}"));
            self.judge_event(at, event);
        }
        // States and effects hold tokens, and effects name store keys. Where something is told is where a
        // program would log them.
        if !step.events.is_empty() {
            self.judge_secrecy(&(&step.state, &step.effects));
        }
        let finished = step.state.is_none();
        self.flights[at].state = step.state.take();
        if let Some(outcome) = step.outcome.take() {
            self.answer(at, outcome, clock);
        }
        if finished {
            self.flights[at].outstanding.clear();
            self.store.waiters.retain(|waiter| waiter.flight != at);
            return;
        }
        for (id, effect) in step.effects {
            if !self.flights[at].dead {
                self.perform(at, id, effect);
            }
        }
    }

    fn perform(&mut self, at: usize, id: u32, effect: Effect) {
        let asked = match &effect {
            Effect::Store { verb: Verb::Claim { .. }, .. } => Asked::Claim,
            Effect::Store { verb: Verb::Extend { .. }, .. } => Asked::Extend,
            _ => Asked::Other,
        };
        self.flights[at].outstanding.push((id, asked));
        match effect {
            Effect::Sleep { ms } => {
                let result = EffectResult::Slept;
                self.queue.after(ms.0, Event::Report { flight: at, effect: id, result });
            }
            Effect::Store { session_id, verb } => self.ask_store(at, id, session_id, verb),
            Effect::Wait { session_id, generation, drain } => {
                self.wait(Waiter { flight: at, effect: id, session_id, generation, drain });
            }
            Effect::Send { request } => self.send_to_provider(at, id, &request),
        }
        let process = self.flights[at].process;
        if self.rng.chance(self.network.weather.crash) {
            self.crash(process);
        }
    }

    fn ask_store(&mut self, at: usize, id: u32, session_id: String, verb: Verb) {
        let has_sent = self.has_sent(at);
        match &verb {
            Verb::Claim { .. } => {
                let flight = &mut self.flights[at];
                (flight.claim_answered, flight.lease_answered, flight.sends) = (false, false, 0);
            }
            Verb::Extend { .. } if self.fault == Fault::NoExtension && has_sent => {
                let result = EffectResult::Store { answer: Answer::Extended };
                return self.queue.after(1, Event::Report { flight: at, effect: id, result });
            }
            _ => {}
        }
        let mut path = self.store_path(at);
        if let Some(delay) = self.revoke_early(at, &session_id, &verb) {
            path.performed = path.performed.map(|performed| performed + delay);
            path.answered = path.answered.map(|answered| answered + delay);
        }
        self.judge_path(at, &verb, path);
        let welcomed = self.welcome_early(at, id, &verb);
        if welcomed {
            path.answered = None;
        }
        let back =
            path.answered.zip(path.performed).map(|(answered, performed)| answered - performed);
        if let Some(performed) = path.performed {
            let event = Event::Store { flight: at, effect: id, session_id, verb, back };
            self.queue.after(performed, event);
        }
        if back.is_none() && !welcomed {
            let result = EffectResult::Store { answer: Answer::NoAnswer };
            self.queue.after(STORE_PATIENCE, Event::Report { flight: at, effect: id, result });
        }
    }

    fn store_path(&mut self, at: usize) -> StorePath {
        if self.scenario.shared_store {
            let now = self.queue.now();
            self.network.to_store(&mut self.rng, self.flights[at].process, now)
        } else {
            StorePath { performed: Some(0), answered: Some(0) }
        }
    }

    fn wait(&mut self, waiter: Waiter) {
        let (at, id) = (waiter.flight, waiter.effect);
        let path = self.store_path(at);
        self.flights[at].store_fault |= path.performed.is_none_or(|performed| performed > 20);
        match path.performed {
            Some(performed) if path.answered.is_some() => {
                self.queue.after(performed, Event::Watch(waiter));
            }
            _ => {
                self.flights[at].store_fault = true;
                let result = EffectResult::Store { answer: Answer::NoAnswer };
                self.queue.after(STORE_PATIENCE, Event::Report { flight: at, effect: id, result });
            }
        }
    }

    fn send_to_provider(&mut self, at: usize, id: u32, request: &HttpRequest) {
        let Some(call) = Call::read(request) else {
            return self.broken("law", "a request that no provider understands".into());
        };
        let report = |result| {
            let result = EffectResult::Sent { result };
            Event::Report { flight: at, effect: id, result }
        };
        let now = self.queue.now();
        if self.has_revoked(at, call) {
            return self.queue.after(1, report(SendResult::Response(unavailable(204, None, now))));
        }
        self.judge_send(at, call);
        let path = self.network.to_provider(&mut self.rng, now);
        self.note(|_| format!("  flight {at} sends {call:?}: {path:?}"));
        match path {
            SendPath::NotConnected { after } => {
                self.queue.after(after, report(SendResult::NotConnected));
            }
            SendPath::ResetBefore { after } => self.queue.after(after, report(SendResult::Unknown)),
            SendPath::Refused { after, status, retry_after } => {
                let response = unavailable(status, retry_after, now);
                self.queue.after(after, report(SendResult::Response(response)));
            }
            SendPath::ResetAfter { arrives, known, .. } => {
                self.queue.after(known, report(SendResult::Unknown));
                self.queue
                    .after(arrives, Event::ProviderReads { flight: at, effect: id, call, path });
            }
            SendPath::Failed { arrives, .. } | SendPath::Answered { arrives, .. } => {
                self.queue
                    .after(arrives, Event::ProviderReads { flight: at, effect: id, call, path });
            }
        }
    }

    /// All its flights vanish, and its memory with them.
    fn crash(&mut self, process: usize) {
        self.note(|_| format!("process {process} dies"));
        self.processes[process].alive = false;
        self.processes[process].skew = tokenkeep::time::Millis(0);
        for at in 0..self.flights.len() {
            if self.flights[at].process == process && !self.flights[at].dead {
                self.died(at);
            }
        }
        if !self.scenario.shared_store {
            self.memory_lost();
        }
        let down = self.rng.between(100, 20_000);
        self.queue.after(down, Event::Restart { process });
    }
}
