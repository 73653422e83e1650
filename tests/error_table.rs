//! `docs/errors.md` and `js/error-codes.ts` say what the table in `src/error.rs` says.
//! `UPDATE=1 cargo test --test error_table` writes them.
#![allow(clippy::expect_used, reason = "a test may panic")]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use tokenkeep::error::ErrorCode;

fn yes_or_no(flag: bool) -> &'static str {
    if flag { "yes" } else { "no" }
}

fn markdown() -> String {
    let mut text = String::from(
        "<!-- Written from src/error.rs by `UPDATE=1 cargo test --test error_table`. -->\n\
         # Errors\n\n\
         Every error has a stable `code`; messages may change in any release. `retryable`: the same call,\n\
         unchanged, may succeed later. `sessionEnded`: there is no session (any more), and signing in is\n\
         the way on. An error that came out of a provider's answer also has its `status`, and its own word\n\
         for the trouble as `providerCode`. No error holds a token, a password or a response body.\n\n\
         | code | who must act | retryable | session ended | meaning |\n\
         |---|---|---|---|---|\n",
    );
    for code in ErrorCode::ALL {
        let (actor, about) = (code.actor().as_str(), code.about());
        let retryable = yes_or_no(code.is_retryable());
        let ended = yes_or_no(code.is_session_ended());
        let _ = writeln!(text, "| `{code}` | {actor} | {retryable} | {ended} | {about} |");
    }
    text
}

fn typescript() -> String {
    let mut text = String::from(
        "// Written from src/error.rs by `UPDATE=1 cargo test --test error_table`.\n\n\
         /** Every error code: who must act, whether to retry, and whether the session is over. */\n\
         export const errorCodes = {\n",
    );
    for code in ErrorCode::ALL {
        let actor = code.actor().as_str();
        let (retryable, ended) = (code.is_retryable(), code.is_session_ended());
        let _ = writeln!(text, "  /** {} */", code.about());
        let _ = writeln!(
            text,
            "  {code}: {{ actor: '{actor}', retryable: {retryable}, sessionEnded: {ended} }},"
        );
    }
    text.push_str(
        "} as const;\n\n\
         /** A stable error code. */\n\
         export type ErrorCode = keyof typeof errorCodes;\n",
    );
    text
}

#[expect(clippy::disallowed_methods, reason = "the core reads no environment, this test does")]
fn updating() -> bool {
    std::env::var("UPDATE").is_ok_and(|value| value == "1")
}

fn agrees(path: &str, expected: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if updating() {
        fs::write(&file, expected).expect("a writable file");
    }
    let found = fs::read_to_string(&file).unwrap_or_default();
    assert!(found == expected, "{path} is out of date: UPDATE=1 cargo test --test error_table");
}

#[test]
fn the_documentation_lists_the_table() {
    agrees("docs/errors.md", &markdown());
}

#[test]
fn the_typescript_codes_are_those_of_the_table() {
    agrees("js/error-codes.ts", &typescript());
}
