//! How a session travels from one call to the next: sealed in cookies, or as plain text inside the page
//! that it belongs to.

#![cfg_attr(not(feature = "server"), allow(unused, reason = "what a cipher and cookies need"))]

use super::jar::Jar;
#[cfg(feature = "browser")]
use super::jar::Rejected;
#[cfg(feature = "server")]
use super::key_ring::KeyRing;
use super::seal::TooLarge;
#[cfg(feature = "browser")]
use super::seal::UnsealError;
#[cfg(feature = "server")]
use super::seal::{Purpose, seal, unseal};
use super::set_cookie::{CookiePolicy, SetCookie};
use super::{Session, SessionId};
use crate::entropy::Entropy;
use crate::token_set::TokenSet;

/// One per manager. A module that is built for pages only has one variant, and no cipher.
#[derive(Debug)]
pub(crate) enum Carrier {
    /// The request's cookies; what is stored is sealed as well.
    #[cfg(feature = "server")]
    Cookies(KeyRing, CookiePolicy),
    /// Text that never leaves the page: what could read it there could also use it.
    #[cfg(feature = "browser")]
    Page,
}

/// Which of our cookies go.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Deleted {
    /// At logout.
    All,
    /// When this session has ended: those of a newer login stay.
    Of(SessionId),
    /// After a login.
    OthersThan(SessionId),
}

impl Carrier {
    /// What a `Cookie` header, or the page's text, says.
    pub fn read(&self, text: &str) -> Jar {
        match self {
            #[cfg(feature = "server")]
            Self::Cookies(ring, policy) => Jar::read(ring, policy, &pairs(text)),
            #[cfg(feature = "browser")]
            Self::Page => {
                let mut jar = Jar::default();
                jar.session = super::plain_text::read_session(text);
                if jar.session.is_none() && !text.is_empty() {
                    let (name, reason) = (String::new(), UnsealError::UnknownLayout);
                    jar.rejected.push(Rejected { name, reason });
                }
                jar
            }
        }
    }

    /// What makes the other side hold `session`. In a page: one, whose value is the text.
    pub fn write(
        &self,
        session: &Session,
        jar: &mut Jar,
        entropy: &mut Entropy,
    ) -> Result<Vec<SetCookie>, TooLarge> {
        match self {
            #[cfg(feature = "server")]
            Self::Cookies(ring, policy) => jar.write(ring, policy, session, entropy),
            #[cfg(feature = "browser")]
            Self::Page => {
                let value = super::plain_text::write_session(session);
                let attributes = CookiePolicy::default().attributes(session.remember);
                Ok(vec![SetCookie { name: String::new(), value, attributes }])
            }
        }
    }

    /// What takes cookies away from the browser. A page's text is forgotten with its session.
    pub fn delete(&self, jar: &mut Jar, which: Deleted) -> Vec<SetCookie> {
        match (self, which) {
            #[cfg(feature = "server")]
            (Self::Cookies(_, policy), Deleted::All) => jar.delete_all(policy),
            #[cfg(feature = "server")]
            (Self::Cookies(_, policy), Deleted::Of(id)) => jar.delete(policy, id),
            #[cfg(feature = "server")]
            (Self::Cookies(_, policy), Deleted::OthersThan(id)) => jar.delete_others(policy, id),
            #[cfg(feature = "browser")]
            (Self::Page, _) => Vec::new(),
        }
    }

    /// The record's form of a token set.
    pub fn seal_tokens(
        &self,
        id: SessionId,
        tokens: &TokenSet,
        nonce: &[u8; 24],
    ) -> Result<String, TooLarge> {
        match self {
            #[cfg(feature = "server")]
            Self::Cookies(ring, _) => super::seal_tokens(ring, id, tokens, nonce),
            #[cfg(feature = "browser")]
            Self::Page => Ok(super::plain_text::write_tokens(tokens)),
        }
    }

    /// The token set in a record.
    pub fn unseal_tokens(&self, id: SessionId, text: &str) -> Option<TokenSet> {
        match self {
            #[cfg(feature = "server")]
            Self::Cookies(ring, _) => super::unseal_tokens(ring, id, text).ok(),
            #[cfg(feature = "browser")]
            Self::Page => super::plain_text::read_tokens(text),
        }
    }

    /// What a sign-in by redirect remembers, as the value of the cookie `name`.
    #[cfg(feature = "server")]
    pub fn seal_sign_in(
        &self,
        name: &str,
        text: &str,
        nonce: &[u8; 24],
    ) -> Result<String, TooLarge> {
        match self {
            Self::Cookies(ring, _) => {
                seal(ring, Purpose::SignIn, name.as_bytes(), text.as_bytes(), nonce)
            }
            #[cfg(feature = "browser")]
            Self::Page => Ok(text.to_owned()),
        }
    }

    /// What [`seal_sign_in`](Self::seal_sign_in) sealed. `None` for anything else.
    #[cfg(feature = "server")]
    pub fn unseal_sign_in(&self, name: &str, sealed: &str) -> Option<String> {
        match self {
            Self::Cookies(ring, _) => {
                let unsealed = unseal(ring, Purpose::SignIn, name.as_bytes(), sealed).ok()?;
                String::from_utf8(unsealed.plaintext().to_vec()).ok()
            }
            #[cfg(feature = "browser")]
            Self::Page => Some(sealed.to_owned()),
        }
    }
}

#[cfg(feature = "server")]
fn pairs(header: &str) -> Vec<(&str, &str)> {
    use crate::text;
    text::split(header, b';').filter_map(|pair| text::split_once(pair.trim_ascii(), b'=')).collect()
}
