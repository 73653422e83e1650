//! The two notions of time, each with its unit in its name.
//!
//! OAuth says seconds (`expires_in`), Directus says milliseconds (`expires`), JavaScript says
//! milliseconds, cookies say seconds. Conversions happen here and nowhere else.

use core::ops::{Add, Sub};

/// The furthest instant that JavaScript's `Date` can name, in milliseconds either side of the epoch
/// (ECMA-262 §21.4.1.1). Further ones are drawn in: JavaScript numbers could not hold them, and a
/// provider that sends a nonsensical lifetime must not cost its tokens.
pub(crate) const FURTHEST: i64 = 8_640_000_000_000_000;

/// An instant: milliseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnixMillis(pub i64);

/// A length of time in milliseconds. May be negative (a clock skew).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Millis(pub i64);

impl Millis {
    /// A whole number of seconds.
    #[must_use]
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// A fractional number of seconds, as options and `expires_in` give it. Not a number reads as zero.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "float to int casts saturate")]
    pub fn from_seconds_f64(seconds: f64) -> Self {
        Self(((seconds * 1000.0) as i64).clamp(-FURTHEST, FURTHEST))
    }

    /// Whole seconds, rounded down.
    #[must_use]
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }
}

impl Add<Millis> for UnixMillis {
    type Output = Self;
    fn add(self, by: Millis) -> Self {
        Self(self.0.saturating_add(by.0).clamp(-FURTHEST, FURTHEST))
    }
}

impl Sub<Millis> for UnixMillis {
    type Output = Self;
    fn sub(self, by: Millis) -> Self {
        Self(self.0.saturating_sub(by.0).clamp(-FURTHEST, FURTHEST))
    }
}

impl Sub for UnixMillis {
    type Output = Millis;
    fn sub(self, earlier: Self) -> Millis {
        Millis(self.0.saturating_sub(earlier.0))
    }
}

/// What the caller's clock says, and how far the provider's clock is from it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clock {
    /// This process's time, epoch milliseconds.
    pub now: UnixMillis,
    /// Clock skew: the provider's clock minus ours, in milliseconds. Zero until learned.
    pub skew_ms: Millis,
}

impl Clock {
    /// Now, on the provider's clock: the one that token expiry is kept on.
    #[must_use]
    pub fn provider_now(self) -> UnixMillis {
        self.now + self.skew_ms
    }
}
