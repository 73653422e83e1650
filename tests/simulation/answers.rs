//! What callers are told, and the promises about it.

use tokenkeep::session::SetCookie;
use tokenkeep::session::set_cookie::CookiePolicy;
use tokenkeep::step::{EndReason, How, Outcome, SessionView};
use tokenkeep::time::Clock;

use crate::faults::Fault;
use crate::flight::{Flight, Told, Wish};
use crate::provider_model::{MARK, Token};
use crate::world::{Event, World};

/// Milliseconds that any caller waits, and one who logs in.
const MAX_WAIT: i64 = 5_000;
const MAX_WAIT_OF_LOGIN: i64 = 15_000;
/// Milliseconds that a cookie lives.
pub const MAX_AGE: i64 = 7 * 24 * 3_600_000;

impl World {
    /// A caller gets its outcome, and the browser the response.
    pub fn answer(&mut self, at: usize, mut outcome: Outcome, clock: Clock) {
        self.judge_secrecy(&outcome);
        self.note(|_| format!("  flight {at} answers {outcome:?}"));
        if self.fault == Fault::FollowersClearTheCookie {
            clear_the_cookie(&mut outcome, &self.flights[at].cookie_names);
        }
        self.judge_patience(at);
        self.flights[at].answered = true;
        let (told, cookies) = match outcome {
            Outcome::SignedIn { session, how, cookies } => {
                let told = self.signed_in(at, &session, how, clock);
                if how != How::LoggedIn {
                    self.judge_cookies(at, session.generation, &cookies, clock);
                }
                (told, cookies)
            }
            Outcome::SignedOut { reason, cookies } => {
                let ends = self.flights[at].ended_session || self.flights[at].wish == Wish::Logout;
                let ends = ends || reason == EndReason::Replayed;
                if !cookies.is_empty() && !ends {
                    self.broken("P6", format!("flight {at} deletes a cookie that is not its own"));
                }
                (Told::SignedOut(reason), cookies)
            }
            Outcome::Unavailable { session, cookies, .. } => {
                self.judge_cookies(at, session.generation, &cookies, clock);
                self.judge_follower(at, session.generation);
                (Told::Unavailable, cookies)
            }
            Outcome::Failed { .. } => (Told::Failed, Vec::new()),
        };
        self.told = Some(told);
        if self.is_left_behind(at, told) {
            for session in self.flights[at].brought.clone() {
                self.sessions[session].left = true;
            }
        }
        self.hand_over(at, told, cookies);
    }

    /// Whether the sessions that came with the request are those of somebody who has left.
    fn is_left_behind(&self, at: usize, told: Told) -> bool {
        match told {
            Told::SignedIn { how, .. } => how == How::LoggedIn,
            Told::SignedOut(_) => self.flights[at].wish == Wish::Logout,
            Told::Unavailable | Told::Failed => false,
        }
    }

    fn hand_over(&mut self, at: usize, told: Told, cookies: Vec<SetCookie>) {
        let login = match told {
            Told::SignedIn { session, how: How::LoggedIn, .. } => Some(session),
            _ => None,
        };
        let replayed = told == Told::SignedOut(EndReason::Replayed);
        let logout = replayed || self.flights[at].wish == Wish::Logout;
        if cookies.is_empty() && login.is_none() {
            return;
        }
        let browser = self.flights[at].browser;
        if let Some(delay) = self.network.to_browser(&mut self.rng) {
            self.queue.after(delay, Event::Respond { browser, cookies, login, logout });
        }
    }

    /// P4, P7, P9, and that a token that is handed out works.
    fn signed_in(&mut self, at: usize, view: &SessionView, how: How, clock: Clock) -> Told {
        let generation = view.generation;
        let Some(token) = view.access_token.as_ref().and_then(|token| Token::find(token.expose()))
        else {
            self.broken("P2", format!("flight {at} is signed in without a token"));
            return Told::Failed;
        };
        let session = token.family;
        if how == How::LoggedIn {
            self.session_of.insert(view.id.clone(), session);
        }
        let log = &self.sessions[session];
        if self.session_of.get(&view.id) != Some(&session) || log.user != token.user {
            self.broken("P9", format!("flight {at} is given somebody else's token: {token:?}"));
        }
        let Flight { session: presented, began, store_fault, .. } = self.flights[at];
        if presented != Some(session) {
            self.broken("P9", format!("flight {at} presented {presented:?}, is given {session}"));
        }
        let published =
            self.sessions[session].published.iter().any(|(known, ..)| *known == generation);
        let in_record = self.scenario.tokens_in_record;
        let adopted = matches!(how, How::Adopted | How::Waited) || (in_record && how == How::Fresh);
        if adopted && !published {
            self.broken(
                "P4",
                format!("flight {at} adopts generation {generation} before the store"),
            );
        }
        let kept = matches!(how, How::Fresh | How::Kept);
        if (adopted || kept) && token.expires_at <= clock.provider_now().0 {
            self.broken("P2", format!("flight {at} is given a token that has expired"));
        }
        let log = &self.sessions[session];
        let excused = log.excuses.evicted || log.excuses.record_lost;
        let after_logout = log.logged_out.is_some_and(|ended| ended < began) && !excused;
        if after_logout && (how != How::Fresh || in_record) && (how != How::Kept || !store_fault) {
            self.broken("P7", format!("flight {at} is served after the logout: {how:?}"));
        }
        Told::SignedIn { session, generation, how }
    }

    /// P6: whoever neither refreshed nor adopted writes nothing. A cookie that only names the record is
    /// written for its age alone.
    fn judge_cookies(&mut self, at: usize, generation: u32, cookies: &[SetCookie], clock: Clock) {
        let flight = &self.flights[at];
        let is_news = match self.scenario.tokens_in_record {
            true => clock.now.0 - flight.sealed_at > MAX_AGE / 8,
            false => generation > flight.presented,
        };
        if !cookies.is_empty() && !is_news {
            self.broken("P6", format!("flight {at} writes a cookie although nothing changed"));
        }
    }

    /// P2: who waits for a publication gets it.
    fn judge_follower(&mut self, at: usize, generation: u32) {
        let now = self.queue.now();
        let flight = &self.flights[at];
        let (Some(since), Some(session)) = (flight.waiting, flight.session) else { return };
        let missed = self.sessions[session]
            .published
            .iter()
            .any(|(newer, _, at)| *newer > generation && *at > since && now - at > 100);
        if missed && !flight.store_fault && !flight.paused {
            self.broken("P2", format!("flight {at} waited and was not told"));
        }
    }

    /// Nobody waits longer than `maxWait`.
    fn judge_patience(&mut self, at: usize) {
        let flight = &self.flights[at];
        let most = match flight.wish {
            Wish::Login { .. } => MAX_WAIT_OF_LOGIN,
            _ => MAX_WAIT,
        };
        let waited = self.queue.now() - flight.began;
        if waited > most && !flight.paused {
            self.broken("P2", format!("flight {at} has waited for {waited} ms"));
        }
    }

    /// A renewal is reported once.
    pub fn judge_event(&mut self, at: usize, event: &tokenkeep::step::Event) {
        self.judge_secrecy(event);
        if let tokenkeep::step::Event::Refreshed { generation, .. } = event {
            let flight = &mut self.flights[at];
            if flight.reported == Some(*generation) {
                self.broken("events", format!("flight {at} reports one renewal twice"));
            } else {
                flight.reported = Some(*generation);
            }
        }
    }

    /// P8: no token in what is written to logs.
    pub fn judge_secrecy(&mut self, what: &impl std::fmt::Debug) {
        let text = format!("{what:?}");
        if text.contains(MARK) {
            self.broken("P8", text);
        }
    }
}

fn clear_the_cookie(outcome: &mut Outcome, names: &[String]) {
    if let Outcome::SignedOut { reason: EndReason::Ended, cookies } = outcome {
        let policy = CookiePolicy::default();
        cookies.extend(names.iter().map(|name| policy.deletion(name)));
    }
}
