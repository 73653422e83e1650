//! How a client proves who it is ([RFC 6749 §2.3]).
//!
//! [RFC 6749 §2.3]: https://www.rfc-editor.org/rfc/rfc6749.html#section-2.3

use tokenkeep_primitives::base64url;

use super::form::{form, push_encoded};
use crate::error::{Error, ErrorCode};
use crate::http::{Headers, HttpRequest};
use crate::json::json_names;
use crate::secret::Secret;

/// Where the client's credentials go, named by the last word of OpenID Connect's
/// `token_endpoint_auth_method`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAuthMethod {
    /// `client_secret_basic`: the `Authorization` header, which every server has to support.
    Basic,
    /// `client_secret_post`: the body.
    Post,
    /// A public client: its id in the body, and no secret.
    None,
}

json_names!(ClientAuthMethod { Basic = "basic", Post = "post", None = "none" });

/// A client's id, its secret, and where they go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ClientAuth {
    Basic { authorization: Secret },
    Post { id: String, secret: Secret },
    None { id: String },
}

impl ClientAuth {
    /// Without a method: `basic` for a client with a secret, `none` for one without.
    pub(super) fn new(
        id: String,
        secret: Option<Secret>,
        method: Option<ClientAuthMethod>,
    ) -> Result<Self, Error> {
        if id.is_empty() {
            return Err(Error::new(ErrorCode::Config, "clientId is missing"));
        }
        let secret = secret.filter(|secret| !secret.expose().is_empty());
        match (method, secret) {
            (None | Some(ClientAuthMethod::Basic), Some(secret)) => {
                Ok(Self::Basic { authorization: basic(&id, &secret) })
            }
            (Some(ClientAuthMethod::Post), Some(secret)) => Ok(Self::Post { id, secret }),
            (None | Some(ClientAuthMethod::None), None) => Ok(Self::None { id }),
            (Some(ClientAuthMethod::None), Some(_)) => Err(Error::new(
                ErrorCode::Config,
                "clientAuth 'none' sends no clientSecret: leave out one of them",
            )),
            (Some(_), None) => Err(Error::new(
                ErrorCode::Config,
                "clientSecret is missing, and clientAuth needs it",
            )),
        }
    }

    /// `parameters` as a form, sent by this client.
    pub(super) fn post<'a>(
        &'a self,
        url: &str,
        mut parameters: Vec<(&'a str, &'a str)>,
    ) -> HttpRequest {
        let mut headers = vec![
            ("accept", Secret::new("application/json")),
            ("content-type", Secret::new("application/x-www-form-urlencoded")),
        ];
        match self {
            Self::Basic { authorization } => {
                headers.push(("authorization", authorization.clone()));
            }
            Self::Post { id, secret } => {
                parameters.extend([("client_id", id.as_str()), ("client_secret", secret.expose())]);
            }
            Self::None { id } => parameters.push(("client_id", id)),
        }
        let body = Some(form(&parameters));
        HttpRequest { method: "POST".into(), url: url.into(), headers: Headers(headers), body }
    }
}

/// Id and secret are form-encoded before they are joined by the colon ([RFC 6749 §2.3.1]). Without that
/// an id that is a URL, or a secret with a `%`, is another one to the server.
///
/// [RFC 6749 §2.3.1]: https://www.rfc-editor.org/rfc/rfc6749.html#section-2.3.1
fn basic(id: &str, secret: &Secret) -> Secret {
    let mut pair = String::with_capacity(3 * (id.len() + secret.expose().len()) + 1);
    push_encoded(&mut pair, id);
    pair.push(':');
    push_encoded(&mut pair, secret.expose());
    let pair = Secret::new(pair);
    Secret::new("Basic ".to_owned() + &base64(pair.expose()))
}

/// RFC 4648 §4, which RFC 7617 wants, has two other letters than §5 and is padded.
fn base64(text: &str) -> String {
    let letter = |letter| match letter {
        '-' => '+',
        '_' => '/',
        other => other,
    };
    let mut encoded: String = base64url::encode(text.as_bytes()).chars().map(letter).collect();
    while !encoded.len().is_multiple_of(4) {
        encoded.push('=');
    }
    encoded
}

#[cfg(test)]
mod tests {
    use ::base64::prelude::{BASE64_STANDARD, Engine as _};

    use super::*;

    fn client(method: Option<ClientAuthMethod>, secret: Option<&str>) -> Result<ClientAuth, Error> {
        ClientAuth::new("id".into(), secret.map(Secret::new), method)
    }

    #[test]
    fn a_client_with_a_secret_uses_the_header_and_one_without_is_public() {
        assert!(matches!(client(None, Some("s")), Ok(ClientAuth::Basic { .. })));
        assert!(matches!(client(None, None), Ok(ClientAuth::None { .. })));
        assert!(matches!(client(None, Some("")), Ok(ClientAuth::None { .. })));
    }

    #[test]
    fn settings_that_contradict_each_other_are_named() {
        let wrong = [
            (Some(ClientAuthMethod::Basic), None),
            (Some(ClientAuthMethod::Post), Some("")),
            (Some(ClientAuthMethod::None), Some("s")),
        ];
        for (method, secret) in wrong {
            let error = client(method, secret).expect_err("an error");
            assert_eq!(error.code, ErrorCode::Config);
            assert!(error.message.contains("clientSecret"), "{error}");
        }
        let nameless = ClientAuth::new(String::new(), None, None).expect_err("an error");
        assert!(nameless.message.contains("clientId"), "{nameless}");
    }

    #[test]
    fn id_and_secret_are_form_encoded_before_base64() {
        let header = basic("https://app.example/?a", &Secret::new("p%:ä b"));
        let encoded = header.expose().strip_prefix("Basic ").expect("the scheme");
        let pair = BASE64_STANDARD.decode(encoded).expect("base64");
        assert_eq!(pair, b"https%3A%2F%2Fapp.example%2F%3Fa:p%25%3A%C3%A4+b");
    }

    #[test]
    fn debug_output_shows_no_secret() {
        let client = client(None, Some("hunter2")).expect("a client");
        assert!(!format!("{client:?}").contains("hunter2"));
        assert!(!format!("{client:?}").contains("aWQ6"));
    }
}
