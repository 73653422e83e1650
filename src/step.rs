//! What crosses between the core and its driver: inputs, effects, results, outcomes, events.

use crate::error::Error;
use crate::http::{HttpRequest, SendResult};
use crate::json::{Json, Mapped, Mapping, json_enum, json_names, json_struct};
use crate::policy::{Demand, Reason};
use crate::provider::Credentials;
use crate::rotation::{Answer, Verb};
use crate::secret::Secret;
use crate::session::SetCookie;
use crate::time::{Millis, UnixMillis};

/// What a caller wants done.
#[derive(Debug)]
pub enum Input {
    /// A token that meets the demand.
    Renew {
        /// The request's `Cookie` header, as it stands after what this request has already set.
        cookies: Secret,
        /// What the caller asks of the tokens.
        demand: Demand,
    },
    /// A new session for a user who proves who they are.
    Login {
        /// What the provider asks for.
        credentials: Credentials,
        /// `false`: the cookie goes when the browser is closed.
        remember: bool,
        /// As above. A session in it ends when the login is accepted.
        cookies: Secret,
    },
    /// A new session with what a sign-in elsewhere has left.
    Adopt {
        /// The answer of a token endpoint (RFC 6749 §5.1; Directus' own). `null`: it is in the cookies.
        answer: Json,
        /// As above.
        remember: bool,
        /// As above. A session in it ends.
        cookies: Secret,
    },
    /// The end of a session, here and at the provider.
    Logout {
        /// As above.
        cookies: Secret,
    },
}

/// Something the driver must do and report back under the same id.
#[derive(Debug)]
pub enum Effect {
    /// One atomic step at the store.
    Store {
        /// The session's record.
        session_id: String,
        /// The step.
        verb: Verb,
    },
    /// Report when a `look` with these values answers something other than `held`.
    Wait {
        /// The session's record.
        session_id: String,
        /// The newest generation that the waiter has.
        generation: u32,
        /// Wait until nobody renews any more.
        drain: bool,
    },
    /// Send a request; never abort it.
    Send {
        /// The request, to be sent exactly so.
        request: HttpRequest,
    },
    /// Report after this many milliseconds.
    Sleep {
        /// How long.
        ms: Millis,
    },
}

/// How an effect ended.
#[derive(Debug)]
pub enum EffectResult {
    /// Of `store` and `wait`.
    Store {
        /// What the store said.
        answer: Answer,
    },
    /// Of `send`.
    Sent {
        /// What came of the request.
        result: SendResult,
    },
    /// Of `sleep`.
    Slept,
}

/// One turn of the machine: everything the driver must do next.
#[derive(Debug)]
pub struct Step {
    /// To be handed back with the next result. `None`: finished, and whatever is still outstanding
    /// (a sleep, a wait) may be dropped.
    pub state: Option<crate::flight::State>,
    /// To be performed, each with the id under which its result is expected.
    pub effects: Vec<(u32, Effect)>,
    /// What the caller gets, once. Effects may go on afterwards.
    pub outcome: Option<Outcome>,
    /// What happened, for logs and counters. Never a token.
    pub events: Vec<Event>,
    /// The clock skew that the provider's answer showed, in milliseconds.
    pub skew_ms: Option<Millis>,
}

impl Step {
    /// Nothing to do: the caller has its outcome.
    #[must_use]
    pub fn only(outcome: Outcome) -> Self {
        Self {
            state: None,
            effects: Vec::new(),
            outcome: Some(outcome),
            events: Vec::new(),
            skew_ms: None,
        }
    }
}

/// What an application may know of a session.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionView {
    /// The session id.
    pub id: String,
    /// How many times it was renewed.
    pub generation: u32,
    /// When the access token expires, epoch milliseconds on our clock. `None`: not known, or never.
    pub expires_at: Option<UnixMillis>,
    /// The access token. `None` when there is no usable one.
    pub access_token: Option<Secret>,
    /// The application's own data, JSON text.
    pub data: Option<Secret>,
}

/// How a signed-in caller came by its tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// They needed no renewal.
    Fresh,
    /// This flight renewed them.
    Refreshed,
    /// Somebody else had renewed them.
    Adopted,
    /// Somebody else renewed them while this flight waited.
    Waited,
    /// They are due, but they still work and renewal is going on elsewhere or failed.
    Kept,
    /// A login.
    LoggedIn,
}

/// Why nobody is signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// There is no session in the cookies.
    Absent,
    /// The token expired and nothing can renew it.
    Expired,
    /// The provider refused to renew it.
    Refused,
    /// The session was ended before, here or elsewhere.
    Ended,
    /// The store has forgotten the session and this cookie is not its newest.
    Forgotten,
    /// The cookie is a replay and the policy refuses it.
    Replayed,
    /// The cookie cannot be opened.
    Unreadable,
    /// The user logged out.
    LoggedOut,
}

/// What the caller gets.
#[derive(Debug)]
pub enum Outcome {
    /// A usable token.
    SignedIn {
        /// The session.
        session: SessionView,
        /// How it came by its tokens.
        how: How,
        /// To be set on the response; empty unless the session changed.
        cookies: Vec<SetCookie>,
    },
    /// Nobody is signed in.
    SignedOut {
        /// Why.
        reason: EndReason,
        /// Deletions, from the one flight that ended the session; empty for everybody else.
        cookies: Vec<SetCookie>,
    },
    /// Signed in, but there is no usable token now.
    Unavailable {
        /// The session without a token.
        session: SessionView,
        /// Why, and whether to try again.
        error: Error,
        /// To be set on the response; empty unless the session changed.
        cookies: Vec<SetCookie>,
    },
    /// A login that did not succeed. Nothing is written.
    Failed {
        /// Why.
        error: Error,
    },
}

/// What happened, for logs and counters. Never a token.
#[derive(Debug, PartialEq)]
pub enum Event {
    /// This flight renewed the tokens.
    Refreshed {
        /// Which session.
        session_id: String,
        /// The new generation.
        generation: u32,
        /// Why they were due.
        reason: Reason,
    },
    /// Newer tokens were found in the record.
    Adopted {
        /// Which session.
        session_id: String,
        /// The generation adopted.
        generation: u32,
        /// After waiting for somebody else's renewal.
        waited: bool,
    },
    /// A renewal failed.
    RefreshFailed {
        /// Which session.
        session_id: String,
        /// The class of failure.
        class: FailureClass,
        /// What failed.
        error: Error,
    },
    /// Another flight has the lease while ours is still renewing.
    LeaseLost {
        /// Which session.
        session_id: String,
    },
    /// A cookie came back although a newer one has been in use for more than a minute.
    ReuseDetected {
        /// Which session.
        session_id: String,
        /// The generation presented.
        generation: u32,
    },
    /// A session ended.
    SessionEnded {
        /// Which session.
        session_id: String,
        /// Why.
        reason: EndReason,
    },
    /// The provider has confirmed that the session's refresh token no longer works.
    Revoked {
        /// Which session.
        session_id: String,
    },
    /// The provider does not let us revoke the session's refresh token, or has not answered for an hour. The token lives on
    /// until it expires.
    RevocationFailed {
        /// Which session.
        session_id: String,
        /// What has to be changed.
        error: Error,
    },
    /// The session does not fit into cookies any more; the record keeps its tokens.
    CookieTooLarge {
        /// Which session.
        session_id: String,
    },
    /// The store did not answer.
    StoreFailed {
        /// Which session.
        session_id: String,
    },
}

/// The class of a failed renewal, which decides what happens next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureClass {
    /// The provider's definite no.
    Refused,
    /// Not now: overloaded, down, or not reached.
    NotNow,
    /// The provider may have rotated the token and we do not know.
    Unknown,
    /// Our configuration is wrong.
    Misconfigured,
}

json_enum!(Input, by "kind" {
    "renew" = Renew { cookies: cookies = "cookies", demand: demand = "demand" },
    "login" = Login {
        credentials: credentials = "credentials",
        remember: remember = "remember",
        cookies: cookies = "cookies"
    },
    "adopt" = Adopt { answer: answer = "answer", remember: remember = "remember", cookies: cookies = "cookies" },
    "logout" = Logout { cookies: cookies = "cookies" },
});

json_enum!(Effect => to, by "kind" {
    "store" = Store { session_id: id = "sessionId", verb: verb = "verb" },
    "wait" = Wait {
        session_id: id = "sessionId",
        generation: generation = "generation",
        drain: drain = "drain"
    },
    "send" = Send { request: request = "request" },
    "sleep" = Sleep { ms: ms = "ms" },
});

/// What a store says that is no answer of the protocol is no answer.
impl Mapped for EffectResult {
    fn map(&mut self, mapping: &mut Mapping<'_>) {
        match mapping.name(Some("kind"), &["slept", "store", "sent"], 0) {
            1 => {
                let mut answer = Answer::NoAnswer;
                if !mapping.attempt("answer", &mut answer) {
                    answer = Answer::NoAnswer;
                }
                *self = Self::Store { answer };
            }
            2 => {
                let mut result = SendResult::Unknown;
                mapping.member("result", &mut result);
                *self = Self::Sent { result };
            }
            _ => {}
        }
    }

    fn blank() -> Self {
        Self::Slept
    }
}

json_struct!(Step {
    state: "state",
    effects: "effects",
    outcome: "outcome",
    events: "events",
    skew_ms: "skewMs",
});

json_struct!(SessionView {
    id: "id",
    generation: "generation",
    expires_at: "expiresAt",
    access_token: "accessToken",
    data: "data",
});

json_names!(How {
    Fresh = "fresh",
    Refreshed = "refreshed",
    Adopted = "adopted",
    Waited = "waited",
    Kept = "kept",
    LoggedIn = "loggedIn",
});

json_names!(EndReason {
    Absent = "absent",
    Expired = "expired",
    Refused = "refused",
    Ended = "ended",
    Forgotten = "forgotten",
    Replayed = "replayed",
    Unreadable = "unreadable",
    LoggedOut = "loggedOut",
});

json_enum!(Outcome => to, by "kind" {
    "signedIn" = SignedIn { session: session = "session", how: how = "how", cookies: cookies = "cookies" },
    "signedOut" = SignedOut { reason: reason = "reason", cookies: cookies = "cookies" },
    "unavailable" = Unavailable {
        session: session = "session",
        error: error = "error",
        cookies: cookies = "cookies"
    },
    "failed" = Failed { error: error = "error" },
});

json_enum!(Event => to, by "type" {
    "refreshed" = Refreshed {
        session_id: id = "sessionId",
        generation: generation = "generation",
        reason: reason = "reason"
    },
    "adopted" = Adopted {
        session_id: id = "sessionId",
        generation: generation = "generation",
        waited: waited = "waited"
    },
    "refreshFailed" = RefreshFailed {
        session_id: id = "sessionId",
        class: class = "class",
        error: error = "error"
    },
    "leaseLost" = LeaseLost { session_id: id = "sessionId" },
    "reuseDetected" = ReuseDetected {
        session_id: id = "sessionId",
        generation: generation = "generation"
    },
    "sessionEnded" = SessionEnded { session_id: id = "sessionId", reason: reason = "reason" },
    "revoked" = Revoked { session_id: id = "sessionId" },
    "revocationFailed" = RevocationFailed { session_id: id = "sessionId", error: error = "error" },
    "cookieTooLarge" = CookieTooLarge { session_id: id = "sessionId" },
    "storeFailed" = StoreFailed { session_id: id = "sessionId" },
});

json_names!(FailureClass {
    Refused = "refused",
    NotNow = "notNow",
    Unknown = "unknown",
    Misconfigured = "misconfigured",
});
