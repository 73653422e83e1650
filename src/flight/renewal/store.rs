//! What the store answers, and what follows from it.

use super::caller::{busy, store_down};
use super::{Phase, Renewal, Then, third};
use crate::error::{Error, ErrorCode};
use crate::flight::{Misuse, Next, Purpose, Turn, UNREADABLE_TOKENS};
use crate::policy::ReplayPolicy;
use crate::rotation::Answer;
use crate::session::carrier::Deleted;
use crate::step::{EndReason, Event, How, Outcome};
use crate::time::{Millis, UnixMillis};
use crate::token_set::TokenSet;

/// After so many pauses, 31 s together, a lease under which nothing was renewed is not given back any more.
const LAST_RELEASE: u32 = 5;

impl Renewal {
    pub(in crate::flight) fn answered(
        &mut self,
        turn: &mut Turn<'_>,
        answer: Answer,
    ) -> Result<Then, Misuse> {
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

    pub(super) fn claimed(&mut self, turn: &mut Turn<'_>, answer: Answer) -> Result<Then, Misuse> {
        if let Answer::Newer { replay: true, .. } | Answer::Granted { replay: true, .. } = answer {
            let (session_id, generation) = (self.session_id(), self.presented);
            turn.event(Event::ReuseDetected { session_id, generation });
            match turn.manager.policy().replay {
                ReplayPolicy::Serve => {}
                ReplayPolicy::Refuse => {
                    self.sign_out(turn, EndReason::Replayed);
                    return Ok(self.release(turn).into());
                }
                ReplayPolicy::End => {
                    // The record may be gone when *ended* is written; what it held is revoked all the same.
                    if let Answer::Newer { generation, tokens, .. } = &answer
                        && let Some(tokens) = turn.manager.unseal_tokens(self.session.id, tokens)
                    {
                        self.session.tokens = tokens;
                        self.session.generation = *generation;
                    }
                    return Ok(Then::LogOut);
                }
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
    pub(super) fn granted(&mut self, turn: &mut Turn<'_>, taken_over: bool) -> Next {
        if turn.manager.provider().renews(&self.session.tokens) {
            self.lease(turn, taken_over, false)
        } else {
            self.enter(turn, Phase::Ending { reason: EndReason::Expired })
        }
    }

    pub(super) fn lease(&mut self, turn: &mut Turn<'_>, taken_over: bool, again: bool) -> Next {
        let asked_at = turn.clock.now;
        self.enter(turn, Phase::Leasing { taken_over, again, asked_at })
    }

    /// What a claim, a wait, a publication or an end may find in the record.
    pub(super) fn waited_for(
        &mut self,
        turn: &mut Turn<'_>,
        answer: Answer,
    ) -> Result<Next, Misuse> {
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

    pub(super) fn leased(
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

    pub(super) fn published(
        &mut self,
        turn: &mut Turn<'_>,
        answer: Answer,
    ) -> Result<Next, Misuse> {
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

    pub(super) fn ended(
        &mut self,
        turn: &mut Turn<'_>,
        answer: Answer,
        reason: EndReason,
    ) -> Result<Next, Misuse> {
        match answer {
            Answer::Ended { now: true, .. } => {
                let session_id = self.session_id();
                turn.event(Event::SessionEnded { session_id, reason });
                let cookies =
                    turn.manager.delete_cookies(&mut self.jar, Deleted::Of(self.session.id));
                turn.answer(Outcome::SignedOut { reason, cookies });
                Ok(Next::Finish)
            }
            Answer::Held { .. } => Ok(self.fall_back(turn, busy())),
            Answer::Ended { .. } | Answer::Newer { .. } => self.waited_for(turn, answer),
            _ => Err(Misuse),
        }
    }

    /// The store did not answer. Nothing is sent; what must not stay undone is repeated.
    pub(super) fn unanswered(&mut self, turn: &mut Turn<'_>) -> Result<Next, Misuse> {
        match &self.phase {
            Phase::Claiming { again: false } => {
                Ok(self.enter(turn, Phase::Claiming { again: true }))
            }
            Phase::Leasing { taken_over, again: false, .. } => {
                Ok(self.lease(turn, *taken_over, true))
            }
            Phase::Claiming { .. } | Phase::Leasing { .. } => {
                self.fall_back(turn, store_down());
                Ok(self.release(turn))
            }
            Phase::Waiting => Ok(self.fall_back(turn, store_down())),
            // The lease is ours and the tokens are alive: our own client gets them, and we go on
            // publishing until the record has them.
            Phase::Publishing { tokens, .. } => {
                let (before, tokens) = (self.session.clone(), tokens.clone());
                self.take(tokens);
                self.serve(turn, How::Refreshed);
                self.session = before;
                turn.retry_within(third(turn.manager.policy().send_lease));
                Ok(Next::Continue)
            }
            // What may have been granted without our hearing of it has run out by itself. Every request comes
            // here while the store is down: they must not pile up.
            Phase::Releasing { cool_down_ms: None } if turn.retries == LAST_RELEASE => {
                Ok(Next::Finish)
            }
            Phase::Ending { .. } | Phase::Releasing { .. } | Phase::Confirming => {
                self.fall_back(turn, store_down());
                turn.retry_later();
                Ok(Next::Continue)
            }
            Phase::Sending { .. } | Phase::Unsettled | Phase::Revoking { .. } => Err(Misuse),
        }
    }

    pub(super) fn release(&mut self, turn: &mut Turn<'_>) -> Next {
        self.enter(turn, Phase::Releasing { cool_down_ms: None })
    }

    pub(super) fn adopt(&mut self, turn: &mut Turn<'_>, generation: u32, sealed: &str) -> Next {
        let Some(tokens) = turn.manager.unseal_tokens(self.session.id, sealed) else {
            // A value that exists but cannot be opened is another secret's: never absent.
            return self.fall_back(turn, Error::new(ErrorCode::Store, UNREADABLE_TOKENS));
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

    pub(super) fn take(&mut self, tokens: TokenSet) {
        self.session.tokens = tokens;
        self.session.generation = self.session.generation.saturating_add(1);
    }
}
