//! What people do with their browsers.

use tokenkeep::session::SetCookie;

use crate::flight::Wish;
use crate::provider_model::Token;
use crate::session_log::SessionLog;
use crate::world::{Event, Request, World};

impl World {
    pub fn act(&mut self, browser: usize) {
        self.check_jar(browser);
        let wish = match self.rng.below(100) {
            0..=76 => Wish::Page,
            77..=84 => Wish::Newer(false),
            85..=89 => Wish::Newer(true),
            90..=94 => Wish::Logout,
            _ => Wish::Login { user: browser },
        };
        let wish =
            if self.browsers[browser].is_empty() { Wish::Login { user: browser } } else { wish };
        if wish == Wish::Page && self.rng.chance(120) {
            return self.replay(browser);
        }
        self.send_from(browser, wish);
        // Tabs, and the parallel requests of one page.
        while self.rng.chance(250) {
            self.send_from(browser, Wish::Page);
        }
    }

    /// A cookie from an earlier time: restored, stolen, or held by something that never lets go.
    fn replay(&mut self, browser: usize) {
        let held: Vec<String> = self
            .sessions
            .iter()
            .filter(|session| session.user == browser)
            .flat_map(SessionLog::headers)
            .collect();
        if held.is_empty() {
            return;
        }
        let cookies = held[self.rng.below(held.len())].clone();
        self.send(browser, Wish::Page, cookies);
    }

    pub fn send_from(&mut self, browser: usize, wish: Wish) {
        let cookies = self.browsers[browser].header();
        self.send(browser, wish, cookies);
    }

    pub fn send(&mut self, browser: usize, wish: Wish, cookies: String) {
        let alive: Vec<usize> =
            (0..self.processes.len()).filter(|at| self.processes[*at].alive).collect();
        if alive.is_empty() {
            return;
        }
        let process = alive[self.rng.below(alive.len())];
        let delay = self.rng.between(1, 40);
        self.queue.after(delay, Event::Arrive(Request { process, browser, cookies, wish }));
    }

    pub fn respond(
        &mut self,
        browser: usize,
        cookies: &[SetCookie],
        login: Option<usize>,
        logout: bool,
    ) {
        self.note(|_| {
            let names: Vec<&str> = cookies.iter().map(|cookie| cookie.name.as_str()).collect();
            format!("browser {browser} receives {names:?}")
        });
        self.browsers[browser].receive(cookies, self.fault);
        if logout {
            self.browsers[browser].logins.clear();
        }
        if let Some(session) = login {
            self.browsers[browser].logins = vec![session];
        }
        let written = cookies.iter().filter(|cookie| cookie.attributes.max_age != Some(0));
        let pairs: Vec<String> =
            written.map(|cookie| format!("{}={}", cookie.name, cookie.value.expose())).collect();
        self.tally.in_parts += u64::from(pairs.len() > 1);
        let header = pairs.join("; ");
        if let Ok(opened) = self.scenario.manager(0).open(&header, self.clock(0)) {
            let session = self.session_of[&opened.session.id.to_string()];
            let tokens = &opened.session.tokens;
            let serial = Token::find(tokens.access_token.expose()).map_or(0, |token| token.serial);
            let generation = opened.session.generation;
            self.sessions[session].cookies.insert(generation, (serial, header));
        }
    }
}
