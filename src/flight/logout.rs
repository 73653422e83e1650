//! Logout: the record first, then the provider.

use super::{Misuse, Next, Purpose, Settled, Turn, UNREADABLE_TOKENS};
use crate::error::{Error, ErrorCode};
use crate::http::SendResult;
use crate::json::{json_names, json_struct};
use crate::rotation::{Answer, Verb};
use crate::session::Session;
use crate::session::carrier::Deleted;
use crate::session::jar::Jar;
use crate::step::{Effect, EndReason, Event, Outcome};

/// The end of a session, here and at the provider.
///
/// *Ended* is written before anything is revoked. The other way round, a renewal in flight could
/// publish tokens that nobody revokes.
#[derive(Clone, Debug, PartialEq)]
pub struct Logout {
    /// With the newest tokens that this flight knows.
    session: Session,
    /// The other sessions in it end too: their turn comes when this one is through.
    jar: Jar,
    reason: EndReason,
    phase: Phase,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// *Ended* is on its way into the record.
    Ending,
    /// Somebody is still renewing; it will revoke what it receives.
    Draining,
    /// The newest refresh token is being revoked.
    Revoking,
    /// The revocation is noted in the record.
    Confirming,
}

impl Logout {
    /// Ends a session and those that are in the jar beside it; the caller is told `reason`.
    pub fn new(session: Session, jar: Jar, reason: EndReason) -> Self {
        Self { session, jar, reason, phase: Phase::Ending }
    }

    pub(super) fn start(&mut self, turn: &mut Turn<'_>) -> Next {
        if !turn.answered {
            let patience = turn.manager.policy().max_wait;
            turn.sleep(Purpose::Patience, patience);
        }
        self.end_others(turn);
        self.enter(turn, Phase::Ending)
    }

    /// None may live on while another one's revocation is waited for. How each stands is asked again in its
    /// turn, so the answers are not looked at; what has not been written is written with the next retry.
    fn end_others(&self, turn: &mut Turn<'_>) {
        for other in &self.jar.others {
            let verb = Verb::End { flight: turn.flight(), generation: None, revoked: false };
            turn.emit(Purpose::Aside, Effect::Store { session_id: other.id.text(), verb });
        }
    }

    pub(super) fn again(&mut self, turn: &mut Turn<'_>) -> Next {
        self.end_others(turn);
        self.act(turn)
    }

    fn enter(&mut self, turn: &mut Turn<'_>, phase: Phase) -> Next {
        self.phase = phase;
        turn.retries = 0;
        self.act(turn)
    }

    fn act(&mut self, turn: &mut Turn<'_>) -> Next {
        let session_id = self.session.id.text();
        let flight = turn.flight();
        match self.phase {
            Phase::Ending | Phase::Confirming => {
                let revoked = self.phase == Phase::Confirming;
                turn.store(&session_id, Verb::End { flight, generation: None, revoked });
            }
            Phase::Draining => {
                let generation = self.session.generation;
                turn.emit(Purpose::Main, Effect::Wait { session_id, generation, drain: true });
            }
            Phase::Revoking => match turn.manager.provider().revoke_request(&self.session.tokens) {
                Some(request) => turn.emit(Purpose::Main, Effect::Send { request }),
                None => return self.enter(turn, Phase::Confirming),
            },
        }
        Next::Continue
    }

    pub(super) fn answered(&mut self, turn: &mut Turn<'_>, answer: Answer) -> Result<Next, Misuse> {
        match (self.phase, answer) {
            (Phase::Confirming, Answer::Ended { .. }) => Ok(self.finish(turn)),
            (_, Answer::NoAnswer) => {
                turn.event(Event::StoreFailed { session_id: self.session.id.text() });
                turn.retry_later();
                Ok(Next::Continue)
            }
            (_, Answer::Ended { revoked: true, .. }) => Ok(self.finish(turn)),
            (Phase::Ending, Answer::Ended { held: true, .. }) => {
                Ok(self.enter(turn, Phase::Draining))
            }
            (_, Answer::Ended { generation, tokens, .. }) => {
                let newest = tokens.filter(|_| generation > self.session.generation);
                Ok(match newest.is_none_or(|sealed| self.take(turn, generation, &sealed)) {
                    true => self.enter(turn, Phase::Revoking),
                    false => self.unreadable(turn),
                })
            }
            // The record has gone, or its waiting was cut short: ask again how things stand.
            (Phase::Draining, _) => Ok(self.enter(turn, Phase::Ending)),
            _ => Err(Misuse),
        }
    }

    /// `false`: they are sealed with a secret, or in a format, that is not known here.
    fn take(&mut self, turn: &mut Turn<'_>, generation: u32, sealed: &str) -> bool {
        let tokens = turn.manager.unseal_tokens(self.session.id, sealed);
        let is_readable = tokens.is_some();
        if let Some(tokens) = tokens {
            self.session.tokens = tokens;
            self.session.generation = generation;
        }
        is_readable
    }

    /// Ours have been used. The newest stay in the record, *ended, not revoked*, for who can read them.
    fn unreadable(&mut self, turn: &mut Turn<'_>) -> Next {
        let error = Error::new(ErrorCode::Store, UNREADABLE_TOKENS);
        turn.event(Event::RevocationFailed { session_id: self.session.id.text(), error });
        self.finish(turn)
    }

    pub(super) fn sent(
        &mut self,
        turn: &mut Turn<'_>,
        result: &SendResult,
    ) -> Result<Next, Misuse> {
        if self.phase != Phase::Revoking {
            return Err(Misuse);
        }
        Ok(match turn.revoked(result, self.session.id.text()) {
            Settled::Done => self.enter(turn, Phase::Confirming),
            Settled::GivenUp => self.finish(turn),
            Settled::No => Next::Continue,
        })
    }

    /// The cookie goes whatever the store and the provider do; they are asked on.
    pub(super) fn out_of_patience(&mut self, turn: &mut Turn<'_>) -> Next {
        self.tell(turn);
        Next::Continue
    }

    fn finish(&mut self, turn: &mut Turn<'_>) -> Next {
        let Some(next) = self.jar.others.pop() else {
            self.tell(turn);
            return Next::Finish;
        };
        self.report(turn, &self.session);
        self.session = next;
        self.enter(turn, Phase::Ending)
    }

    fn report(&self, turn: &mut Turn<'_>, session: &Session) {
        if !turn.answered {
            let session_id = session.id.text();
            turn.event(Event::SessionEnded { session_id, reason: self.reason });
        }
    }

    fn tell(&mut self, turn: &mut Turn<'_>) {
        for session in [&self.session].into_iter().chain(&self.jar.others) {
            self.report(turn, session);
        }
        let which = match self.reason {
            EndReason::Replayed => Deleted::Of(self.session.id),
            _ => Deleted::All,
        };
        let cookies = turn.manager.delete_cookies(&mut self.jar, which);
        turn.answer(Outcome::SignedOut { reason: self.reason, cookies });
    }
}

json_struct!(Logout { session: "session", jar: "jar", reason: "reason", phase: "phase" });

json_names!(Phase {
    Ending = "ending",
    Draining = "draining",
    Revoking = "revoking",
    Confirming = "confirming",
});
