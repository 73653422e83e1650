//! One flight as its process holds it, and what is known of it for the promises.

use tokenkeep::flight::State;
use tokenkeep::step::{EndReason, How};

use crate::provider_model::Token;
use crate::world::Request;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Wish {
    /// A page that needs a token that works.
    Page,
    /// A data call was refused with the page's token, or the application wants a newer one.
    Newer(bool),
    Login {
        user: usize,
    },
    Logout,
}

/// What a caller was told last.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Told {
    SignedIn { session: usize, generation: u32, how: How },
    SignedOut(EndReason),
    Unavailable,
    Failed,
}

/// What the driver asked the store, as far as it matters which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    Claim,
    Extend,
    Other,
}

/// One flight as its process holds it, and what is known of it for the promises.
pub struct Flight {
    pub process: usize,
    pub browser: usize,
    pub wish: Wish,
    pub began: i64,
    pub state: Option<State>,
    pub outstanding: Vec<(u32, Asked)>,
    /// Its process has died.
    pub dead: bool,
    pub answered: bool,
    /// The session in the request's cookie.
    pub session: Option<usize>,
    pub presented: u32,
    /// None where the cookie only names the record.
    pub presented_token: Option<Token>,
    /// Every session in the request's cookies.
    pub brought: Vec<usize>,
    /// When the request's cookie was written, by the clock of who wrote it.
    pub sealed_at: i64,
    pub cookie_names: Vec<String>,
    /// Since when a refresh request is on its way.
    pub sending: Option<i64>,
    /// Refresh requests since the lease was taken.
    pub sends: u32,
    pub first_sent: i64,
    /// The last refresh ended with nobody knowing how.
    pub unknown: bool,
    /// The store answered the claim, and the extension before sending.
    pub claim_answered: bool,
    pub lease_answered: bool,
    /// An extension was lost or late, or its process stood still.
    pub extension_fault: bool,
    /// A step of this flight was lost or late, or its answer was.
    pub store_fault: bool,
    pub paused: bool,
    /// New tokens that it received, and when.
    pub received: Option<(Token, i64)>,
    pub published: bool,
    /// The generation that it has reported as renewed.
    pub reported: Option<u32>,
    /// Since when it waits at the store.
    pub waiting: Option<i64>,
    /// Its own step ended the session.
    pub ended_session: bool,
    /// It has revoked before *ended* was written.
    pub revoked_early: bool,
}

impl Flight {
    pub fn new(request: &Request, now: i64) -> Self {
        Self {
            process: request.process,
            browser: request.browser,
            wish: request.wish,
            began: now,
            state: None,
            outstanding: Vec::new(),
            dead: false,
            answered: false,
            session: None,
            presented: 0,
            presented_token: None,
            brought: Vec::new(),
            sealed_at: 0,
            cookie_names: names(&request.cookies),
            sending: None,
            sends: 0,
            first_sent: 0,
            unknown: false,
            claim_answered: false,
            lease_answered: false,
            extension_fault: false,
            store_fault: false,
            paused: false,
            received: None,
            published: false,
            reported: None,
            waiting: None,
            ended_session: false,
            revoked_early: false,
        }
    }

    /// It has new tokens that have not reached the store.
    pub fn has_unpublished(&self) -> bool {
        let renews = !matches!(self.wish, Wish::Login { .. }) && self.state.is_some();
        renews && self.received.is_some() && !self.published
    }
}

fn names(cookies: &str) -> Vec<String> {
    let pairs = cookies.split("; ").filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, _)| name.to_owned()).collect()
}
