//! The same tests with fixtures that AddressSanitizer and UndefinedBehaviorSanitizer watch.
//!
//! The watched code is in libraries and the program is not compiled for it, so the tests run in a second process that has
//! the sanitizer's run-time loaded before everything else.

use std::path::PathBuf;
use std::process::{Command, Output};

use touchstone::{Aggregator, StepSplitter};

use super::compile::{SANITIZE, fixture, tools_are_required};

/// What the sanitizer's process ends with, unlike 101 of a failed test.
const CAUGHT: i32 = 99;

/// The run-time; nothing where this machine has none and need not.
fn runtime() -> Option<PathBuf> {
    let output = Command::new("cc").arg("-print-file-name=libasan.so").output().unwrap();
    let path = PathBuf::from(String::from_utf8(output.stdout).unwrap().trim());
    // A compiler that has no such file gives its bare name back.
    if path.is_absolute() {
        return Some(path);
    }
    assert!(!tools_are_required(), "the sanitizers' run-time is missing: install gcc's libasan");
    eprintln!("skipped: the compiler `cc` has no libasan.so, so fixtures cannot be watched");
    None
}

/// Runs these tests of this program with watched fixtures.
fn run(runtime: PathBuf, arguments: &[&str]) -> Output {
    let options = [
        format!("exitcode={CAUGHT}"),
        // Text that is not ended by a zero must not seem to be: fresh memory is never zero, however large the block.
        "max_malloc_fill_size=1073741824".to_owned(),
        // An instance that is not closed shows as memory that nobody frees. The libraries that stay loaded do not count:
        // the system's loader knows them.
        "detect_leaks=1".to_owned(),
    ];
    Command::new(std::env::current_exe().unwrap())
        .args(arguments)
        .env(SANITIZE, "1")
        .env("CC", "cc")
        .env("LD_PRELOAD", runtime)
        .env("ASAN_OPTIONS", options.join(":"))
        .env("UBSAN_OPTIONS", "print_stacktrace=1")
        .env("RUST_BACKTRACE", "0")
        .output()
        .unwrap()
}

fn shown(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn all_fixtures_are_clean() {
    let Some(runtime) = runtime() else { return };
    let output = run(runtime, &["--skip", "sanitized::", "--skip", "header::"]);
    assert!(output.status.success(), "{}", shown(&output));
    assert!(shown(&output).contains("test good::a_verifier_in_c_gives_a_reward_for_each_step ... ok"));
}

/// Runs one of the tests below, which must end with the sanitizer's complaint.
fn is_caught(test: &str, complaint: &str) {
    let Some(runtime) = runtime() else { return };
    let output = run(runtime, &["--ignored", "--exact", "--nocapture", test]);
    assert!(shown(&output).contains(complaint), "{}", shown(&output));
    assert!(!output.status.success());
}

#[test]
fn a_reward_beyond_the_last_is_caught() {
    is_caught("sanitized::reads_a_reward_too_many", "AddressSanitizer: heap-buffer-overflow");
}

#[test]
fn text_that_is_taken_to_end_with_a_zero_is_caught() {
    is_caught("sanitized::takes_text_to_end_with_a_zero", "AddressSanitizer: heap-buffer-overflow");
}

#[test]
fn undefined_arithmetic_is_caught() {
    is_caught("sanitized::overflows", "runtime error: signed integer overflow");
}

#[test]
fn an_instance_that_nobody_frees_is_caught() {
    is_caught("sanitized::leaks", "LeakSanitizer: detected memory leaks");
}

#[test]
#[ignore = "a fault for the sanitizer, run by a test above"]
fn reads_a_reward_too_many() {
    let library = fixture("aggregator.c").with("DO", "*value = rewards[length]; return TOUCHSTONE_DONE").build();
    // More than what crosses on the stack, which is not watched.
    let _ = library.make::<dyn Aggregator>().aggregate(&[Some(0.5); 100]);
}

#[test]
#[ignore = "a fault for the sanitizer, run by a test above"]
fn takes_text_to_end_with_a_zero() {
    let body = "STEP(0, strlen(solution.data)); return TOUCHSTONE_DONE";
    let library = fixture("splitter.c").with("DO", body).build();
    let solution: Box<str> = "x".repeat(100).into();
    let _ = library.make::<dyn StepSplitter>().split(&solution);
}

#[test]
#[ignore = "a fault for the sanitizer, run by a test above"]
fn overflows() {
    let body = "int many = INT32_MAX - 1; many += (int)length; *value = many; return TOUCHSTONE_DONE";
    let library = fixture("aggregator.c").with("DO", body).build();
    let _ = library.make::<dyn Aggregator>().aggregate(&[Some(0.5); 2]);
}

#[test]
#[ignore = "a fault for the sanitizer, run by a test above"]
fn leaks() {
    let library = fixture("opening.c").with("OPEN", "*instance = malloc(10); return TOUCHSTONE_DONE").build();
    drop(library.make::<dyn Aggregator>());
}
