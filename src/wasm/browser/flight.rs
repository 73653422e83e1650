//! One flight: its state between two steps, and what is outstanding.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::http::send;
use super::page::Page;
use super::tasks::{Once, spawn};
use super::timers::{now, sleep};
use crate::error::{Error, ErrorCode};
use crate::flight::State;
use crate::step::{Effect, EffectResult, Input, Outcome, Step};

/// A flight in progress. It goes on after its caller has the outcome.
pub(super) struct Flight {
    page: Rc<Page>,
    /// The session that it is about; none for a login.
    pub session_id: Option<String>,
    /// [`Page::epoch`] when it began.
    pub epoch: u32,
    state: RefCell<Option<State>>,
    outcome: Once<Outcome>,
    answered: Cell<bool>,
}

/// Starts a flight and resolves when its caller has an outcome.
pub(super) async fn fly(page: &Rc<Page>, session_id: Option<String>, input: Input) -> Outcome {
    let flight = Rc::new(Flight {
        page: page.clone(),
        session_id,
        epoch: page.epoch.get(),
        state: RefCell::new(None),
        outcome: Once::new(),
        answered: Cell::new(false),
    });
    match page.entropy() {
        Some(entropy) => flight.take(page.manager.begin(input, page.clock(), entropy)),
        None => flight.fail(),
    }
    flight.outcome.taken().await
}

impl Flight {
    fn take(self: &Rc<Self>, step: Step) {
        let Step { state, effects, outcome, events, skew_ms } = step;
        let finished = state.is_none();
        self.state.replace(state);
        if let Some(skew_ms) = skew_ms {
            self.page.skew_ms.set(skew_ms);
        }
        events.into_iter().for_each(|event| self.page.tell(event));
        if let Some(outcome) = outcome {
            self.answer(outcome);
        }
        if finished {
            return self.page.schedule();
        }
        for (id, effect) in effects {
            let flight = self.clone();
            spawn(async move {
                let result = flight.perform(effect).await;
                flight.report(id, result);
            });
        }
    }

    fn answer(self: &Rc<Self>, outcome: Outcome) {
        self.answered.set(true);
        let outcome = self.page.settle(self, outcome);
        self.outcome.give(outcome);
    }

    async fn perform(&self, effect: Effect) -> EffectResult {
        let records = &self.page.records;
        match effect {
            Effect::Store { session_id, verb } => {
                EffectResult::Store { answer: records.perform(&session_id, verb, now()) }
            }
            Effect::Wait { session_id, generation, drain } => {
                let answer = records.wait(&session_id, generation, drain, now).await;
                EffectResult::Store { answer }
            }
            Effect::Send { request } => {
                EffectResult::Sent { result: send(&self.page.host, request).await }
            }
            Effect::Sleep { ms } => {
                sleep(ms.0).await;
                EffectResult::Slept
            }
        }
    }

    /// What comes after the end, a sleep or a wait, is of no use any more.
    fn report(self: &Rc<Self>, id: u32, result: EffectResult) {
        let Some(state) = self.state.take() else { return };
        let Some(entropy) = self.page.entropy() else { return self.fail() };
        match self.page.manager.resume(state, id, result, self.page.clock(), entropy) {
            Ok(step) => self.take(step),
            Err(_) => self.fail(),
        }
    }

    fn fail(self: &Rc<Self>) {
        if !self.answered.get() {
            let message = "a renewal, a login or a logout could not go on";
            self.answer(Outcome::Failed { error: Error::new(ErrorCode::Internal, message) });
        }
    }
}
