//! Renewal: claim, send, publish; or adopt what somebody else published.

mod caller;
mod provider;
mod store;

use caller::busy;

use core::mem;

use super::logout::Logout;
use super::{Misuse, Next, Purpose, Turn};
use crate::json::{json_enum, json_struct};
use crate::policy::{Decision, Demand, Reason};
use crate::rotation::Verb;
use crate::session::Session;
use crate::session::jar::Jar;
use crate::step::{Effect, EndReason, How};
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

    /// Of this session alone: of others in the jar nothing is known to be wrong.
    pub(super) fn take_logout(&mut self) -> Logout {
        let mut jar = mem::take(&mut self.jar);
        jar.others.clear();
        Logout::new(self.session.clone(), jar, EndReason::Replayed)
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
            Phase::Confirming => Verb::End { flight, generation: Some(generation), revoked: true },
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
            turn.emit(Purpose::Aside, Effect::Store { session_id, verb });
            turn.sleep(Purpose::Heartbeat, third(lease_ms));
        }
    }
}

const fn third(lease: Millis) -> Millis {
    Millis(lease.0 / 3)
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
