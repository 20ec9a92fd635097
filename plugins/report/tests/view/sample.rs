//! A small test set with the rewards of a process reward model and of a generative one, and the page of it.

use std::io::Read;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use touchstone::answer::MultipleChoice;
use touchstone::data::{Location, RewardSet, TestSet};
use touchstone::{Aggregator, Context, Registry, Templates};
use touchstone_aggregators::{Mean, Min};
use touchstone_report::page;
use touchstone_report::view::{self, DROP, Foreign, MOST_INSIDE, View, ViewedMethod};

/// A folder with `data`, `dPRM` and `gORM` in it.
pub struct Sample(tempfile::TempDir);

impl Sample {
    /// Five questions in two categories. What is said of the first, by hand:
    ///
    /// | CoT | answer | dPRM | `min` | gORM, `mean` |
    /// |---|---|---|---|---|
    /// | 0 | A | 0.9, 0.4, 0.8 | 0.4 | 0.15 |
    /// | 1 | B, right | 0.7, 0.5, 0.6 | 0.5 | 0.7 (one verdict missing) |
    /// | 2 | b, right | 0.95, 0.9, missing | 0.5 | 0.35 |
    /// | 3 | C | 0.6, 0.6, 0.7 | 0.6 | 0.5 |
    pub fn new() -> Self {
        let sample = Self(tempfile::tempdir().unwrap());
        let law = [
            question(json!(1), "Which court hears it?\nA. One.\nB. Another.", "B", &["A", "B", "b", "C"]),
            question(json!(2), "Who may appeal?", "A", &["A", "A", "A", "A"]),
            question(json!(3), "What is consideration?", "D", &["A", "B", "C", "A"]),
        ];
        let math = [
            question(json!("a/b #é"), "What is 2 + 2?", "C", &["C", "D", "C", "D"]),
            question(json!("m2"), "What is \\frac{1}{2} of $x$?", "A", &["A", "B", "A", "B"]),
        ];
        sample.write("data/law.jsonl", &law);
        sample.write("data/math.jsonl", &math);
        let first = json!([[0.9, 0.4, 0.8], [0.7, 0.5, 0.6], [0.95, 0.9, null], [0.6, 0.6, 0.7]]);
        let steady = |low: f64| json!([[0.5, 0.55, low], [0.6, 0.65, 0.7], [0.8, 0.85, 0.9], [0.3, 0.35, 0.4]]);
        sample.write(
            "dPRM/law_reward.jsonl",
            &[rewards(&json!(1), first), rewards(&json!(2), steady(0.45)), rewards(&json!(3), steady(0.15))],
        );
        sample.write(
            "dPRM/math_reward.jsonl",
            &[rewards(&json!("m2"), steady(0.5)), rewards(&json!("a/b #é"), steady(0.5))],
        );
        let verdicts = json!([[0.2, 0.1], [0.9, null], [0.3, 0.4], [0.5, 0.5]]);
        sample.write("gORM/law_reward.jsonl", &[1, 2, 3].map(|id| rewards(&json!(id), verdicts.clone())));
        sample.write("gORM/math_reward.jsonl", &["a/b #é", "m2"].map(|id| rewards(&json!(id), verdicts.clone())));
        let lines: Vec<Value> = (0..4).map(|cot| rationales(&json!(1), cot, &verdicts[cot])).collect();
        sample.write("gORM/law_rationales.jsonl", &lines);
        sample
    }

    /// Writes a JSONL file.
    pub fn write(&self, name: &str, lines: &[Value]) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, lines.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The view of both methods.
    pub fn view(&self) -> View {
        View {
            title: "Rewards of a sample".to_owned(),
            context: Context::new(Registry::builtin()),
            test_set: TestSet::open(&Location::Path(self.path("data"))).unwrap(),
            methods: vec![self.method("dPRM", "min", Box::new(Min {})), self.method("gORM", "mean", Box::new(Mean {}))],
            answers: Box::new(MultipleChoice {}),
            drop: DROP,
            foreign: Foreign::Refused,
            most_inside: MOST_INSIDE,
        }
    }

    fn method(&self, name: &str, aggregation: &str, aggregator: Box<dyn Aggregator>) -> ViewedMethod {
        let rewards = RewardSet::open(&Location::Path(self.path(name))).unwrap();
        ViewedMethod { name: name.to_owned(), aggregation: aggregation.to_owned(), aggregator, rewards }
    }

    /// Writes the page, and reads what it holds.
    pub fn shown(&self) -> Shown {
        self.shown_of(&self.view())
    }

    /// The same of another view.
    pub fn shown_of(&self, view: &View) -> Shown {
        let files = view::write(view, &templates(), &self.path("out")).unwrap();
        Shown::read(&files[0])
    }
}

/// A row of a test set: CoTs of three steps, with these answers.
pub fn question(id: Value, text: &str, gold: &str, answers: &[&str]) -> Value {
    let cots: Vec<Value> = answers
        .iter()
        .map(|answer| json!(["First we look.", "Then we think of it.", format!("The answer is {answer}.")]))
        .collect();
    let ids: Vec<usize> = (0..answers.len()).collect();
    json!({ "q_id": id, "question": text, "answer": gold, "cot_ids": ids, "cots": cots, "parsed_answers": answers })
}

/// A row of a reward file.
pub fn rewards(id: &Value, lists: Value) -> Value {
    let ids: Vec<usize> = (0..lists.as_array().unwrap().len()).collect();
    json!({ "q_id": id, "cot_ids": ids, "rewards": lists })
}

fn rationales(id: &Value, cot: usize, rewards: &Value) -> Value {
    let rationale = |reward: &Value| match reward.as_f64() {
        Some(value) => {
            let word = if value > 0.5 { "Yes" } else { "No" };
            let text = format!("It adds up.\nVerification: Is the answer correct (Yes/No)? {word}");
            json!({ "text": text, "finish": "stop", "reward": value })
        }
        None => json!({ "text": "It goes on and on", "finish": "length", "reward": null }),
    };
    json!({ "q_id": id, "cot_id": cot, "rationales": rewards.as_array().unwrap().iter().map(rationale).collect::<Vec<_>>() })
}

pub fn templates() -> Templates {
    let mut templates = Templates::new();
    page::add_template(&mut templates).unwrap();
    templates
}

/// What a page holds, as its script reads it.
pub struct Shown {
    pub html: String,
    pub index: Value,
    pub questions: Vec<Value>,
    pub texts: Vec<Value>,
}

impl Shown {
    /// Reads a page and the chunks in it or beside it.
    pub fn read(page: &Path) -> Self {
        let html = std::fs::read_to_string(page).unwrap();
        let index: Value = serde_json::from_str(element(&html, "view-index")).unwrap();
        let items = |chunks: &Value| -> Vec<Value> {
            let names = chunks.as_array().unwrap().iter().map(|chunk| chunk["name"].as_str().unwrap());
            names
                .flat_map(|name| {
                    let text = match index["folder"].as_str() {
                        None => element(&html, &format!("view-{name}")).to_owned(),
                        Some(folder) => called(&page.with_file_name(folder).join(format!("{name}.js"))),
                    };
                    let mut json = String::new();
                    let bytes = STANDARD.decode(text).unwrap();
                    flate2::read::ZlibDecoder::new(&*bytes).read_to_string(&mut json).unwrap();
                    serde_json::from_str::<Vec<Value>>(&json).unwrap()
                })
                .collect()
        };
        let (questions, texts) = (items(&index["question_chunks"]), items(&index["text_chunks"]));
        Self { html, index, questions, texts }
    }
}

/// The content of the script element of this id.
fn element<'a>(html: &'a str, id: &str) -> &'a str {
    let rest = html.split(&format!("id=\"{id}\">")).nth(1).unwrap_or_else(|| panic!("no element {id}"));
    rest.split("</script>").next().unwrap()
}

/// What a chunk's file hands to the page.
fn called(file: &Path) -> String {
    let text = std::fs::read_to_string(file).unwrap();
    text.split('"').nth(3).unwrap().to_owned()
}
