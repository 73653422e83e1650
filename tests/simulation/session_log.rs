//! What is known of one login from outside, and what no client could have done about it.

use std::collections::BTreeMap;

/// What is known of one login from outside.
#[derive(Default)]
pub struct SessionLog {
    pub user: usize,
    pub began: i64,
    /// The login that ended it.
    pub replaced_by: Option<usize>,
    pub excuses: Excuses,
    /// Generation, serial of its refresh token, and when it came into the record.
    pub published: Vec<(u32, usize, i64)>,
    /// Serials whose publication reached the store.
    pub delivered: Vec<usize>,
    /// Serials that some process has received.
    pub known: Vec<usize>,
    pub logged_out: Option<i64>,
    /// Its browser was told that it is signed out, or that somebody else is signed in.
    pub left: bool,
    /// The record was evicted once at this generation.
    pub forgotten: Option<u32>,
    /// What browsers were ever given, by generation: the serial of the refresh token, and the header.
    pub cookies: BTreeMap<u32, (usize, String)>,
}

/// What no client can win against.
#[derive(Clone, Copy, Debug, Default)]
pub struct Excuses {
    /// The provider rotated and the answer reached nobody who lived to publish it.
    pub lost_rotation: bool,
    /// The leader's extensions did not reach the store in time.
    pub lease_lapsed: bool,
    /// After that: two flights were given different successors, and one of them works.
    pub double_rotation: bool,
    /// The memory that held the record is gone.
    pub record_lost: bool,
    /// A record was evicted whose newest tokens no browser had.
    pub evicted: bool,
    /// A process died with a flight of this session.
    pub crashed: bool,
}

impl Excuses {
    pub fn any(self) -> bool {
        self.lost_rotation
            || self.lease_lapsed
            || self.double_rotation
            || self.record_lost
            || self.evicted
    }
}

impl SessionLog {
    pub fn headers(&self) -> Vec<String> {
        self.cookies.values().map(|(_, header)| header.clone()).collect()
    }

    /// The newest generation in the record, and the serial of its refresh token.
    pub fn published(&self) -> (u32, usize) {
        self.published.last().map_or((0, 0), |(generation, serial, _)| (*generation, *serial))
    }

    /// The same, or what a leader's own client was given before the record had it.
    pub fn newest(&self) -> (u32, usize) {
        let held =
            self.cookies.last_key_value().map(|(generation, (serial, _))| (*generation, *serial));
        let published = self.published();
        held.filter(|(generation, _)| *generation > published.0).unwrap_or(published)
    }
}
