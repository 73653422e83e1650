//! One flight, driven by hand.

use tokenkeep::entropy::Entropy;
use tokenkeep::flight::State;
use tokenkeep::http::{HttpResponse, SendResult};
use tokenkeep::json::Json;
use tokenkeep::manager::{Config, Manager};
use tokenkeep::policy::{Demand, ReplayPolicy};
use tokenkeep::provider::{Credentials, ProviderConfig, directus::DirectusConfig};
use tokenkeep::rotation::Answer;
use tokenkeep::secret::Secret;
use tokenkeep::session::key_ring::KeyRing;
use tokenkeep::session::{SessionId, seal_tokens};
use tokenkeep::step::{Effect, EffectResult, Input, Outcome, Step};
use tokenkeep::time::{Clock, Millis, UnixMillis};
use tokenkeep::token_set::TokenSet;

const SECRET: &str = "a secret of at least thirty-two characters";
const LOGIN: UnixMillis = UnixMillis(1_767_225_600_000);
const LIFETIME: Millis = Millis(900_000);

/// How the caller's tokens stand when the flight begins.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    Eager,
    Required,
}

/// Which settings the flight runs under, beyond the defaults.
#[derive(Clone, Copy, Default)]
pub struct Setting {
    /// Seconds.
    pub reuse_window: f64,
    pub replay: ReplayPolicy,
}

/// What is reported to the machine.
#[derive(Clone)]
pub enum Said {
    Store(Answer),
    /// The record's newer set, fresh or expired again.
    Newer {
        fresh: bool,
        replay: bool,
    },
    /// So many milliseconds after the question.
    Late(Answer, i64),
    Provider(SendResult),
    Tokens,
    Slept,
    /// The caller's patience is over.
    Impatient,
}

pub struct Machine {
    manager: Manager,
    now: UnixMillis,
    id: String,
    state: Option<State>,
    main: u32,
    /// The caller's patience, the first sleep of each flight.
    patience: u32,
}

impl Machine {
    pub fn renewal(urgency: Urgency, setting: Setting) -> (Self, Step) {
        let before_expiry = if urgency == Urgency::Eager { 10_000 } else { -1 };
        let now = LOGIN + LIFETIME - Millis(before_expiry);
        Self::begin(now, setting, |cookies| Input::Renew { cookies, demand: Demand::Usable })
    }

    pub fn logout() -> (Self, Step) {
        Self::begin(LOGIN, Setting::default(), |cookies| Input::Logout { cookies })
    }

    fn begin(now: UnixMillis, setting: Setting, input: impl Fn(Secret) -> Input) -> (Self, Step) {
        let manager = manager(setting);
        let (id, cookies) = sign_in(&manager);
        let clock = Clock { now, skew_ms: Millis(0) };
        let mut step = manager.begin(input(cookies), clock, Entropy::new(&[2; 32]));
        let mut machine = Self { manager, now, id, state: None, main: 0, patience: 0 };
        machine.take(&mut step);
        (machine, step)
    }

    pub fn hear(&mut self, said: &Said) -> Step {
        let (id, result) = match said {
            Said::Impatient => (self.patience, EffectResult::Slept),
            said => (self.main, self.result(said)),
        };
        let state = self.state.take().expect("a flight that is not finished");
        let clock = Clock { now: self.now, skew_ms: Millis(0) };
        let step = self.manager.resume(state, id, result, clock, Entropy::new(&[3; 32]));
        let mut step = step.expect("a result that this phase expects");
        self.take(&mut step);
        step
    }

    /// The phase's name, which no public item tells.
    pub fn phase(&self) -> String {
        let text = format!("{:?}", self.state);
        let name = text.split_once("phase: ").map_or("Finished", |(_, rest)| rest);
        name.chars().take_while(|next| next.is_ascii_alphabetic()).collect()
    }

    fn take(&mut self, step: &mut Step) {
        self.state = step.state.take();
        let is_sleep = |effect: &Effect| matches!(effect, Effect::Sleep { .. });
        let main = step.effects.iter().find(|(_, effect)| !is_sleep(effect));
        if let Some((id, _)) = main.or(step.effects.last()) {
            self.main = *id;
        }
    }

    fn result(&mut self, said: &Said) -> EffectResult {
        let answer = match said {
            Said::Store(answer) => answer.clone(),
            Said::Newer { fresh, replay } => self.newer(*fresh, *replay),
            Said::Late(answer, ms) => {
                self.now = self.now + Millis(*ms);
                answer.clone()
            }
            Said::Provider(result) => return EffectResult::Sent { result: result.clone() },
            Said::Tokens => return EffectResult::Sent { result: tokens() },
            Said::Slept | Said::Impatient => return EffectResult::Slept,
        };
        EffectResult::Store { answer }
    }

    fn newer(&self, fresh: bool, replay: bool) -> Answer {
        let expires_at = if fresh { self.now + LIFETIME } else { self.now };
        let set = TokenSet {
            access_token: Secret::new("newer access token"),
            refresh_token: Some(Secret::new("newer refresh token")),
            expires_at: Some(expires_at),
            obtained_at: expires_at - LIFETIME,
            scope: None,
        };
        let ring = KeyRing::new(&[SECRET]).expect("a long secret");
        let id: SessionId = self.id.parse().expect("a session id");
        let tokens = seal_tokens(&ring, id, &set, &[4; 24]).expect("a small set");
        Answer::Newer { generation: 1, tokens, replay }
    }
}

fn manager(setting: Setting) -> Manager {
    let url = "https://provider.example".into();
    let reuse_window = Some(setting.reuse_window);
    let directus = DirectusConfig { url, reuse_window, ..DirectusConfig::default() };
    let config = Config {
        provider: ProviderConfig::Directus(directus),
        secrets: vec![Secret::new(SECRET)],
        secure: true,
        cookie_name: None,
        refresh_leeway: None,
        max_token_age: None,
        max_wait: None,
        session_max_age: None,
        replay: setting.replay,
        tokens_in_record: false,
    };
    Manager::new(&config, [0; 8]).expect("good settings")
}

/// The session id and the `Cookie` header of somebody who has just logged in.
fn sign_in(manager: &Manager) -> (String, Secret) {
    let credentials = Credentials {
        email: Some(Secret::new("user@example.com")),
        password: Some(Secret::new("password")),
        ..Credentials::default()
    };
    let cookies = Secret::new("");
    let input = Input::Login { credentials, remember: true, cookies };
    let clock = Clock { now: LOGIN, skew_ms: Millis(0) };
    let step = manager.begin(input, clock, Entropy::new(&[1; 32]));
    let (id, _) = *step
        .effects
        .iter()
        .map(|(id, effect)| (id, matches!(effect, Effect::Send { .. })))
        .filter(|(_, sends)| *sends)
        .collect::<Vec<_>>()
        .first()
        .expect("a login is sent");
    let state = step.state.expect("a login waits for the provider");
    let result = EffectResult::Sent { result: tokens() };
    let step = manager.resume(state, *id, result, clock, Entropy::new(&[1; 32]));
    match step.expect("an expected result").outcome {
        Some(Outcome::SignedIn { session, cookies, .. }) => {
            let cookie = cookies.first().expect("a login writes a cookie");
            (session.id, Secret::new(format!("{}={}", cookie.name, cookie.value.expose())))
        }
        outcome => panic!("a login that did not succeed: {outcome:?}"),
    }
}

fn tokens() -> SendResult {
    let text = |text: &str| Json::Text(Secret::new(text));
    let data = Json::Object(
        [
            ("access_token".into(), text("access token")),
            ("refresh_token".into(), text("refresh token")),
            ("expires".into(), Json::Number(900_000.0)),
        ]
        .into(),
    );
    response(200, Some(Json::Object([("data".into(), data)].into())))
}

/// An error of Directus' own.
pub fn error(status: u16, code: &str) -> SendResult {
    let object = |name: &str, value| Json::Object([(name.to_owned().into(), value)].into());
    let code = object("extensions", object("code", Json::Text(Secret::new(code))));
    response(status, Some(object("errors", Json::List(vec![code]))))
}

pub fn response(status: u16, body: Option<Json>) -> SendResult {
    let (date, retry_after_ms, set_cookie) = (None, None, Vec::new());
    SendResult::Response(HttpResponse { status, date, retry_after_ms, set_cookie, body })
}
