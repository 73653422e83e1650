//! Login: credentials out, or tokens from elsewhere; a new session in.

use super::logout::Logout;
use super::{Next, Purpose, Turn};
use crate::error::{Error, ErrorCode};
use crate::http::{HttpRequest, SendResult};
use crate::json::json_struct;
use crate::provider::LoginOutcome;
use crate::session::jar::Jar;
use crate::session::{Session, SessionId};
use crate::step::{Effect, EndReason, How, Outcome};
use crate::time::{Clock, Millis, UnixMillis};
use crate::token_set::TokenSet;

/// A provider may be slow on purpose when it checks a password (Directus: half a second).
const PATIENCE: Millis = Millis::from_seconds(15);

/// A new session for a user who proves who they are.
#[derive(Clone, Debug, PartialEq)]
pub struct Login {
    remember: bool,
    replaces: Option<Session>,
    jar: Jar,
    sent_at: UnixMillis,
}

/// How a login goes on.
pub(super) enum Then {
    Next(Next),
    /// The session that came with the request ends, or the one that nobody received.
    LogOut(Box<Logout>),
}

impl Login {
    /// A login that ends the session it replaces when the provider accepts it.
    pub fn new(remember: bool, replaces: Option<Session>, jar: Jar, clock: Clock) -> Self {
        Self { remember, replaces, jar, sent_at: clock.now }
    }

    /// The request holds the password and is not kept.
    pub(super) fn start(turn: &mut Turn<'_>, request: HttpRequest) {
        turn.sleep(Purpose::Patience, PATIENCE);
        turn.emit(Purpose::Main, Effect::Send { request });
    }

    pub(super) fn sent(&mut self, turn: &mut Turn<'_>, result: &SendResult) -> Then {
        turn.learn_skew(result, Some(self.sent_at));
        match turn.manager.provider().login_outcome(result, turn.clock) {
            LoginOutcome::Tokens(tokens) => self.accepted(turn, tokens),
            LoginOutcome::Rejected(error) | LoginOutcome::Failed(error) => {
                turn.answer(Outcome::Failed { error });
                Then::Next(Next::Finish)
            }
        }
    }

    pub(super) fn accepted(&mut self, turn: &mut Turn<'_>, tokens: TokenSet) -> Then {
        let session = self.session(turn, tokens);
        if turn.answered {
            // Whoever asked has been told that it failed: nobody will ever hold this session.
            return Then::LogOut(Box::new(Logout::new(
                session,
                Jar::default(),
                EndReason::LoggedOut,
            )));
        }
        let mut cookies = turn.write(&session, &mut self.jar);
        cookies.extend(self.jar.delete_others(turn.manager.cookies(), session.id));
        let view = turn.manager.view(&session, turn.clock, true);
        turn.answer(Outcome::SignedIn { session: view, how: How::LoggedIn, cookies });
        match self.replaces.take() {
            Some(old) => {
                Then::LogOut(Box::new(Logout::new(old, Jar::default(), EndReason::LoggedOut)))
            }
            None => Then::Next(Next::Finish),
        }
    }

    fn session(&self, turn: &mut Turn<'_>, tokens: TokenSet) -> Session {
        Session {
            id: SessionId::random(&mut turn.entropy),
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

json_struct!(Login { remember: "remember", replaces: "replaces", jar: "jar", sent_at: "sentAt" });
