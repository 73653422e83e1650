//! A request reaches its process.

use std::collections::BTreeMap;

use tokenkeep::http::SendResult;
use tokenkeep::json::Json;
use tokenkeep::policy::{Decision, ReplayPolicy};
use tokenkeep::provider::Credentials;
use tokenkeep::rotation::{Answer, Verb};
use tokenkeep::secret::Secret;
use tokenkeep::session::Session;
use tokenkeep::session::jar::MAX_COOKIES;
use tokenkeep::step::Input;

use crate::browser::base;
use crate::flight::{Flight, Told, Wish};
use crate::provider_model::{Call, Token, issued};
use crate::scenario::Wire;
use crate::world::{Event, Request, World};

impl World {
    /// A request reaches its process, which opens the session as `js/token-manager.ts` does.
    pub fn arrive(&mut self, mut request: Request) {
        let Request { process, .. } = request;
        if let Some(until) = self.network.paused(process, self.queue.now()) {
            let left = until - self.queue.now();
            return self.queue.after(left, Event::Arrive(request));
        }
        if !self.processes[process].alive {
            return;
        }
        let mut flight = Flight::new(&request, self.queue.now());
        let clock = self.clock(process);
        let opened = self.scenario.manager(process).open(&request.cookies, clock);
        if let Ok(opened) = &opened {
            self.note_presented(&mut flight, &opened.session);
        }
        let may_end = matches!(request.wish, Wish::Login { .. } | Wish::Logout);
        if may_end || self.scenario.replay == ReplayPolicy::End {
            flight.brought = self.sessions_in(process, &request.cookies);
            self.without_the_others(&mut request.cookies, &opened);
        }
        self.note(|_| {
            let Flight { session, presented, .. } = flight;
            let decision = opened.as_ref().map(|opened| opened.decision);
            let (wish, at) = (request.wish, self.flights.len());
            format!("flight {at} at process {process}: {wish:?} with {session:?}/{presented}, {decision:?}")
        });
        let input = match (request.wish, &opened) {
            (Wish::Login { user }, _) if self.scenario.wire == Wire::OAuth => {
                self.sign_in_elsewhere(&mut flight, user, request.cookies)
            }
            (Wish::Login { user }, _) => login(user, request.cookies),
            (Wish::Logout, _) => Input::Logout { cookies: Secret::new(request.cookies) },
            (_, Err(reason)) => {
                self.told = Some(Told::SignedOut(*reason));
                return;
            }
            (Wish::Page, Ok(opened)) if opened.decision == Decision::Fresh => {
                return self.serve_fresh(&flight, &opened.session.id.to_string());
            }
            (Wish::Newer(refused), Ok(_)) => Input::Renew {
                demand: self.demand(refused, self.generation_in_use(&flight)),
                cookies: Secret::new(request.cookies),
            },
            (Wish::Page, Ok(_)) => Input::Renew {
                demand: tokenkeep::policy::Demand::Usable,
                cookies: Secret::new(request.cookies),
            },
        };
        self.begin(flight, input);
    }

    /// What the cookie says, or the session that it names.
    fn note_presented(&self, flight: &mut Flight, session: &Session) {
        let tokens = &session.tokens;
        let token = tokens.refresh_token.as_ref().unwrap_or(&tokens.access_token);
        flight.presented_token = Token::find(token.expose());
        flight.presented = session.generation;
        flight.session = match flight.presented_token {
            Some(token) => Some(token.family),
            None => self.session_of.get(&session.id.to_string()).copied(),
        };
        flight.sealed_at = session.sealed_at.0;
    }

    /// One after the other: together they are one session, that of the newest login.
    fn sessions_in(&self, process: usize, cookies: &str) -> Vec<usize> {
        let mut headers: BTreeMap<&str, String> = BTreeMap::new();
        for pair in cookies.split("; ") {
            let name = pair.split_once('=').map_or(pair, |(name, _)| name);
            *headers.entry(base(name)).or_default() += &format!("{pair}; ");
        }
        let (manager, clock) = (self.scenario.manager(process), self.clock(process));
        let read = headers.values().take(MAX_COOKIES);
        let opened = read.filter_map(|header| manager.open(header, clock).ok());
        opened.map(|opened| self.session_of[&opened.session.id.to_string()]).collect()
    }

    /// The application has redeemed a code at the token endpoint, and begins a session with the answer.
    fn sign_in_elsewhere(&mut self, flight: &mut Flight, user: usize, cookies: String) -> Input {
        let now = self.queue.now();
        let response = self.provider.act(Call::Login { user }, true, now);
        self.enter_sessions(user);
        let answer = response.body.clone().unwrap_or(Json::Null);
        if let Some(token) = issued(&SendResult::Response(response)) {
            flight.received = Some((token, now));
            flight.session = Some(token.family);
            self.received(token);
        }
        Input::Adopt { answer, remember: true, cookies: Secret::new(cookies) }
    }

    /// What a page that wants something newer has had: a record's newest tokens, or those in its cookie.
    fn generation_in_use(&self, flight: &Flight) -> u32 {
        match flight.session {
            Some(session) if self.scenario.tokens_in_record => self.sessions[session].published().0,
            _ => flight.presented,
        }
    }

    /// No network is touched; process memory is told.
    fn serve_fresh(&mut self, flight: &Flight, session_id: &str) {
        let session = self.session_of[session_id];
        if !self.scenario.shared_store && self.store.records.contains_key(session_id) {
            let verb = Verb::Present { generation: flight.presented };
            let now = self.store_now();
            let (answer, _) = self.store.perform(session_id, verb, now);
            if matches!(answer, Answer::Ended { .. }) {
                self.told = Some(Told::SignedOut(tokenkeep::step::EndReason::Ended));
                return;
            }
        }
        let how = tokenkeep::step::How::Fresh;
        self.told = Some(Told::SignedIn { session, generation: flight.presented, how });
    }
}

fn login(user: usize, cookies: String) -> Input {
    let credentials = Credentials {
        email: Some(Secret::new(format!("user-{user}@example.com"))),
        password: Some(Secret::new("password")),
        ..Credentials::default()
    };
    Input::Login { credentials, remember: true, cookies: Secret::new(cookies) }
}
