//! The cookies in which Directus keeps a token: the refresh token in cookie mode; in session mode one
//! that is access token and refresh token at once.

use crate::secret::Secret;
use crate::text;

/// What an answer's `Set-Cookie` headers say about one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TokenCookie {
    /// A new token.
    Set(Secret),
    /// Directus took the cookie away. Its way to say so is an empty value, and a `Max-Age` that is
    /// anything but zero.
    Deleted,
    /// Not mentioned.
    Absent,
}

impl TokenCookie {
    /// Reads the headers as a browser does: of two cookies with one name the last counts
    /// ([RFC 6265 §5.3]).
    ///
    /// [RFC 6265 §5.3]: https://www.rfc-editor.org/rfc/rfc6265.html#section-5.3
    pub(super) fn read(set_cookie: &[Secret], name: &str) -> Self {
        let values = set_cookie.iter().rev().filter_map(|header| {
            let pair = text::split(header.expose(), b';').next()?;
            let (found, value) = text::split_once(pair, b'=')?;
            (found.trim_ascii() == name).then(|| value.trim_ascii())
        });
        match values.map(unquoted).next() {
            None => Self::Absent,
            Some("") => Self::Deleted,
            Some(value) => Self::Set(Secret::new(value)),
        }
    }
}

fn unquoted(value: &str) -> &str {
    let inside = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inside.unwrap_or(value)
}

/// The `Cookie` header that presents a token, and no other cookie.
pub(super) fn header(name: &str, token: &Secret) -> Secret {
    Secret::new([name, "=", token.expose()].concat())
}

/// The token that a request's `Cookie` header presents; of two with one name the first counts, as for
/// Directus itself.
pub(super) fn presented(cookies: &str, name: &str) -> Option<Secret> {
    let mut pairs = text::split(cookies, b';').filter_map(|pair| text::split_once(pair, b'='));
    let (_, value) = pairs.find(|(found, _)| found.trim_ascii() == name)?;
    let value = unquoted(value.trim_ascii());
    (!value.is_empty()).then(|| Secret::new(value))
}

/// Whether a browser and Directus' cookie parser agree on this name ([RFC 6265 §4.1.1]: a token).
///
/// [RFC 6265 §4.1.1]: https://www.rfc-editor.org/rfc/rfc6265.html#section-4.1.1
pub(super) fn is_valid_name(name: &str) -> bool {
    text::is_all(name, |byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(headers: &[&str]) -> TokenCookie {
        let headers: Vec<Secret> = headers.iter().copied().map(Secret::new).collect();
        TokenCookie::read(&headers, "directus_session_token")
    }

    fn set(value: &str) -> TokenCookie {
        TokenCookie::Set(Secret::new(value))
    }

    #[test]
    fn the_session_token_is_found_among_other_cookies() {
        let headers = [
            "theme=dark; Path=/",
            "directus_session_token=a.b.c; Max-Age=86400; Path=/; HttpOnly; SameSite=Lax",
            "directus_session_token_2=x",
        ];
        assert_eq!(read(&headers), set("a.b.c"));
        assert_eq!(read(&["directus_session_token=a=b=; Path=/"]), set("a=b="));
        assert_eq!(read(&[" directus_session_token = \"a.b.c\" "]), set("a.b.c"));
    }

    #[test]
    fn an_empty_value_deletes_whatever_max_age_says() {
        let headers = ["directus_session_token=; Max-Age=86400; Path=/; HttpOnly"];
        assert_eq!(read(&headers), TokenCookie::Deleted);
        assert_eq!(read(&["directus_session_token=\"\""]), TokenCookie::Deleted);
    }

    #[test]
    fn the_last_of_two_counts() {
        assert_eq!(read(&["directus_session_token=", "directus_session_token=new"]), set("new"));
        let deleted_last = ["directus_session_token=new", "directus_session_token="];
        assert_eq!(read(&deleted_last), TokenCookie::Deleted);
    }

    #[test]
    fn another_name_is_no_session_token() {
        assert_eq!(read(&[]), TokenCookie::Absent);
        assert_eq!(
            read(&["Directus_Session_Token=x", "directus_session_token", "=", ""]),
            TokenCookie::Absent
        );
    }

    #[test]
    fn the_first_of_a_name_is_what_a_request_presents() {
        let presented = |cookies| presented(cookies, "rt");
        assert_eq!(presented("theme=dark; rt=a; rt=b"), Some(Secret::new("a")));
        assert_eq!(presented("xrt=a;rt=\"b\""), Some(Secret::new("b")));
        for nothing in ["", "rt", "rt=", "RT=a", "=rt"] {
            assert_eq!(presented(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn a_name_is_a_token() {
        assert!(is_valid_name("directus_session_token") && is_valid_name("__Host-x"));
        for name in ["", "a b", "a=b", "a;b", "a\r\n", "é"] {
            assert!(!is_valid_name(name), "{name}");
        }
    }
}
