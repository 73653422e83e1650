//! A flight: one renewal, login or logout in progress, as a value that the driver holds between two
//! steps.
//!
//! The law: each result is handed in once, under the id of its effect; what a step does not return
//! does not happen. Anything else is [`Misuse`].

mod login;
mod logout;
mod renewal;

pub use login::Login;
pub use logout::Logout;
pub use renewal::{Phase, Renewal};

use crate::entropy::Entropy;
use crate::error::{Error, ErrorCode};
use crate::http::HttpRequest;
use crate::http::SendResult;
use crate::json::{Mapped, Mapping, json_enum, json_names};
use crate::manager::Manager;
use crate::provider::Revocation;
use crate::rotation::{Answer, Verb};
use crate::session::jar::Jar;
use crate::session::{Session, SetCookie};
use crate::step::{Effect, EffectResult, Event, Outcome, Step};
use crate::time::{Clock, Millis, UnixMillis};
use crate::token_set::TokenSet;

/// What a flight carries from step to step. Holds tokens: it is never logged.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    flight: String,
    next_id: u32,
    pending: Vec<(u32, Purpose)>,
    answered: bool,
    retries: u32,
    task: Task,
}

/// What a flight is about.
#[derive(Clone, Debug, PartialEq)]
enum Task {
    Renewal(Box<Renewal>),
    Login(Box<Login>),
    Logout(Box<Logout>),
}

/// Why tokens in a record are of no use here.
const UNREADABLE_TOKENS: &str =
    "the stored tokens were sealed with a secret or in a format that is not known here";

/// After so many pauses, an hour together, a provider is asked no more to revoke a token.
const LAST_REVOCATION: u32 = 124;

const UNREVOKED: &str = "the provider has not answered a revocation for an hour";

/// What an outstanding effect is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    /// The effect that the phase is about.
    Main,
    /// The caller's patience.
    Patience,
    /// Time to extend the lease.
    Heartbeat,
    /// A step at the store beside the one that the phase is about.
    Aside,
    /// Time to do the phase's effect once more.
    Retry,
}

/// The driver broke the law: a result for an effect that is not outstanding, or of the wrong kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Misuse;

/// Whether a flight goes on after a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Continue,
    Finish,
}

/// Whether a revocation has come to an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Settled {
    Done,
    GivenUp,
    No,
}

/// What one call into the core has to work with, and what it gives back.
pub(crate) struct Turn<'a> {
    pub manager: &'a Manager,
    pub clock: Clock,
    pub entropy: Entropy,
    flight: String,
    next_id: u32,
    pending: Vec<(u32, Purpose)>,
    answered: bool,
    retries: u32,
    effects: Vec<(u32, Effect)>,
    outcome: Option<Outcome>,
    events: Vec<Event>,
    skew_ms: Option<Millis>,
}

impl<'a> Turn<'a> {
    pub fn first(manager: &'a Manager, clock: Clock, mut entropy: Entropy) -> Self {
        let flight = crate::session::SessionId::random(&mut entropy).text();
        Self {
            manager,
            clock,
            entropy,
            flight,
            next_id: 0,
            pending: Vec::new(),
            answered: false,
            retries: 0,
            effects: Vec::new(),
            outcome: None,
            events: Vec::new(),
            skew_ms: None,
        }
    }

    fn flight(&self) -> String {
        self.flight.clone()
    }

    fn emit(&mut self, purpose: Purpose, effect: Effect) {
        let id = self.next_id;
        self.next_id = id.wrapping_add(1);
        self.pending.push((id, purpose));
        self.effects.push((id, effect));
    }

    fn store(&mut self, session_id: &str, verb: Verb) {
        self.emit(Purpose::Main, Effect::Store { session_id: session_id.into(), verb });
    }

    fn sleep(&mut self, purpose: Purpose, ms: Millis) {
        self.emit(purpose, Effect::Sleep { ms });
    }

    /// Does the phase's effect once more after a pause that doubles from one second to half a minute.
    fn retry_later(&mut self) {
        self.retry_within(Millis::from_seconds(30));
    }

    /// The same, but after at most so long.
    fn retry_within(&mut self, most: Millis) {
        let pause = Millis(1000 << self.retries.min(5)).min(most);
        self.retries = self.retries.saturating_add(1);
        self.sleep(Purpose::Retry, pause);
    }

    /// Gives the caller its outcome. Only the first one counts: the caller is gone after that.
    fn answer(&mut self, outcome: Outcome) {
        if !self.answered {
            self.answered = true;
            self.outcome = Some(outcome);
        }
    }

    /// Cookies for a session that changed. One that has grown too large for cookies is not written:
    /// the record keeps its tokens, and the browser's old cookie finds them there.
    fn write(&mut self, session: &Session, jar: &mut Jar) -> Vec<SetCookie> {
        self.manager.write(session, jar, self.clock, &mut self.entropy).unwrap_or_else(|_| {
            self.event(Event::CookieTooLarge { session_id: session.id.text() });
            Vec::new()
        })
    }

    /// To be called before the answer is judged, so that its expiry is counted on the right clock.
    fn learn_skew(&mut self, result: &SendResult, sent_at: Option<UnixMillis>) {
        let learned = self.manager.provider().learned_skew(result, self.clock.now, sent_at);
        if let Some(skew_ms) = learned {
            self.clock.skew_ms = skew_ms;
            self.skew_ms = Some(skew_ms);
        }
    }

    /// Judges the answer to a revocation. `Settled::No`: it was put off.
    fn revoked(&mut self, result: &SendResult, session_id: String) -> Settled {
        match self.manager.provider().revoke_outcome(result) {
            Revocation::Done => {
                self.event(Event::Revoked { session_id });
                Settled::Done
            }
            // A revocation endpoint that is not there must not be asked for ever, once for every logout.
            Revocation::RetryLater if self.retries >= LAST_REVOCATION => {
                let error = Error::new(ErrorCode::ProviderUnavailable, UNREVOKED);
                self.event(Event::RevocationFailed { session_id, error });
                Settled::GivenUp
            }
            Revocation::RetryLater => {
                self.retry_later();
                Settled::No
            }
            Revocation::Misconfigured(error) => {
                self.event(Event::RevocationFailed { session_id, error });
                Settled::GivenUp
            }
        }
    }

    fn event(&mut self, event: Event) {
        self.events.push(event);
    }

    fn finish(self, next: Next, task: Task) -> Step {
        let state = match next {
            Next::Finish => None,
            Next::Continue => Some(State {
                flight: self.flight,
                next_id: self.next_id,
                pending: self.pending,
                answered: self.answered,
                retries: self.retries,
                task,
            }),
        };
        Step {
            state,
            effects: self.effects,
            outcome: self.outcome,
            events: self.events,
            skew_ms: self.skew_ms,
        }
    }
}

/// Starts a renewal.
pub(crate) fn renew(mut turn: Turn<'_>, mut renewal: Renewal) -> Step {
    let next = renewal.start(&mut turn);
    turn.finish(next, Task::Renewal(Box::new(renewal)))
}

/// Starts a login with this request to the provider.
pub(crate) fn log_in(mut turn: Turn<'_>, login: Login, request: HttpRequest) -> Step {
    Login::start(&mut turn, request);
    turn.finish(Next::Continue, Task::Login(Box::new(login)))
}

/// Starts a session with tokens that are already there.
pub(crate) fn adopt(mut turn: Turn<'_>, mut login: Login, tokens: TokenSet) -> Step {
    let then = login.adopt(&mut turn, tokens);
    let mut task = Task::Login(Box::new(login));
    let next = task.after_login(&mut turn, then);
    turn.finish(next, task)
}

/// Starts a logout.
pub(crate) fn log_out(mut turn: Turn<'_>, mut logout: Logout) -> Step {
    let next = logout.start(&mut turn);
    turn.finish(next, Task::Logout(Box::new(logout)))
}

/// Takes the result of one effect.
pub(crate) fn resume(
    manager: &Manager,
    state: State,
    id: u32,
    result: EffectResult,
    clock: Clock,
    entropy: Entropy,
) -> Result<Step, Misuse> {
    let mut pending = state.pending;
    let at = pending.iter().position(|(known, _)| *known == id).ok_or(Misuse)?;
    let (_, purpose) = pending.remove(at);
    let mut turn = Turn {
        flight: state.flight,
        next_id: state.next_id,
        pending,
        answered: state.answered,
        retries: state.retries,
        ..Turn::first(manager, clock, entropy)
    };
    let mut task = state.task;
    let next = match (purpose, result) {
        (Purpose::Main, EffectResult::Store { answer }) => task.answered(&mut turn, answer)?,
        (Purpose::Main, EffectResult::Sent { result }) => task.sent(&mut turn, &result)?,
        (Purpose::Main, EffectResult::Slept) => task.slept(&mut turn)?,
        (Purpose::Patience, EffectResult::Slept) => task.out_of_patience(&mut turn),
        (Purpose::Retry, EffectResult::Slept) => task.again(&mut turn),
        (Purpose::Heartbeat, EffectResult::Slept) => task.heartbeat(&mut turn),
        (Purpose::Aside, EffectResult::Store { answer }) => task.aside(&mut turn, &answer),
        _ => return Err(Misuse),
    };
    Ok(turn.finish(next, task))
}

impl Task {
    fn answered(&mut self, turn: &mut Turn<'_>, answer: Answer) -> Result<Next, Misuse> {
        match self {
            Self::Renewal(renewal) => match renewal.answered(turn, answer)? {
                renewal::Then::Next(next) => Ok(next),
                renewal::Then::LogOut => Ok(self.become_logout(turn)),
            },
            Self::Logout(logout) => logout.answered(turn, answer),
            Self::Login(login) => {
                let then = login.answered(turn, &answer)?;
                Ok(self.after_login(turn, then))
            }
        }
    }

    fn after_login(&mut self, turn: &mut Turn<'_>, then: login::Then) -> Next {
        match then {
            login::Then::Next(next) => next,
            login::Then::LogOut(mut logout) => {
                let next = logout.start(turn);
                *self = Self::Logout(logout);
                next
            }
        }
    }

    fn sent(&mut self, turn: &mut Turn<'_>, result: &SendResult) -> Result<Next, Misuse> {
        match self {
            Self::Renewal(renewal) => renewal.sent(turn, result),
            Self::Logout(logout) => logout.sent(turn, result),
            Self::Login(login) => {
                let then = login.sent(turn, result);
                Ok(self.after_login(turn, then))
            }
        }
    }

    /// The end of a replayed session is a logout whose caller gets the reason.
    fn become_logout(&mut self, turn: &mut Turn<'_>) -> Next {
        let Self::Renewal(renewal) = self else { return Next::Finish };
        let mut logout = Box::new(renewal.take_logout());
        let next = logout.start(turn);
        *self = Self::Logout(logout);
        next
    }

    fn slept(&mut self, turn: &mut Turn<'_>) -> Result<Next, Misuse> {
        match self {
            Self::Renewal(renewal) => renewal.slept(turn),
            Self::Login(_) | Self::Logout(_) => Err(Misuse),
        }
    }

    fn out_of_patience(&mut self, turn: &mut Turn<'_>) -> Next {
        match self {
            Self::Renewal(renewal) => renewal.out_of_patience(turn),
            Self::Login(login) => login.out_of_patience(turn),
            Self::Logout(logout) => logout.out_of_patience(turn),
        }
    }

    fn again(&mut self, turn: &mut Turn<'_>) -> Next {
        match self {
            Self::Renewal(renewal) => renewal.act(turn),
            Self::Logout(logout) => logout.again(turn),
            Self::Login(_) => Next::Continue,
        }
    }

    fn heartbeat(&mut self, turn: &mut Turn<'_>) -> Next {
        if let Self::Renewal(renewal) = self {
            renewal.heartbeat(turn);
        }
        Next::Continue
    }

    fn aside(&mut self, turn: &mut Turn<'_>, answer: &Answer) -> Next {
        if let (Self::Renewal(renewal), Answer::Lost) = (self, answer) {
            turn.event(Event::LeaseLost { session_id: renewal.session_id() });
        }
        Next::Continue
    }
}

/// As bytes: the driver need not look into it, and the tokens in it become no JavaScript strings.
impl Mapped for State {
    fn map(&mut self, mapping: &mut Mapping<'_>) {
        mapping.packed(|state| {
            state.member("flight", &mut self.flight);
            state.member("nextId", &mut self.next_id);
            state.member("pending", &mut self.pending);
            state.member("answered", &mut self.answered);
            state.member("retries", &mut self.retries);
            state.member("task", &mut self.task);
        });
    }

    fn blank() -> Self {
        Self {
            flight: String::new(),
            next_id: 0,
            pending: Vec::new(),
            answered: false,
            retries: 0,
            task: Task::blank(),
        }
    }
}

json_enum!(Task, by "task" {
    "renewal" = Renewal { 0: renewal = "renewal" },
    "login" = Login { 0: login = "login" },
    "logout" = Logout { 0: logout = "logout" },
});

json_names!(Purpose {
    Main = "main",
    Patience = "patience",
    Heartbeat = "heartbeat",
    Aside = "aside",
    Retry = "retry",
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{Json, from_json, into_json};
    use crate::policy::{Demand, Reason};
    use crate::secret::Secret;
    use crate::session::SessionId;
    use crate::step::EndReason;
    use crate::token_set::TokenSet;

    fn tokens() -> TokenSet {
        TokenSet {
            access_token: Secret::new("the access token"),
            refresh_token: Some(Secret::new("the refresh token")),
            expires_at: Some(UnixMillis(1_763_752_900_000)),
            obtained_at: UnixMillis(1_763_752_000_000),
            scope: None,
        }
    }

    fn session() -> Session {
        Session {
            id: SessionId::from_bytes([1; 16]),
            generation: u32::MAX,
            provider: "directus".to_owned(),
            instance: [255; 8],
            tokens: tokens(),
            started_at: UnixMillis(0),
            sealed_at: UnixMillis(1),
            remember: true,
            data: Some(Secret::new("{}")),
        }
    }

    fn tasks() -> Vec<Task> {
        let clock = Clock { now: UnixMillis(5), skew_ms: Millis(0) };
        let renewals = Phase::each(&tokens()).into_iter().map(|phase| {
            let demand = Demand::RefusedByProvider(7);
            Task::Renewal(Box::new(Renewal::new(session(), demand, Jar::default()).at(phase)))
        });
        let logout =
            |reason| Task::Logout(Box::new(Logout::new(session(), Jar::default(), reason)));
        let login =
            |replaces| Task::Login(Box::new(Login::new(true, replaces, Jar::default(), clock)));
        let others = [logout(EndReason::LoggedOut), login(None), login(Some(session()))];
        renewals.chain(others).collect()
    }

    fn state(task: Task) -> State {
        State {
            flight: "flight".to_owned(),
            next_id: 3,
            pending: vec![(1, Purpose::Main), (2, Purpose::Heartbeat)],
            answered: true,
            retries: 1,
            task,
        }
    }

    #[test]
    fn a_state_comes_back_from_its_bytes_in_every_phase() {
        for task in tasks() {
            let before = state(task);
            let Json::Bytes(bytes) = into_json(before.clone()) else { panic!("bytes") };
            assert_eq!(from_json(Json::Bytes(bytes)), Some(before));
        }
    }

    #[test]
    fn what_is_no_state_is_refused() {
        for garbage in [Json::Null, Json::Object(Vec::new()), Json::Bytes(Vec::new())] {
            assert_eq!(from_json::<State>(garbage), None);
        }
        let other = Json::Object(vec![("flight".into(), Json::Null)]).to_bytes();
        assert_eq!(from_json::<State>(Json::Bytes(other)), None);
    }

    #[test]
    fn every_name_in_a_state_is_that_of_one_variant() {
        for reason in [Reason::Leeway, Reason::TokenAge, Reason::Expired, Reason::Forced] {
            assert_eq!(from_json(into_json(reason)), Some(reason));
        }
    }
}
