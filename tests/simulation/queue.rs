//! Virtual time: what happens next is what is due first.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

/// Events by the instant at which they are due, and in the order of their scheduling within one.
pub struct Queue<E> {
    due: BinaryHeap<Reverse<(i64, u64)>>,
    events: HashMap<u64, E>,
    scheduled: u64,
    now: i64,
}

impl<E> Queue<E> {
    pub fn new(now: i64) -> Self {
        Self { due: BinaryHeap::new(), events: HashMap::new(), scheduled: 0, now }
    }

    /// True time, epoch milliseconds. No process knows it.
    pub fn now(&self) -> i64 {
        self.now
    }

    pub fn after(&mut self, delay: i64, event: E) {
        self.scheduled += 1;
        self.due.push(Reverse((self.now + delay.max(0), self.scheduled)));
        self.events.insert(self.scheduled, event);
    }

    pub fn next(&mut self) -> Option<E> {
        let Reverse((at, id)) = self.due.pop()?;
        self.now = self.now.max(at);
        self.events.remove(&id)
    }

    pub fn is_due_within(&self, delay: i64) -> bool {
        self.due.peek().is_some_and(|Reverse((at, _))| *at <= self.now + delay)
    }

    /// Only when nothing is due in between.
    pub fn advance(&mut self, by: i64) {
        self.now += by.max(0);
    }
}
