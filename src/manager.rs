//! `TokenManager`: opens sessions, starts flights, takes their results. Without user state.

use serde::Deserialize;

use crate::entropy::Entropy;
use crate::error::{Error, ErrorCode};
use crate::flight::{self, Login, Logout, Misuse, Renewal, State, Turn};
use crate::http::HttpResponse;
use crate::policy::{Decision, Demand, Policy, ReplayPolicy, decide};
use crate::provider::{Provider, ProviderConfig};
use crate::secret::Secret;
use crate::session::{CookiePolicy, KeyRing, Session, SessionId, SetCookie, jar, seal};
use crate::step::{EffectResult, EndReason, Input, Outcome, SessionView, Step};
use crate::time::{Clock, Millis};
use crate::token_set::TokenSet;

/// What a manager is made of. Durations in seconds, as options give them.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Config {
    /// Who issues the tokens.
    pub provider: ProviderConfig,
    /// The first one seals, all of them unseal. Each at least 32 characters.
    pub secrets: Vec<Secret>,
    /// Random, new for each process: who sealed a session.
    pub instance: [u8; 8],
    /// Whether cookies are `Secure` and carry the `__Host-` prefix.
    pub secure: bool,
    /// First part of the cookie's name. Default `tokenkeep`.
    #[serde(default)]
    pub cookie_name: Option<String>,
    /// Seconds. See [`Policy::refresh_leeway`].
    #[serde(default)]
    pub refresh_leeway: Option<f64>,
    /// Seconds. See [`Policy::max_token_age`].
    #[serde(default)]
    pub max_token_age: Option<f64>,
    /// Seconds. See [`Policy::max_wait`].
    #[serde(default)]
    pub max_wait: Option<f64>,
    /// Seconds. See [`Policy::reuse_window`]. Default: the provider's own.
    #[serde(default)]
    pub reuse_window: Option<f64>,
    /// Seconds. See [`Policy::session_max_age`].
    #[serde(default)]
    pub session_max_age: Option<f64>,
    /// See [`Policy::replay`].
    #[serde(default)]
    pub replay: ReplayPolicy,
}

/// Decides for all sessions of one application.
#[derive(Debug)]
pub struct Manager {
    ring: KeyRing,
    provider: Provider,
    policy: Policy,
    cookies: CookiePolicy,
    instance: [u8; 8],
}

/// The session that a request came with.
#[derive(Debug)]
pub struct Opened {
    /// The session.
    pub session: Session,
    /// What its tokens are good for now.
    pub decision: Decision,
}

impl Manager {
    /// # Errors
    ///
    /// `ERR_KEY_RING` for a secret that is missing, short or doubled; `ERR_CONFIG` for a provider that
    /// cannot be used as configured.
    pub fn new(config: &Config) -> Result<Self, Error> {
        let secrets: Vec<&str> = config.secrets.iter().map(Secret::expose).collect();
        let ring = KeyRing::new(&secrets)
            .map_err(|error| Error::new(ErrorCode::KeyRing, error.to_string()))?;
        let provider = Provider::new(&config.provider)?;
        let policy = policy(config, &provider);
        let cookies = CookiePolicy::new(
            config.cookie_name.as_deref(),
            config.secure,
            policy.session_max_age,
        );
        Ok(Self { ring, provider, policy, cookies, instance: config.instance })
    }

    /// Opens the session in a request's `Cookie` header. `Err`: nobody is signed in, and why.
    ///
    /// # Errors
    ///
    /// `Absent` or `Unreadable`; also a session older than its maximum age is `Expired`.
    pub fn open(&self, cookies: &str, clock: Clock) -> Result<Opened, EndReason> {
        let session = jar::read(&self.ring, &self.cookies, cookies)?;
        if session.provider != self.provider.id() {
            return Err(EndReason::Unreadable);
        }
        if clock.now - session.sealed_at > self.policy.session_max_age {
            return Err(EndReason::Expired);
        }
        let decision = self.decide(clock, &session.tokens, session.generation, Demand::Usable);
        Ok(Opened { session, decision })
    }

    /// Starts what the input asks for.
    #[must_use]
    pub fn begin(&self, input: Input, clock: Clock, entropy: Entropy) -> Step {
        match input {
            Input::Renew { cookies, demand } => match self.open(cookies.expose(), clock) {
                Ok(opened) => {
                    let names = self.names(&cookies);
                    let turn = Turn::first(self, clock, entropy);
                    flight::renew(turn, Renewal::new(opened.session, demand, names))
                }
                Err(reason) => Step::only(Outcome::SignedOut { reason, cookies: Vec::new() }),
            },
            Input::Login { credentials, remember, cookies } => {
                let names = self.names(&cookies);
                let replaces = self.open(cookies.expose(), clock).ok().map(|it| it.session);
                let request = self.provider.login_request(&credentials);
                let turn = Turn::first(self, clock, entropy);
                flight::log_in(turn, Login::new(request, remember, replaces, names))
            }
            Input::Logout { cookies } => {
                let names = self.names(&cookies);
                let reason = EndReason::LoggedOut;
                match jar::read(&self.ring, &self.cookies, cookies.expose()) {
                    Ok(session) => {
                        let turn = Turn::first(self, clock, entropy);
                        flight::log_out(turn, Logout::new(session, names, reason))
                    }
                    Err(_) => {
                        let cookies = jar::delete(&self.cookies, &names);
                        Step::only(Outcome::SignedOut { reason, cookies })
                    }
                }
            }
        }
    }

    /// Takes the result of one effect of a flight.
    ///
    /// # Errors
    ///
    /// [`Misuse`] for a result that this flight does not expect.
    pub fn resume(
        &self,
        state: State,
        id: u32,
        result: EffectResult,
        clock: Clock,
        entropy: Entropy,
    ) -> Result<Step, Misuse> {
        flight::resume(self, state, id, result, clock, entropy)
    }

    /// Replaces the application's own data (JSON text) in the request's session.
    ///
    /// # Errors
    ///
    /// Why nobody is signed in.
    pub fn update(
        &self,
        cookies: &str,
        data: Option<String>,
        clock: Clock,
        mut entropy: Entropy,
    ) -> Result<Vec<SetCookie>, EndReason> {
        let Opened { mut session, .. } = self.open(cookies, clock)?;
        session.data = data;
        let names = jar::names(&self.cookies, cookies);
        Ok(self.write(&session, &names, clock, &mut entropy))
    }

    /// Whether a data call's answer says that the access token is no longer accepted.
    #[must_use]
    pub fn rejects_access_token(&self, response: &HttpResponse) -> bool {
        self.provider.rejects_access_token(response)
    }

    pub(crate) fn provider(&self) -> &Provider {
        &self.provider
    }

    pub(crate) fn policy(&self) -> &Policy {
        &self.policy
    }

    pub(crate) fn instance(&self) -> [u8; 8] {
        self.instance
    }

    pub(crate) fn decide(
        &self,
        clock: Clock,
        tokens: &TokenSet,
        generation: u32,
        demand: Demand,
    ) -> Decision {
        decide(clock, tokens, generation, self.provider.renews(tokens), &self.policy, demand)
    }

    pub(crate) fn seal_tokens(&self, id: &SessionId, tokens: &TokenSet, nonce: [u8; 24]) -> String {
        seal::seal_tokens(&self.ring, id, tokens, nonce)
    }

    pub(crate) fn unseal_tokens(&self, id: &SessionId, sealed: &str) -> Option<TokenSet> {
        seal::unseal_tokens(&self.ring, id, sealed).ok()
    }

    pub(crate) fn write(
        &self,
        session: &Session,
        names: &[String],
        clock: Clock,
        entropy: &mut Entropy,
    ) -> Vec<SetCookie> {
        let mut session = session.clone();
        session.sealed_at = clock.now;
        session.instance = self.instance;
        jar::write(&self.ring, &self.cookies, &session, names, entropy.take())
    }

    pub(crate) fn delete_cookies(&self, names: &[String], id: &SessionId) -> Vec<SetCookie> {
        jar::delete_session(&self.cookies, names, id)
    }

    pub(crate) fn delete_others(&self, names: &[String], id: &SessionId) -> Vec<SetCookie> {
        jar::delete_others(&self.cookies, names, id)
    }

    pub(crate) fn view(&self, session: &Session, clock: Clock, with_token: bool) -> SessionView {
        let tokens = &session.tokens;
        SessionView {
            id: session.id.to_string(),
            generation: session.generation,
            expires_at: tokens.expires_at.map(|at| at - clock.skew_ms),
            access_token: with_token.then(|| tokens.access_token.clone()),
            data: session.data.clone(),
        }
    }

    fn names(&self, cookies: &Secret) -> Vec<String> {
        jar::names(&self.cookies, cookies.expose())
    }
}

fn policy(config: &Config, provider: &Provider) -> Policy {
    let default = Policy::default();
    let seconds = |option: Option<f64>, default: Millis| {
        option.filter(|it| it.is_finite() && *it >= 0.0).map_or(default, Millis::from_seconds_f64)
    };
    let reuse_window = seconds(config.reuse_window, provider.reuse_window());
    Policy {
        refresh_leeway: seconds(config.refresh_leeway, default.refresh_leeway),
        leeway_divisor: provider.leeway_divisor(),
        max_token_age: config.max_token_age.map(Millis::from_seconds_f64),
        max_wait: seconds(config.max_wait, default.max_wait),
        send_lease: match reuse_window.0 {
            0 => default.send_lease,
            window => Millis(window / 3),
        },
        reuse_window,
        session_max_age: seconds(config.session_max_age, default.session_max_age),
        replay: config.replay,
        ..default
    }
}
