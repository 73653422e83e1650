//! Login: credentials out, or tokens from elsewhere; a new session in.

use core::mem;

use super::logout::Logout;
use super::{Misuse, Next, Purpose, Turn};
use crate::error::{Error, ErrorCode};
use crate::http::{HttpRequest, SendResult};
use crate::json::json_struct;
use crate::manager::too_large;
use crate::provider::LoginOutcome;
use crate::rotation::{Answer, Verb};
use crate::session::carrier::Deleted;
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
    /// The other sessions in it are replaced as well.
    jar: Jar,
    sent_at: UnixMillis,
    /// Accepted, and on its way into the record.
    unpublished: Option<Session>,
}

/// How a login goes on.
pub(super) enum Then {
    Next(Next),
    /// The sessions that came with the request end, or the one that nobody received.
    LogOut(Box<Logout>),
}

impl Login {
    /// A login that ends the sessions it replaces when the provider accepts it.
    pub fn new(remember: bool, replaces: Option<Session>, jar: Jar, clock: Clock) -> Self {
        Self { remember, replaces, jar, sent_at: clock.now, unpublished: None }
    }

    /// The request holds the password and is not kept.
    pub(super) fn start(turn: &mut Turn<'_>, request: HttpRequest) {
        turn.sleep(Purpose::Patience, PATIENCE);
        turn.emit(Purpose::Main, Effect::Send { request });
    }

    /// Begins with tokens that are already there.
    pub(super) fn adopt(&mut self, turn: &mut Turn<'_>, tokens: TokenSet) -> Then {
        turn.sleep(Purpose::Patience, PATIENCE);
        self.accepted(turn, tokens)
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

    fn accepted(&mut self, turn: &mut Turn<'_>, tokens: TokenSet) -> Then {
        let session = self.session(turn, tokens);
        if turn.manager.policy().tokens_in_record {
            return self.publish(turn, Session { generation: 1, ..session });
        }
        self.welcome(turn, session)
    }

    /// The cookie will only name the record: the tokens have to be in it first.
    fn publish(&mut self, turn: &mut Turn<'_>, session: Session) -> Then {
        let nonce = turn.entropy.take();
        match turn.manager.seal_tokens(session.id, &session.tokens, &nonce) {
            Ok(tokens) => {
                let verb = Verb::Publish { flight: turn.flight(), generation: 1, tokens };
                turn.store(&session.id.text(), verb);
                self.unpublished = Some(session);
                Then::Next(Next::Continue)
            }
            Err(error) => {
                turn.answer(Outcome::Failed { error });
                revoke(session, Jar::default())
            }
        }
    }

    pub(super) fn answered(
        &mut self,
        turn: &mut Turn<'_>,
        answer: &Answer,
    ) -> Result<Then, Misuse> {
        let session = self.unpublished.take().ok_or(Misuse)?;
        if *answer == Answer::Published {
            return Ok(self.welcome(turn, session));
        }
        let error = Error::new(ErrorCode::Store, "the store did not take the new session");
        turn.answer(Outcome::Failed { error });
        Ok(revoke(session, Jar::default()))
    }

    fn welcome(&mut self, turn: &mut Turn<'_>, session: Session) -> Then {
        if turn.answered {
            return revoke(session, Jar::default());
        }
        let manager = turn.manager;
        let mut cookies =
            match manager.write(&session, &mut self.jar, turn.clock, &mut turn.entropy) {
                Ok(cookies) => cookies,
                Err(error) => {
                    turn.answer(Outcome::Failed { error: too_large(error) });
                    return revoke(session, Jar::default());
                }
            };
        cookies.extend(turn.manager.delete_cookies(&mut self.jar, Deleted::OthersThan(session.id)));
        let view = turn.manager.view(&session, turn.clock, true);
        turn.answer(Outcome::SignedIn { session: view, how: How::LoggedIn, cookies });
        match self.replaces.take() {
            Some(replaced) => revoke(replaced, mem::take(&mut self.jar)),
            None => Then::Next(Next::Finish),
        }
    }

    fn session(&self, turn: &mut Turn<'_>, tokens: TokenSet) -> Session {
        // The jar believes the newest login. A process whose clock is behind must not be older than what
        // it replaces: a late response may bring the old cookie back.
        let after = self.replaces.as_ref().map(|old| old.started_at + Millis(1));
        Session {
            id: SessionId::random(&mut turn.entropy),
            generation: 0,
            provider: turn.manager.provider().id().into(),
            instance: turn.manager.instance(),
            tokens,
            started_at: after.map_or(turn.clock.now, |after| after.max(turn.clock.now)),
            sealed_at: turn.clock.now,
            remember: self.remember,
            data: None,
        }
    }

    /// A session that comes too late is ended: see `welcome`.
    pub(super) fn out_of_patience(&self, turn: &mut Turn<'_>) -> Next {
        let message = "the login was not answered in time";
        turn.answer(Outcome::Failed { error: Error::new(ErrorCode::Timeout, message) });
        Next::Continue
    }
}

/// Ends a session that nobody holds: one that was replaced, with the jar that it came in, or one whose user has
/// been told that the login failed.
fn revoke(session: Session, jar: Jar) -> Then {
    Then::LogOut(Box::new(Logout::new(session, jar, EndReason::LoggedOut)))
}

json_struct!(Login {
    remember: "remember",
    replaces: "replaces",
    jar: "jar",
    sent_at: "sentAt",
    unpublished: "unpublished",
});
