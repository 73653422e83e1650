//! The records of a page's sessions, in its own memory: the store that is always there.

use std::cell::RefCell;
use std::future::poll_fn;
use std::task::{Poll, Waker};

use crate::rotation::{self, Answer, Record, Verb};
use crate::time::UnixMillis;

/// The current session's record, and those of sessions that are still being ended.
#[derive(Default)]
pub(super) struct Records {
    records: RefCell<Vec<(String, Record)>>,
    waiting: RefCell<Vec<Waker>>,
}

impl Records {
    /// One atomic step: nothing in a page runs in between.
    pub fn perform(&self, id: &str, verb: Verb, now: UnixMillis) -> Answer {
        let ends_waiting =
            matches!(verb, Verb::Publish { .. } | Verb::Fail { .. } | Verb::End { .. });
        let mut records = self.records.take();
        let known = records.iter().position(|(known, _)| known == id);
        let record = known.map(|at| records.swap_remove(at).1);
        let (record, answer) = rotation::apply(record, None, verb, now);
        // What is over and confirmed is nobody's any more once the next session begins.
        if known.is_none() {
            records.retain(|(_, record)| !(record.ended && record.revoked));
        }
        records.extend(record.map(|record| (id.to_owned(), record)));
        self.records.replace(records);
        if ends_waiting {
            self.waiting.take().into_iter().for_each(Waker::wake);
        }
        answer
    }

    /// Resolves when a look answers something other than `held`. A lease ends by a verb: its holder runs
    /// in this page, and when the page ends, so does who waits.
    pub async fn wait(
        &self,
        id: &str,
        generation: u32,
        drain: bool,
        now: impl Fn() -> UnixMillis,
    ) -> Answer {
        poll_fn(|context| match self.perform(id, Verb::Look { generation, drain }, now()) {
            Answer::Held { .. } => {
                self.waiting.borrow_mut().push(context.waker().clone());
                Poll::Pending
            }
            answer => Poll::Ready(answer),
        })
        .await
    }

    /// Until when the session's renewal pauses after a failure.
    pub fn cool_down_until(&self, id: &str) -> Option<UnixMillis> {
        let records = self.records.borrow();
        let record = records.iter().find(|(known, _)| known == id);
        record.and_then(|(_, record)| record.cool_down_until)
    }
}
