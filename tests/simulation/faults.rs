//! Faults that the simulation must find, each injected around the state machine that ships.

/// One thing done wrong. The places where it is done wrong ask for it by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    None,
    /// Store: `claim` reads in one step and writes in another.
    ClaimInTwoSteps,
    /// Store: `publish` is refused unless the publisher still holds the lease.
    PublishRequiresLease,
    /// Driver: the lease is not extended while the refresh runs.
    NoExtension,
    /// Driver: a claim or an extension without an answer counts as granted.
    SendWithoutAnswer,
    /// Store: a refusal ends the session whatever generation it is about.
    EndComparesNothing,
    /// Driver: whoever finds the session ended deletes the cookie.
    FollowersClearTheCookie,
    /// Store: an evicted record leaves nothing behind.
    EvictedRecordGranted,
    /// Browser: all sessions share one cookie name.
    OneCookieName,
    /// Driver: what a claim found is used without a second decision.
    NoSecondDecision,
    /// Store: the claim grants the full lease at once.
    FullLeaseAtOnce,
    /// Driver: the provider is asked to revoke before *ended* is written.
    RevokeBeforeEnded,
    /// Driver: the new refresh token in the answer of a token endpoint is not taken.
    RotatedTokenDropped,
    /// Driver: whoever logs in is welcomed before the store has taken the new session's tokens.
    WelcomeBeforePublish,
    /// Driver: of the parts of a large cookie one is set.
    OneOfTheParts,
    /// Driver: of several sessions in one jar a logout or a login ends the newest.
    OneSessionOfTheJar,
}

impl Fault {
    pub const ALL: [Self; 15] = [
        Self::ClaimInTwoSteps,
        Self::PublishRequiresLease,
        Self::NoExtension,
        Self::SendWithoutAnswer,
        Self::EndComparesNothing,
        Self::FollowersClearTheCookie,
        Self::EvictedRecordGranted,
        Self::OneCookieName,
        Self::NoSecondDecision,
        Self::FullLeaseAtOnce,
        Self::RevokeBeforeEnded,
        Self::RotatedTokenDropped,
        Self::WelcomeBeforePublish,
        Self::OneOfTheParts,
        Self::OneSessionOfTheJar,
    ];

    /// The promise that it breaks.
    pub fn breaks(self) -> &'static str {
        match self {
            Self::None => "",
            Self::ClaimInTwoSteps | Self::NoExtension | Self::SendWithoutAnswer => "P1",
            Self::NoSecondDecision | Self::FullLeaseAtOnce => "P2",
            Self::PublishRequiresLease
            | Self::EndComparesNothing
            | Self::OneCookieName
            | Self::WelcomeBeforePublish
            | Self::OneOfTheParts => "P3",
            Self::EvictedRecordGranted | Self::RotatedTokenDropped => "P5",
            Self::FollowersClearTheCookie => "P6",
            Self::RevokeBeforeEnded | Self::OneSessionOfTheJar => "P7",
        }
    }
}
