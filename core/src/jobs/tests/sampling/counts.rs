//! What is counted, and what becomes of solutions that are no good.

use serde_json::Value;

use super::studio::Studio;
use crate::PluginSpec;
use crate::generator::Chat;
use crate::jobs::FileFormat;

#[test]
fn every_kind_of_solution_makes_a_valid_cot_and_is_counted() {
    let studio = Studio::new(100, 1);
    let written = studio.sample("out").unwrap();
    let law = &written[0];
    let rows: Value = serde_json::from_slice(&studio.files("out")[0]).unwrap();
    let all = |column: &str| -> Vec<Value> {
        rows.as_array().unwrap().iter().flat_map(|row| row[column].as_array().unwrap().clone()).collect()
    };
    let (cots, answers) = (all("cots"), all("parsed_answers"));
    assert_eq!((cots.len(), answers.len(), law.cots), (300, 300, 300));
    let count = |is: &dyn Fn(&Value) -> bool, of: &[Value]| of.iter().filter(|one| is(one)).count();
    let empty = count(&|cot| cot.as_array().unwrap().is_empty(), &cots);
    let without = count(&Value::is_null, &answers);
    let holds = |part: &str| count(&|cot| cot.to_string().contains(part), &cots);
    assert_eq!(law.empty, empty);
    assert_eq!(law.without_answer, without);
    assert_eq!(law.cut_short, holds("the \\\"answ"));
    assert_eq!(law.unreadable, holds("[\"error\"]"));
    assert!([law.empty, law.cut_short, law.unreadable, law.prompt_too_long].iter().all(|some| *some > 3), "{law:?}");
    assert!(law.empty > law.prompt_too_long, "{law:?}");
    assert_eq!(law.without_answer, law.empty + law.cut_short + law.unreadable);
    // The stop text that ended a solution is no part of it, and the longest that fits is taken off.
    assert!(holds("Step é") > 3);
    assert_eq!(holds("STOP") + holds("(A)ST"), 0);
}

#[test]
fn every_format_holds_the_same_rows() {
    let mut studio = Studio::new(5, 2);
    let mut rows = Vec::new();
    for format in [FileFormat::Json, FileFormat::Jsonl, FileFormat::Parquet] {
        studio.settings.format = format;
        let folder = format!("out-{}", format.extension());
        studio.sample(&folder).unwrap();
        let set = crate::data::TestSet::open(&studio.path(&folder).to_str().unwrap().parse().unwrap()).unwrap();
        rows.push(set.rows(&"law".into()).unwrap().collect::<crate::Result<Vec<_>>>().unwrap());
    }
    assert_eq!(rows[0], rows[1]);
    assert_eq!(rows[0], rows[2]);
}

#[test]
fn prompts_go_out_in_the_models_chat_template_or_as_they_are() {
    let mut studio = Studio::new(1, 1);
    studio.sample("out").unwrap();
    studio.settings.chat = Chat::None;
    studio.sample("plain").unwrap();
    let asked = studio.script.asked.lock().unwrap();
    let mut prompts: Vec<&str> = asked.keys().map(String::as_str).filter(|prompt| prompt.contains("math 0?")).collect();
    prompts.sort_unstable();
    assert_eq!(prompts.len(), 2);
    assert!(prompts[0].starts_with("<user>Solve the math question below.") && prompts[0].ends_with("math 0?</user>"));
    assert!(prompts[1].starts_with("Solve the math question") && prompts[1].ends_with("\nmath 0?"));
}

#[test]
fn a_plugin_that_is_not_there_is_named_before_any_work() {
    let mut studio = Studio::new(1, 1);
    studio.settings.extractor = PluginSpec::named("braketed");
    let told = studio.sample("out").unwrap_err().to_string();
    assert!(told.contains("no answer extractor is called \"braketed\"") && told.contains("bracketed"), "{told}");
    studio.settings.extractor = PluginSpec::named("bracketed");
    studio.settings.sampler = PluginSpec::named("last");
    assert!(studio.sample("out").unwrap_err().to_string().contains("no sampler is called \"last\""));
    assert!(!studio.path("out").exists());
}

#[test]
fn a_damaged_question_is_named_with_its_line_before_any_work() {
    let studio = Studio::new(3, 1);
    studio.write("data/math.jsonl", "{\"q_id\": 1, \"question\": 5, \"answer\": \"A\"}\n");
    let told = studio.sample("out").unwrap_err().to_string();
    assert!(told.contains("math") && told.contains("line 1") && told.contains("`question` should be"), "{told}");
    assert_eq!(studio.script.times_asked(), 0);
}
