//! Scoring jobs as a cluster runs them: killed, stopped, out of disk, two at once, in shards. The verifier is `slow`, a library
//! made here by a C compiler, which notes each CoT that it scores.

#![allow(clippy::unwrap_used)] // a test fails by panicking

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use serde_json::json;

const CATEGORIES: [&str; 2] = ["law", "math"];
/// 7 questions of law and 5 of math, 4 CoTs each.
const COTS: usize = (7 + 5) * 4;

/// A folder with a test set, and the program run from there.
struct Workplace(tempfile::TempDir);

impl Workplace {
    fn new() -> Self {
        let workplace = Self(tempfile::tempdir().unwrap());
        std::fs::create_dir(workplace.path("data")).unwrap();
        for (category, questions) in CATEGORIES.iter().zip([0..7, 100..105]) {
            let row = |id: u32| {
                json!({"q_id": id, "question": "?", "answer": "A", "cot_ids": [0, 1, 2, 3],
                       "cots": [["a"], ["b"], ["c"], ["d"]], "parsed_answers": ["A", "A", "B", null]})
            };
            let rows: String = questions.map(|id| row(id).to_string() + "\n").collect();
            std::fs::write(workplace.path(&format!("data/{category}.jsonl")), rows).unwrap();
        }
        workplace
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_touchstone"));
        command.args(arguments).current_dir(self.0.path()).env("TOUCHSTONE_PLUGINS", library());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Scoring that takes so long for each CoT.
    fn score(&self, milliseconds: u32, more: &[&str]) -> Command {
        let pace = format!("milliseconds={milliseconds}");
        let common = ["score", "--verifier", "slow", "--set", "log=log", "--set", &pace, "--data", "data"];
        self.command(&[&common[..], more].concat())
    }

    /// The CoTs that were scored, once for each time.
    fn log(&self) -> Vec<String> {
        std::fs::read_to_string(self.path("log")).unwrap_or_default().lines().map(str::to_owned).collect()
    }

    /// Waits until so many CoTs were scored since the log was begun.
    fn wait_for(&self, cots: usize, child: &mut Child) {
        let begun = Instant::now();
        while self.log().len() < cots {
            assert!(child.try_wait().unwrap().is_none(), "the job ended after {} CoTs", self.log().len());
            assert!(begun.elapsed() < Duration::from_secs(60), "only {} CoTs were scored", self.log().len());
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// The files of an undisturbed run.
    fn undisturbed(&self) -> Vec<String> {
        succeed(self.score(0, &["--out", "undisturbed"]));
        std::fs::remove_file(self.path("log")).unwrap();
        self.rewards("undisturbed")
    }

    fn rewards(&self, folder: &str) -> Vec<String> {
        let file = |category: &&str| self.path(folder).join(format!("{category}_reward.json"));
        CATEGORIES.iter().map(|category| std::fs::read_to_string(file(category)).unwrap()).collect()
    }

    fn names(&self, folder: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.path(folder)).unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Asserts that every CoT was scored, and not more than so many of them twice.
    fn assert_scored(&self, twice: usize) {
        let mut times: HashMap<String, usize> = HashMap::new();
        self.log().into_iter().for_each(|cot| *times.entry(cot).or_default() += 1);
        assert_eq!(times.len(), COTS);
        let again: usize = times.values().map(|times| times - 1).sum();
        assert!(again <= twice, "{again} CoTs were scored again: {times:?}");
    }
}

/// The library of the verifier, compiled once.
fn library() -> &'static Path {
    static LIBRARY: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let compile = || {
        let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("libslow.so");
        let status = Command::new("cc")
            .args(["-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o"])
            .arg(&path)
            .arg(top.join("tests/plugins/slow.c"))
            .arg(format!("-I{}", top.join("plugins/dynamic/include").display()))
            .status();
        assert!(status.unwrap().success());
        (folder, path)
    };
    &LIBRARY.get_or_init(compile).1
}

/// What a successful run prints.
fn succeed(mut command: Command) -> String {
    let Output { status, stdout, stderr } = command.output().unwrap();
    assert!(status.success(), "{command:?} failed: {}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).unwrap()
}

/// What a run that ends with this code says.
fn fail(code: i32, mut command: Command) -> String {
    let Output { status, stderr, .. } = command.output().unwrap();
    told(code, status, &stderr)
}

fn told(code: i32, status: ExitStatus, stderr: &[u8]) -> String {
    let told = String::from_utf8_lossy(stderr).into_owned();
    assert_eq!(status.code(), Some(code), "{told}");
    assert!(!told.contains("panicked"), "{told}");
    told
}

fn signal(name: &str, child: &Child) {
    assert!(Command::new("kill").args([name, &child.id().to_string()]).status().unwrap().success());
}

#[test]
fn a_job_that_is_killed_at_any_moment_ends_in_the_same_bytes_and_scores_nothing_twice_but_what_was_in_flight() {
    let workplace = Workplace::new();
    let whole = workplace.undisturbed();
    // At once, within law, at its very end, and within math.
    let moments = [1, 9, 27, 28, 40];
    for moment in moments {
        let mut child = workplace.score(8, &["--out", "out"]).spawn().unwrap();
        workplace.wait_for(moment, &mut child);
        child.kill().unwrap();
        assert_eq!(child.wait().unwrap().code(), None, "it was killed");
    }
    let resumed = succeed(workplace.score(0, &["--out", "out", "--format", "json"]));
    let resumed: serde_json::Value = serde_json::from_str(&resumed).unwrap();
    assert_eq!(resumed[0]["category"], "math");
    assert!(resumed[0]["resumed"].as_u64().unwrap() >= 7, "{resumed}");
    assert_eq!(workplace.rewards("out"), whole);
    assert_eq!(workplace.names("out"), ["law_reward.json", "math_reward.json", "provenance.json"]);
    // Between noting a CoT and handing it over, one is in flight.
    workplace.assert_scored(moments.len());
}

#[test]
fn ctrl_c_keeps_what_is_done_and_says_how_to_go_on() {
    let workplace = Workplace::new();
    let whole = workplace.undisturbed();
    for (name, moment) in [("-INT", 5), ("-TERM", 35)] {
        let mut child = workplace.score(8, &["--out", "out"]).spawn().unwrap();
        workplace.wait_for(moment, &mut child);
        signal(name, &child);
        let Output { status, stderr, .. } = child.wait_with_output().unwrap();
        let told = told(130, status, &stderr);
        assert!(told.contains(&format!("the rewards of {} CoTs are kept in out", workplace.log().len())), "{told}");
        assert!(told.contains("the same command goes on"), "{told}");
    }
    succeed(workplace.score(0, &["--out", "out"]));
    assert_eq!(workplace.rewards("out"), whole);
    workplace.assert_scored(0);
}

#[test]
fn a_second_ctrl_c_ends_at_once() {
    let workplace = Workplace::new();
    let mut child = workplace.score(60_000, &["--out", "out"]).spawn().unwrap();
    let begun = Instant::now();
    while !workplace.path("out/provenance.json").exists() {
        assert!(begun.elapsed() < Duration::from_secs(30), "it does not begin");
        std::thread::sleep(Duration::from_millis(5));
    }
    signal("-INT", &child);
    std::thread::sleep(Duration::from_millis(100));
    assert!(child.try_wait().unwrap().is_none(), "the CoT in flight is waited for");
    signal("-INT", &child);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(begun.elapsed() < Duration::from_secs(40));
}

#[test]
fn a_second_process_is_refused_and_the_first_is_not_disturbed() {
    let workplace = Workplace::new();
    let whole = workplace.undisturbed();
    let mut first = workplace.score(8, &["--out", "out"]).spawn().unwrap();
    workplace.wait_for(3, &mut first);
    let told = fail(1, workplace.score(0, &["--out", "out"]));
    assert!(told.contains("another process is at work on out/law_reward.journal"), "{told}");
    assert!(first.wait().unwrap().success());
    assert_eq!(workplace.rewards("out"), whole);
    workplace.assert_scored(0);
}

#[test]
fn a_job_of_other_settings_is_refused_with_what_differs() {
    let workplace = Workplace::new();
    let mut child = workplace.score(8, &["--out", "out"]).spawn().unwrap();
    workplace.wait_for(3, &mut child);
    child.kill().unwrap();
    child.wait().unwrap();
    let told = fail(1, workplace.score(0, &["--out", "out", "--set", "seed=2"]));
    assert!(told.contains("verifier.seed: it was nothing, and is 2 now"), "{told}");
    // How long it takes and what it notes is told to change no reward.
    succeed(workplace.score(0, &["--out", "out"]));
    workplace.assert_scored(1);
}

#[test]
fn a_disk_that_is_full_ends_the_job_with_the_file_and_the_reason_and_the_journal_whole() {
    let workplace = Workplace::new();
    let whole = workplace.undisturbed();
    let mut limited = Command::new("sh");
    // Of a file that reaches 1 KiB nothing more is written; the signal for it is ignored, so that the write fails.
    limited.args(["-c", "trap '' XFSZ; ulimit -f 2; exec \"$@\"", "sh"]);
    let score = workplace.score(0, &["--out", "out"]);
    limited.arg(score.get_program()).args(score.get_args()).current_dir(workplace.0.path());
    limited.env("TOUCHSTONE_PLUGINS", library()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let told = fail(5, limited);
    assert!(told.contains("could not write the journal out/law_reward.journal"), "{told}");
    assert!(told.contains("File too large"), "{told}");
    assert!(workplace.log().len() > 3, "{:?}", workplace.log());
    succeed(workplace.score(0, &["--out", "out"]));
    assert_eq!(workplace.rewards("out"), whole);
    workplace.assert_scored(1);
}

#[test]
fn a_folder_that_cannot_be_made_is_named_before_any_work() {
    let workplace = Workplace::new();
    std::fs::write(workplace.path("file"), "").unwrap();
    let told = fail(5, workplace.score(0, &["--out", "file/out"]));
    assert!(told.contains("could not make the folder file/out"), "{told}");
    assert!(workplace.log().is_empty());
}

#[test]
fn shards_that_are_merged_equal_the_whole() {
    let workplace = Workplace::new();
    let whole = workplace.undisturbed();
    for shard in ["0/3", "1/3", "2/3"] {
        succeed(workplace.score(0, &["--out", "shards", "--shard", shard]));
        let merge = workplace.command(&["merge-rewards", "shards", "--data", "data", "--out", "out"]);
        if shard == "1/3" {
            let told = fail(4, merge);
            assert!(told.contains("the shard law_reward-00002-of-00003.json of the category law is missing"), "{told}");
        } else if shard == "2/3" {
            let told = succeed(merge);
            assert!(told.contains("out/law_reward.json: 28 CoTs of 7 questions"), "{told}");
        }
    }
    assert_eq!(workplace.rewards("out"), whole);
    workplace.assert_scored(0);
    // The merged files count as the verifier's own.
    let output = workplace.score(0, &["--out", "out"]).output().unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "Nothing to do: out has a file for each category.\n");
    let told = fail(2, workplace.score(0, &["--out", "shards", "--shard", "3/3"]));
    assert!(told.contains("0/4 to 3/4"), "{told}");
}

#[test]
fn options_are_settings_and_a_verifier_without_them_says_so() {
    let workplace = Workplace::new();
    let length = |more: &[&str]| {
        workplace.command(&[&["score", "--verifier", "length", "--data", "data", "--out", "out"], more].concat())
    };
    for (option, part) in [
        (["--model", "m"], "the verifier \"length\" has no setting \"model\""),
        (["--adapter", "a"], "no setting \"adapter\""),
        (["--max-batch-tokens", "512"], "no setting \"compute\""),
        (["--set", "word=3"], "did you mean \"words\"?"),
        (["--set", "words"], "field=value"),
    ] {
        let told = fail(3, length(&option));
        assert!(told.contains(part), "{told}");
    }
    let told = fail(3, workplace.score(0, &["--model", "weights", "--out", "out"]));
    assert!(told.contains("there is nothing at weights"), "{told}");
    assert!(!workplace.path("out").exists());
    let shown = succeed(length(&["--set", "words=1", "--categories", "law"]));
    assert!(shown.contains("law") && shown.contains("out/law_reward.json"), "{shown}");
    let rewards = std::fs::read_to_string(workplace.path("out/law_reward.json")).unwrap();
    assert!(
        rewards.starts_with(r#"[{"q_id":0,"cot_ids":[0,1,2,3],"rewards":[[0.5],[0.5],[0.5],[0.5]]},"#),
        "{rewards}"
    );
    succeed(length(&["--set", "words=1"]));
}

#[test]
fn a_recipe_goes_through_the_same_job_and_paths_in_its_settings_are_relative_to_it() {
    let workplace = Workplace::new();
    std::fs::create_dir(workplace.path("study")).unwrap();
    std::fs::write(workplace.path("study/weights"), "1").unwrap();
    let recipe = "version: 1\ndata: { path: ../data }\nmethods:\n  - name: slow\n    aggregator: last\n    \
                  verifier: { type: slow, log: log, milliseconds: 8, model: weights }\nout: results\n";
    std::fs::write(workplace.path("study/recipe.yaml"), recipe).unwrap();
    let run = || workplace.command(&["run", "study/recipe.yaml"]);
    let mut child = run().spawn().unwrap();
    workplace.wait_for(30, &mut child);
    child.kill().unwrap();
    child.wait().unwrap();
    succeed(run());
    workplace.assert_scored(1);
    assert!(workplace.path("study/results/evaluation.json").exists());
    std::fs::write(workplace.path("study/weights"), "2").unwrap();
    let told = fail(1, run());
    assert!(told.contains("method \"slow\"") && told.contains("verifier.model: it was "), "{told}");
}
