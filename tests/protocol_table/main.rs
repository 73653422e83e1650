//! `docs/protocol.md` holds what the state machine does, recorded from the machine itself.
//! `UPDATE=1 cargo test --test protocol_table` writes it.
#![allow(clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod machine;
mod rows;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use machine::{Machine, Urgency};
use rows::Row;
use tokenkeep::rotation::Verb;
use tokenkeep::step::{Effect, Event, Outcome, Step};

/// What one result leads to: next phase, effects, outcome and events, in words.
type Cells = [String; 4];

fn markdown() -> String {
    let mut text = String::from(
        "<!-- Written from src/flight/ by `UPDATE=1 cargo test --test protocol_table`. -->\n",
    );
    text.push_str(include_str!("head.md"));
    text.push_str("## A renewal\n\n");
    table(&mut text, &rows::renewal(), |row| {
        let eager = renewed(row, Urgency::Eager);
        let required = renewed(row, Urgency::Required);
        match (eager, required) {
            (Some(eager), Some(required)) => merged(&eager, &required),
            (one, other) => one.or(other).expect("a phase that can be reached"),
        }
    });
    text.push_str(
        "\nWhile it is Sending, Publishing, Unsettled or Ending, a flight extends its lease every third of it.\n\
         An `extend` that answers `lost` is an event and changes nothing: `publish` and `end` find out who won.\n\n\
         ## A logout\n\nA login that ends another session, and a replay that does, go on as a logout.\n\
         A provider that refuses to revoke because of a setting (OAuth's `invalid_client`) is not asked again,\n\
         nor one that has not answered for an hour: the flight is finished with the event `revocationFailed`,\n\
         and the record stays *ended, not revoked*.\n\
         Two logins at the same moment leave two sessions of one provider in one browser. With the newest, a logout and\n\
         the next login end the others too: *ended* is written into every record at once, then one after the other\n\
         goes through these phases, the newest first; the caller is told after the last.\n\n",
    );
    table(&mut text, &rows::logout(), |row| {
        let (mut machine, _) = Machine::logout();
        cells(&mut machine, row)
    });
    text
}

fn table(text: &mut String, rows: &[Row], cells: impl Fn(&Row) -> Cells) {
    text.push_str("| phase | hears | next phase | does | tells its caller | event |\n");
    text.push_str("|---|---|---|---|---|---|\n");
    let mut above = "";
    for row in rows {
        let phase = if row.phase == above { "" } else { row.phase };
        above = row.phase;
        let [next, effects, outcome, events] = cells(row);
        let _ = writeln!(
            text,
            "| {phase} | {} | {next} | {effects} | {outcome} | {events} |",
            row.words
        );
    }
}

/// `None` where somebody of this urgency never stands.
fn renewed(row: &Row, urgency: Urgency) -> Option<Cells> {
    if row.phase == "Waiting" && urgency == Urgency::Eager {
        return None;
    }
    let (mut machine, _) = Machine::renewal(urgency, row.setting);
    Some(cells(&mut machine, row))
}

fn cells(machine: &mut Machine, row: &Row) -> Cells {
    for said in &row.path {
        machine.hear(said);
    }
    let stood = machine.phase();
    assert!(
        row.phase.starts_with(&stood) || row.phase.starts_with('…'),
        "{} is {stood}",
        row.phase
    );
    let step = machine.hear(&row.said);
    [next_phase(machine, &stood), effects(&step), outcome(&step), events(&step)]
}

fn next_phase(machine: &Machine, stood: &str) -> String {
    match machine.phase() {
        phase if phase == "Finished" => "finished".into(),
        phase if phase == stood => "the same".into(),
        phase => phase,
    }
}

fn merged(eager: &Cells, required: &Cells) -> Cells {
    let cell = |at: usize| match (eager.get(at), required.get(at)) {
        (Some(one), Some(other)) if one == other => one.clone(),
        (Some(one), Some(other)) => format!("{} / {}", or_dash(one), or_dash(other)),
        _ => String::new(),
    };
    [cell(0), cell(1), cell(2), cell(3)]
}

fn or_dash(text: &str) -> &str {
    if text.is_empty() { "–" } else { text }
}

fn effects(step: &Step) -> String {
    let words: Vec<String> =
        step.effects.iter().map(|(_, effect)| effect_in_words(effect)).collect();
    words.join(", ")
}

fn effect_in_words(effect: &Effect) -> String {
    let seconds = |ms: i64| ms as f64 / 1000.0;
    match effect {
        Effect::Sleep { ms } => format!("sleep {} s", seconds(ms.0)),
        Effect::Send { request } => {
            let path = request.url.rsplit('/').next().unwrap_or_default();
            format!("send {path}")
        }
        Effect::Wait { drain: true, .. } => "`wait` until nobody renews".into(),
        Effect::Wait { .. } => "`wait`".into(),
        Effect::Store { verb, .. } => match verb {
            Verb::Claim { lease_ms, .. } => format!("`claim` for {} s", seconds(lease_ms.0)),
            Verb::Extend { lease_ms, .. } => format!("`extend` to {} s", seconds(lease_ms.0)),
            Verb::Publish { .. } => "`publish`".into(),
            Verb::Fail { cool_down_ms: None, .. } => "`fail`".into(),
            Verb::Fail { .. } => "`fail` with cool-down".into(),
            Verb::End { revoked: true, .. } => "`end`, revoked".into(),
            Verb::End { generation: Some(_), .. } => "`end(generation)`".into(),
            Verb::End { .. } => "`end`".into(),
            Verb::Present { .. } => "`present`".into(),
            Verb::Look { .. } => "`look`".into(),
        },
    }
}

fn outcome(step: &Step) -> String {
    let cookie = |cookies: &[_], what: &str| match cookies.is_empty() {
        true => String::new(),
        false => format!(", {what}"),
    };
    match &step.outcome {
        None => String::new(),
        Some(Outcome::SignedIn { how, cookies, .. }) => {
            format!("signed in ({}){}", lower(how), cookie(cookies, "writes the cookie"))
        }
        Some(Outcome::SignedOut { reason, cookies }) => {
            format!("signed out ({}){}", lower(reason), cookie(cookies, "deletes the cookie"))
        }
        Some(Outcome::Unavailable { error, cookies, .. }) => {
            let code = error.code;
            format!("unavailable (`{code}`){}", cookie(cookies, "writes the cookie"))
        }
        Some(Outcome::Failed { error }) => format!("failed (`{}`)", error.code),
    }
}

fn events(step: &Step) -> String {
    let name = |event: &Event| match event {
        Event::RefreshFailed { class, .. } => format!("refreshFailed ({})", lower(class)),
        event => lower(event),
    };
    let names: Vec<String> = step.events.iter().map(name).collect();
    names.join(", ")
}

/// The name of a variant as JavaScript sees it.
fn lower(variant: &impl std::fmt::Debug) -> String {
    let text = format!("{variant:?}");
    let name: String = text.chars().take_while(|next| next.is_ascii_alphanumeric()).collect();
    let mut letters = name.chars();
    letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
}

#[expect(clippy::disallowed_methods, reason = "the core reads no environment, this test does")]
fn updating() -> bool {
    std::env::var("UPDATE").is_ok_and(|value| value == "1")
}

#[test]
fn the_documentation_holds_the_transition_table() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/protocol.md");
    let expected = markdown();
    if updating() {
        fs::write(&file, &expected).expect("a writable file");
    }
    let found = fs::read_to_string(&file).unwrap_or_default();
    assert!(found == expected, "out of date: UPDATE=1 cargo test --test protocol_table");
}
