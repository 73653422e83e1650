//! What the caller gets.

use super::Renewal;
use crate::error::{Error, ErrorCode};
use crate::flight::{Next, Turn};
use crate::session::SetCookie;
use crate::step::{EndReason, How, Outcome};
use crate::time::Millis;

impl Renewal {
    pub(super) fn serve(&mut self, turn: &mut Turn<'_>, how: How) {
        let cookies = self.written(turn);
        let session = turn.manager.view(&self.session, turn.clock, true);
        turn.answer(Outcome::SignedIn { session, how, cookies });
    }

    /// The caller gets the token that still works, or a retryable error. Its session is kept.
    pub(super) fn fall_back(&mut self, turn: &mut Turn<'_>, error: Error) -> Next {
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
    pub(super) fn is_news(&self, turn: &Turn<'_>) -> bool {
        let policy = turn.manager.policy();
        if policy.tokens_in_record {
            turn.clock.now - self.session.sealed_at > Millis(policy.session_max_age.0 / 8)
        } else {
            self.session.generation != self.presented
        }
    }

    /// Whether the tokens that are due still work: an eager flight may outlast them.
    pub(super) fn works(&self, turn: &Turn<'_>) -> bool {
        !self.required && self.is_alive(turn)
    }

    /// The same by the clock alone, whatever was asked for.
    pub(super) fn is_alive(&self, turn: &Turn<'_>) -> bool {
        let expires_at = self.session.tokens.expires_at;
        expires_at.is_none_or(|at| at > turn.clock.provider_now())
    }

    /// A request that neither refreshed nor adopted writes no cookie.
    pub(super) fn written(&mut self, turn: &mut Turn<'_>) -> Vec<SetCookie> {
        if turn.answered || !self.is_news(turn) {
            return Vec::new();
        }
        turn.write(&self.session, &mut self.jar)
    }

    pub(super) fn sign_out(&self, turn: &mut Turn<'_>, reason: EndReason) {
        turn.answer(Outcome::SignedOut { reason, cookies: Vec::new() });
    }

    pub(super) fn sign_out_and_finish(&self, turn: &mut Turn<'_>, reason: EndReason) -> Next {
        self.sign_out(turn, reason);
        Next::Finish
    }
}

pub(super) fn busy() -> Error {
    Error::new(ErrorCode::Timeout, "the renewal is still going on")
}

pub(super) fn store_down() -> Error {
    Error::new(ErrorCode::Store, "the store did not answer")
}
