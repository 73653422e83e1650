//! The session cookies of one request: which session is the current one, and what to set or delete.

use core::mem;

use crate::entropy::Entropy;
use crate::json::{Mapped, Mapping};
use crate::secret::Secret;
use crate::session::chunks::{self, Chunks, MAX_CHUNKS, Part};
use crate::session::key_ring::KeyRing;
use crate::session::seal::{TooLarge, UnsealError};
use crate::session::set_cookie::{CookiePolicy, SetCookie, base_name};
use crate::session::{Session, SessionId};

/// Most sessions whose cookies are looked at in one request.
pub const MAX_COOKIES: usize = 8;

/// Most bytes of cookie values that are unsealed in one request.
pub const MAX_JAR_LEN: usize = 128 * 1024;

/// What our cookies in a request say, and which of them are there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Jar {
    /// The session of the newest login, at its highest generation.
    pub session: Option<Session>,
    /// Those of older logins, the newest last: of two that were under way at the same moment neither has replaced the
    /// other.
    pub others: Vec<Session>,
    /// It was sealed with an older key or format: seal again when something is written anyway.
    pub reseal: bool,
    /// Cookies that were not readable, for the log hook.
    pub rejected: Vec<Rejected>,
    /// Names of our cookies, chunks and unreadable ones included, that the browser has, as far as they
    /// were looked at. A deletion of more could make the response's headers too large.
    present: Vec<String>,
}

/// A cookie of ours that does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// Name of the cookie, without a chunk number.
    pub name: String,
    /// Why.
    pub reason: UnsealError,
}

impl Jar {
    /// Reads a request's cookies, given as names and values; those of others are passed over.
    ///
    /// Whatever they hold, this gives a jar: what cannot be read is in [`Jar::rejected`].
    #[must_use]
    pub fn read<N: AsRef<str>, V: AsRef<str>>(
        ring: &KeyRing,
        policy: &CookiePolicy,
        cookies: &[(N, V)],
    ) -> Self {
        let name_start = policy.name_start();
        let mut jar = Self::default();
        let mut found: Vec<Found<'_>> = Vec::new();
        for (name, value) in cookies {
            let Some((base, part)) = base_name(name.as_ref(), &name_start) else { continue };
            match find_or_add(&mut found, base) {
                Some(cookie) => {
                    if cookie.add(part, value.as_ref()) {
                        jar.present.push(name.as_ref().to_owned());
                    }
                }
                None => jar.reject(base, UnsealError::TooManyCookies),
            }
        }
        let mut bytes_left = MAX_JAR_LEN;
        for cookie in &found {
            cookie.unseal_into(&mut jar, ring, &mut bytes_left);
        }
        if let Some(current) = &jar.session {
            // What ends with it is sent to its provider, which must not see tokens of another kind.
            jar.others.retain(|other| other.provider == current.provider);
        }
        jar
    }

    /// Cookies that make the browser hold `session`: the text or its chunks, and the deletion of what an
    /// earlier value of the same cookie has left behind.
    ///
    /// # Errors
    /// [`TooLarge`] if the session does not fit into [`MAX_CHUNKS`] cookies; nothing is written then.
    pub fn write(
        &mut self,
        ring: &KeyRing,
        policy: &CookiePolicy,
        session: &Session,
        entropy: &mut Entropy,
    ) -> Result<Vec<SetCookie>, TooLarge> {
        let name = policy.cookie_name(session.id);
        let sealed = session.seal(ring, &name, &entropy.take())?;
        let attributes = policy.attributes(session.remember);
        let parts = chunks::split(&name, &sealed, attributes.to_header().len())?;
        let is_stale = |present: &str| {
            belongs_to(present, &name) && !parts.iter().any(|(written, _)| written == present)
        };
        let deletions = self.delete_where(policy, &is_stale);
        for (name, _) in &parts {
            if !self.present.contains(name) {
                self.present.push(name.clone());
            }
        }
        let writes = parts.into_iter().map(|(name, value)| SetCookie {
            name,
            value: Secret::new(value),
            attributes: attributes.clone(),
        });
        Ok(writes.chain(deletions).collect())
    }

    /// Deletes every cookie of ours that does not belong to this session: after a login.
    pub fn delete_others(&mut self, policy: &CookiePolicy, id: SessionId) -> Vec<SetCookie> {
        let name = policy.cookie_name(id);
        self.delete_where(policy, &|present| !belongs_to(present, &name))
    }

    /// Deletes the cookies of one session and leaves those of a newer login: when it has ended.
    pub fn delete(&mut self, policy: &CookiePolicy, id: SessionId) -> Vec<SetCookie> {
        let name = policy.cookie_name(id);
        self.delete_where(policy, &|present| belongs_to(present, &name))
    }

    /// Deletes every cookie of ours: at logout.
    pub fn delete_all(&mut self, policy: &CookiePolicy) -> Vec<SetCookie> {
        self.delete_where(policy, &|_| true)
    }

    fn delete_where(
        &mut self,
        policy: &CookiePolicy,
        condition: &dyn Fn(&str) -> bool,
    ) -> Vec<SetCookie> {
        let mut deletions = Vec::new();
        self.present.retain(|name| {
            let gone = condition(name);
            if gone {
                deletions.push(policy.deletion(name));
            }
            !gone
        });
        deletions
    }

    fn judge(&mut self, name: &str, unsealed: Result<(Session, bool), UnsealError>) {
        match unsealed {
            Ok((session, reseal)) => self.offer(session, reseal),
            Err(reason) => self.reject(name, reason),
        }
    }

    fn reject(&mut self, name: &str, reason: UnsealError) {
        let rejected = Rejected { name: name.to_owned(), reason };
        if self.rejected.len() < 2 * MAX_COOKIES && !self.rejected.contains(&rejected) {
            self.rejected.push(rejected);
        }
    }

    /// Takes the session for the current one if it is newer. Two forms of one cookie, whole and in
    /// chunks, are there when responses overtook each other; the generation tells which to believe.
    fn offer(&mut self, mut session: Session, reseal: bool) {
        let Some(current) = &mut self.session else {
            (self.session, self.reseal) = (Some(session), reseal);
            return;
        };
        let age = |session: &Session| (session.started_at, session.generation, session.sealed_at);
        if age(current) < age(&session) {
            mem::swap(current, &mut session);
            self.reseal = reseal;
        }
        if session.id == current.id {
            return;
        }
        match self.others.iter_mut().find(|known| known.id == session.id) {
            Some(known) if age(known) < age(&session) => *known = session,
            Some(_) => {}
            None => {
                let is_newer = |other: &Session| other.started_at > session.started_at;
                let at = self.others.iter().position(is_newer).unwrap_or(self.others.len());
                self.others.insert(at, session);
            }
        }
    }
}

fn belongs_to(name: &str, base: &str) -> bool {
    name.strip_prefix(base).and_then(Part::parse).is_some()
}

fn find_or_add<'f, 'a>(found: &'f mut Vec<Found<'a>>, name: &'a str) -> Option<&'f mut Found<'a>> {
    let at = found.iter().position(|cookie| cookie.name == name).unwrap_or(found.len());
    if at == found.len() && at < MAX_COOKIES {
        found.push(Found::new(name));
    }
    found.get_mut(at)
}

/// The forms in which one cookie came. Of two with the same name the first counts: browsers send the
/// one with the longer path first (RFC 6265 §5.4).
struct Found<'a> {
    name: &'a str,
    whole: Option<&'a str>,
    chunks: Chunks<'a>,
}

impl<'a> Found<'a> {
    const fn new(name: &'a str) -> Self {
        Self { name, whole: None, chunks: [None; MAX_CHUNKS] }
    }

    /// `false` if this part is there already.
    fn add(&mut self, part: Part, value: &'a str) -> bool {
        let place = match part {
            Part::Whole => Some(&mut self.whole),
            Part::Chunk(index) => self.chunks.get_mut(index),
        };
        match place {
            Some(place @ None) => {
                *place = Some(value);
                true
            }
            _ => false,
        }
    }

    fn unseal_into(&self, jar: &mut Jar, ring: &KeyRing, bytes_left: &mut usize) {
        let mut unseal = |text: &str| {
            *bytes_left = bytes_left.checked_sub(text.len()).ok_or(UnsealError::TooLarge)?;
            Session::unseal(ring, self.name, text)
        };
        if let Some(text) = self.whole {
            jar.judge(self.name, unseal(text));
        }
        if self.chunks.iter().any(Option::is_some) {
            let joined = chunks::join(&self.chunks).ok_or(UnsealError::MissingChunk);
            jar.judge(self.name, joined.and_then(|text| unseal(&text)));
        }
    }
}

/// Between two steps only this matters: what to delete when something is written, and what ends with it.
impl Mapped for Jar {
    fn map(&mut self, mapping: &mut Mapping<'_>) {
        mapping.member("present", &mut self.present);
        mapping.member("others", &mut self.others);
    }

    fn blank() -> Self {
        Self::default()
    }
}
