//! The address of an endpoint ([RFC 6749 §3.1, §3.2]: it may have a query, and no fragment).
//!
//! [RFC 6749 §3.1, §3.2]: https://www.rfc-editor.org/rfc/rfc6749.html#section-3.1

use crate::error::{Error, ErrorCode};
use crate::provider::base_url::BaseUrl;
use crate::text;

/// An absolute `http` or `https` URL, used exactly as it was configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Endpoint(String);

impl Endpoint {
    /// `ERR_CONFIG` names the `setting`, and never repeats the text, which may hold a password.
    pub(super) fn parse(setting: &str, text: &str) -> Result<Self, Error> {
        let text = text.trim_ascii();
        let (address, query) = text::split_once(text, b'?').unwrap_or((text, ""));
        let visible = |next: char| next.is_ascii_graphic() && next != '#';
        let fault = match BaseUrl::fault(address) {
            None if !query.chars().all(visible) => Some("has a query that is not encoded"),
            fault => fault,
        };
        match fault {
            None => Ok(Self(text.into())),
            Some(fault) => Err(Error::new(ErrorCode::Config, [setting, " ", fault].concat())),
        }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_used_as_it_stands() {
        for text in [
            "https://id.example.com/token",
            "https://id.example.com/token/",
            "https://id.example.com/oauth2/v2.0/token?p=b2c_1_signin",
        ] {
            assert_eq!(Endpoint::parse("tokenEndpoint", text).map(|it| it.0), Ok(text.into()));
        }
    }

    #[test]
    fn a_malformed_one_is_an_error_that_names_the_setting_and_not_the_text() {
        for text in [
            "",
            "hidden/token",
            "https://hidden#x",
            "https://hidden?x#y",
            "https://hidden?x y",
            "https://hidden?x\r\ny",
            "https://user:hidden@host",
        ] {
            let error = Endpoint::parse("tokenEndpoint", text).expect_err(text);
            assert_eq!(error.code, ErrorCode::Config);
            assert!(error.message.starts_with("tokenEndpoint "), "{error}");
            assert!(!error.message.contains("hidden"), "{error}");
        }
    }
}
