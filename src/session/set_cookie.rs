//! How our cookies are named and what a `Set-Cookie` header says about them.

use core::fmt;

use sha2::{Digest as _, Sha256};
use tokenkeep_primitives::base64url;

use crate::json::{json_names, json_struct};
use crate::secret::Secret;
use crate::session::SessionId;
use crate::session::chunks::Part;
use crate::text;

/// Characters of the session id's hash in a cookie name.
const HASH_LEN: usize = 8;

/// When a browser sends the cookie with requests from other sites.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SameSite {
    /// Never, not even when a link is followed.
    Strict,
    /// When a link is followed.
    #[default]
    Lax,
    /// Always. Browsers want `secure` then.
    None,
}

impl SameSite {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Strict => "Strict",
            Self::Lax => "Lax",
            Self::None => "None",
        }
    }
}

/// What all session cookies of an installation have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CookiePolicy {
    /// Sent over TLS only, and named with the `__Host-` prefix. Default `true`.
    pub secure: bool,
    /// Start of the name. Default `tokenkeep`.
    pub prefix: String,
    /// Path under which the browser sends the cookie. Default `/`.
    pub path: String,
    /// Default `lax`.
    pub same_site: SameSite,
    /// Seconds for which a browser keeps the cookie after it was last written. Default 7 days.
    pub max_age: u32,
}

impl Default for CookiePolicy {
    fn default() -> Self {
        Self {
            secure: true,
            prefix: "tokenkeep".to_owned(),
            path: "/".to_owned(),
            same_site: SameSite::Lax,
            max_age: 7 * 24 * 60 * 60,
        }
    }
}

/// Why a browser would not keep the cookies of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CookiePolicyError {
    /// `prefix` is empty or longer than 64 characters, or has others than letters, digits, `-`, `_` and `.`.
    Prefix,
    /// `path` does not start with `/`, or has a character that would end the attribute.
    Path,
    /// A `secure` cookie is named `__Host-…`, and that wants the path `/`.
    PathOfSecure,
    /// `SameSite=None` wants `secure`.
    SameSiteNone,
}

impl CookiePolicyError {
    /// What is wrong, for people.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Prefix => {
                "expected a cookie prefix of 1 to 64 letters, digits, hyphens, underscores or dots"
            }
            Self::Path => "expected a cookie path that starts with a slash and has no `;`",
            Self::PathOfSecure => "expected the path `/`, because the cookie is secure",
            Self::SameSiteNone => "expected a secure cookie, because `sameSite` is `none`",
        }
    }
}

impl fmt::Display for CookiePolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl core::error::Error for CookiePolicyError {}

impl CookiePolicy {
    /// Refuses what browsers would refuse silently, and what would break out of the header.
    ///
    /// # Errors
    /// [`CookiePolicyError`] names the first rule that is broken.
    pub fn check(&self) -> Result<(), CookiePolicyError> {
        let in_prefix = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let in_path = |byte: u8| byte.is_ascii_graphic() && byte != b';';
        if !(1..=64).contains(&self.prefix.len()) || !self.prefix.bytes().all(in_prefix) {
            return Err(CookiePolicyError::Prefix);
        }
        if !self.path.starts_with('/') || !self.path.bytes().all(in_path) {
            return Err(CookiePolicyError::Path);
        }
        if self.secure && self.path != "/" {
            return Err(CookiePolicyError::PathOfSecure);
        }
        if !self.secure && self.same_site == SameSite::None {
            return Err(CookiePolicyError::SameSiteNone);
        }
        Ok(())
    }

    /// What the names of all our cookies start with.
    #[must_use]
    pub fn name_start(&self) -> String {
        let host = if self.secure { "__Host-" } else { "" };
        [host, &self.prefix, "-"].concat()
    }

    /// The name of the cookie of a session. Another login has another name, so that a late answer to the
    /// one can neither overwrite nor delete the other.
    #[must_use]
    pub fn cookie_name(&self, id: SessionId) -> String {
        let mut name = self.name_start();
        let hash = Sha256::digest(id.as_bytes());
        name.push_str(&base64url::encode(hash.split_at(HASH_LEN / 4 * 3).0));
        name
    }

    /// Attributes of a cookie that is written. Without `remember` it ends with the browser session.
    #[must_use]
    pub fn attributes(&self, remember: bool) -> CookieAttributes {
        CookieAttributes {
            http_only: true,
            same_site: self.same_site,
            path: self.path.clone(),
            secure: self.secure,
            max_age: remember.then_some(self.max_age),
        }
    }

    /// The instruction that deletes a cookie.
    #[must_use]
    pub fn deletion(&self, name: &str) -> SetCookie {
        let attributes = CookieAttributes { max_age: Some(0), ..self.attributes(true) };
        SetCookie { name: name.to_owned(), value: Secret::new(""), attributes }
    }
}

/// The cookie that a name belongs to, without its chunk number. `None`: not one of ours.
pub(crate) fn base_name<'a>(name: &'a str, name_start: &str) -> Option<(&'a str, Part)> {
    let (hash, suffix) = name.strip_prefix(name_start)?.split_at_checked(HASH_LEN)?;
    let in_hash = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    let part = hash.bytes().all(in_hash).then(|| Part::parse(suffix))??;
    Some((name.strip_suffix(suffix)?, part))
}

/// What a `Set-Cookie` header says after the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CookieAttributes {
    /// Hidden from scripts. Always `true`.
    pub http_only: bool,
    /// `strict`, `lax` or `none`.
    pub same_site: SameSite,
    /// Path under which the browser sends the cookie.
    pub path: String,
    /// Sent over TLS only.
    pub secure: bool,
    /// Seconds until the browser forgets the cookie. Zero deletes; absent: with the browser session.
    pub max_age: Option<u32>,
}

impl CookieAttributes {
    /// The attributes as they stand in a `Set-Cookie` header, from the first semicolon on.
    #[must_use]
    pub fn to_header(&self) -> String {
        let max_age = self.max_age.and_then(|seconds| usize::try_from(seconds).ok());
        let max_age = max_age.map(text::number).unwrap_or_default();
        [
            "; Path=",
            &self.path,
            if max_age.is_empty() { "" } else { "; Max-Age=" },
            &max_age,
            if self.http_only { "; HttpOnly" } else { "" },
            if self.secure { "; Secure" } else { "" },
            "; SameSite=",
            self.same_site.as_str(),
        ]
        .concat()
    }
}

/// A cookie to set on the response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetCookie {
    /// Name, chunk number included.
    pub name: String,
    /// Sealed text; whoever has it has the session. Empty deletes.
    pub value: Secret,
    /// Everything else.
    pub attributes: CookieAttributes,
}

impl SetCookie {
    /// The value of a `Set-Cookie` header (RFC 6265 §4.1).
    #[must_use]
    pub fn to_header(&self) -> String {
        [&self.name, "=", self.value.expose(), &self.attributes.to_header()].concat()
    }
}

json_names!(SameSite { Strict = "strict", Lax = "lax", None = "none" });

json_struct!(CookieAttributes {
    http_only: "httpOnly",
    same_site: "sameSite",
    path: "path",
    secure: "secure",
    max_age: "maxAge",
});

json_struct!(SetCookie { name: "name", value: "value", attributes: "attributes" });

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::into_json;

    const ID: SessionId = SessionId::from_bytes([1; 16]);

    fn policy(secure: bool) -> CookiePolicy {
        CookiePolicy { secure, ..CookiePolicy::default() }
    }

    fn cookie(policy: &CookiePolicy, remember: bool) -> SetCookie {
        SetCookie {
            name: policy.cookie_name(ID),
            value: Secret::new("sealed"),
            attributes: policy.attributes(remember),
        }
    }

    #[test]
    fn the_name_says_host_only_when_the_cookie_is_secure() {
        let (secure, plain) = (policy(true).cookie_name(ID), policy(false).cookie_name(ID));
        assert_eq!(secure, format!("__Host-{plain}"));
        assert_eq!(plain, "tokenkeep-zIzUHO-Q");
    }

    #[test]
    fn a_remembered_session_has_a_max_age_and_another_has_none() {
        let header = cookie(&policy(true), true).to_header();
        let attributes = "; Path=/; Max-Age=604800; HttpOnly; Secure; SameSite=Lax";
        assert_eq!(header, format!("{}=sealed{attributes}", policy(true).cookie_name(ID)));
        let header = cookie(&policy(false), false).to_header();
        assert!(header.ends_with("=sealed; Path=/; HttpOnly; SameSite=Lax"));
    }

    #[test]
    fn a_deletion_has_the_path_and_security_of_what_it_deletes() {
        let header = policy(true).deletion("__Host-tokenkeep-AAAAAAAA.1").to_header();
        let expected =
            "__Host-tokenkeep-AAAAAAAA.1=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax";
        assert_eq!(header, expected);
    }

    #[test]
    fn a_driver_sees_a_plain_object() {
        let json = serde_json::to_value(into_json(cookie(&policy(false), false))).unwrap();
        let expected = serde_json::json!({
            "name": "tokenkeep-zIzUHO-Q",
            "value": "sealed",
            "attributes": {
                "httpOnly": true, "sameSite": "lax", "path": "/", "secure": false, "maxAge": null
            },
        });
        assert_eq!(json, expected);
    }

    #[test]
    fn debug_output_does_not_hold_the_value() {
        assert!(!format!("{:?}", cookie(&policy(true), true)).contains("sealed"));
    }

    #[test]
    fn only_our_names_are_recognised() {
        let ours = |name| base_name(name, "__Host-tokenkeep-");
        let base = "__Host-tokenkeep-Ab_-0129";
        assert_eq!(ours(base), Some((base, Part::Whole)));
        assert_eq!(ours("__Host-tokenkeep-Ab_-0129.7"), Some((base, Part::Chunk(7))));
        for foreign in ["tokenkeep-Ab_-0129", "__Host-tokenkeep-short", "__Host-tokenkeep-Ab.-0129"]
        {
            assert_eq!(ours(foreign), None, "{foreign}");
        }
        assert_eq!(ours("__Host-tokenkeep-Ab_-0129x"), None);
        assert_eq!(ours("__Host-tokenkeep-Äb_-012"), None);
    }

    #[test]
    fn a_policy_that_browsers_would_refuse_is_refused() {
        let secure = policy(true);
        assert_eq!(secure.check(), Ok(()));
        let refused = |policy: CookiePolicy| policy.check().unwrap_err();
        let prefix = |prefix: &str| CookiePolicy { prefix: prefix.to_owned(), ..policy(true) };
        let path = |path: &str, secure| CookiePolicy { path: path.to_owned(), ..policy(secure) };
        assert_eq!(refused(prefix("")), CookiePolicyError::Prefix);
        assert_eq!(refused(prefix("a b")), CookiePolicyError::Prefix);
        assert_eq!(refused(path("/; Domain=x", false)), CookiePolicyError::Path);
        assert_eq!(refused(path("app", false)), CookiePolicyError::Path);
        assert_eq!(refused(path("/app", true)), CookiePolicyError::PathOfSecure);
        assert_eq!(path("/app", false).check(), Ok(()));
        let none = CookiePolicy { same_site: SameSite::None, ..policy(false) };
        assert_eq!(refused(none), CookiePolicyError::SameSiteNone);
    }
}
