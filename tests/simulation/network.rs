//! What becomes of a message: when it arrives, and whether.

use crate::prng::Rng;
use crate::scenario::{Broken, Outage, Weather};

/// How long a driver waits for the store's answer, in milliseconds.
pub const STORE_PATIENCE: i64 = 2_500;

/// What becomes of a step at the store. Milliseconds from when it is emitted.
#[derive(Clone, Copy, Debug)]
pub struct StorePath {
    /// When it is performed, if at all.
    pub performed: Option<i64>,
    /// When its answer is back, if it is.
    pub answered: Option<i64>,
}

/// What becomes of a request to the provider.
#[derive(Clone, Copy, Debug)]
pub enum SendPath {
    /// No connection, known after so long.
    NotConnected { after: i64 },
    /// It breaks before the provider has seen it.
    ResetBefore { after: i64 },
    /// The provider acts, and what it answers gets lost; the caller knows after so long.
    ResetAfter { arrives: i64, acts: i64, known: i64 },
    /// The provider answers without having acted.
    Refused { after: i64, status: u16, retry_after: Option<i64> },
    /// The provider acts and fails while it answers.
    Failed { arrives: i64, acts: i64, answers: i64 },
    /// The provider acts and answers.
    Answered { arrives: i64, acts: i64, answers: i64 },
}

pub struct Network {
    pub weather: Weather,
    pub outages: Vec<Outage>,
}

impl Network {
    /// Nothing goes wrong any more.
    pub fn heal(&mut self) {
        self.weather = Weather::default();
        self.outages.clear();
    }

    fn is_broken(&self, what: Broken, now: i64) -> bool {
        let now = |outage: &&Outage| outage.from <= now && now < outage.to;
        self.outages.iter().filter(now).any(|outage| outage.what == what)
    }

    /// Until when a process stands still.
    pub fn paused(&self, process: usize, now: i64) -> Option<i64> {
        let pause = |outage: &&Outage| {
            outage.what == Broken::Pause(process) && outage.from <= now && now < outage.to
        };
        self.outages.iter().filter(pause).map(|outage| outage.to).max()
    }

    pub fn to_store(&self, rng: &mut Rng, process: usize, now: i64) -> StorePath {
        let unreachable =
            self.is_broken(Broken::Store, now) || self.is_broken(Broken::Partition(process), now);
        if unreachable || rng.chance(self.weather.store_lost) {
            return StorePath { performed: None, answered: None };
        }
        let late = rng.chance(self.weather.store_late);
        let performed = if late { rng.between(500, 8_000) } else { rng.between(0, 12) };
        let answered = performed + rng.between(0, 12);
        let lost = answered > STORE_PATIENCE || rng.chance(self.weather.store_answer_lost);
        StorePath { performed: Some(performed), answered: (!lost).then_some(answered) }
    }

    pub fn to_provider(&self, rng: &mut Rng, now: i64) -> SendPath {
        let weather = &self.weather;
        let arrives = rng.between(1, 20);
        if self.is_broken(Broken::Provider, now) {
            return SendPath::NotConnected { after: arrives };
        }
        if rng.chance(weather.not_connected) {
            return SendPath::NotConnected { after: rng.pick(&[1, 5, 3_000]) };
        }
        if rng.chance(weather.reset_before) {
            return SendPath::ResetBefore { after: rng.pick(&[2, 50, 4_000, 12_000]) };
        }
        if rng.chance(weather.not_now) {
            let status = rng.pick(&[429, 502, 503]);
            let retry_after = (status == 429).then(|| rng.pick(&[1_000, 20_000]));
            return SendPath::Refused { after: 2 * arrives, status, retry_after };
        }
        let work = if rng.chance(weather.hangs) {
            rng.between(8_000, 60_000)
        } else if rng.chance(weather.slow) {
            rng.between(300, 8_000)
        } else {
            rng.between(5, 60)
        };
        let acts = arrives + work;
        let answers = acts + rng.between(1, 20);
        if rng.chance(weather.reset_after) {
            // Now and then the caller knows that it broke before the provider has even begun.
            let known = if rng.chance(300) { rng.between(1, arrives) } else { answers };
            return SendPath::ResetAfter { arrives, acts, known };
        }
        if rng.chance(weather.failed) {
            return SendPath::Failed { arrives, acts, answers };
        }
        SendPath::Answered { arrives, acts, answers }
    }

    /// When a response arrives at the browser, if it does.
    pub fn to_browser(&self, rng: &mut Rng) -> Option<i64> {
        if rng.chance(self.weather.response_lost) {
            return None;
        }
        let late = rng.chance(self.weather.response_late);
        Some(if late { rng.between(200, 90_000) } else { rng.between(1, 60) })
    }
}
