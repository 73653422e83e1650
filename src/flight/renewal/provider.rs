//! What the provider answers, and what follows from it.

use super::caller::busy;
use super::{Phase, Renewal};
use crate::error::Error;
use crate::flight::{Misuse, Next, Settled, Turn};
use crate::http::SendResult;
use crate::provider::RefreshOutcome;
use crate::step::{EndReason, Event, FailureClass};
use crate::time::{Millis, UnixMillis};
use crate::token_set::TokenSet;

/// The longest `Retry-After` that is waited for. Rate limits are counted by the second or the minute; a
/// server that says a day, or a gateway that says it for the server, would keep signed-in users out for
/// long after it has recovered. One request per session in five minutes is no burden.
const LONGEST_PAUSE: Millis = Millis::from_seconds(300);

impl Renewal {
    pub(in crate::flight) fn sent(
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
                        let pause = retry_after.unwrap_or_default().min(LONGEST_PAUSE);
                        self.failed(turn, FailureClass::NotNow, error, Some(pause))
                    }
                    RefreshOutcome::InteractionRequired(error) => {
                        // A cool-down would say that the provider is away to everybody who has to sign in.
                        let pause = self.is_alive(turn).then_some(Millis(0));
                        self.failed(turn, FailureClass::Refused, error, pause)
                    }
                    RefreshOutcome::Misconfigured(error) => {
                        self.failed(turn, FailureClass::Misconfigured, error, Some(Millis(0)))
                    }
                })
            }
            Phase::Revoking { .. } => Ok(match turn.revoked(result, self.session_id()) {
                Settled::Done => self.enter(turn, Phase::Confirming),
                Settled::GivenUp => Next::Finish,
                Settled::No => Next::Continue,
            }),
            _ => Err(Misuse),
        }
    }

    pub(super) fn renewed(&mut self, turn: &mut Turn<'_>, tokens: TokenSet) -> Next {
        let nonce = turn.entropy.take();
        match turn.manager.seal_tokens(self.session.id, &tokens, &nonce) {
            Ok(sealed) => self.enter(turn, Phase::Publishing { tokens, sealed }),
            Err(error) => self.failed(turn, FailureClass::Misconfigured, error, Some(Millis(0))),
        }
    }

    pub(super) fn refused(&mut self, turn: &mut Turn<'_>, error: Error, taken_over: bool) -> Next {
        self.failure(turn, FailureClass::Refused, &error);
        if !taken_over {
            return self.enter(turn, Phase::Ending { reason: EndReason::Refused });
        }
        // Whoever held the lease before us may have been answered with the tokens that we were
        // refused: it has one lease time to publish them.
        self.fall_back(turn, busy());
        self.enter(turn, Phase::Unsettled)
    }

    pub(super) fn unknown(
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
            _ => self.failed(turn, FailureClass::Unknown, error, Some(Millis(0))),
        }
    }

    pub(super) fn failed(
        &mut self,
        turn: &mut Turn<'_>,
        class: FailureClass,
        error: Error,
        cool_down_ms: Option<Millis>,
    ) -> Next {
        self.failure(turn, class, &error);
        self.fall_back(turn, error);
        self.enter(turn, Phase::Releasing { cool_down_ms })
    }

    pub(super) fn failure(&self, turn: &mut Turn<'_>, class: FailureClass, error: &Error) {
        let session_id = self.session_id();
        turn.event(Event::RefreshFailed { session_id, class, error: error.clone() });
    }
}
