//! Renewal: claim, send, publish; or adopt what somebody else published.

use super::logout::Logout;
use super::{Misuse, Next, Purpose, Turn};
use crate::error::{Error, ErrorCode};
use crate::http::SendResult;
use crate::json::{json_enum, json_struct};
use crate::policy::{Decision, Demand, Reason, ReplayPolicy};
use crate::provider::{RefreshOutcome, Revocation};
use crate::rotation::{Answer, Verb};
use crate::session::jar::Jar;
use crate::session::{Session, SetCookie};
use crate::step::{Effect, EndReason, Event, FailureClass, How, Outcome};
use crate::time::{Millis, UnixMillis};
use crate::token_set::TokenSet;

/// One request's way to a token that meets its demand.
#[derive(Clone, Debug, PartialEq)]
pub struct Renewal {
    /// The request's session with the newest tokens that this flight knows.
    session: Session,
    /// The generation in the request's cookie.
    presented: u32,
    jar: Jar,
    demand: Demand,
    /// Why the tokens are due.
    reason: Reason,
    /// They no longer work: the caller has to wait.
    required: bool,
    waited: bool,
    phase: Phase,
}

/// Where a renewal stands: which effect it is about.
#[derive(Clone, Debug, PartialEq)]
pub enum Phase {
    /// Asking for the lease; `again` after one claim without an answer.
    Claiming {
        /// The second try.
        again: bool,
    },
    /// Somebody else renews.
    Waiting,
    /// Extending the lease to its full length, just before sending.
    Leasing {
        /// An earlier holder never said how its renewal went.
        taken_over: bool,
        /// The second try.
        again: bool,
        /// When the store was asked.
        asked_at: UnixMillis,
    },
    /// The refresh request is at the provider.
    Sending {
        /// As above.
        taken_over: bool,
        /// When it was sent first.
        sent_at: UnixMillis,
        /// It was sent a second time, inside the reuse window.
        resent: bool,
    },
    /// The new tokens are on their way into the record.
    Publishing {
        /// The new tokens.
        tokens: TokenSet,
        /// The same, sealed for the record. Repeated byte by byte, so that a repetition is no news.
        sealed: String,
    },
    /// The provider refused after a take-over: the earlier holder may still publish.
    Unsettled,
    /// The session is being ended at the record.
    Ending {
        /// What the caller is told: the provider's refusal, or plain expiry.
        reason: EndReason,
    },
    /// The lease is being given back.
    Releasing {
        /// With a cool-down of at least this long.
        cool_down_ms: Option<Millis>,
    },
    /// The session ended while we were renewing: what we received is taken back.
    Revoking {
        /// What we received.
        tokens: TokenSet,
    },
    /// The revocation is noted in the record.
    Confirming,
}

/// How a renewal goes on.
pub(super) enum Then {
    Next(Next),
    /// A replayed session is to be ended.
    LogOut,
}

impl From<Next> for Then {
    fn from(next: Next) -> Self {
        Self::Next(next)
    }
}

impl Renewal {
    /// A renewal of the request's session.
    pub fn new(session: Session, demand: Demand, jar: Jar) -> Self {
        Self {
            presented: session.generation,
            session,
            jar,
            demand,
            reason: Reason::Expired,
            required: false,
            waited: false,
            phase: Phase::Claiming { again: false },
        }
    }

    pub(super) fn session_id(&self) -> String {
        self.session.id.text()
    }

    pub(super) fn to_logout(&self) -> Logout {
        Logout::new(self.session.clone(), self.jar.clone(), EndReason::Replayed)
    }

    pub(super) fn start(&mut self, turn: &mut Turn<'_>) -> Next {
        if self.settled(turn, How::Fresh) {
            return Next::Finish;
        }
        let patience = turn.manager.policy().max_wait;
        turn.sleep(Purpose::Patience, patience);
        self.claim(turn)
    }

    /// Decides about the newest known tokens. `true` if the caller has its answer.
    fn settled(&mut self, turn: &mut Turn<'_>, how: How) -> bool {
        let session = &self.session;
        match turn.manager.decide(turn.clock, &session.tokens, session.generation, self.demand) {
            Decision::Fresh => self.serve(turn, how),
            Decision::Ended => self.sign_out(turn, EndReason::Expired),
            Decision::Eager(reason) => return self.due(reason, false),
            Decision::Required(reason) => return self.due(reason, true),
        }
        true
    }

    fn due(&mut self, reason: Reason, required: bool) -> bool {
        self.reason = reason;
        self.required = required;
        false
    }

    fn claim(&mut self, turn: &mut Turn<'_>) -> Next {
        self.enter(turn, Phase::Claiming { again: false })
    }

    fn enter(&mut self, turn: &mut Turn<'_>, phase: Phase) -> Next {
        self.phase = phase;
        turn.retries = 0;
        self.act(turn)
    }

    /// Performs the phase's effect: on entering it, and again after a pause.
    pub(super) fn act(&mut self, turn: &mut Turn<'_>) -> Next {
        let flight = turn.flight();
        let generation = self.session.generation;
        let policy = turn.manager.policy();
        let verb = match &self.phase {
            Phase::Claiming { .. } => Verb::Claim {
                flight,
                generation,
                presented: self.presented,
                lease_ms: policy.claim_lease,
            },
            Phase::Leasing { .. } => Verb::Extend { flight, lease_ms: policy.send_lease },
            Phase::Publishing { sealed, .. } => {
                let generation = generation.saturating_add(1);
                Verb::Publish { flight, generation, tokens: sealed.clone() }
            }
            Phase::Ending { .. } => {
                Verb::End { flight, generation: Some(generation), revoked: false }
            }
            Phase::Releasing { cool_down_ms } => Verb::Fail { flight, cool_down_ms: *cool_down_ms },
            Phase::Confirming => Verb::End { flight, generation: None, revoked: true },
            Phase::Waiting | Phase::Sending { .. } | Phase::Revoking { .. } | Phase::Unsettled => {
                return self.act_elsewhere(turn);
            }
        };
        turn.store(&self.session_id(), verb);
        Next::Continue
    }

    /// The effects that are not a step at the store.
    fn act_elsewhere(&mut self, turn: &mut Turn<'_>) -> Next {
        let session_id = self.session_id();
        let request = match &self.phase {
            Phase::Waiting => {
                let generation = self.session.generation;
                turn.emit(Purpose::Main, Effect::Wait { session_id, generation, drain: false });
                return Next::Continue;
            }
            Phase::Unsettled => {
                turn.sleep(Purpose::Main, turn.manager.policy().send_lease);
                return Next::Continue;
            }
            Phase::Revoking { tokens } => turn.manager.provider().revoke_request(tokens),
            _ => turn.manager.provider().refresh_request(&self.session.tokens),
        };
        match request {
            Some(request) => turn.emit(Purpose::Main, Effect::Send { request }),
            // Nothing to revoke. (Nothing to renew with was found out when the lease was granted.)
            None => return self.enter(turn, Phase::Confirming),
        }
        Next::Continue
    }

    pub(super) fn answered(&mut self, turn: &mut Turn<'_>, answer: Answer) -> Result<Then, Misuse> {
        if let Answer::NoAnswer = answer {
            turn.event(Event::StoreFailed { session_id: self.session_id() });
            return Ok(self.unanswered(turn)?.into());
        }
        match self.phase {
            Phase::Claiming { .. } => return self.claimed(turn, answer),
            Phase::Waiting => self.waited = true,
            _ => {}
        }
        let next = match &self.phase {
            Phase::Waiting => self.waited_for(turn, answer)?,
            Phase::Leasing { taken_over, asked_at, .. } => {
                let (taken_over, asked_at) = (*taken_over, *asked_at);
                self.leased(turn, &answer, taken_over, asked_at)?
            }
            Phase::Publishing { .. } => self.published(turn, answer)?,
            Phase::Ending { reason } => self.ended(turn, answer, *reason)?,
            Phase::Releasing { .. } | Phase::Confirming => Next::Finish,
            _ => return Err(Misuse),
        };
        Ok(next.into())
    }

    fn claimed(&mut self, turn: &mut Turn<'_>, answer: Answer) -> Result<Then, Misuse> {
        if let Answer::Newer { replay: true, .. } | Answer::Granted { replay: true, .. } = answer {
            let (session_id, generation) = (self.session_id(), self.presented);
            turn.event(Event::ReuseDetected { session_id, generation });
            match turn.manager.policy().replay {
                ReplayPolicy::Serve => {}
                ReplayPolicy::Refuse => {
                    self.sign_out(turn, EndReason::Replayed);
                    return Ok(self.release(turn).into());
                }
                ReplayPolicy::End => return Ok(Then::LogOut),
            }
        }
        Ok(match answer {
            Answer::Granted { taken_over, .. } => self.granted(turn, taken_over),
            Answer::Held { .. } if self.works(turn) || turn.answered => {
                self.fall_back(turn, busy())
            }
            Answer::Held { .. } => self.enter(turn, Phase::Waiting),
            other => self.waited_for(turn, other)?,
        }
        .into())
    }

    /// A token that has expired by our clock may still be renewable by the provider's: it is the one to
    /// say so.
    fn granted(&mut self, turn: &mut Turn<'_>, taken_over: bool) -> Next {
        if turn.manager.provider().renews(&self.session.tokens) {
            self.lease(turn, taken_over, false)
        } else {
            self.enter(turn, Phase::Ending { reason: EndReason::Expired })
        }
    }

    fn lease(&mut self, turn: &mut Turn<'_>, taken_over: bool, again: bool) -> Next {
        let asked_at = turn.clock.now;
        self.enter(turn, Phase::Leasing { taken_over, again, asked_at })
    }

    /// What a claim, a wait, a publication or an end may find in the record.
    fn waited_for(&mut self, turn: &mut Turn<'_>, answer: Answer) -> Result<Next, Misuse> {
        Ok(match answer {
            Answer::Newer { generation, tokens, .. } => self.adopt(turn, generation, &tokens),
            Answer::CoolDown { retry_after_ms } => self.fall_back(
                turn,
                Error::new(ErrorCode::ProviderUnavailable, "renewal pauses after a failure")
                    .with_retry_after(Some(retry_after_ms)),
            ),
            Answer::Ended { .. } => self.sign_out_and_finish(turn, EndReason::Ended),
            Answer::Forgotten => self.sign_out_and_finish(turn, EndReason::Forgotten),
            Answer::Released | Answer::Held { .. } => self.claim(turn),
            _ => return Err(Misuse),
        })
    }

    fn leased(
        &mut self,
        turn: &mut Turn<'_>,
        answer: &Answer,
        taken_over: bool,
        asked_at: UnixMillis,
    ) -> Result<Next, Misuse> {
        let half = Millis(turn.manager.policy().send_lease.0 / 2);
        match answer {
            // The process stood still meanwhile, or the store did: the lease may be somebody else's.
            Answer::Extended if turn.clock.now - asked_at > half => self.unanswered(turn),
            Answer::Extended => {
                turn.sleep(Purpose::Heartbeat, third(turn.manager.policy().send_lease));
                let sent_at = turn.clock.now;
                Ok(self.enter(turn, Phase::Sending { taken_over, sent_at, resent: false }))
            }
            Answer::Lost => Ok(self.claim(turn)),
            _ => Err(Misuse),
        }
    }

    fn published(&mut self, turn: &mut Turn<'_>, answer: Answer) -> Result<Next, Misuse> {
        let Phase::Publishing { tokens, .. } = &self.phase else { return Err(Misuse) };
        match answer {
            Answer::Published => {
                let tokens = tokens.clone();
                self.take(tokens);
                let (session_id, generation) = (self.session_id(), self.session.generation);
                turn.event(Event::Refreshed { session_id, generation, reason: self.reason });
                self.serve(turn, How::Refreshed);
                Ok(Next::Finish)
            }
            Answer::Ended { .. } => {
                let tokens = tokens.clone();
                self.sign_out(turn, EndReason::Ended);
                Ok(self.enter(turn, Phase::Revoking { tokens }))
            }
            Answer::Newer { .. } => self.waited_for(turn, answer),
            _ => Err(Misuse),
        }
    }

    fn ended(
        &mut self,
        turn: &mut Turn<'_>,
        answer: Answer,
        reason: EndReason,
    ) -> Result<Next, Misuse> {
        match answer {
            Answer::Ended { now: true, .. } => {
                let session_id = self.session_id();
                turn.event(Event::SessionEnded { session_id, reason });
                let cookies = self.jar.delete(turn.manager.cookies(), self.session.id);
                turn.answer(Outcome::SignedOut { reason, cookies });
                Ok(Next::Finish)
            }
            Answer::Held { .. } => Ok(self.fall_back(turn, busy())),
            Answer::Ended { .. } | Answer::Newer { .. } => self.waited_for(turn, answer),
            _ => Err(Misuse),
        }
    }

    /// The store did not answer. Nothing is sent; what must not stay undone is repeated.
    fn unanswered(&mut self, turn: &mut Turn<'_>) -> Result<Next, Misuse> {
        match self.phase.clone() {
            Phase::Claiming { again: false } => {
                Ok(self.enter(turn, Phase::Claiming { again: true }))
            }
            Phase::Leasing { taken_over, again: false, .. } => {
                Ok(self.lease(turn, taken_over, true))
            }
            Phase::Claiming { .. } | Phase::Leasing { .. } => {
                self.fall_back(turn, store_down());
                Ok(self.release(turn))
            }
            Phase::Waiting => Ok(self.fall_back(turn, store_down())),
            // The lease is ours and the tokens are alive: our own client gets them, and we go on
            // publishing until the record has them.
            Phase::Publishing { tokens, .. } => {
                let mut served = self.clone();
                served.take(tokens);
                served.serve(turn, How::Refreshed);
                turn.retry_within(third(turn.manager.policy().send_lease));
                Ok(Next::Continue)
            }
            Phase::Ending { .. } | Phase::Releasing { .. } | Phase::Confirming => {
                self.fall_back(turn, store_down());
                turn.retry_later();
                Ok(Next::Continue)
            }
            Phase::Sending { .. } | Phase::Unsettled | Phase::Revoking { .. } => Err(Misuse),
        }
    }

    pub(super) fn sent(
        &mut self,
        turn: &mut Turn<'_>,
        result: &SendResult,
    ) -> Result<Next, Misuse> {
        match self.phase {
            Phase::Sending { taken_over, sent_at, resent } => {
                turn.learn_skew(result, Some(sent_at));
                let provider = turn.manager.provider();
                let outcome = provider.refresh_outcome(&self.session.tokens, result, turn.clock);
                Ok(match outcome {
                    RefreshOutcome::Renewed(tokens) => self.renewed(turn, tokens),
                    RefreshOutcome::Refused(error) => self.refused(turn, error, taken_over),
                    RefreshOutcome::Unknown(error) => self.unknown(turn, error, sent_at, resent),
                    RefreshOutcome::NotNow { error, retry_after } => {
                        self.failed(turn, FailureClass::NotNow, error, retry_after)
                    }
                    RefreshOutcome::InteractionRequired(error) => {
                        self.failed(turn, FailureClass::Refused, error, None)
                    }
                    RefreshOutcome::Misconfigured(error) => {
                        self.failed(turn, FailureClass::Misconfigured, error, None)
                    }
                })
            }
            Phase::Revoking { .. } => Ok(match turn.manager.provider().revoke_outcome(result) {
                Revocation::Done => {
                    turn.event(Event::Revoked { session_id: self.session_id() });
                    self.enter(turn, Phase::Confirming)
                }
                Revocation::RetryLater => {
                    turn.retry_later();
                    Next::Continue
                }
            }),
            _ => Err(Misuse),
        }
    }

    fn renewed(&mut self, turn: &mut Turn<'_>, tokens: TokenSet) -> Next {
        let nonce = turn.entropy.take();
        match turn.manager.seal_tokens(self.session.id, &tokens, &nonce) {
            Ok(sealed) => self.enter(turn, Phase::Publishing { tokens, sealed }),
            Err(error) => self.failed(turn, FailureClass::Misconfigured, error, None),
        }
    }

    fn refused(&mut self, turn: &mut Turn<'_>, error: Error, taken_over: bool) -> Next {
        self.failure(turn, FailureClass::Refused, &error);
        if !taken_over {
            return self.enter(turn, Phase::Ending { reason: EndReason::Refused });
        }
        // Whoever held the lease before us may have been answered with the tokens that we were
        // refused: it has one lease time to publish them.
        self.fall_back(turn, busy());
        self.enter(turn, Phase::Unsettled)
    }

    fn unknown(
        &mut self,
        turn: &mut Turn<'_>,
        error: Error,
        sent_at: UnixMillis,
        resent: bool,
    ) -> Next {
        let inside = turn.clock.now - sent_at < turn.manager.policy().reuse_window;
        match self.phase {
            Phase::Sending { taken_over, .. } if inside && !resent => {
                self.enter(turn, Phase::Sending { taken_over, sent_at, resent: true })
            }
            _ => self.failed(turn, FailureClass::Unknown, error, None),
        }
    }

    fn failed(
        &mut self,
        turn: &mut Turn<'_>,
        class: FailureClass,
        error: Error,
        retry_after: Option<Millis>,
    ) -> Next {
        self.failure(turn, class, &error);
        self.fall_back(turn, error);
        let cool_down_ms = Some(retry_after.unwrap_or_default());
        self.enter(turn, Phase::Releasing { cool_down_ms })
    }

    fn failure(&self, turn: &mut Turn<'_>, class: FailureClass, error: &Error) {
        let session_id = self.session_id();
        turn.event(Event::RefreshFailed { session_id, class, error: error.clone() });
    }

    fn release(&mut self, turn: &mut Turn<'_>) -> Next {
        self.enter(turn, Phase::Releasing { cool_down_ms: None })
    }

    fn adopt(&mut self, turn: &mut Turn<'_>, generation: u32, sealed: &str) -> Next {
        let Some(tokens) = turn.manager.unseal_tokens(self.session.id, sealed) else {
            // A value that exists but cannot be opened is another secret's: never absent.
            let message = "the stored tokens were sealed with a secret that is not in the key ring";
            return self.fall_back(turn, Error::new(ErrorCode::Store, message));
        };
        let was_stored = self.session.tokens.is_stored();
        self.session.tokens = tokens;
        self.session.generation = generation;
        let how = if was_stored {
            How::Fresh
        } else {
            let (session_id, waited) = (self.session_id(), self.waited);
            turn.event(Event::Adopted { session_id, generation, waited });
            if waited { How::Waited } else { How::Adopted }
        };
        if turn.answered || self.settled(turn, how) { Next::Finish } else { self.claim(turn) }
    }

    fn take(&mut self, tokens: TokenSet) {
        self.session.tokens = tokens;
        self.session.generation = self.session.generation.saturating_add(1);
    }

    pub(super) fn slept(&mut self, turn: &mut Turn<'_>) -> Result<Next, Misuse> {
        match self.phase {
            Phase::Unsettled => Ok(self.enter(turn, Phase::Ending { reason: EndReason::Refused })),
            _ => Err(Misuse),
        }
    }

    /// The caller waits no longer; a renewal that may have been granted goes on.
    pub(super) fn out_of_patience(&mut self, turn: &mut Turn<'_>) -> Next {
        self.fall_back(turn, busy());
        match self.phase {
            Phase::Waiting => Next::Finish,
            _ => Next::Continue,
        }
    }

    /// Extends the lease for as long as the refresh may still be acted on.
    pub(super) fn heartbeat(&mut self, turn: &mut Turn<'_>) {
        let holding = matches!(
            self.phase,
            Phase::Sending { .. }
                | Phase::Publishing { .. }
                | Phase::Unsettled
                | Phase::Ending { .. }
        );
        if holding {
            let lease_ms = turn.manager.policy().send_lease;
            let verb = Verb::Extend { flight: turn.flight(), lease_ms };
            let session_id = self.session_id();
            turn.emit(Purpose::Extension, Effect::Store { session_id, verb });
            turn.sleep(Purpose::Heartbeat, third(lease_ms));
        }
    }

    fn serve(&mut self, turn: &mut Turn<'_>, how: How) {
        let cookies = self.written(turn);
        let session = turn.manager.view(&self.session, turn.clock, true);
        turn.answer(Outcome::SignedIn { session, how, cookies });
    }

    /// The caller gets the token that still works, or a retryable error. Its session is kept.
    fn fall_back(&mut self, turn: &mut Turn<'_>, error: Error) -> Next {
        if self.works(turn) {
            self.serve(turn, How::Kept);
            return Next::Finish;
        }
        let cookies = self.written(turn);
        let session = turn.manager.view(&self.session, turn.clock, false);
        turn.answer(Outcome::Unavailable { session, error, cookies });
        Next::Finish
    }

    /// Whether the browser's cookie is not what it should be. One that only names the record never goes
    /// out of date, but its age has to slide.
    fn is_news(&self, turn: &Turn<'_>) -> bool {
        let policy = turn.manager.policy();
        if policy.tokens_in_record {
            turn.clock.now - self.session.sealed_at > Millis(policy.session_max_age.0 / 8)
        } else {
            self.session.generation != self.presented
        }
    }

    /// Whether the tokens that are due still work: an eager flight may outlast them.
    fn works(&self, turn: &Turn<'_>) -> bool {
        let expires_at = self.session.tokens.expires_at;
        !self.required && expires_at.is_none_or(|at| at > turn.clock.provider_now())
    }

    /// A request that neither refreshed nor adopted writes no cookie.
    fn written(&mut self, turn: &mut Turn<'_>) -> Vec<SetCookie> {
        if turn.answered || !self.is_news(turn) {
            return Vec::new();
        }
        turn.write(&self.session, &mut self.jar)
    }

    fn sign_out(&self, turn: &mut Turn<'_>, reason: EndReason) {
        turn.answer(Outcome::SignedOut { reason, cookies: Vec::new() });
    }

    fn sign_out_and_finish(&self, turn: &mut Turn<'_>, reason: EndReason) -> Next {
        self.sign_out(turn, reason);
        Next::Finish
    }
}

const fn third(lease: Millis) -> Millis {
    Millis(lease.0 / 3)
}

fn busy() -> Error {
    Error::new(ErrorCode::Timeout, "the renewal is still going on")
}

fn store_down() -> Error {
    Error::new(ErrorCode::Store, "the store did not answer")
}

json_struct!(Renewal {
    session: "session",
    presented: "presented",
    jar: "jar",
    demand: "demand",
    reason: "reason",
    required: "required",
    waited: "waited",
    phase: "phase",
});

json_enum!(Phase, by "phase" {
    "claiming" = Claiming { again: again = "again" },
    "waiting" = Waiting {},
    "leasing" = Leasing {
        taken_over: taken_over = "takenOver",
        again: again = "again",
        asked_at: asked_at = "askedAt"
    },
    "sending" = Sending {
        taken_over: taken_over = "takenOver",
        sent_at: sent_at = "sentAt",
        resent: resent = "resent"
    },
    "publishing" = Publishing { tokens: tokens = "tokens", sealed: sealed = "sealed" },
    "unsettled" = Unsettled {},
    "ending" = Ending { reason: reason = "reason" },
    "releasing" = Releasing { cool_down_ms: pause = "coolDownMs" },
    "revoking" = Revoking { tokens: tokens = "tokens" },
    "confirming" = Confirming {},
});

#[cfg(test)]
impl Phase {
    /// One of every kind.
    pub(super) fn each(tokens: &TokenSet) -> [Self; 10] {
        let (taken_over, sent_at) = (true, UnixMillis(9));
        [
            Self::Claiming { again: true },
            Self::Waiting,
            Self::Leasing { taken_over, again: false, asked_at: sent_at },
            Self::Sending { taken_over, sent_at, resent: true },
            Self::Publishing { tokens: tokens.clone(), sealed: "sealed".to_owned() },
            Self::Unsettled,
            Self::Ending { reason: EndReason::Refused },
            Self::Releasing { cool_down_ms: Some(Millis(2000)) },
            Self::Revoking { tokens: tokens.clone() },
            Self::Confirming,
        ]
    }
}

#[cfg(test)]
impl Renewal {
    pub(super) fn at(self, phase: Phase) -> Self {
        Self { phase, ..self }
    }
}
