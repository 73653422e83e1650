//! What an exchange with a provider came to, in words that fit every provider.

use crate::error::Error;
use crate::http::HttpRequest;
use crate::json::json_struct;
use crate::secret::Secret;
use crate::time::Millis;
use crate::token_set::TokenSet;

/// What a user signs in with, passed on as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Credentials {
    /// E-mail address.
    pub email: Option<Secret>,
    /// The user's name in a directory (LDAP).
    pub identifier: Option<Secret>,
    /// Password.
    pub password: Option<Secret>,
    /// One-time password of an authenticator app.
    pub otp: Option<Secret>,
    /// Which of the provider's own sign-ins is meant, as a URL's path segment. `None`: its default.
    pub provider: Option<Secret>,
    /// A share in place of a user.
    pub share: Option<Secret>,
}

/// How a session begins with what a sign-in elsewhere has left.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Adoption {
    /// These are its tokens.
    Tokens(TokenSet),
    /// The answer to this request, judged as a login's, brings them.
    Redeem(HttpRequest),
}

/// How a login ended. Whatever it is, a session that existed before is untouched.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum LoginOutcome {
    /// Signed in.
    Tokens(TokenSet),
    /// The user has to type something else: `ERR_LOGIN_REJECTED`, `ERR_OTP_REQUIRED`.
    Rejected(Error),
    /// It is not about the credentials: the provider is down, or a setting is wrong.
    Failed(Error),
}

/// How a renewal ended. The question behind the variants: may the refresh token be sent again?
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum RefreshOutcome {
    /// The next set, complete: what the provider did not repeat is carried over.
    Renewed(TokenSet),
    /// The provider's definite no. It ends the session after a second look at the record: the refusal
    /// may only mean that somebody else has already used the refresh token.
    Refused(Error),
    /// The provider wants to see the user first. The refresh token was not used and stays good, so the
    /// session is kept while its access token works, and the user is asked to sign in after that.
    InteractionRequired(Error),
    /// Refused for now; the refresh token was not used. Session and cookie are kept.
    NotNow {
        /// Why, retryable.
        error: Error,
        /// `Retry-After`, if the provider sent one.
        retry_after: Option<Millis>,
    },
    /// The answer was lost or cannot be read: the provider may have rotated the token, or not.
    Unknown(Error),
    /// A setting is wrong. The refresh token was not used and the session is kept; the message says
    /// what to change.
    Misconfigured(Error),
}

/// Whether a revocation is settled.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Revocation {
    /// The provider has answered: it knows the token no more, or never did.
    Done,
    /// The provider has not answered yet.
    RetryLater,
    /// A setting is wrong. The refresh token lives on, and asking again would not change that; the
    /// message says what to change.
    Misconfigured(Error),
}

json_struct!(Credentials {
    email: "email",
    identifier: "identifier",
    password: "password",
    otp: "otp",
    provider: "provider",
    share: "share",
});
