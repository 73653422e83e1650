//! What is asserted once everything works again and nothing is under way any more.

use tokenkeep::policy::ReplayPolicy;
use tokenkeep::step::{EndReason, How};

use crate::answers::MAX_AGE;
use crate::flight::{Told, Wish};
use crate::scenario::Rotation;
use crate::session_log::SessionLog;
use crate::world::World;

/// Milliseconds after which no reuse window is open and no renewal pauses.
const LONG_AFTER: i64 = 130_000;

/// Milliseconds in which a renewal that begins now is through.
const LAST_MOMENT: i64 = 10_000;

impl World {
    pub fn check_at_rest(&mut self) {
        if self.violation.is_some() {
            return;
        }
        self.note(|_| "everything is at rest".into());
        self.queue.advance(LONG_AFTER);
        self.check_logouts();
        for session in self.by_expiry() {
            self.ripen(session);
            self.check_session(session);
        }
        for browser in 0..self.browsers.len() {
            self.check_browser(browser);
        }
    }

    /// P7: no refresh token of an ended session that any process has seen works.
    fn check_logouts(&mut self) {
        let now = self.queue.now();
        for session in 0..self.sessions.len() {
            let log = &self.sessions[session];
            let (excuses, known) = (log.excuses, log.known.clone());
            let excused = excuses.crashed || excuses.record_lost || excuses.evicted;
            if (log.logged_out.is_none() && !log.left) || excused || excuses.double_rotation {
                continue;
            }
            let alive = |serial: &usize| self.provider.accepts(session, *serial, now);
            let living = known.into_iter().find(alive);
            if let Some(serial) = living {
                let how = format!("refresh token {serial} of session {session} still works");
                self.broken("P7", how);
            }
        }
    }

    /// In Directus session mode a session that waits too long for its turn would expire.
    fn by_expiry(&self) -> Vec<usize> {
        let mut sessions: Vec<usize> = (0..self.sessions.len()).collect();
        sessions.sort_by_key(|session| self.provider.expiry(*session));
        sessions
    }

    /// Until the session's tokens are due, but not too late where that would end it.
    fn ripen(&mut self, session: usize) {
        let lifetime = self.scenario.lifetime;
        if self.scenario.rotation == Rotation::DirectusSession {
            let left = self.provider.expiry(session) - self.queue.now();
            self.queue.advance(left - lifetime / 4);
        } else {
            self.queue.advance(lifetime + LONG_AFTER);
        }
    }

    /// P3 and P5: a session that nothing has happened to lives, and each of its cookies leads to it.
    fn check_session(&mut self, session: usize) {
        // A Directus session that expires while it is asked for is nobody's loss.
        let now = self.queue.now() + LAST_MOMENT;
        let log = &self.sessions[session];
        if log.logged_out.is_some() || log.cookies.is_empty() {
            return self.check_ended(session);
        }
        let lives = self.provider.accepts(session, log.newest().1, now);
        let may_expire = self.scenario.rotation == Rotation::DirectusSession;
        if !lives && !log.excuses.any() && !may_expire {
            self.broken("P3", format!("session {session} is lost"));
        }
        let log = &self.sessions[session];
        let excused = log.excuses.record_lost || log.excuses.evicted;
        if !lives || excused || self.has_ended(session) {
            return;
        }
        let mut cookies: Vec<(u32, String)> =
            log.cookies.iter().map(|(at, (_, header))| (*at, header.clone())).collect();
        let unpublished = log.newest() != log.published();
        if unpublished || log.forgotten.is_some() || self.scenario.replay != ReplayPolicy::Serve {
            // Only the newest cookie can bring its tokens into the record; an older one may be refused.
            cookies.reverse();
        }
        let most = if self.scenario.replay == ReplayPolicy::Serve { 6 } else { 1 };
        for (generation, header) in cookies.into_iter().take(most) {
            self.check_cookie(session, generation, header);
        }
    }

    fn check_cookie(&mut self, session: usize, presented: u32, header: String) {
        self.tally.cookies += 1;
        let (newest, _) = self.sessions[session].newest();
        let user = self.sessions[session].user;
        let mut told = self.ask(user, Wish::Page, header.clone());
        if let Some(Told::SignedIn { how: How::Fresh, .. }) = told {
            // A flight at rest takes as long as its longest sleep.
            if self.provider.expiry(session) - self.queue.now() < LAST_MOMENT {
                return;
            }
            // By this process's clock the old token still works; the provider's 401 says otherwise.
            told = self.ask(user, Wish::Newer(true), header);
        }
        match told {
            Some(Told::SignedIn { session: served, generation, .. })
                if served == session && generation >= newest.max(presented) => {}
            Some(Told::SignedOut(EndReason::Expired)) if self.has_aged(session) => {}
            told => {
                let how =
                    format!("generation {presented} of session {session} at {newest}: {told:?}");
                self.broken("P5", how);
            }
        }
    }

    /// A cookie that nobody wrote anew for seven days counts no more.
    fn has_aged(&self, session: usize) -> bool {
        self.queue.now() - self.sessions[session].began > MAX_AGE - LONG_AFTER
    }

    /// The old cookies of an ended session lead nowhere; whoever is served is caught on the spot.
    fn check_ended(&mut self, session: usize) {
        let log = &self.sessions[session];
        if let Some((_, header)) = log.cookies.values().next_back().cloned() {
            let user = log.user;
            self.ask(user, Wish::Page, header);
        }
    }

    fn has_ended(&self, session: usize) -> bool {
        let known = self.session_of.iter().find(|(_, known)| **known == session);
        let record = known.and_then(|(id, _)| self.store.records.get(id));
        record.is_some_and(|record| record.ended)
    }

    /// A browser whose newest login lives is signed in, whatever late responses brought back.
    fn check_browser(&mut self, browser: usize) {
        let lives = |session: &&usize| self.is_the_only_one(browser, **session);
        let Some(session) = self.browsers[browser].logins.iter().find(lives).copied() else {
            return;
        };
        let header = self.browsers[browser].header();
        match self.ask(browser, Wish::Page, header) {
            Some(Told::SignedIn { .. }) => {}
            Some(Told::SignedOut(EndReason::Expired)) if self.has_aged(session) => {}
            told => {
                self.broken("P3", format!("browser {browser} has lost session {session}: {told:?}"))
            }
        }
    }

    /// The same at any time, as far as a look at the jar tells.
    pub fn check_jar(&mut self, browser: usize) {
        let lives = |session: &&usize| self.is_the_only_one(browser, **session);
        let living = self.browsers[browser].logins.iter().find(lives).copied();
        if let (true, Some(session)) = (self.browsers[browser].is_empty(), living) {
            self.broken("P3", format!("browser {browser} has no cookie of session {session}"));
        }
    }

    /// The session lives, and the user's other ones had ended before it began, or because it did.
    fn is_the_only_one(&self, user: usize, session: usize) -> bool {
        let log = &self.sessions[session];
        let (serial, now) = (log.newest().1, self.queue.now() + LAST_MOMENT);
        let is_over = |(other, ended): (usize, &SessionLog)| {
            let before = ended.logged_out.is_some_and(|at| at < log.began);
            let clocks_agree = !self.scenario.skewed;
            other == session || ended.replaced_by == Some(session) || (before && clocks_agree)
        };
        let mut own = self.sessions.iter().enumerate().filter(|(_, log)| log.user == user);
        log.logged_out.is_none()
            && !log.excuses.any()
            && own.all(is_over)
            && !self.has_ended(session)
            && self.provider.accepts(session, serial, now)
    }

    fn ask(&mut self, browser: usize, wish: Wish, header: String) -> Option<Told> {
        self.told = None;
        self.send(browser, wish, header);
        self.run();
        self.told
    }
}
