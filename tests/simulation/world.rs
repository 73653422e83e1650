//! Everything of one schedule, and what happens next.

use std::collections::HashMap;

use tokenkeep::policy::Demand;
use tokenkeep::rotation::{Record, Verb};
use tokenkeep::session::SetCookie;
use tokenkeep::step::EffectResult;
use tokenkeep::time::{Clock, Millis, UnixMillis};

use crate::browser::Browser;
use crate::faults::Fault;
use crate::flight::{Flight, Told, Wish};
use crate::network::{Network, SendPath};
use crate::prng::Rng;
use crate::provider_model::{Call, Provider, Token};
use crate::queue::Queue;
use crate::scenario::{PROCESSES, Scenario, Wire, outages};
use crate::session_log::SessionLog;
use crate::store_model::{Store, Waiter};

const START: i64 = 1_767_225_600_000;
/// More than any schedule needs: whoever gets here runs in circles.
const MOST_EVENTS: u64 = 20_000;

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

pub struct Process {
    pub alive: bool,
    /// The skew that this process has learned.
    pub skew: Millis,
}

/// How much happened, so that a promise cannot be kept by nothing having happened.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    pub events: u64,
    pub sessions: u64,
    /// Of these, sessions at authorization servers, and those whose tokens live in the record.
    pub oauth: u64,
    pub in_record: u64,
    /// Cookies in several parts that browsers were given.
    pub in_parts: u64,
    /// Refresh requests that were sent.
    pub refreshes: u64,
    /// Cookies that were asked about at rest.
    pub cookies: u64,
    /// Sessions that the provider refused to renew, and that no client could have kept.
    pub not_to_be_won: u64,
}

impl Tally {
    pub fn add(&mut self, other: Self) {
        self.events += other.events;
        self.sessions += other.sessions;
        self.oauth += other.oauth;
        self.in_record += other.in_record;
        self.in_parts += other.in_parts;
        self.refreshes += other.refreshes;
        self.cookies += other.cookies;
        self.not_to_be_won += other.not_to_be_won;
    }
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
    pub tally: Tally,
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
            provider: Provider::new(&scenario),
            store: Store::new(fault),
            processes: (0..scenario.processes).map(|_| process()).collect(),
            flights: Vec::new(),
            browsers: (0..scenario.browsers).map(|_| Browser::default()).collect(),
            sessions: Vec::new(),
            session_of: HashMap::new(),
            told: None,
            violation: None,
            tracing,
            tally: Tally::default(),
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
        self.tally.sessions = self.sessions.len() as u64;
        self.tally.oauth = self.tally.sessions * u64::from(self.scenario.wire == Wire::OAuth);
        self.tally.in_record = self.tally.sessions * u64::from(self.scenario.tokens_in_record);
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
        self.tally.events += 1;
        if self.tally.events > MOST_EVENTS {
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

    pub fn store_now(&self) -> i64 {
        self.queue.now() + self.scenario.clock_offsets[PROCESSES]
    }

    pub fn clock(&self, process: usize) -> Clock {
        let now = self.queue.now();
        let drift = (now - START) * self.scenario.drift[process] / 1_000_000;
        let now = UnixMillis(now + self.scenario.clock_offsets[process] + drift);
        Clock { now, skew_ms: self.processes[process].skew }
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
