//! Login: credentials out, a new session in.

use serde::{Deserialize, Serialize};

use super::logout::Logout;
use super::{Next, Purpose, Turn};
use crate::error::{Error, ErrorCode};
use crate::http::{HttpRequest, SendResult};
use crate::provider::LoginOutcome;
use crate::session::{Session, SessionId};
use crate::step::{Effect, EndReason, How, Outcome};
use crate::time::Millis;
use crate::token_set::TokenSet;

/// A provider may be slow on purpose when it checks a password (Directus: half a second).
const PATIENCE: Millis = Millis::from_seconds(15);

/// A new session for a user who proves who they are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Login {
    request: Option<HttpRequest>,
    remember: bool,
    replaces: Option<Session>,
    cookie_names: Vec<String>,
}

/// How a login goes on.
pub(super) enum Then {
    Next(Next),
    /// The session that came with the request ends, or the one that nobody received.
    LogOut(Box<Logout>),
}

impl Login {
    /// A login with this request to the provider.
    pub fn new(
        request: HttpRequest,
        remember: bool,
        replaces: Option<Session>,
        cookie_names: Vec<String>,
    ) -> Self {
        Self { request: Some(request), remember, replaces, cookie_names }
    }

    pub(super) fn start(mut self, turn: &mut Turn<'_>) -> (Next, Self) {
        turn.sleep(Purpose::Patience, PATIENCE);
        // The password leaves the state together with the request.
        if let Some(request) = self.request.take() {
            turn.emit(Purpose::Main, Effect::Send { request });
        }
        (Next::Continue, self)
    }

    pub(super) fn sent(&mut self, turn: &mut Turn<'_>, result: &SendResult) -> Then {
        let (outcome, skew_ms) = turn.manager.provider().login_outcome(result, turn.clock);
        turn.skew_ms = skew_ms;
        match outcome {
            LoginOutcome::Tokens(tokens) => self.accepted(turn, tokens),
            LoginOutcome::Failed(error) => {
                turn.answer(Outcome::Failed { error });
                Then::Next(Next::Finish)
            }
        }
    }

    fn accepted(&mut self, turn: &mut Turn<'_>, tokens: TokenSet) -> Then {
        let session = self.session(turn, tokens);
        if turn.answered {
            // Whoever asked has been told that it failed: nobody will ever hold this session.
            return Then::LogOut(Box::new(Logout::new(session, Vec::new(), EndReason::LoggedOut)));
        }
        let mut cookies =
            turn.manager.write(&session, &self.cookie_names, turn.clock, &mut turn.entropy);
        cookies.extend(turn.manager.delete_others(&self.cookie_names, &session.id));
        let view = turn.manager.view(&session, turn.clock, true);
        turn.answer(Outcome::SignedIn { session: view, how: How::LoggedIn, cookies });
        match self.replaces.take() {
            Some(old) => {
                Then::LogOut(Box::new(Logout::new(old, Vec::new(), EndReason::LoggedOut)))
            }
            None => Then::Next(Next::Finish),
        }
    }

    fn session(&self, turn: &mut Turn<'_>, tokens: TokenSet) -> Session {
        Session {
            id: SessionId::new(turn.entropy.take()),
            generation: 0,
            provider: turn.manager.provider().id().into(),
            instance: turn.manager.instance(),
            tokens,
            started_at: turn.clock.now,
            sealed_at: turn.clock.now,
            remember: self.remember,
            data: None,
        }
    }

    /// Late tokens are revoked: see `accepted`.
    pub(super) fn out_of_patience(&self, turn: &mut Turn<'_>) -> Next {
        let message = "the provider did not answer the login in time";
        turn.answer(Outcome::Failed { error: Error::new(ErrorCode::Timeout, message) });
        Next::Continue
    }
}
