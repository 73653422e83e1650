//! A browser: one cookie jar, however many tabs.

use std::collections::BTreeMap;

use tokenkeep::session::SetCookie;

use crate::faults::Fault;

#[derive(Default)]
pub struct Browser {
    /// Values by name. With one cookie name for all sessions the real one is kept beside the value.
    jar: BTreeMap<String, (String, String)>,
    /// The sessions whose login answers arrived here.
    pub logins: Vec<usize>,
}

impl Browser {
    /// The `Cookie` header of a request.
    pub fn header(&self) -> String {
        let pairs: Vec<String> =
            self.jar.values().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }

    pub fn is_empty(&self) -> bool {
        self.jar.is_empty()
    }

    /// Applies a response, in the order of arrival.
    pub fn receive(&mut self, cookies: &[SetCookie], fault: Fault) {
        let last = |cookie: &SetCookie| {
            cookies.iter().rfind(|other| base(&other.name) == base(&cookie.name))
        };
        for cookie in cookies {
            if fault == Fault::OneOfTheParts && last(cookie) != Some(cookie) {
                continue;
            }
            let key = match fault {
                Fault::OneCookieName => cookie.name.replace(base(&cookie.name), "tokenkeep"),
                _ => cookie.name.clone(),
            };
            if cookie.attributes.max_age == Some(0) {
                self.jar.remove(&key);
            } else {
                self.jar.insert(key, (cookie.name.clone(), cookie.value.expose().to_owned()));
            }
        }
    }
}

/// The name without the number of a part.
pub fn base(name: &str) -> &str {
    name.split_once('.').map_or(name, |(base, _)| base)
}
