//! A browser, a few responses, and which session the next request finds.

mod sample;

use std::collections::BTreeMap;

use proptest::prelude::*;
use sample::{SECRET, ring, session};
use tokenkeep::entropy::Entropy;
use tokenkeep::json::{from_json, into_json};
use tokenkeep::session::Session;
use tokenkeep::session::jar::{Jar, MAX_COOKIES};
use tokenkeep::session::seal::UnsealError;
use tokenkeep::session::set_cookie::{CookiePolicy, SetCookie};

/// Data lengths that give a whole cookie, two chunks, three and four.
const SIZES: [usize; 4] = [0, 3000, 6500, 9000];

#[derive(Clone, Default)]
struct Browser(BTreeMap<String, String>);

impl Browser {
    fn request(&self) -> Jar {
        let cookies: Vec<_> = self.0.iter().collect();
        Jar::read(&ring(SECRET), &CookiePolicy::default(), &cookies)
    }

    fn request_backwards(&self) -> Jar {
        let cookies: Vec<_> = self.0.iter().rev().collect();
        Jar::read(&ring(SECRET), &CookiePolicy::default(), &cookies)
    }

    fn receive(&mut self, response: Vec<SetCookie>) {
        for cookie in response {
            if cookie.attributes.max_age == Some(0) {
                self.0.remove(&cookie.name);
            } else {
                self.0.insert(cookie.name, cookie.value.expose().to_owned());
            }
        }
    }

    fn with(sessions: &[Session]) -> Self {
        let mut browser = Self::default();
        for session in sessions {
            browser.receive(response(&mut Jar::default(), session));
        }
        browser
    }

    fn names(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }
}

fn response(jar: &mut Jar, session: &Session) -> Vec<SetCookie> {
    let [seed, ..] = session.generation.to_le_bytes();
    let mut entropy = Entropy::new(&[seed; 32]);
    let policy = CookiePolicy::default();
    jar.write(&ring(SECRET), &policy, session, &mut entropy).unwrap_or_default()
}

fn name(session: &Session) -> String {
    CookiePolicy::default().cookie_name(session.id)
}

fn size() -> impl Strategy<Value = usize> {
    prop::sample::select(&SIZES[..])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn after_a_write_the_browser_has_that_session_and_nothing_else_of_its_name(
        earlier in prop::collection::vec((0..50_u32, size()), 0..4),
        left_behind in prop::collection::vec((0..16_usize, "[A-Za-z0-9.]{0,20}"), 0..6),
        written in size(),
    ) {
        let new = session(1, 7, written);
        let earlier: Vec<_> = earlier.iter().map(|&(generation, size)| session(1, generation, size)).collect();
        let mut browser = Browser::with(&earlier);
        for (index, value) in left_behind {
            browser.0.insert(format!("{}.{index}", name(&new)), value);
        }
        let answer = response(&mut browser.request(), &new);
        browser.receive(answer);
        let jar = browser.request();
        prop_assert_eq!(jar.session, Some(new.clone()));
        prop_assert!(jar.rejected.is_empty());
        prop_assert_eq!(browser.0, Browser::with(&[new]).0);
    }

    #[test]
    fn a_jar_knows_what_it_has_written_before(first in size(), second in size()) {
        let mut browser = Browser::default();
        let mut jar = browser.request();
        browser.receive(response(&mut jar, &session(1, 1, first)));
        browser.receive(response(&mut jar, &session(1, 2, second)));
        prop_assert_eq!(browser.0, Browser::with(&[session(1, 2, second)]).0);
    }

    #[test]
    fn whichever_response_comes_last_the_session_is_not_lost(
        before in size(), one in size(), other in size(), one_is_last in any::<bool>(),
    ) {
        let mut browser = Browser::with(&[session(1, 1, before)]);
        let (one, other) = (session(1, 2, one), session(1, 3, other));
        let mut answers = [response(&mut browser.request(), &one), response(&mut browser.request(), &other)];
        if one_is_last {
            answers.reverse();
        }
        answers.into_iter().for_each(|answer| browser.receive(answer));
        let found = browser.request().session;
        prop_assert!(found == Some(one) || found == Some(other));
    }
}

#[test]
fn of_two_forms_of_one_cookie_the_higher_generation_counts() {
    for (whole, chunked) in [(4, 5), (5, 4)] {
        let forms = [session(1, whole, 0), session(1, chunked, 6500)];
        let jar = Browser::with(&forms).request();
        assert_eq!(jar.session.unwrap().generation, 5);
    }
}

#[test]
fn the_newest_login_wins_whatever_its_generation() {
    let jar = Browser::with(&[session(2, 0, 0), session(1, 90, 0), session(3, 0, 0)]).request();
    assert_eq!(jar.session, Some(session(3, 0, 0)));
    assert!(jar.rejected.is_empty());
}

#[test]
fn older_logins_are_the_others_whatever_their_order_and_form() {
    let renewed = [session(2, 4, 6500), session(2, 5, 0), session(4, 1, 6500)];
    let elsewhere = Session { provider: "oauth".to_owned(), ..session(3, 0, 0) };
    let sessions =
        [session(1, 0, 6500), session(9, 0, 0), elsewhere, session(9, 1, 9000), session(4, 0, 0)];
    let browser = Browser::with(&[&sessions[..], &renewed].concat());
    for jar in [browser.request(), browser.request_backwards()] {
        assert_eq!(jar.session, Some(session(9, 1, 9000)));
        assert_eq!(jar.others, [session(1, 0, 6500), session(2, 5, 0), session(4, 1, 6500)]);
    }
}

#[test]
fn sessions_of_another_provider_are_not_among_the_others_whatever_their_order() {
    let elsewhere = |login| Session { provider: "oauth".to_owned(), ..session(login, 0, 0) };
    let browser = Browser::with(&[elsewhere(1), elsewhere(2), session(3, 0, 0)]);
    for jar in [browser.request(), browser.request_backwards()] {
        assert_eq!((jar.session, jar.others), (Some(session(3, 0, 0)), Vec::new()));
    }
}

#[test]
fn a_login_deletes_the_cookies_of_other_logins() {
    let mut browser = Browser::with(&[session(1, 5, 6500), session(2, 0, 0)]);
    let mut jar = browser.request();
    let login = session(3, 0, 0);
    browser.receive(response(&mut jar, &login));
    browser.receive(jar.delete_others(&CookiePolicy::default(), login.id));
    assert_eq!(browser.names(), [name(&login)]);
}

#[test]
fn a_late_answer_of_an_ended_session_leaves_a_new_login_alone() {
    let mut browser = Browser::with(&[session(1, 5, 0)]);
    let mut late = browser.request();
    browser.receive(response(&mut Jar::default(), &session(2, 0, 0)));
    browser.receive(late.delete(&CookiePolicy::default(), session(1, 5, 0).id));
    assert_eq!(browser.request().session, Some(session(2, 0, 0)));
    assert_eq!(browser.names(), [name(&session(2, 0, 0))]);
}

#[test]
fn a_logout_deletes_every_cookie_of_ours_and_no_other() {
    let mut browser = Browser::with(&[session(1, 5, 9000), session(2, 0, 0)]);
    browser.0.insert("theme".to_owned(), "dark".to_owned());
    browser.0.insert("__Host-tokenkeep-garbage.".to_owned(), "?".to_owned());
    browser.0.insert("__Host-tokenkeep-garbage1".to_owned(), "?".to_owned());
    let deletions = browser.request().delete_all(&CookiePolicy::default());
    browser.receive(deletions);
    assert_eq!(browser.names(), ["__Host-tokenkeep-garbage.", "theme"]);
}

#[test]
fn what_cannot_be_read_is_named_with_its_reason() {
    let mut browser = Browser::with(&[session(1, 5, 6500), session(2, 5, 0)]);
    let (chunked, whole) = (name(&session(1, 5, 0)), name(&session(2, 5, 0)));
    browser.0.remove(&format!("{chunked}.1"));
    browser.0.insert(whole.clone(), "AAAA".to_owned());
    let jar = browser.request();
    assert_eq!(jar.session, None);
    let reason = |name: &str| jar.rejected.iter().find(|it| it.name == name).unwrap().reason;
    assert_eq!(reason(&chunked), UnsealError::MissingChunk);
    assert_eq!(reason(&whole), UnsealError::UnknownVersion);
}

#[test]
fn chunks_of_two_generations_are_not_one_session() {
    let mut browser = Browser::with(&[session(1, 5, 6500)]);
    let newer = Browser::with(&[session(1, 6, 6500)]);
    let mixed = format!("{}.1", name(&session(1, 5, 0)));
    browser.0.insert(mixed.clone(), newer.0[&mixed].clone());
    let jar = browser.request();
    assert_eq!((jar.session, jar.rejected[0].reason), (None, UnsealError::Tampered));
}

#[test]
fn a_request_is_read_up_to_its_bounds() {
    let sessions: Vec<_> = (1..=20).map(|login| session(login, 0, 0)).collect();
    let mut jar = Browser::with(&sessions).request();
    assert!(jar.session.is_some());
    assert_eq!(jar.rejected.len(), 20 - MAX_COOKIES);
    assert!(jar.rejected.iter().all(|it| it.reason == UnsealError::TooManyCookies));
    assert_eq!(jar.delete_all(&CookiePolicy::default()).len(), MAX_COOKIES);

    let mut large = Browser::default();
    for hash in 0..4 {
        large.0.insert(format!("__Host-tokenkeep-AAAAAAA{hash}"), "A".repeat(60_000));
    }
    let rejected = large.request().rejected;
    assert_eq!(rejected.iter().filter(|it| it.reason == UnsealError::TooLarge).count(), 2);
}

#[test]
fn a_session_that_does_not_fit_is_not_written_at_all() {
    let mut jar = Browser::with(&[session(1, 1, 0)]).request();
    let before = jar.clone();
    let policy = CookiePolicy::default();
    let error =
        jar.write(&ring(SECRET), &policy, &session(1, 2, 60_000), &mut Entropy::new(&[9; 32]));
    assert!(error.unwrap_err().bytes > 60_000);
    assert_eq!(jar, before);
}

#[test]
fn a_browser_session_cookie_stays_one_when_it_is_written_again() {
    let forgetful = Session { remember: false, ..session(1, 1, 0) };
    let read = Browser::with(&[forgetful]).request().session.unwrap();
    let written = response(&mut Jar::default(), &Session { generation: 2, ..read });
    assert_eq!(written[0].attributes.max_age, None);
}

#[test]
fn a_jar_survives_as_plain_data_between_two_steps() {
    let jar = Browser::with(&[session(1, 1, 6500), session(2, 1, 0)]).request();
    let mut later: Jar = from_json(into_json(jar.clone())).unwrap();
    let policy = CookiePolicy::default();
    assert_eq!(later.others, [session(1, 1, 6500)]);
    assert_eq!(later.delete_all(&policy), jar.clone().delete_all(&policy));
}
