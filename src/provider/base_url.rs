//! The address under which a provider is found.

use crate::decimal;
use crate::error::{Error, ErrorCode};
use crate::text;

/// An absolute `http` or `https` URL with an optional base path, without a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl(String);

impl BaseUrl {
    /// Checks what `fetch` would otherwise refuse, or silently change, at the first request.
    ///
    /// # Errors
    ///
    /// `ERR_CONFIG` if the text is no absolute `http(s)` URL, or has a user name, a query or a
    /// fragment. The message never repeats the text, which may hold a password.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let text = text.trim_ascii();
        match Self::fault(text) {
            None => Ok(Self(without_slashes(text).into())),
            Some(fault) => {
                Err(Error::new(ErrorCode::Config, ["the provider's url ", fault].concat()))
            }
        }
    }

    /// The URL of a path that is given without a leading slash.
    #[must_use]
    pub fn join(&self, path: &str) -> String {
        [&self.0, "/", path].concat()
    }

    /// What is wrong with a text, as the rest of a sentence about it.
    pub(super) fn fault(text: &str) -> Option<&'static str> {
        if text.is_empty() {
            return Some("is missing");
        }
        let Some(rest) = after_scheme(text) else {
            return Some("must start with http:// or https://");
        };
        if rest.bytes().any(|byte| matches!(byte, b'?' | b'#')) {
            return Some("must not have a query or a fragment");
        }
        if rest.bytes().any(|byte| matches!(byte, b'\\' | b' ') || byte.is_ascii_control()) {
            return Some("must not contain spaces, control characters or backslashes");
        }
        Self::authority_fault(text::split(rest, b'/').next().unwrap_or_default())
    }

    /// `host`, `host:port`, `[v6]` or `[v6]:port` (RFC 3986 §3.2).
    fn authority_fault(authority: &str) -> Option<&'static str> {
        if text::split_once(authority, b'@').is_some() {
            return Some("must not hold a user name or a password");
        }
        let (host, after) = match authority.strip_prefix('[') {
            Some(literal) => text::split_once(literal, b']').unwrap_or(("", "")),
            None => {
                let host = text::split(authority, b':').next().unwrap_or_default();
                (host, authority.strip_prefix(host).unwrap_or_default())
            }
        };
        if !text::is_all(host, |byte| !b"<>[]^|%\"".contains(&byte)) {
            return Some("has no valid host name");
        }
        match after.strip_prefix(':') {
            Some(port) if !is_port(port) => Some("has no valid port"),
            None if !after.is_empty() => Some("has no valid host name"),
            _ => None,
        }
    }
}

/// What follows `http://` or `https://`.
fn after_scheme(text: &str) -> Option<&str> {
    let (scheme, rest) = text::split_once(text, b':')?;
    let known = scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http");
    rest.strip_prefix("//").filter(|_| known)
}

fn is_port(port: &str) -> bool {
    let number = decimal::parse(port).filter(|_| text::is_all(port, |byte| byte.is_ascii_digit()));
    number.is_some_and(|number| number <= 65_535.0)
}

fn without_slashes(mut text: &str) -> &str {
    while let Some(shorter) = text.strip_suffix('/') {
        text = shorter;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_joined_whether_or_not_the_base_ends_in_a_slash() {
        for base in [
            "https://api.example.com/cms",
            "https://api.example.com/cms/",
            " https://api.example.com/cms// ",
        ] {
            let url = BaseUrl::parse(base).expect("a url");
            assert_eq!(url.join("auth/login"), "https://api.example.com/cms/auth/login");
        }
        let root = BaseUrl::parse("http://127.0.0.1:8055").expect("a url");
        assert_eq!(root.join("auth/refresh"), "http://127.0.0.1:8055/auth/refresh");
    }

    #[test]
    fn hosts_come_as_names_addresses_and_literals() {
        for base in [
            "HTTPS://Example.com",
            "http://localhost:1",
            "http://[::1]:8055/x",
            "http://[::1]",
            "http://directus_cms:8055",
            "https://bücher.example",
        ] {
            assert!(BaseUrl::parse(base).is_ok(), "{base}");
        }
    }

    #[test]
    fn what_is_no_base_url_is_a_named_error_without_the_text() {
        let wrong = [
            "",
            "   ",
            "api.hidden.example",
            "ftp://hidden",
            "https://",
            "https:///hidden",
            "https://:80",
            "https://hidden:port",
            "https://hidden:99999",
            "https://hidden:+80",
            "https://[::1",
            "https://[::1]hidden",
            "https://user:hidden@host",
            "https://hidden?x",
            "https://hidden#x",
            "https://hid den",
            "https://hidden\\x",
            "https://hidden\r\nx: y",
            "https://%68idden",
        ];
        for base in wrong {
            let error = BaseUrl::parse(base).expect_err(base);
            assert_eq!(error.code, ErrorCode::Config, "{base}");
            assert!(!error.to_string().contains("hidden"), "{error}");
        }
    }
}
