//! The rules of rotation without loss, pure.
//!
//! One record per session is the only coordination mechanism: whoever meets an expired token asks the
//! record first, and an old refresh token is never sent. Each verb is one atomic step on one record.
//! Process memory applies these functions directly; a shared store performs the same rules on its
//! side, and the store contract holds the two against each other.

mod record;
mod verbs;

pub(crate) use record::cool_down;
pub use record::{Lease, Record};
pub use verbs::{Answer, Verb, apply};
