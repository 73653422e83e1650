//! Everything of one schedule, and what happens next.

use std::collections::HashMap;

use tokenkeep::flight::State;
use tokenkeep::http::SendResult;
use tokenkeep::policy::Demand;
use tokenkeep::rotation::{Answer, Record, Verb};
use tokenkeep::session::SetCookie;
use tokenkeep::step::{EffectResult, EndReason, How};
use tokenkeep::time::{Clock, Millis, UnixMillis};

use crate::browser::Browser;
use crate::faults::Fault;
use crate::network::{Network, SendPath};
use crate::prng::Rng;
use crate::promises::SessionLog;
use crate::provider_model::{Call, Provider, Token};
use crate::queue::Queue;
use crate::scenario::{PROCESSES, Scenario, outages};
use crate::store_model::{Store, Waiter};

const START: i64 = 1_767_225_600_000;
/// More than any schedule needs: whoever gets here runs in circles.
const MOST_EVENTS: u32 = 20_000;

/// What happens at an instant.
pub enum Event {
    /// A browser does something.
    Act {
        browser: usize,
    },
    Arrive(Request),
    /// An effect's result reaches its process.
    Report {
        flight: usize,
        effect: u32,
        result: EffectResult,
    },
    /// A step reaches the store; its answer takes so long, or gets lost.
    Store {
        flight: usize,
        effect: u32,
        session_id: String,
        verb: Verb,
        back: Option<i64>,
    },
    Watch(Waiter),
    Recheck {
        session_id: String,
    },
    /// The second half of a claim in two steps.
    Write {
        session_id: String,
        record: Record,
    },
    ProviderReads {
        flight: usize,
        effect: u32,
        call: Call,
        path: SendPath,
    },
    ProviderActs {
        flight: usize,
        effect: u32,
        call: Call,
        read: bool,
        path: SendPath,
    },
    /// The revocation of a driver that revokes first.
    RevokeEarly {
        token: Token,
    },
    Respond {
        browser: usize,
        cookies: Vec<SetCookie>,
        login: Option<usize>,
        logout: bool,
    },
    Restart {
        process: usize,
    },
    Heal,
}

/// What a browser asks for.
pub struct Request {
    pub process: usize,
    pub browser: usize,
    pub cookies: String,
    pub wish: Wish,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Wish {
    /// A page that needs a token that works.
    Page,
    /// A data call was refused with the page's token, or the application wants a newer one.
    Newer(bool),
    Login {
        user: usize,
    },
    Logout,
}

/// What a caller was told last.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Told {
    SignedIn { session: usize, generation: u32, how: How },
    SignedOut(EndReason),
    Unavailable,
    Failed,
}

pub struct Process {
    pub alive: bool,
    /// The skew that this process has learned.
    pub skew: Millis,
}

/// What the driver asked the store, as far as it matters which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    Claim,
    Extend,
    Other,
}

/// One flight as its process holds it, and what is known of it for the promises.
pub struct Flight {
    pub process: usize,
    pub browser: usize,
    pub wish: Wish,
    pub began: i64,
    pub state: Option<State>,
    pub outstanding: Vec<(u32, Asked)>,
    /// Its process has died.
    pub dead: bool,
    pub answered: bool,
    /// The session in the request's cookie.
    pub session: Option<usize>,
    pub presented: u32,
    pub presented_token: Option<Token>,
    pub cookie_names: Vec<String>,
    /// Since when a refresh request is on its way.
    pub sending: Option<i64>,
    /// Refresh requests since the lease was taken.
    pub sends: u32,
    pub first_sent: i64,
    /// The last refresh ended with nobody knowing how.
    pub unknown: bool,
    /// The store answered the claim, and the extension before sending.
    pub claim_answered: bool,
    pub lease_answered: bool,
    /// An extension was lost or late, or its process stood still.
    pub extension_fault: bool,
    /// A step of this flight was lost or late, or its answer was.
    pub store_fault: bool,
    pub paused: bool,
    /// New tokens that it received, and when.
    pub received: Option<(Token, i64)>,
    pub published: bool,
    /// The generation that it has reported as renewed.
    pub reported: Option<u32>,
    /// Since when it waits at the store.
    pub waiting: Option<i64>,
    /// Its own step ended the session.
    pub ended_session: bool,
    /// It has revoked before *ended* was written.
    pub revoked_early: bool,
}

pub struct World {
    pub rng: Rng,
    pub scenario: Scenario,
    pub fault: Fault,
    pub queue: Queue<Event>,
    pub network: Network,
    pub provider: Provider,
    pub store: Store,
    pub processes: Vec<Process>,
    pub flights: Vec<Flight>,
    pub browsers: Vec<Browser>,
    /// By family of the provider.
    pub sessions: Vec<SessionLog>,
    pub session_of: HashMap<String, usize>,
    pub told: Option<Told>,
    pub violation: Option<String>,
    pub tracing: bool,
    pub events: u32,
}

impl World {
    pub fn new(seed: u64, fault: Fault, tracing: bool) -> Self {
        let mut rng = Rng::new(seed);
        let scenario = Scenario::draw(&mut rng);
        let process = || Process { alive: true, skew: Millis(0) };
        Self {
            fault,
            queue: Queue::new(START + rng.between(0, 999)),
            network: Network { weather: scenario.weather, outages: Vec::new() },
            provider: Provider::new(scenario.rotation, scenario.lifetime),
            store: Store::new(fault),
            processes: (0..scenario.processes).map(|_| process()).collect(),
            flights: Vec::new(),
            browsers: (0..scenario.browsers).map(|_| Browser::default()).collect(),
            sessions: Vec::new(),
            session_of: HashMap::new(),
            told: None,
            violation: None,
            tracing,
            events: 0,
            rng,
            scenario,
        }
    }

    /// Plays the schedule and checks it. The error is the promise that was broken.
    pub fn play(&mut self) -> Result<(), String> {
        self.note(|world| format!("{:?}", world.scenario));
        self.sign_everybody_in();
        self.schedule_actions();
        self.run();
        self.check_at_rest();
        self.violation.take().map_or(Ok(()), Err)
    }

    /// On a calm day, so that every schedule is about something.
    fn sign_everybody_in(&mut self) {
        let weather = std::mem::take(&mut self.network.weather);
        for browser in 0..self.browsers.len() {
            self.send_from(browser, Wish::Login { user: browser });
        }
        // Not longer than it takes: a sleep of the driver may go on.
        while self.queue.is_due_within(1_000) {
            self.step();
        }
        self.network.weather = weather;
    }

    fn schedule_actions(&mut self) {
        let mut at = 0;
        let mut moments = Vec::new();
        for _ in 0..self.scenario.actions {
            at += self.pause();
            moments.push(self.queue.now() + at);
            let browser = self.rng.below(self.browsers.len());
            self.queue.after(at, Event::Act { browser });
        }
        self.network.outages = outages(&mut self.rng, self.processes.len(), &moments);
        self.note(|world| format!("{:?}", world.network.outages));
        let quiet = self.rng.between(0, 60_000);
        self.queue.after(at + quiet, Event::Heal);
    }

    /// Between two actions.
    fn pause(&mut self) -> i64 {
        let lifetime = self.scenario.lifetime;
        match self.rng.below(20) {
            0..=7 => self.rng.between(0, 30),
            8..=11 => self.rng.between(50, 5_000),
            12..=14 => self.rng.between(5_000, 65_000),
            15..=18 => lifetime / 2 + self.rng.between(0, lifetime),
            _ => self.rng.between(lifetime, 2 * 24 * 3_600_000),
        }
    }

    pub fn run(&mut self) {
        while self.violation.is_none() && self.step() {}
    }

    /// `false` when nothing is due any more.
    fn step(&mut self) -> bool {
        let Some(event) = self.queue.next() else { return false };
        self.events += 1;
        if self.events > MOST_EVENTS {
            self.broken("liveness", "the schedule does not come to rest".into());
        }
        self.happen(event);
        true
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Act { browser } => self.act(browser),
            Event::Arrive(request) => self.arrive(request),
            Event::Report { flight, effect, result } => self.report(flight, effect, result),
            Event::Store { flight, effect, session_id, verb, back } => {
                self.at_store(flight, effect, &session_id, verb, back);
            }
            Event::Watch(waiter) => {
                self.flights[waiter.flight].waiting = Some(self.queue.now());
                self.store.waiters.push(waiter);
                self.recheck_last();
            }
            Event::Recheck { session_id } => self.recheck(&session_id),
            Event::Write { session_id, record } => {
                self.store.records.insert(session_id.clone(), record);
                self.recheck(&session_id);
            }
            Event::ProviderReads { flight, effect, call, path } => {
                self.provider_reads(flight, effect, call, path);
            }
            Event::ProviderActs { flight, effect, call, read, path } => {
                self.provider_acts(flight, effect, call, read, path);
            }
            Event::RevokeEarly { token } => {
                let now = self.queue.now();
                let _ = self.provider.act(Call::Logout(token), true, now);
            }
            Event::Respond { browser, cookies, login, logout } => {
                self.respond(browser, &cookies, login, logout);
            }
            Event::Restart { process } => self.processes[process].alive = true,
            Event::Heal => self.heal(),
        }
    }

    fn heal(&mut self) {
        self.note(|_| "everything works again".into());
        self.network.heal();
        for process in &mut self.processes {
            process.alive = true;
        }
    }

    fn act(&mut self, browser: usize) {
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

    fn respond(
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
        for cookie in cookies.iter().filter(|cookie| cookie.attributes.max_age != Some(0)) {
            let header = format!("{}={}", cookie.name, cookie.value.expose());
            let opened = self.scenario.manager(0).open(&header, self.clock(0));
            if let Ok(opened) = opened {
                let session = self.session_of[&opened.session.id.to_string()];
                let tokens = &opened.session.tokens;
                let serial =
                    Token::find(tokens.access_token.expose()).map_or(0, |token| token.serial);
                let generation = opened.session.generation;
                self.sessions[session].cookies.insert(generation, (serial, header));
            }
        }
    }

    pub fn store_now(&self) -> i64 {
        self.queue.now() + self.scenario.clock_offsets[PROCESSES]
    }

    pub fn clock(&self, process: usize) -> Clock {
        let now = self.queue.now();
        let drift = (now - START) * self.scenario.drift[process] / 1_000_000;
        let now = UnixMillis(now + self.scenario.clock_offsets[process] + drift);
        Clock { now, skew_ms: self.processes[process].skew }
    }

    fn at_store(
        &mut self,
        flight: usize,
        effect: u32,
        session_id: &str,
        verb: Verb,
        back: Option<i64>,
    ) {
        if self.flights[flight].dead && !self.scenario.shared_store {
            return;
        }
        let now = self.store_now();
        let (answer, unwritten) = self.store.perform(session_id, verb.clone(), now);
        self.note(|_| format!("  store: flight {flight} {} → {}", brief(&verb), brief(&answer)));
        self.judge_store(flight, session_id, &verb, &answer);
        if let Some(record) = unwritten {
            let session_id = session_id.to_owned();
            let delay = self.rng.between(1, 30);
            self.queue.after(delay, Event::Write { session_id, record });
        }
        if let Some(back) = back {
            self.queue.after(
                back,
                Event::Report { flight, effect, result: EffectResult::Store { answer } },
            );
        }
        self.recheck(session_id);
        self.maybe_evict();
    }

    fn maybe_evict(&mut self) {
        if !self.rng.chance(self.network.weather.evict) || self.store.records.is_empty() {
            return;
        }
        let mut ids: Vec<String> = self.store.records.keys().cloned().collect();
        ids.sort();
        let id = ids.swap_remove(self.rng.below(ids.len()));
        let now = self.store_now();
        if let Some(record) = self.store.evict(&id, now) {
            self.note(|_| format!("  store: evicts generation {}", record.generation));
            self.evicted(&id, &record);
        }
    }

    fn recheck_last(&mut self) {
        if let Some(waiter) = self.store.waiters.last() {
            let session_id = waiter.session_id.clone();
            self.recheck(&session_id);
        }
    }

    /// Tells those who wait for this session what there is to tell.
    fn recheck(&mut self, session_id: &str) {
        let now = self.store_now();
        let (mut kept, mut lapses) = (Vec::new(), None);
        for waiter in std::mem::take(&mut self.store.waiters) {
            if waiter.session_id != session_id {
                kept.push(waiter);
                continue;
            }
            match self.store.look(&waiter, now) {
                Answer::Held { lease_ms } => {
                    lapses = Some(lease_ms.0 + 1);
                    kept.push(waiter);
                }
                answer => self.tell_waiter(&waiter, answer),
            }
        }
        self.store.waiters = kept;
        let due = self.store.looks.get(session_id).copied().filter(|due| *due > now);
        if let Some(left) = lapses.filter(|left| due.is_none_or(|due| due > now + left)) {
            let session_id = session_id.to_owned();
            self.store.looks.insert(session_id.clone(), now + left);
            self.queue.after(left, Event::Recheck { session_id });
        }
    }

    fn tell_waiter(&mut self, waiter: &Waiter, answer: Answer) {
        let Waiter { flight, effect, .. } = *waiter;
        self.note(|_| format!("  store: tells waiting flight {flight} {}", brief(&answer)));
        let result = EffectResult::Store { answer };
        let delay = if self.scenario.shared_store { self.rng.between(1, 12) } else { 0 };
        self.queue.after(delay, Event::Report { flight, effect, result });
    }

    fn provider_reads(&mut self, flight: usize, effect: u32, call: Call, path: SendPath) {
        let read = self.provider.read(call);
        let (SendPath::ResetAfter { arrives, acts, .. }
        | SendPath::Failed { arrives, acts, .. }
        | SendPath::Answered { arrives, acts, .. }) = path
        else {
            return;
        };
        let event = Event::ProviderActs { flight, effect, call, read, path };
        self.queue.after(acts - arrives, event);
    }

    fn provider_acts(
        &mut self,
        flight: usize,
        effect: u32,
        call: Call,
        read: bool,
        path: SendPath,
    ) {
        let now = self.queue.now();
        let before = self.before_provider(call);
        let response = self.provider.act(call, read, now);
        self.note(|_| format!("  provider: flight {flight} {call:?} → {}", response.status));
        self.judge_provider(flight, call, &response, &before, path);
        let (after, result) = match path {
            SendPath::Answered { acts, answers, .. } => {
                (answers - acts, SendResult::Response(response))
            }
            SendPath::Failed { acts, answers, .. } => {
                let failed = crate::provider_model::unavailable(500, None, now);
                (answers - acts, SendResult::Response(failed))
            }
            _ => return,
        };
        self.queue
            .after(after, Event::Report { flight, effect, result: EffectResult::Sent { result } });
    }

    pub fn demand(&self, refused: bool, generation: u32) -> Demand {
        if refused { Demand::RefusedByProvider(generation) } else { Demand::NewerThan(generation) }
    }

    /// A line of the trace of a replayed schedule.
    pub fn note(&self, line: impl FnOnce(&Self) -> String) {
        if self.tracing {
            let ms = self.queue.now() - START;
            println!("{:>9}.{:03} {}", ms / 1000, ms % 1000, line(self));
        }
    }

    pub fn broken(&mut self, promise: &str, how: String) {
        self.note(|_| format!("BROKEN {promise}: {how}"));
        if self.violation.is_none() {
            self.violation = Some(format!("{promise}: {how}"));
        }
    }
}

/// Without the sealed text, which is long.
fn brief(what: &impl std::fmt::Debug) -> String {
    let text = format!("{what:?}");
    match text.split_once("tokens: \"") {
        Some((before, after)) => {
            let rest = after.split_once('"').map_or("", |(_, rest)| rest);
            format!("{before}tokens: …{rest}")
        }
        None => match text.split_once("tokens: Some(\"") {
            Some((before, after)) => {
                let rest = after.split_once("\")").map_or("", |(_, rest)| rest);
                format!("{before}tokens: …{rest}")
            }
            None => text,
        },
    }
}
