//! What is asserted once everything works again and nothing is under way any more.

use crate::scenario::Rotation;
use crate::world::{Told, Wish, World};

/// Milliseconds after which no reuse window is open and no renewal pauses.
const LONG_AFTER: i64 = 130_000;

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
            if log.logged_out.is_none() || excused || excuses.double_rotation {
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
        let now = self.queue.now();
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
            log.cookies.iter().map(|(generation, header)| (*generation, header.clone())).collect();
        if log.forgotten.is_some() {
            // Only the newest cookie can bring a forgotten record back.
            cookies.reverse();
        }
        for (generation, header) in cookies.into_iter().take(6) {
            self.check_cookie(session, generation, header);
        }
    }

    fn check_cookie(&mut self, session: usize, presented: u32, header: String) {
        let (newest, _) = self.sessions[session].newest();
        let user = self.sessions[session].user;
        match self.ask(user, header) {
            Some(Told::SignedIn { session: served, generation, .. })
                if served == session && generation >= newest.max(presented) => {}
            // It was served from the old cookie although a newer generation is in the record.
            told => {
                let how =
                    format!("generation {presented} of session {session} at {newest}: {told:?}");
                self.broken("P5", how);
            }
        }
    }

    /// The old cookies of an ended session lead nowhere; whoever is served is caught on the spot.
    fn check_ended(&mut self, session: usize) {
        let log = &self.sessions[session];
        if let Some(header) = log.cookies.values().next_back().cloned() {
            let user = log.user;
            self.ask(user, header);
        }
    }

    fn has_ended(&self, session: usize) -> bool {
        let known = self.session_of.iter().find(|(_, known)| **known == session);
        let record = known.and_then(|(id, _)| self.store.records.get(id));
        record.is_some_and(|record| record.ended)
    }

    /// A browser that was given a session which lives is signed in.
    fn check_browser(&mut self, browser: usize) {
        let now = self.queue.now();
        let lives = |session: &&usize| {
            let log = &self.sessions[**session];
            let serial = log.newest().1;
            log.logged_out.is_none()
                && !log.excuses.any()
                && !self.has_ended(**session)
                && self.provider.accepts(**session, serial, now)
        };
        let Some(session) = self.browsers[browser].logins.iter().find(lives).copied() else {
            return;
        };
        let header = self.browsers[browser].header();
        let told = self.ask(browser, header);
        if !matches!(told, Some(Told::SignedIn { .. })) {
            self.broken("P3", format!("browser {browser} has lost session {session}: {told:?}"));
        }
    }

    fn ask(&mut self, browser: usize, header: String) -> Option<Told> {
        self.told = None;
        self.send(browser, Wish::Page, header);
        self.run();
        self.told
    }
}
