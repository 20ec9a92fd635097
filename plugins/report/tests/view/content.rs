//! What the page holds, without a browser.

use serde_json::{Value, json};
use touchstone::data::{Location, RewardSet};
use touchstone::study::Study;
use touchstone::{Context, Recipe, Registry};
use touchstone_report::view::{Foreign, View};

use crate::sample::{Sample, question, rewards};

#[test]
fn each_way_of_choosing_picks_by_its_own_measure() {
    let picks = &Sample::new().shown().questions[0]["picks"];
    let pick = |place: usize| (&picks[place]["cot"], &picks[place]["right"], &picks[place]["votes"]);
    assert_eq!(pick(0), (&json!(1), &json!(true), &json!(2)), "majority vote: B, whose first CoT stands for it");
    assert_eq!(pick(1), (&json!(3), &json!(false), &json!(1)), "Best-of-N of dPRM: the highest minimum");
    assert_eq!(pick(2), (&json!(1), &json!(true), &json!(2)), "weighted vote of dPRM: 1.0 of B against 0.6 and 0.4");
    assert_eq!(pick(3), (&json!(1), &json!(true), &json!(2)), "Best-of-N of gORM");
    assert_eq!(picks[2]["weight"], 1.0);
    assert!(picks[1].get("weight").is_none(), "only a weighted vote weighs");
}

#[test]
fn the_index_says_where_picks_are_right_and_where_they_differ() {
    let index = Sample::new().shown().index;
    let column = |place: usize| index["picks"][place]["right"].as_str().unwrap().to_owned();
    assert_eq!(column(0), "11011");
    assert_eq!(column(1), "01011");
    assert_eq!(index["picks"][1]["title"], "Best-of-N of dPRM");
    assert_eq!(index["disputed"].as_str().unwrap().get(..2), Some("10"));
    assert_eq!(index["right_cots"], json!([2, 4, 0, 2, 2]));
    assert_eq!(index["categories"][1], json!({ "name": "math", "title": "Math", "questions": 2 }));
}

#[test]
fn a_drop_of_the_threshold_on_paper_counts_and_verdicts_have_none() {
    let index = Sample::new().shown().index;
    assert_eq!(index["drop"], 200);
    assert_eq!(index["methods"][0]["drops"], json!([500, 100, 400, 50, 50]));
    assert_eq!(index["methods"][1]["drops"][0], Value::Null, "gORM's rewards are not about steps");
}

#[test]
fn rewards_and_values_are_exact_and_a_missing_one_is_missing() {
    let shown = Sample::new().shown();
    let method = &shown.questions[0]["methods"][0];
    assert_eq!(method["shape"], "steps");
    assert_eq!(method["cots"][2], json!({ "value": 0.5, "rewards": [0.95, 0.9, null] }));
}

#[test]
fn rationales_stand_beside_the_verdicts_that_they_came_to() {
    let shown = Sample::new().shown();
    let method = &shown.questions[0]["methods"][1];
    assert_eq!(method["shape"], "verdicts");
    let kept = &method["cots"][1]["rationales"];
    assert!(kept[0]["text"].as_str().unwrap().ends_with("correct (Yes/No)? Yes"));
    assert_eq!((&kept[1]["reward"], &kept[1]["finish"]), (&Value::Null, &json!("length")));
    assert!(
        shown.questions[1]["methods"][1]["cots"][0].get("rationales").is_none(),
        "none were kept for this question"
    );
}

#[test]
fn whole_texts_are_there_to_be_searched() {
    let shown = Sample::new().shown();
    assert_eq!(shown.texts[0], "Which court hears it?\nA. One.\nB. Another.");
    assert_eq!(shown.index["beginnings"][0], "Which court hears it? A. One. B. Another.");
    assert_eq!(shown.index["ids"][3], "a/b #é");
}

#[test]
fn rewards_in_another_order_are_found_by_their_ids() {
    let sample = Sample::new();
    let before = sample.shown();
    let row = |cots: [usize; 4], lists: Value| json!({ "q_id": "1", "cot_ids": cots, "rewards": lists });
    let text = std::fs::read_to_string(sample.path("dPRM/law_reward.jsonl")).unwrap();
    let mut lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    lines.reverse();
    lines[2] = row([3, 2, 1, 0], json!([[0.6, 0.6, 0.7], [0.95, 0.9, null], [0.7, 0.5, 0.6], [0.9, 0.4, 0.8]]));
    sample.write("dPRM/law_reward.jsonl", &lines);
    assert_eq!(sample.shown().questions, before.questions);
}

#[test]
fn what_a_reward_set_lacks_is_shown_as_missing() {
    let sample = Sample::new();
    let partial = json!({ "q_id": 1, "cot_ids": [0, 1], "rewards": [[0.9, 0.4, 0.8], [0.7, 0.5, 0.6]] });
    sample.write("dPRM/law_reward.jsonl", &[partial]);
    std::fs::remove_file(sample.path("dPRM/math_reward.jsonl")).unwrap();
    let shown = sample.shown();
    let method = &shown.questions[0]["methods"][0];
    assert_eq!(method["cots"][3], json!({ "value": 0.5, "rewards": null }), "a CoT that is not there has no rewards");
    assert_eq!(shown.questions[1]["methods"][0], Value::Null, "nor has a question");
    assert_eq!(shown.questions[1]["picks"][1], Value::Null);
    assert_eq!(shown.index["picks"][1]["right"], "1----", "of equal values the first is picked");
    assert_eq!(shown.index["methods"][0]["drops"], json!([500, null, null, null, null]));
}

#[test]
fn rewards_of_cots_that_the_test_set_lacks_are_passed_over_where_that_is_allowed() {
    let sample = Sample::new();
    let before = sample.shown().questions[0].clone();
    let row = json!({
        "q_id": 1, "cot_ids": [0, 1, 17, 2, 3],
        "rewards": [[0.9, 0.4, 0.8], [0.7, 0.5, 0.6], [1.0, 1.0, 1.0], [0.95, 0.9, null], [0.6, 0.6, 0.7]],
    });
    sample.write("dPRM/law_reward.jsonl", &[row]);
    let shown = sample.shown_of(&View { foreign: Foreign::PassedOver, ..sample.view() });
    assert_eq!(shown.questions[0], before);
}

#[test]
fn without_methods_there_is_majority_vote() {
    let sample = Sample::new();
    let shown = sample.shown_of(&View { methods: Vec::new(), ..sample.view() });
    assert_eq!(shown.index["picks"].as_array().unwrap().len(), 1);
    assert_eq!(shown.questions[0]["methods"], json!([]));
}

#[test]
fn cots_without_steps_answers_or_company_are_shown() {
    let sample = Sample::new();
    sample.write(
        "data/law.jsonl",
        &[
            json!({ "q_id": 1, "question": "", "answer": "A", "cot_ids": [9], "cots": [[]], "parsed_answers": [null] }),
            json!({ "q_id": 2, "question": "q", "answer": "A", "cot_ids": [], "cots": [], "parsed_answers": [] }),
        ],
    );
    sample.write("data/math.jsonl", &[question(json!("m2"), "q", "A", &["A", "B", "A", "B"])]);
    let empty = |id: i64, cots: Value, lists: Value| json!({ "q_id": id, "cot_ids": cots, "rewards": lists });
    for folder in ["dPRM", "gORM"] {
        sample.write(
            &format!("{folder}/law_reward.jsonl"),
            &[empty(1, json!([9]), json!([[]])), empty(2, json!([]), json!([]))],
        );
    }
    let shown = sample.shown();
    assert_eq!(shown.questions[0]["cots"][0]["answer"], Value::Null);
    assert_eq!(shown.questions[0]["methods"][0]["cots"][0], json!({ "value": 0.5, "rewards": [] }));
    assert_eq!(shown.questions[1]["picks"][0]["cot"], Value::Null);
    assert_eq!(shown.index["cots"], json!([1, 0, 4]));
}

#[test]
fn a_study_is_shown_as_its_recipe_says() {
    let sample = Sample::new();
    let recipe = format!(
        "version: 1\ndata: {{ path: '{0}/data', categories: [law], questions: 2 }}\nmethods:\n  \
         - {{ name: dPRM, rewards: ['{0}/dPRM'], aggregator: {{ type: min }} }}\n  \
         - {{ name: twice, rewards: ['{0}/gORM', '{0}/gORM'], aggregator: {{ type: quantile, q: 0.5 }} }}\nout: '{0}/results'\n",
        sample.path("").display()
    );
    let context = Context::new(Registry::builtin());
    let study = Study::open(&context, Recipe::from_yaml(&recipe).unwrap()).unwrap();
    let shown = sample.shown_of(&View::of(&study).unwrap());
    assert_eq!(shown.index["ids"], json!(["1", "2"]));
    let names: Vec<&Value> = shown.index["methods"].as_array().unwrap().iter().map(|method| &method["name"]).collect();
    assert_eq!(names, ["dPRM", "twice (1)", "twice (2)"]);
    assert_eq!(shown.index["methods"][1]["aggregation"], "quantile{q=0.5}");
}

#[test]
fn step_labels_are_shown_where_the_set_has_them() {
    let sample = Sample::new();
    let mut row = question(json!(1), "q", "B", &["A", "B", "b", "C"]);
    row["labels"] = json!([[1, -1], [1, 0, 1], null, []]);
    sample.write("data/law.jsonl", &[row]);
    let shown = sample.shown();
    assert_eq!(shown.questions[0]["cots"][0]["labels"], json!([1, -1]));
    assert!(shown.questions[0]["cots"][2].get("labels").is_none());
}

#[test]
fn a_set_of_rewards_of_whole_cots_is_no_set_of_steps() {
    let sample = Sample::new();
    sample.write("dPRM/law_reward.jsonl", &[rewards(&json!(1), json!([[0.9], [0.1], [0.2], [0.3]]))]);
    let mut view = sample.view();
    view.methods.truncate(1);
    view.methods[0].rewards = RewardSet::open(&Location::Path(sample.path("dPRM"))).unwrap();
    let shown = sample.shown_of(&view);
    assert_eq!(shown.questions[0]["methods"][0]["shape"], "verdicts");
}
