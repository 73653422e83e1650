//! The page's session: what is held, where it is stored, and when it is renewed.

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;

use js_sys::Promise;
use wasm_bindgen::JsValue;

use super::flight::{Flight, fly};
use super::host::{Host, Storage};
use super::records::Records;
use super::tasks::{promise, settled, spawn};
use super::timers::{Timer, now, window};
use crate::entropy::Entropy;
use crate::error::{Error, ErrorCode};
use crate::expiry::expires_at;
use crate::manager::{Manager, PageConfig};
use crate::policy::Demand;
use crate::provider::Credentials;
use crate::secret::Secret;
use crate::session::plain_text::{read_session, write_session};
use crate::session::{Session, SetCookie};
use crate::step::{Event, How, Input, Outcome, SessionView};
use crate::time::{Clock, Millis, UnixMillis};
use crate::wasm::convert::to_js;

/// One page's session and what belongs to it. Borrows last for one expression: whatever is called may
/// come back.
pub(super) struct Page {
    pub manager: Manager,
    pub host: Host,
    pub records: Records,
    pub skew_ms: Cell<Millis>,
    /// Counts logins and logouts: the answer to an earlier login comes too late.
    pub epoch: Cell<u32>,
    held: RefCell<Option<Held>>,
    storage: Storage,
    /// Settles when everything that was to be stored is.
    stored: RefCell<Option<Promise>>,
    restored: OnceCell<Promise>,
    ahead: Cell<bool>,
    timer: RefCell<Option<Timer>>,
}

/// The session that the page has.
#[derive(Clone)]
struct Held {
    text: Secret,
    view: SessionView,
    /// When its token is to be renewed, on our clock.
    due_at: Option<UnixMillis>,
}

impl Page {
    pub fn new(config: PageConfig, host: Host) -> Result<Rc<Self>, Error> {
        let instance = random().unwrap_or_default();
        let page = Rc::new(Self {
            manager: Manager::in_page(config, instance)?,
            storage: Storage::of(&host),
            host,
            records: Records::default(),
            skew_ms: Cell::default(),
            epoch: Cell::default(),
            held: RefCell::default(),
            stored: RefCell::default(),
            restored: OnceCell::new(),
            ahead: Cell::new(true),
            timer: RefCell::default(),
        });
        let restoring = page.clone();
        let _ = page.restored.set(promise(async move {
            restoring.restore().await;
            Ok(JsValue::UNDEFINED)
        }));
        Ok(page)
    }

    /// What the storage holds may be anything; what is no session is nobody's.
    async fn restore(self: &Rc<Self>) {
        if let Some(session) = self.storage.read().await {
            self.take_over(session);
        }
    }

    /// Holds a session that came from elsewhere, unless it is too old.
    pub fn take_over(self: &Rc<Self>, mut session: Session) {
        let tokens = &mut session.tokens;
        if tokens.expires_at.is_none() {
            tokens.expires_at = expires_at(tokens.access_token.expose(), None, self.clock());
        }
        let text = write_session(&session);
        if let Ok(opened) = self.manager.open(text.expose(), self.clock()) {
            let view = self.manager.view(&opened.session, self.clock(), false);
            self.hold(Some((text, view)));
        }
    }

    /// Resolves when the storage was read.
    pub async fn ready(&self) {
        if let Some(restored) = self.restored.get() {
            let _ = settled(restored.clone()).await;
        }
    }

    pub fn clock(&self) -> Clock {
        Clock { now: now(), skew_ms: self.skew_ms.get() }
    }

    pub fn entropy(&self) -> Option<Entropy> {
        random().map(|seed| Entropy::new(&seed))
    }

    pub async fn login(self: &Rc<Self>, credentials: Credentials) -> Result<SessionView, Error> {
        self.ready().await;
        self.epoch.set(self.epoch.get().wrapping_add(1));
        let cookies = self.held.borrow().as_ref().map(|held| held.text.clone()).unwrap_or_default();
        let input = Input::Login { credentials, remember: true, cookies };
        self.answered(fly(self, None, input).await).await
    }

    pub async fn renew(self: &Rc<Self>, demand: Demand) -> Result<SessionView, Error> {
        self.ready().await;
        let Some(Held { text, view, .. }) = self.held.borrow().clone() else {
            return Err(signed_out());
        };
        let input = Input::Renew { cookies: text, demand };
        self.answered(fly(self, Some(view.id), input).await).await
    }

    /// The session is gone from the page before anything is sent, and stays gone whatever is answered.
    pub async fn logout(self: &Rc<Self>) {
        self.ready().await;
        self.epoch.set(self.epoch.get().wrapping_add(1));
        if let Some(Held { text, view, .. }) = self.held.take() {
            self.hold(None);
            fly(self, Some(view.id), Input::Logout { cookies: text }).await;
        }
        self.stored().await;
    }

    /// Nobody gets a new token before it is stored.
    async fn answered(&self, outcome: Outcome) -> Result<SessionView, Error> {
        self.stored().await;
        match outcome {
            Outcome::SignedIn { session, .. } => Ok(session),
            Outcome::SignedOut { .. } => Err(signed_out()),
            Outcome::Unavailable { error, .. } | Outcome::Failed { error } => Err(error),
        }
    }

    async fn stored(&self) {
        let stored = self.stored.borrow().clone();
        if let Some(stored) = stored {
            let _ = settled(stored).await;
        }
    }

    /// Takes over what an outcome says of the session, unless something later has happened to it.
    pub fn settle(self: &Rc<Self>, flight: &Flight, outcome: Outcome) -> Outcome {
        let current =
            self.held.borrow().as_ref().map(|it| (it.view.id.clone(), it.view.generation));
        match outcome {
            Outcome::SignedIn { session, how: How::LoggedIn, cookies } => {
                if flight.epoch != self.epoch.get() {
                    self.take_back(session.id, cookies);
                    return Outcome::Failed { error: too_late() };
                }
                self.hold(text_of(&cookies).map(|text| (text, session.clone())));
                Outcome::SignedIn { session, how: How::LoggedIn, cookies }
            }
            Outcome::SignedIn { ref session, ref cookies, .. }
            | Outcome::Unavailable { ref session, ref cookies, .. } => {
                let newer = current.is_some_and(|(id, generation)| {
                    id == session.id && generation < session.generation
                });
                if let (true, Some(text)) = (newer, text_of(cookies)) {
                    self.hold(Some((text, session.clone())));
                }
                outcome
            }
            Outcome::SignedOut { .. } => {
                if current.is_some_and(|(id, _)| flight.session_id.as_ref() == Some(&id)) {
                    self.hold(None);
                }
                outcome
            }
            Outcome::Failed { .. } => outcome,
        }
    }

    /// A session that nobody waits for any more.
    fn take_back(self: &Rc<Self>, id: String, cookies: Vec<SetCookie>) {
        let Some(cookies) = text_of(&cookies) else { return };
        let page = self.clone();
        spawn(async move {
            fly(&page, Some(id), Input::Logout { cookies }).await;
        });
    }

    /// Holds a session, or none, stores it, and shows it without its token.
    fn hold(self: &Rc<Self>, session: Option<(Secret, SessionView)>) {
        let held = session.map(|(text, view)| Held {
            due_at: self.manager.due_at(text.expose(), self.clock()),
            view: SessionView { access_token: None, ..view },
            text,
        });
        let shown = held.as_ref().map(|held| held.view.clone());
        let text = held.as_ref().map(|held| held.text.clone());
        self.held.replace(held);
        self.store(text);
        self.schedule();
        if let Ok(shown) = to_js(shown) {
            self.host.on_session(&shown);
        }
    }

    /// One write after the other, in the order of what happened.
    fn store(self: &Rc<Self>, text: Option<Secret>) {
        let page = self.clone();
        let session = text.and_then(|text| read_session(text.expose()));
        let before = self.stored.take();
        let stored = promise(async move {
            if let Some(before) = before {
                let _ = settled(before).await;
            }
            if page.storage.write(session).await.is_err() {
                page.tell(Event::StoreFailed { session_id: String::new() });
            }
            Ok(JsValue::UNDEFINED)
        });
        self.stored.replace(Some(stored));
    }

    pub fn tell(&self, event: Event) {
        if let Ok(event) = to_js(event) {
            self.host.on_event(&event);
        }
    }

    pub fn is_ahead(&self) -> bool {
        self.ahead.get()
    }

    pub fn set_ahead(self: &Rc<Self>, ahead: bool) {
        self.ahead.set(ahead);
        self.schedule();
    }

    /// Sets the timer for the next renewal: when it is due, and not before a cool-down ends.
    pub fn schedule(self: &Rc<Self>) {
        let next = self.next_renewal();
        let timer = self.timer.take();
        let kept = timer.filter(|timer| next.is_some_and(|at| timer.is_set_to(at)));
        let timer = kept.or_else(|| Timer::new(self, next?));
        self.timer.replace(timer);
    }

    fn next_renewal(&self) -> Option<UnixMillis> {
        let held = self.held.borrow();
        let held = held.as_ref().filter(|_| self.ahead.get())?;
        let due_at = held.due_at?;
        let cool_down = self.records.cool_down_until(&held.view.id);
        Some(cool_down.map_or(due_at, |until| until.max(due_at)))
    }
}

fn text_of(cookies: &[SetCookie]) -> Option<Secret> {
    cookies.last().map(|cookie| cookie.value.clone())
}

/// From the page's cryptographic generator.
fn random<const N: usize>() -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let crypto = window().crypto().ok()?;
    crypto.get_random_values_with_u8_array(&mut bytes).ok()?;
    Some(bytes)
}

fn signed_out() -> Error {
    Error::new(ErrorCode::SignedOut, "nobody is signed in")
}

fn too_late() -> Error {
    Error::new(ErrorCode::SignedOut, "another login or a logout came in between")
}
