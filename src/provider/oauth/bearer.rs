//! What a resource server says of a bearer token ([RFC 6750 §3]).
//!
//! [RFC 6750 §3]: https://www.rfc-editor.org/rfc/rfc6750.html#section-3

use crate::json::Json;
use crate::text;

/// Whether an answer says that the access token is expired, revoked or malformed, and not merely that
/// something else is missing: 401, and `error="invalid_token"` in the challenge or in a JSON body.
pub(in crate::provider) fn rejects(
    status: u16,
    www_authenticate: Option<&str>,
    body: Option<&Json>,
) -> bool {
    let said_in_body = || body?.get("error")?.text();
    status == 401
        && (www_authenticate.and_then(bearer_error).as_deref() == Some("invalid_token")
            || said_in_body() == Some("invalid_token"))
}

/// The `error` of the first `Bearer` challenge in a `WWW-Authenticate` header, which may hold
/// challenges of several schemes ([RFC 9110 §11.6.1]).
///
/// [RFC 9110 §11.6.1]: https://www.rfc-editor.org/rfc/rfc9110.html#section-11.6.1
fn bearer_error(header: &str) -> Option<String> {
    let mut in_bearer = false;
    for item in items(header) {
        let item = item.trim_ascii();
        let (before, value) = text::split_once(item, b'=').unwrap_or((item, ""));
        // `Bearer realm=…` begins a challenge, `error=…` belongs to the one before.
        let (scheme, name) = match text::split_once(before.trim_ascii(), b' ') {
            Some((scheme, name)) => (Some(scheme), name.trim_ascii()),
            None if value.is_empty() => (Some(before), ""),
            None => (None, before.trim_ascii()),
        };
        if let Some(scheme) = scheme {
            in_bearer = scheme.eq_ignore_ascii_case("bearer");
        }
        if in_bearer && name.eq_ignore_ascii_case("error") {
            return Some(unquoted(value.trim_ascii()));
        }
    }
    None
}

/// Splits at the commas that are not inside a quoted string.
fn items(header: &str) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    text::split_where(header, move |next| {
        let was_escaped = core::mem::take(&mut escaped);
        match next {
            b'\\' if quoted && !was_escaped => escaped = true,
            b'"' if !was_escaped => quoted = !quoted,
            _ => {}
        }
        next == b',' && !quoted
    })
}

fn unquoted(value: &str) -> String {
    let inside = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inside.unwrap_or(value).chars().filter(|next| *next != '\\').collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_of_the_bearer_challenge_is_found() {
        for header in [
            r#"Bearer error="invalid_token""#,
            r#"Bearer realm="https://id.example.com", error="invalid_token", error_description="a, b""#,
            r#"bearer realm="a, error=\"x\", b" , ERROR = invalid_token"#,
            r#"Basic realm="x", Bearer scope="a b", error="invalid_token""#,
            r#"Negotiate, Bearer error="invalid_token", Basic realm="x", error="other""#,
        ] {
            assert_eq!(bearer_error(header).as_deref(), Some("invalid_token"), "{header}");
            assert!(rejects(401, Some(header), None));
            assert!(!rejects(403, Some(header), None));
        }
    }

    #[test]
    fn another_error_or_scheme_is_not_about_our_token() {
        for header in [
            "",
            "Bearer",
            r#"Bearer realm="x""#,
            r#"Bearer error="insufficient_scope""#,
            r#"DPoP error="invalid_token""#,
            r#"Bearer, DPoP error="invalid_token""#,
            r#"Bearer realm="error=invalid_token""#,
            r#"Bearer realm="x, error=invalid_token"#,
            r#"Bearer error_description="x", error_uri="invalid_token""#,
        ] {
            assert!(!rejects(401, Some(header), None), "{header}");
        }
        assert!(!rejects(401, None, None));
    }

    #[test]
    fn a_body_may_say_it_as_well() {
        let body = |text| serde_json::from_str(text).expect("JSON");
        assert!(rejects(401, None, Some(&body(r#"{"error":"invalid_token"}"#))));
        assert!(!rejects(401, None, Some(&body(r#"{"error":{"code":"invalid_token"}}"#))));
        assert!(!rejects(200, None, Some(&body(r#"{"error":"invalid_token"}"#))));
    }
}
