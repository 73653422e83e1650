//! `TokenManager`: opens sessions, starts flights, takes their results. Without user state.

use crate::entropy::Entropy;
use crate::error::{Error, ErrorCode};
use crate::flight::{self, Login, Logout, Misuse, Renewal, State, Turn};
use crate::json::{Json, json_struct};
#[cfg(feature = "browser")]
use crate::policy::due_at;
use crate::policy::{Decision, Demand, Policy, Reason, ReplayPolicy, decide};
#[cfg(feature = "browser")]
use crate::provider::directus::DirectusConfig;
use crate::provider::{Adoption, Provider, ProviderConfig, no_login};
use crate::secret::Secret;
use crate::session::carrier::{Carrier, Deleted};
use crate::session::jar::Jar;
#[cfg(feature = "server")]
use crate::session::key_ring::KeyRing;
use crate::session::seal::TooLarge;
#[cfg(feature = "server")]
use crate::session::set_cookie::CookiePolicy;
use crate::session::{Session, SessionId, SetCookie};
use crate::step::{EffectResult, EndReason, Input, Outcome, SessionView, Step};
#[cfg(feature = "browser")]
use crate::time::UnixMillis;
use crate::time::{Clock, Millis};
use crate::token_set::TokenSet;

/// What a manager is made of. Durations in seconds, as options give them.
#[derive(Debug)]
pub struct Config {
    /// Who issues the tokens.
    pub provider: ProviderConfig,
    /// The first one seals, all of them unseal. Each at least 32 characters.
    pub secrets: Vec<Secret>,
    /// Whether cookies are `Secure` and carry the `__Host-` prefix.
    pub secure: bool,
    /// First part of the cookie's name. Default `tokenkeep`.
    pub cookie_name: Option<String>,
    /// Seconds. See [`Policy::refresh_leeway`].
    pub refresh_leeway: Option<f64>,
    /// Seconds. See [`Policy::max_token_age`].
    pub max_token_age: Option<f64>,
    /// Seconds. See [`Policy::max_wait`].
    pub max_wait: Option<f64>,
    /// Seconds. See [`Policy::session_max_age`].
    pub session_max_age: Option<f64>,
    /// See [`Policy::replay`].
    pub replay: ReplayPolicy,
    /// See [`Policy::tokens_in_record`].
    pub tokens_in_record: bool,
}

/// What a manager in a page is made of. Durations in seconds, as options give them.
#[cfg(feature = "browser")]
#[derive(Debug)]
pub struct PageConfig {
    /// Who issues the tokens. Other providers' rules are not part of the module for pages.
    pub provider: DirectusConfig,
    /// See [`Config::refresh_leeway`].
    pub refresh_leeway: Option<f64>,
    /// See [`Config::max_token_age`].
    pub max_token_age: Option<f64>,
    /// See [`Config::max_wait`].
    pub max_wait: Option<f64>,
    /// See [`Config::session_max_age`].
    pub session_max_age: Option<f64>,
}

#[cfg(feature = "browser")]
impl PageConfig {
    fn into_config(self) -> Config {
        Config {
            provider: ProviderConfig::Directus(self.provider),
            secrets: Vec::new(),
            secure: true,
            cookie_name: None,
            refresh_leeway: self.refresh_leeway,
            max_token_age: self.max_token_age,
            max_wait: self.max_wait,
            session_max_age: self.session_max_age,
            replay: ReplayPolicy::Serve,
            tokens_in_record: false,
        }
    }
}

/// Decides for all sessions of one application.
#[derive(Debug)]
pub struct Manager {
    carrier: Carrier,
    provider: Provider,
    policy: Policy,
    instance: [u8; 8],
}

/// The session that a request came with.
#[derive(Debug)]
pub struct Opened {
    /// The session.
    pub session: Session,
    /// What its tokens are good for now.
    pub decision: Decision,
    /// The request's cookies that are ours.
    pub jar: Jar,
}

impl Manager {
    /// `instance` is random, new for each process: it says who sealed a session.
    ///
    /// # Errors
    ///
    /// `ERR_KEY_RING` for a secret that is missing, short or doubled; `ERR_CONFIG` for a provider that
    /// cannot be used as configured.
    #[cfg(feature = "server")]
    pub fn new(config: &Config, instance: [u8; 8]) -> Result<Self, Error> {
        let secrets: Vec<&str> = config.secrets.iter().map(Secret::expose).collect();
        let ring = KeyRing::new(&secrets).map_err(|error| {
            Error::new(ErrorCode::KeyRing, ["secret: ", &error.message()].concat())
        })?;
        let provider = Provider::new(config.provider.clone())?;
        let policy = policy(config, &provider);
        let cookies = cookie_policy(config, &policy)?;
        Ok(Self { carrier: Carrier::Cookies(ring, cookies), provider, policy, instance })
    }

    /// A manager inside a page: sessions are plain text, and the text takes the place of the `Cookie` header
    /// in every input. An outcome's only cookie has the text to keep as its value.
    ///
    /// # Errors
    ///
    /// `ERR_CONFIG` for a provider that cannot be used as configured.
    #[cfg(feature = "browser")]
    pub fn in_page(config: PageConfig, instance: [u8; 8]) -> Result<Self, Error> {
        let provider = Provider::in_page(config.provider.clone())?;
        let config = config.into_config();
        let policy = policy(&config, &provider);
        Ok(Self { carrier: Carrier::Page, provider, policy, instance })
    }

    /// Opens the session in a request's `Cookie` header.
    ///
    /// # Errors
    ///
    /// Why nobody is signed in: `Absent`, `Unreadable`, or `Expired` when the session is older than its
    /// maximum age.
    pub fn open(&self, cookies: &str, clock: Clock) -> Result<Opened, EndReason> {
        let mut jar = self.jar(cookies);
        let session = self.session(&mut jar, clock)?;
        let decision = self.decide(clock, &session.tokens, session.generation, Demand::Usable);
        Ok(Opened { session, decision, jar })
    }

    fn session(&self, jar: &mut Jar, clock: Clock) -> Result<Session, EndReason> {
        let absent =
            if jar.rejected.is_empty() { EndReason::Absent } else { EndReason::Unreadable };
        let session = jar.session.take().ok_or(absent)?;
        if session.provider != self.provider.id() {
            return Err(EndReason::Unreadable);
        }
        if clock.now - session.sealed_at > self.policy.session_max_age {
            return Err(EndReason::Expired);
        }
        Ok(session)
    }

    /// Starts what the input asks for.
    #[must_use]
    pub fn begin(&self, input: Input, clock: Clock, entropy: Entropy) -> Step {
        let turn = Turn::first(self, clock, entropy);
        match input {
            Input::Renew { cookies, demand } => match self.open(cookies.expose(), clock) {
                Ok(Opened { session, jar, .. }) => {
                    flight::renew(turn, Renewal::new(session, demand, jar))
                }
                Err(reason) => Step::only(Outcome::SignedOut { reason, cookies: Vec::new() }),
            },
            Input::Login { credentials, remember, cookies } => {
                match self.provider.login_request(&credentials) {
                    Some(request) => {
                        flight::log_in(turn, self.login(remember, &cookies, clock), request)
                    }
                    None => Step::only(Outcome::Failed { error: no_login() }),
                }
            }
            Input::Adopt { answer, remember, cookies } => {
                match self.provider.adoption(&answer, cookies.expose(), clock) {
                    Ok(Adoption::Tokens(tokens)) => {
                        flight::adopt(turn, self.login(remember, &cookies, clock), tokens)
                    }
                    Ok(Adoption::Redeem(request)) => {
                        flight::log_in(turn, self.login(remember, &cookies, clock), request)
                    }
                    Err(error) => Step::only(Outcome::Failed { error }),
                }
            }
            Input::Logout { cookies } => self.log_out(turn, &cookies),
        }
    }

    fn login(&self, remember: bool, cookies: &Secret, clock: Clock) -> Login {
        let mut jar = self.jar(cookies.expose());
        let replaces = self.session(&mut jar, clock).ok();
        Login::new(remember, replaces, jar, clock)
    }

    fn log_out(&self, turn: Turn<'_>, cookies: &Secret) -> Step {
        let mut jar = self.jar(cookies.expose());
        let reason = EndReason::LoggedOut;
        match self.session(&mut jar, turn.clock) {
            Ok(session) => flight::log_out(turn, Logout::new(session, jar, reason)),
            Err(_) => {
                let cookies = self.delete_cookies(&mut jar, Deleted::All);
                Step::only(Outcome::SignedOut { reason, cookies })
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
    /// Why nobody is signed in; inside, `ERR_COOKIE_TOO_LARGE`.
    pub fn update(
        &self,
        cookies: &str,
        data: String,
        clock: Clock,
        mut entropy: Entropy,
    ) -> Result<Result<Vec<SetCookie>, Error>, EndReason> {
        let Opened { mut session, mut jar, .. } = self.open(cookies, clock)?;
        session.data = Some(Secret::new(data));
        Ok(self.write(&session, &mut jar, clock, &mut entropy).map_err(too_large))
    }

    /// Seals what a sign-in by redirect has to remember into the value of the cookie `name`.
    ///
    /// # Errors
    ///
    /// `ERR_COOKIE_TOO_LARGE`.
    #[cfg(feature = "server")]
    pub fn seal_sign_in(
        &self,
        name: &str,
        text: &str,
        mut entropy: Entropy,
    ) -> Result<String, Error> {
        self.carrier.seal_sign_in(name, text, &entropy.take()).map_err(too_large)
    }

    /// What [`seal_sign_in`](Self::seal_sign_in) sealed. `None` for anything else.
    #[cfg(feature = "server")]
    #[must_use]
    pub fn unseal_sign_in(&self, name: &str, sealed: &str) -> Option<String> {
        self.carrier.unseal_sign_in(name, sealed)
    }

    /// Whether a data call's answer says that the access token is no longer accepted.
    /// `www_authenticate` is that header of the answer, `body` its body if it was JSON.
    #[must_use]
    pub fn rejects_access_token(
        &self,
        status: u16,
        www_authenticate: Option<&str>,
        body: Option<&Json>,
    ) -> bool {
        self.provider.rejects_access_token(status, www_authenticate, body)
    }

    /// When the session in a page's text is to be renewed, on our clock. `None`: never.
    #[cfg(feature = "browser")]
    #[must_use]
    pub fn due_at(&self, text: &str, clock: Clock) -> Option<UnixMillis> {
        let tokens = self.jar(text).session?.tokens;
        let due_at = due_at(&tokens, &self.policy)?;
        self.provider.renews(&tokens).then(|| due_at - clock.skew_ms)
    }

    pub(crate) fn provider(&self) -> &Provider {
        &self.provider
    }

    pub(crate) fn policy(&self) -> &Policy {
        &self.policy
    }

    pub(crate) fn delete_cookies(&self, jar: &mut Jar, which: Deleted) -> Vec<SetCookie> {
        self.carrier.delete(jar, which)
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
        if tokens.is_stored() {
            return Decision::Required(Reason::Expired);
        }
        decide(clock, tokens, generation, self.provider.renews(tokens), &self.policy, demand)
    }

    pub(crate) fn seal_tokens(
        &self,
        id: SessionId,
        tokens: &TokenSet,
        nonce: &[u8; 24],
    ) -> Result<String, Error> {
        self.carrier.seal_tokens(id, tokens, nonce).map_err(too_large)
    }

    pub(crate) fn unseal_tokens(&self, id: SessionId, sealed: &str) -> Option<TokenSet> {
        self.carrier.unseal_tokens(id, sealed)
    }

    pub(crate) fn write(
        &self,
        session: &Session,
        jar: &mut Jar,
        clock: Clock,
        entropy: &mut Entropy,
    ) -> Result<Vec<SetCookie>, TooLarge> {
        let mut session = session.clone();
        session.sealed_at = clock.now;
        session.instance = self.instance;
        if self.policy.tokens_in_record {
            // Generation 0 is older than anything that a record publishes: the claim finds the newest.
            session.tokens = TokenSet::stored();
            session.generation = 0;
        }
        self.carrier.write(&session, jar, entropy)
    }

    pub(crate) fn view(&self, session: &Session, clock: Clock, with_token: bool) -> SessionView {
        let tokens = &session.tokens;
        SessionView {
            id: session.id.text(),
            generation: session.generation,
            // What stands for tokens in a record says nothing of them.
            expires_at: tokens
                .expires_at
                .filter(|_| !tokens.is_stored())
                .map(|at| at - clock.skew_ms),
            access_token: with_token.then(|| tokens.access_token.clone()),
            data: session.data.clone(),
        }
    }

    fn jar(&self, cookies: &str) -> Jar {
        self.carrier.read(cookies)
    }
}

pub(crate) fn too_large(error: TooLarge) -> Error {
    Error::new(ErrorCode::CookieTooLarge, error.message())
}

#[cfg(feature = "server")]
fn cookie_policy(config: &Config, policy: &Policy) -> Result<CookiePolicy, Error> {
    let default = CookiePolicy::default();
    let cookies = CookiePolicy {
        secure: config.secure,
        prefix: config.cookie_name.clone().unwrap_or(default.prefix),
        max_age: u32::try_from(policy.session_max_age.as_seconds()).unwrap_or(default.max_age),
        ..CookiePolicy::default()
    };
    cookies.check().map_err(|error| Error::new(ErrorCode::Config, error.as_str()))?;
    Ok(cookies)
}

fn policy(config: &Config, provider: &Provider) -> Policy {
    let default = Policy::default();
    let seconds = |option: Option<f64>, default: Millis| {
        option.filter(|it| it.is_finite() && *it >= 0.0).map_or(default, Millis::from_seconds_f64)
    };
    let reuse_window = provider.reuse_window();
    Policy {
        refresh_leeway: seconds(config.refresh_leeway, default.refresh_leeway),
        leeway_divisor: provider.leeway_divisor(),
        // Not a number, as of a setting that is missing, would renew for ever.
        max_token_age: config.max_token_age.filter(|it| *it > 0.0).map(Millis::from_seconds_f64),
        max_wait: seconds(config.max_wait, default.max_wait),
        send_lease: match reuse_window.0 {
            0 => default.send_lease,
            window => Millis(window / 3),
        },
        reuse_window,
        session_max_age: seconds(config.session_max_age, default.session_max_age),
        replay: config.replay,
        tokens_in_record: config.tokens_in_record,
        ..default
    }
}

#[cfg(feature = "browser")]
json_struct!(PageConfig {
    provider: "provider",
    refresh_leeway: "refreshLeeway",
    max_token_age: "maxTokenAge",
    max_wait: "maxWait",
    session_max_age: "sessionMaxAge",
});

json_struct!(Config {
    provider: "provider",
    secrets: "secrets",
    secure: "secure",
    cookie_name: "cookieName",
    refresh_leeway: "refreshLeeway",
    max_token_age: "maxTokenAge",
    max_wait: "maxWait",
    session_max_age: "sessionMaxAge",
    replay: "replay",
    tokens_in_record: "tokensInRecord",
});
