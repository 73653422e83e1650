//! How each phase is reached, and what may be heard there.

use tokenkeep::http::SendResult;
use tokenkeep::policy::ReplayPolicy;
use tokenkeep::rotation::Answer;
use tokenkeep::time::Millis;

use crate::machine::{Said, Setting, error, response};

/// One row: where the flight stands, what it hears, and in words.
pub struct Row {
    pub phase: &'static str,
    pub path: Vec<Said>,
    pub words: &'static str,
    pub said: Said,
    pub setting: Setting,
}

fn rows(phase: &'static str, path: &[Said], heard: &[(&'static str, Said)]) -> Vec<Row> {
    let row = |(words, said): &(&'static str, Said)| {
        let (path, said, setting) = (path.to_vec(), said.clone(), Setting::default());
        Row { phase, path, words, said, setting }
    };
    heard.iter().map(row).collect()
}

fn with(setting: Setting, rows: Vec<Row>) -> Vec<Row> {
    rows.into_iter().map(|row| Row { setting, ..row }).collect()
}

fn granted(taken_over: bool) -> Said {
    Said::Store(Answer::Granted { taken_over, replay: false })
}

fn held() -> Said {
    Said::Store(Answer::Held { lease_ms: Millis(1000) })
}

fn cool_down() -> Said {
    Said::Store(Answer::CoolDown { retry_after_ms: Millis(2000) })
}

fn ended(now: bool, held: bool, revoked: bool) -> Said {
    Said::Store(Answer::Ended { now, generation: 0, tokens: None, held, revoked })
}

fn newer() -> Said {
    Said::Newer { fresh: true, replay: false }
}

fn no_answer() -> Said {
    Said::Store(Answer::NoAnswer)
}

fn extended() -> Said {
    Said::Store(Answer::Extended)
}

fn refused() -> Said {
    Said::Provider(error(401, "INVALID_CREDENTIALS"))
}

fn unknown() -> Said {
    Said::Provider(SendResult::Unknown)
}

pub fn renewal() -> Vec<Row> {
    let leasing = [granted(false)];
    let sending = [granted(false), extended()];
    let unsettled = [granted(true), extended(), refused()];
    let ending = [granted(false), extended(), refused()];
    let publishing = [granted(false), extended(), Said::Tokens];
    let releasing = [no_answer(), no_answer()];
    let mut given_up = releasing.to_vec();
    given_up.extend((0..5).flat_map(|_| [no_answer(), Said::Slept]));
    let revoking = [granted(false), extended(), Said::Tokens, ended(false, true, false)];
    let revoked = Said::Provider(response(204, None));
    let confirming =
        [granted(false), extended(), Said::Tokens, ended(false, true, false), revoked.clone()];
    let reuse_window = Setting { reuse_window: 10.0, ..Setting::default() };
    let policy = |replay| Setting { replay, ..Setting::default() };
    let replayed = [("`newer`, a replay", Said::Newer { fresh: true, replay: true })];
    [
        claiming(),
        with(policy(ReplayPolicy::Refuse), rows("Claiming, `replay: 'refuse'`", &[], &replayed)),
        with(policy(ReplayPolicy::End), rows("Claiming, `replay: 'end'`", &[], &replayed)),
        waiting(),
        rows(
            "Leasing",
            &leasing,
            &[
                ("`extended`", extended()),
                ("`extended`, after half a lease", Said::Late(Answer::Extended, 15_001)),
                ("`lost`", Said::Store(Answer::Lost)),
                ("no answer", no_answer()),
            ],
        ),
        rows("Leasing, again", &[granted(false), no_answer()], &[("no answer", no_answer())]),
        in_flight(&sending),
        rows("Sending, taken over", &unsettled[..2], &[("refused", refused())]),
        with(reuse_window, rows("Sending, reuse window", &sending, &[("unknown", unknown())])),
        with(
            reuse_window,
            rows("… sent again", &[&sending[..], &[unknown()]].concat(), &[("unknown", unknown())]),
        ),
        rows(
            "Publishing",
            &publishing,
            &[
                ("`published`", Said::Store(Answer::Published)),
                ("`newer`", newer()),
                ("`ended`", ended(false, true, false)),
                ("no answer", no_answer()),
            ],
        ),
        rows("Unsettled", &unsettled, &[("one lease later", Said::Slept)]),
        rows(
            "Ending",
            &ending,
            &[
                ("`ended`, by this step", ended(true, false, false)),
                ("`ended`, before", ended(false, false, false)),
                ("`newer`", newer()),
                ("`held`", held()),
                ("no answer", no_answer()),
            ],
        ),
        rows(
            "Releasing",
            &releasing,
            &[("`released`", Said::Store(Answer::Released)), ("no answer", no_answer())],
        ),
        rows("Releasing, 31 s later", &given_up, &[("no answer", no_answer())]),
        rows("Revoking", &revoking, &[("done", revoked), ("no answer", unknown())]),
        rows(
            "Confirming",
            &confirming,
            &[("`ended`", ended(false, false, true)), ("no answer", no_answer())],
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn claiming() -> Vec<Row> {
    let first = [
        ("`newer`, fresh", newer()),
        ("`newer`, due again", Said::Newer { fresh: false, replay: false }),
        ("`granted`", granted(false)),
        ("`held`", held()),
        ("`coolDown`", cool_down()),
        ("`ended`", ended(false, false, false)),
        ("`forgotten`", Said::Store(Answer::Forgotten)),
        ("no answer", no_answer()),
        ("`maxWait` is over", Said::Impatient),
    ];
    let mut claiming = rows("Claiming", &[], &first);
    claiming.extend(rows("Claiming, again", &[no_answer()], &[("no answer", no_answer())]));
    claiming
}

/// Only somebody whose token no longer works gets here.
fn waiting() -> Vec<Row> {
    let heard = [
        ("`newer`, fresh", newer()),
        ("`released`", Said::Store(Answer::Released)),
        ("`coolDown`", cool_down()),
        ("`ended`", ended(false, false, false)),
        ("no answer", no_answer()),
        ("`maxWait` is over", Said::Impatient),
    ];
    rows("Waiting", &[held()], &heard)
}

fn in_flight(sending: &[Said]) -> Vec<Row> {
    let heard = [
        ("new tokens", Said::Tokens),
        ("refused", refused()),
        ("not now", Said::Provider(response(503, None))),
        ("unknown", unknown()),
        ("misconfigured", Said::Provider(response(404, None))),
        ("`maxWait` is over", Said::Impatient),
    ];
    rows("Sending", sending, &heard)
}

pub fn logout() -> Vec<Row> {
    let done = Said::Provider(response(204, None));
    let heard_at_end = [
        ("`ended`, nobody renews", ended(true, false, false)),
        ("`ended`, somebody renews", ended(true, true, false)),
        ("`ended`, revoked before", ended(false, false, true)),
        ("no answer", no_answer()),
        ("`maxWait` is over", Said::Impatient),
    ];
    let draining = [ended(true, true, false)];
    let revoking = [ended(true, false, false)];
    let mut given_up = revoking.to_vec();
    given_up.extend((0..124).flat_map(|_| [unknown(), Said::Slept]));
    let confirming = [ended(true, false, false), done.clone()];
    [
        rows("Ending", &[], &heard_at_end),
        rows(
            "Draining",
            &draining,
            &[
                ("`ended`, nobody renews", ended(false, false, false)),
                ("`ended`, revoked by the leader", ended(false, false, true)),
                ("`released`: no record", Said::Store(Answer::Released)),
                ("no answer", no_answer()),
            ],
        ),
        rows("Revoking", &revoking, &[("done", done), ("no answer", unknown())]),
        rows("Revoking, an hour later", &given_up, &[("no answer", unknown())]),
        rows(
            "Confirming",
            &confirming,
            &[("`ended`", ended(false, false, true)), ("no answer", no_answer())],
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}
