//! Any OAuth 2 authorization server, by RFC, as far as keeping a session alive goes: the
//! `refresh_token` grant ([RFC 6749]), revocation ([RFC 7009]) and bearer tokens ([RFC 6750]).
//!
//! How a user signs in is not part of it: a session begins with the answer of a token endpoint.
//!
//! [RFC 6749]: https://www.rfc-editor.org/rfc/rfc6749.html
//! [RFC 7009]: https://www.rfc-editor.org/rfc/rfc7009.html
//! [RFC 6750]: https://www.rfc-editor.org/rfc/rfc6750.html

mod answer;
pub(super) mod bearer;
mod client_auth;
pub mod client_credentials;
mod endpoint;
mod form;
pub(super) mod revocation;
pub(super) mod token;

pub use client_auth::ClientAuthMethod;

use crate::error::{Error, ErrorCode};
use crate::json::{Json, Mapped, Mapping};
use crate::provider::base_url::BaseUrl;
use crate::secret::Secret;
use crate::time::Millis;
use client_auth::ClientAuth;
use endpoint::Endpoint;

/// The settings of an authorization server and of our client there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OAuthConfig {
    /// Base URL of the API that the access tokens are for.
    pub url: String,
    /// The token endpoint (RFC 6749 §3.2): absolute, may have a query.
    pub token_endpoint: String,
    /// The revocation endpoint (RFC 7009 §2). `None`: logout ends the session here, and the refresh
    /// token lives on until it expires.
    pub revocation_endpoint: Option<String>,
    /// The client's id.
    pub client_id: String,
    /// The client's secret. `None`: a public client.
    pub client_secret: Option<Secret>,
    /// Default: `basic` with a secret, `none` without.
    pub client_auth: Option<ClientAuthMethod>,
    /// Sent with every renewal, to narrow what was granted. Default: not sent, which keeps it.
    pub scope: Option<String>,
    /// Further parameters of every renewal, such as `audience` or `resource`.
    pub body: Parameters,
    /// For how many seconds after a rotation the server answers the old refresh token with its
    /// successor. Default: 0, never.
    pub reuse_window: Option<f64>,
}

/// Further parameters of a form, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters(pub Vec<(String, Secret)>);

impl Mapped for OAuthConfig {
    fn map(&mut self, mapping: &mut Mapping<'_>) {
        mapping.optional("url", &mut self.url);
        mapping.optional("tokenEndpoint", &mut self.token_endpoint);
        mapping.optional("revocationEndpoint", &mut self.revocation_endpoint);
        mapping.optional("clientId", &mut self.client_id);
        mapping.optional("clientSecret", &mut self.client_secret);
        mapping.optional("clientAuth", &mut self.client_auth);
        mapping.optional("scope", &mut self.scope);
        mapping.optional("body", &mut self.body);
        mapping.optional("reuseWindow", &mut self.reuse_window);
    }

    fn blank() -> Self {
        Self::default()
    }
}

/// An object; only read. Members that are `null` are left out.
impl Mapped for Parameters {
    fn map(&mut self, mapping: &mut Mapping<'_>) {
        let mut json = Json::Null;
        json.map(mapping);
        let Json::Object(members) = json else { return mapping.fail() };
        for (name, value) in members {
            match value {
                Json::Text(value) => self.0.push((name.into_owned(), value)),
                Json::Null => {}
                _ => mapping.fail(),
            }
        }
    }

    fn blank() -> Self {
        Self::default()
    }
}

/// Parameters that are written by us.
const RESERVED: [&str; 4] = ["grant_type", "refresh_token", "scope", "client_secret"];

/// An authorization server with checked settings.
#[derive(Clone, Debug, PartialEq)]
pub struct OAuth {
    token_endpoint: Endpoint,
    revocation_endpoint: Option<Endpoint>,
    client_auth: ClientAuth,
    scope: Option<String>,
    body: Vec<(String, Secret)>,
    reuse_window: Millis,
    /// Nobody can make one in a module for pages, so the compiler leaves out what needs one.
    #[cfg(not(feature = "server"))]
    never: core::convert::Infallible,
}

impl OAuth {
    /// Checks the settings.
    ///
    /// # Errors
    ///
    /// `ERR_CONFIG`; the message names the setting.
    pub fn new(config: OAuthConfig) -> Result<Self, Error> {
        let wrong = |message: String| Err(Error::new(ErrorCode::Config, message));
        BaseUrl::parse(&config.url)?;
        let reuse_window = config.reuse_window.unwrap_or(0.0);
        if !(reuse_window.is_finite() && reuse_window >= 0.0) {
            return wrong("reuseWindow must be a number of seconds, zero or more".into());
        }
        let reserved = config.body.0.iter().find(|(name, _)| RESERVED.contains(&name.as_str()));
        if let Some((name, _)) = reserved {
            return wrong(["body must not set ", name, ", which is sent anyway"].concat());
        }
        let OAuthConfig { client_id, client_secret, client_auth, .. } = config;
        let revocation = config.revocation_endpoint.as_deref();
        Ok(Self {
            token_endpoint: Endpoint::parse("tokenEndpoint", &config.token_endpoint)?,
            revocation_endpoint: revocation
                .map(|text| Endpoint::parse("revocationEndpoint", text))
                .transpose()?,
            client_auth: ClientAuth::new(client_id, client_secret, client_auth)?,
            scope: config.scope.filter(|scope| !scope.is_empty()),
            body: config.body.0,
            reuse_window: Millis::from_seconds_f64(reuse_window),
            #[cfg(not(feature = "server"))]
            never: Self::in_page()?,
        })
    }

    #[cfg(not(feature = "server"))]
    fn in_page() -> Result<core::convert::Infallible, Error> {
        let message = "this module is for pages, which keep no client's secrets";
        Err(Error::new(ErrorCode::Config, message))
    }

    pub(super) const fn reuse_window(&self) -> Millis {
        self.reuse_window
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::from_json;

    fn settings(text: &str) -> Option<OAuthConfig> {
        from_json(serde_json::from_str(text).expect("JSON"))
    }

    fn good() -> OAuthConfig {
        OAuthConfig {
            url: "https://api.example.com".into(),
            token_endpoint: "https://id.example.com/token".into(),
            client_id: "app".into(),
            ..OAuthConfig::default()
        }
    }

    #[test]
    fn a_url_a_token_endpoint_and_a_client_are_enough() {
        let config = settings(
            r#"{ "url": "https://api.example.com", "tokenEndpoint": "https://id.example.com/token",
                 "clientId": "app", "clientSecret": null, "body": {} }"#,
        );
        assert_eq!(config, Some(good()));
        let oauth = OAuth::new(good()).expect("good settings");
        assert_eq!(oauth.reuse_window(), Millis(0));
    }

    #[test]
    fn parameters_that_are_not_text_are_refused_and_absent_ones_left_out() {
        assert_eq!(settings(r#"{ "body": { "max_age": 60 } }"#), None);
        assert_eq!(settings(r#"{ "body": ["audience"] }"#), None);
        let config = settings(r#"{ "body": { "audience": "api", "resource": null } }"#);
        let body = config.expect("settings").body;
        assert_eq!(body.0, [("audience".into(), Secret::new("api"))]);
    }

    #[test]
    fn settings_that_cannot_work_are_named() {
        let parameter = |name: &str| Parameters(vec![(name.into(), Secret::new("x"))]);
        let wrong = [
            (OAuthConfig { url: String::new(), ..good() }, "url"),
            (OAuthConfig { token_endpoint: "/token".into(), ..good() }, "tokenEndpoint"),
            (OAuthConfig { revocation_endpoint: Some("x".into()), ..good() }, "revocationEndpoint"),
            (OAuthConfig { client_id: String::new(), ..good() }, "clientId"),
            (OAuthConfig { reuse_window: Some(-1.0), ..good() }, "reuseWindow"),
            (OAuthConfig { reuse_window: Some(f64::NAN), ..good() }, "reuseWindow"),
            (OAuthConfig { body: parameter("grant_type"), ..good() }, "grant_type"),
            (OAuthConfig { body: parameter("refresh_token"), ..good() }, "refresh_token"),
        ];
        for (config, setting) in wrong {
            let error = OAuth::new(config).expect_err(setting);
            assert_eq!(error.code, ErrorCode::Config);
            assert!(error.message.contains(setting), "{error}");
        }
    }
}
