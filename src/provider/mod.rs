//! Providers: the servers that issue tokens. Everything that differs between them is asked here.
//!
//! A provider builds requests and judges answers. When to send a request, and what follows from the
//! outcome, is the same for all of them and decided elsewhere.

pub mod base_url;
pub mod directus;
pub mod oauth;
mod outcome;

pub use outcome::{Adoption, Credentials, LoginOutcome, RefreshOutcome, Revocation};

use crate::clock_skew::learn_skew;
use crate::error::{Error, ErrorCode};
use crate::http::{HttpRequest, SendResult};
use crate::json::{Json, Mapped, Mapping};
use crate::jwt::JwtClaims;
use crate::time::{Clock, Millis, UnixMillis};
use crate::token_set::TokenSet;
use directus::{Directus, DirectusConfig};
use oauth::{OAuth, OAuthConfig};

/// The settings of a provider: `{ kind: 'directus', url, … }`.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ProviderConfig {
    /// A Directus project.
    Directus(DirectusConfig),
    /// An OAuth 2 authorization server.
    OAuth(OAuthConfig),
}

impl Mapped for ProviderConfig {
    fn map(&mut self, mapping: &mut Mapping<'_>) {
        let current = usize::from(matches!(self, Self::OAuth(_)));
        let found = mapping.name(Some("kind"), &["directus", "oauth"], current);
        if found != current {
            *self = match found {
                1 => Self::OAuth(OAuthConfig::blank()),
                _ => Self::Directus(DirectusConfig::blank()),
            };
        }
        match self {
            Self::Directus(config) => config.map(mapping),
            Self::OAuth(config) => config.map(mapping),
        }
    }

    fn blank() -> Self {
        Self::Directus(DirectusConfig::blank())
    }
}

/// A provider with checked settings.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Provider {
    /// A Directus project.
    Directus(Directus),
    /// An OAuth 2 authorization server.
    OAuth(OAuth),
}

impl Provider {
    /// Checks the settings.
    ///
    /// # Errors
    ///
    /// `ERR_CONFIG`; the message names the setting.
    pub fn new(config: ProviderConfig) -> Result<Self, Error> {
        match config {
            ProviderConfig::Directus(config) => Directus::new(config).map(Self::Directus),
            ProviderConfig::OAuth(config) => OAuth::new(config).map(Self::OAuth),
        }
    }

    /// The provider of a page: Directus in `json` mode, which needs no cookie.
    ///
    /// # Errors
    ///
    /// `ERR_CONFIG`; the message names the setting.
    #[cfg(feature = "browser")]
    pub fn in_page(config: DirectusConfig) -> Result<Self, Error> {
        if config.mode != directus::Mode::Json {
            let message = "mode must be json in a page: scripts cannot read Directus' cookies";
            return Err(Error::new(ErrorCode::Config, message));
        }
        Directus::new(config).map(Self::Directus)
    }

    /// A stable name, sealed into each session: a session of another provider is not this one's.
    #[must_use]
    pub fn id(&self) -> &'static str {
        match self {
            Self::Directus(_) => "directus",
            Self::OAuth(_) => "oauth",
        }
    }

    /// The request that signs a user in with a password. `None`: users sign in elsewhere.
    #[must_use]
    pub fn login_request(&self, credentials: &Credentials) -> Option<HttpRequest> {
        match self {
            Self::Directus(directus) => Some(directus::login::request(directus, credentials)),
            Self::OAuth(_) => None,
        }
    }

    /// What became of a login. `clock` is read when the answer has arrived.
    pub fn login_outcome(&self, result: &SendResult, clock: Clock) -> LoginOutcome {
        match self {
            Self::Directus(directus) => directus::login::outcome(directus, result, clock),
            Self::OAuth(_) => LoginOutcome::Failed(no_login()),
        }
    }

    /// The session in the answer of a token endpoint that the application itself has received, or, when
    /// that is `null`, in the cookies that a sign-in at the provider has left.
    ///
    /// # Errors
    ///
    /// `ERR_API_MISUSE` if there is none in the answer; `ERR_LOGIN_REJECTED` or `ERR_CONFIG` if there is
    /// none in the cookies.
    pub fn adoption(&self, answer: &Json, cookies: &str, clock: Clock) -> Result<Adoption, Error> {
        match self {
            Self::Directus(directus) => {
                directus::adoption::adopted(directus, answer, cookies, clock)
            }
            Self::OAuth(_) => oauth::token::adopted(answer, clock).map(Adoption::Tokens),
        }
    }

    /// The request that renews `tokens`. `None` if they hold nothing that could renew them.
    #[must_use]
    pub fn refresh_request(&self, tokens: &TokenSet) -> Option<HttpRequest> {
        match self {
            Self::Directus(directus) => directus::refresh::request(directus, tokens),
            Self::OAuth(oauth) => oauth::token::request(oauth, tokens),
        }
    }

    /// What became of the renewal of `old`. `clock` is read when the answer has arrived.
    pub fn refresh_outcome(
        &self,
        old: &TokenSet,
        result: &SendResult,
        clock: Clock,
    ) -> RefreshOutcome {
        match self {
            Self::Directus(directus) => directus::refresh::outcome(directus, old, result, clock),
            Self::OAuth(_) => oauth::token::outcome(old, result, clock),
        }
    }

    /// The request that makes the refresh token of `tokens` worthless. `None` if there is none.
    #[must_use]
    pub fn revoke_request(&self, tokens: &TokenSet) -> Option<HttpRequest> {
        match self {
            Self::Directus(directus) => directus::logout::request(directus, tokens),
            Self::OAuth(oauth) => oauth::revocation::request(oauth, tokens),
        }
    }

    /// Whether a revocation has to be tried again.
    pub fn revoke_outcome(&self, result: &SendResult) -> Revocation {
        match self {
            Self::Directus(_) => directus::logout::outcome(result),
            Self::OAuth(_) => oauth::revocation::outcome(result),
        }
    }

    /// The clock skew that a login's or a refresh's answer is evidence of, see [`learn_skew`].
    ///
    /// To be asked before the outcome, so that the outcome's expiry is counted on the right clock.
    /// `received` and `sent` are instants of our own clock.
    #[must_use]
    pub fn learned_skew(
        &self,
        result: &SendResult,
        received: UnixMillis,
        sent: Option<UnixMillis>,
    ) -> Option<Millis> {
        let SendResult::Response(response) = result else { return None };
        let access_token = match self {
            Self::Directus(directus) => directus.issued_access_token(response).ok(),
            Self::OAuth(_) => response.body.as_ref().and_then(oauth::token::issued_access_token),
        };
        let claims = access_token.and_then(|token| JwtClaims::read(token.expose()));
        learn_skew(response.date, claims.and_then(|claims| claims.issued_at), received, sent)
    }

    /// Whether a data call was refused because of our access token, so that a renewal may help.
    /// `www_authenticate` is that header of the answer, `body` its body if it was JSON.
    #[must_use]
    pub fn rejects_access_token(
        &self,
        status: u16,
        www_authenticate: Option<&str>,
        body: Option<&Json>,
    ) -> bool {
        match self {
            Self::Directus(directus) => directus.rejects_access_token(status, body),
            Self::OAuth(_) => oauth::bearer::rejects(status, www_authenticate, body),
        }
    }

    /// Whether the provider has a way to renew a set of this kind, sooner or later. If not, the session
    /// ends with its access token, or never if that is a static one.
    #[must_use]
    pub fn renews(&self, tokens: &TokenSet) -> bool {
        match self {
            Self::Directus(directus) => directus.renewed_with(tokens).is_some(),
            Self::OAuth(_) => tokens.refresh_token.is_some(),
        }
    }

    /// For how long after a rotation the provider still answers the old token with its successor.
    /// Within it a refresh whose answer was lost may be sent again. Zero: not at all.
    #[must_use]
    pub fn reuse_window(&self) -> Millis {
        match self {
            Self::Directus(directus) => directus.reuse_window(),
            Self::OAuth(oauth) => oauth.reuse_window(),
        }
    }

    /// The refresh leeway is at most the lifetime of the access token divided by this.
    #[must_use]
    pub fn leeway_divisor(&self) -> i64 {
        match self {
            Self::Directus(directus) => directus.leeway_divisor(),
            Self::OAuth(_) => 4,
        }
    }
}

/// A password was given to a provider that takes none.
pub(crate) fn no_login() -> Error {
    let message = "this provider takes no password: its users sign in at the provider";
    Error::new(ErrorCode::ApiMisuse, message)
}
