//! What one schedule is about: drawn from its seed before anything happens.

use std::sync::OnceLock;

use tokenkeep::manager::{Config, Manager};
use tokenkeep::policy::ReplayPolicy;
use tokenkeep::provider::ProviderConfig;
use tokenkeep::provider::directus::{DirectusConfig, Mode};
use tokenkeep::provider::oauth::OAuthConfig;
use tokenkeep::secret::Secret;

use crate::prng::Rng;

pub const PROCESSES: usize = 3;
/// Seconds for which the overlapping provider answers an old refresh token with its successor.
const OVERLAP_SECONDS: f64 = 20.0;

/// How a provider treats a refresh token that it has already rotated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// Reuse revokes the whole family.
    Strict,
    /// The successor again, for a while; then as above.
    Overlap,
    /// Parallel refreshes all succeed, each with a token of its own, of which one works.
    DirectusJson,
    /// The successor again, for the grace period. An expired token cannot be refreshed.
    DirectusSession,
    /// The same refresh token for ever.
    None,
}

impl Rotation {
    pub const ALL: [Self; 5] =
        [Self::Strict, Self::Overlap, Self::DirectusJson, Self::DirectusSession, Self::None];

    /// Milliseconds.
    pub fn reuse_window(self) -> i64 {
        match self {
            Self::Overlap => 20_000,
            Self::DirectusSession => 10_000,
            Self::Strict | Self::DirectusJson | Self::None => 0,
        }
    }

    /// Milliseconds of the lease once a request is sent.
    pub fn send_lease(self) -> i64 {
        match self.reuse_window() {
            0 => 30_000,
            window => window / 3,
        }
    }
}

/// How a provider is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    Directus,
    /// A token endpoint and a revocation endpoint; sign-in is the application's own affair.
    OAuth,
}

/// What goes wrong, each in so many of a thousand cases. All zero: a calm day.
#[derive(Clone, Copy, Debug, Default)]
pub struct Weather {
    /// A response does not reach the browser.
    pub response_lost: u32,
    /// A response is overtaken by later ones.
    pub response_late: u32,
    /// A step never reaches the store.
    pub store_lost: u32,
    /// A step is performed, the answer gets lost.
    pub store_answer_lost: u32,
    /// A step is performed late, often after the caller has given up.
    pub store_late: u32,
    /// No connection to the provider is made.
    pub not_connected: u32,
    /// The connection breaks, and the provider has not seen the request.
    pub reset_before: u32,
    /// The connection breaks, and the provider has acted.
    pub reset_after: u32,
    /// The provider refuses for now: 503 or 429.
    pub not_now: u32,
    /// The provider fails while it answers: 500.
    pub failed: u32,
    /// The provider takes seconds.
    pub slow: u32,
    /// The provider takes up to a minute.
    pub hangs: u32,
    /// A process dies when an effect of a flight is performed.
    pub crash: u32,
    /// The process-memory store evicts a record, whenever it is used.
    pub evict: u32,
}

/// A stretch of time in which something does not work at all.
#[derive(Clone, Copy, Debug)]
pub struct Outage {
    pub from: i64,
    pub to: i64,
    pub what: Broken,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    Provider,
    Store,
    /// One process cannot reach the store.
    Partition(usize),
    /// A process stands still and then goes on.
    Pause(usize),
}

/// One schedule's settings.
#[derive(Clone, Debug)]
pub struct Scenario {
    pub rotation: Rotation,
    pub wire: Wire,
    /// The cookie only names the record, which has the tokens.
    pub tokens_in_record: bool,
    /// Some tokens are too large for one cookie.
    pub large_tokens: bool,
    /// One store for all processes, over the network; otherwise the memory of the only process.
    pub shared_store: bool,
    pub processes: usize,
    pub browsers: usize,
    pub actions: usize,
    /// Milliseconds that an access token lives.
    pub lifetime: i64,
    pub replay: ReplayPolicy,
    pub weather: Weather,
    /// The clocks differ by more than a network round trip.
    pub skewed: bool,
    /// Each process's clock minus true time, and the store's.
    pub clock_offsets: [i64; PROCESSES + 1],
    /// Parts per million by which the processes' clocks run fast.
    pub drift: [i64; PROCESSES],
}

impl Scenario {
    pub fn draw(rng: &mut Rng) -> Self {
        let shared_store = rng.chance(750);
        let skewed = rng.chance(300);
        let mut offset =
            || if skewed { rng.between(-90_000, 90_000) } else { rng.between(-40, 40) };
        let clock_offsets = [offset(), offset(), offset(), offset()];
        let rotation = rng.pick(&Rotation::ALL);
        let is_directus = matches!(rotation, Rotation::DirectusJson | Rotation::DirectusSession);
        Self {
            rotation,
            wire: if is_directus || rng.chance(400) { Wire::Directus } else { Wire::OAuth },
            tokens_in_record: rng.chance(250),
            large_tokens: rng.chance(100),
            shared_store,
            processes: if shared_store { rng.between(1, 3).try_into().unwrap_or(1) } else { 1 },
            browsers: if rng.chance(700) { 1 } else { 2 },
            actions: rng.between(4, 14).try_into().unwrap_or(4),
            lifetime: rng.pick(&[8_000, 60_000, 300_000, 900_000]),
            replay: match rng.below(10) {
                0 => ReplayPolicy::Refuse,
                1 => ReplayPolicy::End,
                _ => ReplayPolicy::Serve,
            },
            weather: Weather::draw(rng, shared_store),
            skewed,
            clock_offsets,
            drift: [0, rng.between(-200, 200), rng.between(-200, 200)],
        }
    }

    pub fn manager(&self, process: usize) -> &'static Manager {
        static MANAGERS: OnceLock<Vec<Manager>> = OnceLock::new();
        let managers = MANAGERS.get_or_init(all_managers);
        let provider =
            provider_of(self.wire, self.rotation) * 2 + usize::from(self.tokens_in_record);
        let replay = REPLAY.iter().position(|replay| *replay == self.replay).unwrap_or(0);
        &managers[(provider * REPLAY.len() + replay) * PROCESSES + process]
    }
}

const REPLAY: [ReplayPolicy; 3] = [ReplayPolicy::Serve, ReplayPolicy::Refuse, ReplayPolicy::End];

/// Which of [`providers`]. Several of the models differ behind the same settings.
fn provider_of(wire: Wire, rotation: Rotation) -> usize {
    match (wire, rotation) {
        (Wire::Directus, Rotation::Overlap) => 1,
        (Wire::Directus, Rotation::DirectusSession) => 2,
        (Wire::Directus, _) => 0,
        (Wire::OAuth, Rotation::Overlap) => 4,
        (Wire::OAuth, _) => 3,
    }
}

fn providers() -> [ProviderConfig; 5] {
    [
        directus(Mode::Json, None),
        directus(Mode::Json, Some(OVERLAP_SECONDS)),
        directus(Mode::Session, None),
        oauth(None),
        oauth(Some(OVERLAP_SECONDS)),
    ]
}

fn directus(mode: Mode, reuse_window: Option<f64>) -> ProviderConfig {
    let url = "https://provider.example".into();
    ProviderConfig::Directus(DirectusConfig {
        url,
        mode,
        reuse_window,
        ..DirectusConfig::default()
    })
}

fn oauth(reuse_window: Option<f64>) -> ProviderConfig {
    ProviderConfig::OAuth(OAuthConfig {
        url: "https://api.example".into(),
        token_endpoint: "https://provider.example/token".into(),
        revocation_endpoint: Some("https://provider.example/revoke".into()),
        client_id: "simulation".into(),
        reuse_window,
        ..OAuthConfig::default()
    })
}

fn all_managers() -> Vec<Manager> {
    let mut managers = Vec::new();
    for provider in providers() {
        for tokens_in_record in [false, true] {
            for replay in REPLAY {
                for process in 0..PROCESSES {
                    managers.push(manager(provider.clone(), tokens_in_record, replay, process));
                }
            }
        }
    }
    managers
}

fn manager(
    provider: ProviderConfig,
    tokens_in_record: bool,
    replay: ReplayPolicy,
    process: usize,
) -> Manager {
    let config = Config {
        provider,
        secrets: vec![Secret::new("a secret of at least thirty-two characters")],
        secure: true,
        cookie_name: None,
        refresh_leeway: None,
        max_token_age: None,
        max_wait: None,
        session_max_age: None,
        replay,
        tokens_in_record,
    };
    Manager::new(&config, [u8::try_from(process).unwrap_or(0); 8]).expect("good settings")
}

impl Weather {
    fn draw(rng: &mut Rng, shared_store: bool) -> Self {
        // Most kinds of trouble are absent in most schedules, so that each is also met alone.
        let mut rate = |choices: &[u32]| if rng.chance(300) { rng.pick(choices) } else { 0 };
        Self {
            response_lost: rate(&[100, 300, 600]),
            response_late: rate(&[100, 300]),
            store_lost: if shared_store { rate(&[30, 150, 400]) } else { 0 },
            store_answer_lost: if shared_store { rate(&[30, 150, 400]) } else { 0 },
            store_late: if shared_store { rate(&[30, 150, 400]) } else { 0 },
            not_connected: rate(&[100, 400]),
            reset_before: rate(&[100, 400]),
            reset_after: rate(&[50, 200]),
            not_now: rate(&[100, 400]),
            failed: rate(&[50, 200]),
            slow: rate(&[200, 600]),
            hangs: rate(&[200, 600]),
            crash: rate(&[10, 40]),
            evict: if shared_store { 0 } else { rate(&[30, 150]) },
        }
    }
}

/// Draws the outages of one schedule, each about a moment at which somebody acts.
pub fn outages(rng: &mut Rng, processes: usize, moments: &[i64]) -> Vec<Outage> {
    let count = rng.pick(&[0, 0, 1, 1, 2, 3]);
    let mut outage = || {
        let length = match rng.below(3) {
            0 => rng.between(500, 6_000),
            1 => rng.between(6_000, 45_000),
            _ => rng.between(45_000, 120_000),
        };
        let from = rng.pick(moments) + rng.between(-1_000, 1_000);
        let process = rng.below(processes);
        let what = match rng.below(4) {
            0 => Broken::Provider,
            1 => Broken::Store,
            2 => Broken::Partition(process),
            _ => Broken::Pause(process),
        };
        Outage { from, to: from + length, what }
    };
    (0..count).map(|_| outage()).collect()
}
