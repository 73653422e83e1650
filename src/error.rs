//! The one table of errors. Outcomes of the protocol are values; an error means that something must
//! change before the same call can work, and its row says who has to change it.
//!
//! Codes are stable, messages are not: nothing branches on a message. `docs/errors.md` and
//! `js/error-codes.ts` are written from this table.

use core::fmt;

use crate::json::{Mapped, Mapping};
use crate::secret::Secret;
use crate::text;
use crate::time::Millis;

/// Who has to do something about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Whoever wrote the call.
    Programmer,
    /// Whoever runs the application: its settings, its secrets, its store.
    Operator,
    /// Whoever sits at the browser.
    User,
    /// Whoever runs the provider.
    Provider,
    /// Nobody in particular; trying again may be enough.
    Network,
    /// The maintainers of tokenkeep.
    Maintainers,
}

impl Actor {
    /// The name in lower case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Programmer => "programmer",
            Self::Operator => "operator",
            Self::User => "user",
            Self::Provider => "provider",
            Self::Network => "network",
            Self::Maintainers => "maintainers",
        }
    }
}

macro_rules! error_table {
    ($($name:ident $code:literal $actor:ident $retryable:literal $ended:literal $about:literal)*) => {
        /// What went wrong, as a stable code.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum ErrorCode {
            $(#[doc = $about] $name,)*
        }

        impl ErrorCode {
            /// Every code, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The code as JavaScript sees it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code),* }
            }

            /// Who has to act.
            #[must_use]
            pub const fn actor(self) -> Actor {
                match self { $(Self::$name => Actor::$actor),* }
            }

            /// Whether the same call, unchanged, may succeed later.
            #[must_use]
            pub const fn is_retryable(self) -> bool {
                match self { $(Self::$name => $retryable),* }
            }

            /// Whether there is no session (any more), so that signing in is the way on.
            #[must_use]
            pub const fn is_session_ended(self) -> bool {
                match self { $(Self::$name => $ended),* }
            }

            /// What it means, in one sentence.
            #[must_use]
            pub const fn about(self) -> &'static str {
                match self { $(Self::$name => $about),* }
            }
        }
    };
}

// name, code, who must act, retryable, session ended, meaning
error_table! {
    ApiMisuse "ERR_API_MISUSE" Programmer false false
        "A call that is wrong whatever the input: the message names it."
    Config "ERR_CONFIG" Operator false false
        "A setting is missing or malformed, such as the provider's `url` or the secret."
    KeyRing "ERR_KEY_RING" Operator false false
        "A secret is too short, or two secrets of the key ring are the same."
    Transport "ERR_TRANSPORT" Network true false
        "No connection to the provider was made, or it broke before the whole answer had arrived."
    Timeout "ERR_TIMEOUT" Network true false
        "A renewal or a logout took longer than `maxWait`; it goes on without this request."
    ProviderUnavailable "ERR_PROVIDER_UNAVAILABLE" Provider true false
        "The provider answered 429 or 5xx; `retryAfterMs` is there if it said when to come back."
    ProviderRejected "ERR_PROVIDER_REJECTED" Operator false false
        "The provider refused the call for a reason that a setting has to remove; `providerCode` is its word for it."
    ResponseInvalid "ERR_RESPONSE_INVALID" Provider true false
        "The answer is not one of the provider's protocol: HTML, or JSON without the expected tokens."
    RefreshRejected "ERR_REFRESH_REJECTED" User false true
        "The provider will not renew this session any more: the user has to sign in again."
    InteractionRequired "ERR_INTERACTION_REQUIRED" User false false
        "The provider renews only after the user has signed in or consented anew; the session is kept until then."
    SignedOut "ERR_SIGNED_OUT" User false true
        "A token was asked for while nobody is signed in."
    LoginRejected "ERR_LOGIN_REJECTED" User false false
        "The provider does not accept the credentials."
    OtpRequired "ERR_OTP_REQUIRED" User false false
        "The password is right, but a one-time password is needed and was missing or wrong."
    SignInRejected "ERR_SIGN_IN_REJECTED" User false false
        "The provider did not sign the user in; `providerCode` is its word for why, such as `access_denied`."
    StateMismatch "ERR_STATE_MISMATCH" User false false
        "The answer is not one to a sign-in that this browser began: its `state`, `nonce` or `iss` is another, or it took too long."
    CookieTooLarge "ERR_COOKIE_TOO_LARGE" Programmer false false
        "The session with the app's own data does not fit into the cookies that a browser accepts."
    HeadersSent "ERR_HEADERS_SENT" Programmer false false
        "The response has begun, so no cookie can be set any more; nothing else was done."
    Store "ERR_STORE" Operator true false
        "The store did not answer, or holds a value that none of the secrets opens."
    Internal "ERR_INTERNAL" Maintainers false false
        "A defect in tokenkeep: please report it."
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An error, free of secrets: it may be logged, shown and sent anywhere.
///
/// As JSON it is `{ code, message, providerCode, status, retryAfterMs, retryable, sessionEnded }`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Error {
    /// The row of the table.
    pub code: ErrorCode,
    /// What was found and what to do about it, for people. Never a token, a body or a URL.
    pub message: String,
    /// The provider's own code: OAuth's `error`, Directus' `extensions.code`.
    pub provider_code: Option<String>,
    /// The HTTP status of the provider's answer, if there was one.
    pub status: Option<u16>,
    /// How long the provider asked to be left alone, in milliseconds.
    pub retry_after_ms: Option<Millis>,
}

impl Error {
    /// An error of our own, without an answer of the provider behind it.
    #[must_use]
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { code, message, provider_code: None, status: None, retry_after_ms: None }
    }

    /// The same error with the status of the answer that it is about.
    #[must_use]
    pub fn with_status(self, status: u16) -> Self {
        Self { status: Some(status), ..self }
    }

    /// The same error with the provider's own code. Text that does not look like a code is left out,
    /// because whatever stands there may be anything.
    #[must_use]
    pub fn with_provider_code(self, code: Option<&str>) -> Self {
        let is_code = |text: &&str| {
            let known = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
            text.len() <= 48 && text::is_all(text, known)
        };
        Self { provider_code: code.filter(is_code).map(Into::into), ..self }
    }

    /// The same error with the delay that the provider asked for.
    #[must_use]
    pub fn with_retry_after(self, retry_after_ms: Option<Millis>) -> Self {
        Self { retry_after_ms, ..self }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl core::error::Error for Error {}

/// Only written.
impl Mapped for Error {
    fn map(&mut self, mapping: &mut Mapping<'_>) {
        mapping.member("code", &mut Secret::new(self.code.as_str()));
        mapping.member("message", &mut self.message);
        mapping.member("providerCode", &mut self.provider_code);
        mapping.member("status", &mut self.status);
        mapping.member("retryAfterMs", &mut self.retry_after_ms);
        mapping.member("retryable", &mut self.code.is_retryable());
        mapping.member("sessionEnded", &mut self.code.is_session_ended());
    }

    fn blank() -> Self {
        Self::new(ErrorCode::Internal, String::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::into_json;
    use serde_json::json;

    #[test]
    fn an_error_crosses_to_javascript_with_its_row_of_the_table() {
        let error = Error::new(ErrorCode::ProviderUnavailable, "the provider is down")
            .with_status(503)
            .with_provider_code(Some("SERVICE_UNAVAILABLE"))
            .with_retry_after(Some(Millis(2000)));
        let expected = json!({
            "code": "ERR_PROVIDER_UNAVAILABLE",
            "message": "the provider is down",
            "providerCode": "SERVICE_UNAVAILABLE",
            "status": 503.0,
            "retryAfterMs": 2000.0,
            "retryable": true,
            "sessionEnded": false,
        });
        assert_eq!(serde_json::to_value(into_json(error)).expect("JSON"), expected);
    }

    #[test]
    fn what_is_not_a_code_is_not_repeated() {
        let repeated = |text: &str| {
            let error = Error::new(ErrorCode::ProviderRejected, "refused");
            error.with_provider_code(Some(text)).provider_code
        };
        assert_eq!(repeated("invalid_client"), Some("invalid_client".into()));
        assert_eq!(repeated(""), None);
        assert_eq!(repeated("your token abc"), None);
        assert_eq!(repeated("eyJhbGciOiJIUzI1NiJ9.e30.c2ln"), None);
        assert_eq!(repeated(&"A".repeat(64)), None);
    }

    #[test]
    fn an_ended_session_is_never_retryable() {
        for code in ErrorCode::ALL {
            assert!(!(code.is_retryable() && code.is_session_ended()), "{code}");
        }
    }

    #[test]
    fn meanings_are_single_sentences() {
        for code in ErrorCode::ALL {
            let about = code.about();
            assert!(about.ends_with('.') && about.matches(". ").count() == 0, "{code}");
        }
    }
}
