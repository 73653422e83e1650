//! The promises P1 to P9 as they are asserted while a schedule runs.
//!
//! A promise has exceptions only where the model itself did what no client can win against; that is
//! noted per session when it is done, never inferred from what the state machine then does.

use tokenkeep::http::{HttpResponse, SendResult};
use tokenkeep::rotation::{Answer, Record, Verb};
use tokenkeep::step::{Effect, EffectResult, Step};

use crate::flight::{Asked, Flight, Wish};
use crate::network::{SendPath, StorePath};
use crate::provider_model::{Call, Token, issued};
use crate::scenario::Rotation;
use crate::session_log::SessionLog;
use crate::world::World;

/// Milliseconds that a claim may keep others out before the holder sends anything.
const CLAIM_LEASE: i64 = 5_000;

impl World {
    /// The result of an effect, before the driver makes anything of it.
    pub fn heard(&mut self, at: usize, asked: Asked, result: &EffectResult) {
        let now = self.queue.now();
        match result {
            EffectResult::Store { answer: Answer::NoAnswer } | EffectResult::Slept => {}
            EffectResult::Store { answer } => {
                let has_sent = self.flights[at].sends > 0;
                let flight = &mut self.flights[at];
                flight.claim_answered |= asked == Asked::Claim;
                flight.lease_answered |=
                    asked == Asked::Extend && !has_sent && *answer == Answer::Extended;
            }
            EffectResult::Sent { result } => {
                let flight = &mut self.flights[at];
                flight.unknown = is_unknown(result);
                flight.sending = None;
                if let Some(token) = issued(result) {
                    flight.received = Some((token, now));
                    flight.published = false;
                    flight.session = Some(token.family);
                    self.received(token);
                }
            }
        }
    }

    pub fn received(&mut self, token: Token) {
        let is_current = self.provider.current(token.family) == token.serial;
        let log = &mut self.sessions[token.family];
        log.known.push(token.serial);
        if is_current && self.scenario.rotation.reuse_window() > 0 {
            // Sent again inside the window: nothing was lost after all.
            log.excuses.lost_rotation = false;
        }
    }

    /// A flight is about to send a request.
    pub fn judge_send(&mut self, at: usize, call: Call) {
        let Call::Refresh(token) = call else { return };
        let now = self.queue.now();
        // What was sent once may be sent again inside the reuse window, whoever has the lease by then.
        if self.flights[at].sends == 0 {
            self.judge_concurrency(at, token.family, "sends while");
        }
        let window = self.scenario.rotation.reuse_window();
        let Flight { claim_answered, lease_answered, sends, unknown, first_sent, .. } =
            self.flights[at];
        if !(claim_answered && lease_answered) {
            self.broken("P1", format!("flight {at} sends without an answer from the store"));
        }
        if sends > 0 && !(sends == 1 && unknown && now - first_sent <= window) {
            self.broken("P1", format!("flight {at} sends again although it may not"));
        }
        let excused = self.sessions[token.family].excuses.any();
        if sends == 0 && self.provider.has_rotated(token) && !excused {
            self.broken("P5", format!("flight {at} sends an old refresh token: {token:?}"));
        }
        self.tally.refreshes += 1;
        let flight = &mut self.flights[at];
        if sends == 0 {
            flight.first_sent = now;
        }
        flight.sends += 1;
        flight.sending = Some(now);
    }

    /// P1: one refresh per session in flight, while the leader's extensions reach the store.
    fn judge_concurrency(&mut self, at: usize, session: usize, what: &str) {
        for other in 0..self.flights.len() {
            let flight = &self.flights[other];
            let renews = flight.sending.is_some() || flight.has_unpublished();
            if other == at || flight.dead || flight.session != Some(session) || !renews {
                continue;
            }
            if flight.extension_fault
                || self.network.paused(flight.process, self.queue.now()).is_some()
            {
                self.note(|_| format!("  (the lease of flight {other} has lapsed)"));
                self.sessions[session].excuses.lease_lapsed = true;
            } else {
                self.broken("P1", format!("flight {at} {what} flight {other} renews"));
            }
        }
    }

    /// What becomes of a step on its way.
    pub fn judge_path(&mut self, at: usize, verb: &Verb, path: StorePath) {
        let third = self.scenario.rotation.send_lease() / 3;
        let flight = &mut self.flights[at];
        let late = path.performed.is_none_or(|ms| ms > 20) || path.answered.is_none();
        flight.store_fault |= late;
        if let Verb::Extend { .. } = verb {
            if flight.sends == 0 {
                flight.extension_fault = path.answered.is_some_and(|ms| ms > third);
            } else {
                flight.extension_fault |= path.performed.is_none_or(|ms| ms > third);
            }
        }
    }

    /// A step was performed at the store.
    pub fn judge_store(&mut self, at: usize, session_id: &str, verb: &Verb, answer: &Answer) {
        let flight = &self.flights[at];
        if let (Wish::Login { .. }, Verb::Publish { .. }, Some(session)) =
            (flight.wish, verb, flight.session)
        {
            // A session whose tokens are in the record begins there.
            self.session_of.entry(session_id.to_owned()).or_insert(session);
        }
        let Some(session) = self.session_of.get(session_id).copied() else { return };
        let now = self.queue.now();
        match (verb, answer) {
            (Verb::Claim { .. }, Answer::Granted { .. }) => {
                // Whoever leads no longer waits for others.
                self.flights[at].waiting = None;
                self.judge_concurrency(at, session, "is granted the lease while");
            }
            (Verb::Claim { .. }, Answer::Held { .. }) => self.judge_held(session_id),
            (Verb::Publish { generation, .. }, _) => {
                self.publication(at, session, *generation, answer);
            }
            (
                Verb::End { generation: Some(_), revoked: false, .. },
                Answer::Ended { now: true, .. },
            ) => {
                self.flights[at].ended_session = true;
                self.judge_refusal(at, session);
            }
            (
                Verb::End { generation: None, .. } | Verb::End { revoked: true, .. },
                Answer::Ended { .. },
            ) => {
                self.sessions[session].logged_out.get_or_insert(now);
                if let Wish::Login { .. } = self.flights[at].wish {
                    self.sessions[session].replaced_by = self.flights[at].session;
                }
            }
            _ => {}
        }
    }

    fn publication(&mut self, at: usize, session: usize, generation: u32, answer: &Answer) {
        let now = self.queue.now();
        let Some((token, _)) = self.flights[at].received else { return };
        let is_current = self.provider.current(session) == token.serial;
        let log = &mut self.sessions[session];
        log.delivered.push(token.serial);
        self.flights[at].published = true;
        match answer {
            Answer::Published => {
                let superseded = log.excuses.lease_lapsed;
                if log.published() != (generation, token.serial) {
                    log.published.push((generation, token.serial, now));
                }
                if superseded {
                    self.supersede(at, session);
                }
            }
            // Somebody else's set of the same generation is in the record.
            Answer::Newer { .. } if is_current && log.published().1 != token.serial => {
                log.excuses.double_rotation = true;
            }
            _ => {}
        }
    }

    /// A leader whose lease had lapsed publishes after all: that releases whoever took it over.
    fn supersede(&mut self, at: usize, session: usize) {
        for (other, flight) in self.flights.iter_mut().enumerate() {
            flight.extension_fault |= other != at && flight.session == Some(session);
        }
    }

    /// A claim alone keeps nobody out for longer than its own short lease.
    fn judge_held(&mut self, session_id: &str) {
        let now = self.store_now();
        let lease = self.store.records.get(session_id).and_then(|record| record.lease.as_ref());
        let claimed_at = lease.and_then(|lease| self.store.claimed_at.get(&lease.flight));
        if claimed_at.is_some_and(|at| now - at > CLAIM_LEASE) {
            self.broken("P2", "a claim whose flight never sent keeps others out".into());
        }
    }

    /// P3: the provider's refusal has just ended a session.
    fn judge_refusal(&mut self, at: usize, session: usize) {
        let now = self.queue.now();
        let log = &self.sessions[session];
        let lives = self.provider.is_living(session, now);
        let serial = self.provider.current(session);
        let lease = self.scenario.rotation.send_lease();
        let in_hand = self.flights.iter().any(|flight| {
            let fresh = |(token, received): (Token, i64)| {
                token.family == session && token.serial == serial && now - received < lease
            };
            !flight.dead && flight.state.is_some() && flight.received.is_some_and(fresh)
        });
        let expired = self.scenario.rotation == Rotation::DirectusSession && !lives;
        let gone = log.excuses.evicted || log.excuses.record_lost;
        if lives && !gone && log.delivered.contains(&serial) {
            self.broken("P3", format!("flight {at} ends a session whose tokens were published"));
        } else if lives && in_hand {
            self.broken("P3", format!("flight {at} ends a session that somebody has renewed"));
        } else if !log.excuses.any() && !expired {
            self.broken("P3", format!("flight {at} ends a session that nothing has happened to"));
        } else {
            self.tally.not_to_be_won += 1;
        }
    }

    /// What a provider's answer may change: its newest refresh token, and whether it works.
    pub fn before_provider(&self, call: Call) -> Option<(usize, bool)> {
        match call {
            Call::Refresh(Token { family, .. }) => {
                Some((self.provider.current(family), self.provider.is_revoked(family)))
            }
            Call::Login { .. } | Call::Logout(_) => None,
        }
    }

    /// The provider has acted.
    pub fn judge_provider(
        &mut self,
        at: usize,
        call: Call,
        response: &HttpResponse,
        before: &Option<(usize, bool)>,
        path: SendPath,
    ) {
        if let Call::Login { user } = call {
            self.enter_sessions(user);
        }
        let (Call::Refresh(token), Some((serial, revoked))) = (call, before) else { return };
        let current = self.provider.current(token.family);
        let is_lost = !matches!(path, SendPath::Answered { .. }) || self.flights[at].dead;
        let excuses = &mut self.sessions[token.family].excuses;
        excuses.lost_rotation |= is_lost && current != *serial;
        // Reuse, by a request that its flight had given up.
        excuses.lost_rotation |= is_lost && !revoked && self.provider.is_revoked(token.family);
        let result = SendResult::Response(response.clone());
        let parallel = issued(&result).is_some_and(|issued| issued.serial != current);
        excuses.double_rotation |= parallel;
    }

    /// The provider has signed a user in.
    pub fn enter_sessions(&mut self, user: usize) {
        let began = self.queue.now();
        while self.sessions.len() < self.provider.families() {
            self.sessions.push(SessionLog { user, began, ..SessionLog::default() });
        }
    }

    /// P1: an unknown outcome is sent again inside the reuse window.
    pub fn judge_resend(&mut self, at: usize, unknown: bool, step: &Step) {
        let Flight { sends, first_sent, .. } = self.flights[at];
        let left = self.scenario.rotation.reuse_window() - (self.queue.now() - first_sent);
        let sends_again =
            step.effects.iter().any(|(_, effect)| matches!(effect, Effect::Send { .. }));
        if unknown && sends == 1 && left > 100 && !sends_again {
            self.broken("P1", format!("flight {at} gives up inside the reuse window"));
        }
    }

    /// A flight vanishes with its process.
    pub fn died(&mut self, at: usize) {
        let rotates = self.scenario.rotation != Rotation::None;
        let flight = &mut self.flights[at];
        flight.dead = true;
        let unfinished = flight.state.take().is_some();
        let renewed = flight.received.is_some() && !flight.published;
        let lost = flight.sending.take().is_some() || renewed;
        for replaced in flight.brought.iter().filter(|_| unfinished) {
            self.sessions[*replaced].excuses.crashed = true;
        }
        if let (true, Some(session)) = (unfinished, flight.session) {
            let excuses = &mut self.sessions[session].excuses;
            excuses.crashed = true;
            excuses.lost_rotation |= rotates && lost;
        }
        self.store.waiters.retain(|waiter| waiter.flight != at);
    }

    /// The process-memory store went with its process.
    pub fn memory_lost(&mut self) {
        self.store.lose_everything();
        for session in &mut self.sessions {
            session.excuses.record_lost = true;
            session.published.clear();
            session.delivered.clear();
        }
    }

    pub fn evicted(&mut self, session_id: &str, record: &Record) {
        let Some(session) = self.session_of.get(session_id).copied() else { return };
        let log = &mut self.sessions[session];
        let unseen = record.tokens.is_some() && record.generation > record.presented;
        log.excuses.evicted |= unseen;
        log.forgotten = log.forgotten.max(Some(record.generation.max(record.presented)));
    }
}

/// Whether the provider may have acted on a request that has no answer.
pub fn is_unknown(result: &SendResult) -> bool {
    match result {
        SendResult::Unknown => true,
        SendResult::Response(response) => response.status == 500,
        SendResult::NotConnected => false,
    }
}
