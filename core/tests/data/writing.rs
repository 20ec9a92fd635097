//! What is written reads back the same; what cannot be written leaves nothing.

use std::path::Path;

use proptest::prelude::*;
use touchstone::data::{
    Labels, Location, RewardRow, TestRow, TrainingRow, TrainingSet, write_rewards, write_test_set, write_training_set,
};
use touchstone::{Cot, CotId, Error, Label, Question, QuestionId, Rewards};

use crate::{fixture, reward_fixture, reward_row, reward_rows, says, test_rows};

const KINDS: [&str; 7] = ["parquet", "json", "jsonl", "json.gz", "json.zst", "jsonl.gz", "jsonl.zst"];

fn names(folder: &Path) -> Vec<String> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn rewards_and_test_sets_of_every_kind_read_back_the_same() {
    let folder = tempfile::tempdir().unwrap();
    for kind in KINDS {
        let path = folder.path().join(format!("law_reward.{kind}"));
        write_rewards(&path, reward_fixture().iter().map(Ok)).unwrap();
        assert_eq!(reward_rows(&path).unwrap(), reward_fixture(), "{kind}");
        let path = folder.path().join(format!("other.{kind}"));
        let real = test_rows(&fixture("mmlu_pro_16/other.json")).unwrap();
        write_test_set(&path, real.iter().map(Ok)).unwrap();
        assert_eq!(test_rows(&path).unwrap(), real, "{kind}");
    }
}

/// A row of a training set: as sets for discriminative models have it, or, with a critique alone, as those for generative ones.
fn training_row(id: i64, labels: Option<Labels>, critique: Option<&str>) -> TrainingRow {
    let answers = critique.is_none().then(|| "A".to_owned());
    TrainingRow {
        question: Question { id: id.into(), category: "law".into(), text: "é?".to_owned() },
        gold: answers,
        cot: Cot { id: CotId(3), steps: vec!["So.".into(), "A.".into()], answer: None },
        labels,
        critique: critique.map(str::to_owned),
    }
}

#[test]
fn training_sets_read_back_the_same_also_under_the_name_that_preprocessing_gives() {
    let folder = tempfile::tempdir().unwrap();
    let steps = Labels::Steps(vec![Label::Correct, Label::Neutral, Label::Incorrect]);
    // The same question and CoT may come again.
    let rows = [
        training_row(7, Some(steps), None),
        training_row(7, None, None),
        training_row(7, Some(Labels::Whole(Label::Incorrect)), Some("No.")),
    ];
    for kind in ["json", "jsonl", "json.gz", "jsonl.zst"] {
        let path = folder.path().join(format!("preprocessed_law.{kind}"));
        write_training_set(&path, rows.iter().map(Ok)).unwrap();
        let set = TrainingSet::open(&Location::Path(path)).unwrap();
        let read: Vec<TrainingRow> = set.rows(&"law".into()).unwrap().map(Result::unwrap).collect();
        assert_eq!(read, rows, "{kind}");
    }
    let outcome = write_training_set(folder.path().join("law.parquet"), rows.iter().map(Ok));
    says(&outcome.unwrap_err().to_string(), &["law.parquet", ".json or .jsonl"]);
}

#[test]
fn training_json_has_the_fields_of_its_kind_of_set() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("law.jsonl");
    let generative = training_row(7, Some(Labels::Whole(Label::Correct)), Some("Yes."));
    write_training_set(&path, [Ok(training_row(7, None, None)), Ok(generative)]).unwrap();
    let expected = concat!(
        r#"{"q_id":7,"question":"é?","answer":"A","cot_id":3,"cot":["So.","A."],"parsed_answer":null,"labels":null}"#,
        "\n",
        r#"{"q_id":7,"question":"é?","cot_id":3,"cot":["So.","A."],"critique":"Yes.","labels":1}"#,
        "\n"
    );
    assert_eq!(std::fs::read_to_string(path).unwrap(), expected);
}

#[test]
fn a_set_without_rows_reads_back_without_rows() {
    let folder = tempfile::tempdir().unwrap();
    for kind in ["parquet", "json"] {
        let path = folder.path().join(format!("law.{kind}"));
        write_test_set(&path, Vec::<touchstone::Result<TestRow>>::new()).unwrap();
        assert_eq!(test_rows(&path).unwrap(), [], "{kind}");
    }
}

#[test]
fn reward_json_has_the_published_form() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("law_reward.json");
    write_rewards(&path, [Ok(reward_row(7, &[1, 0], &[&[Some(1.0), None, Some(0.1)], &[]]))]).unwrap();
    let expected = r#"[{"q_id":7,"cot_ids":[1,0],"rewards":[[1.0,null,0.1],[]]}]"#.to_owned() + "\n";
    assert_eq!(std::fs::read_to_string(path).unwrap(), expected);
}

#[test]
fn a_row_that_fails_leaves_the_old_file_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    for kind in KINDS {
        let path = folder.path().join(format!("law.{kind}"));
        std::fs::write(&path, "old").unwrap();
        let outcome = write_rewards(&path, [Ok(reward_row(7, &[], &[])), Err(Error::Cancelled)]);
        assert!(matches!(outcome, Err(Error::Cancelled)), "{kind}");
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
    }
    assert_eq!(names(folder.path()).len(), KINDS.len());
}

#[test]
fn rows_that_no_reader_would_take_are_not_written() {
    let folder = tempfile::tempdir().unwrap();
    for kind in KINDS {
        let path = folder.path().join(format!("law.{kind}"));
        let error = |rows: Vec<RewardRow>| write_rewards(&path, rows.iter().map(Ok)).unwrap_err().to_string();
        says(
            &error(vec![reward_row(7, &[0, 1], &[&[]])]),
            &["row 0", "question 7", "`cot_ids` has 2, `rewards` has 1"],
        );
        says(&error(vec![reward_row(7, &[1, 1], &[&[], &[]])]), &["the CoT id 1 is there twice"]);
        says(&error(vec![reward_row(7, &[], &[]), reward_row("7", &[], &[])]), &["question 7 is there twice", "row 1"]);
    }
    let error = write_rewards(folder.path().join("law.csv"), [Ok(reward_row(7, &[], &[]))]).unwrap_err();
    says(&error.to_string(), &["law.csv", ".parquet, .json or .jsonl"]);
    assert_eq!(names(folder.path()), [""; 0]);
}

#[test]
fn ids_of_two_kinds_do_not_fit_one_parquet_column_and_the_message_says_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let mixed = [reward_row(7, &[], &[]), reward_row("x", &[], &[])];
    let write = |kind: &str| write_rewards(folder.path().join(format!("law.{kind}")), mixed.iter().map(Ok));
    let message = write("parquet").unwrap_err().to_string();
    says(
        &message,
        &[
            "law.parquet",
            "ids are integers in some rows and text in others (first at the question x)",
            ".json or .jsonl",
        ],
    );
    write("json").unwrap();
}

fn question_id() -> impl Strategy<Value = Vec<QuestionId>> {
    prop_oneof![
        prop::collection::hash_set(any::<i64>(), 0..4).prop_map(|ids| ids.into_iter().map(QuestionId::from).collect()),
        prop::collection::hash_set(any::<String>(), 0..4)
            .prop_map(|ids| ids.into_iter().map(QuestionId::from).collect()),
    ]
}

fn cots() -> impl Strategy<Value = Vec<Cot>> {
    let cot = (prop::collection::vec(any::<String>(), 0..3), any::<Option<String>>());
    prop::collection::btree_map(any::<i64>(), cot, 0..4).prop_map(|cots| {
        let cot = |(id, (steps, answer)): (i64, (Vec<String>, _))| Cot {
            id: CotId(id),
            steps: steps.into_iter().map(Into::into).collect(),
            answer,
        };
        cots.into_iter().map(cot).collect()
    })
}

fn test_set() -> impl Strategy<Value = Vec<TestRow>> {
    (question_id(), any::<bool>()).prop_flat_map(|(ids, labelled)| {
        let count = ids.len();
        prop::collection::vec((any::<String>(), any::<String>(), cots()), count).prop_map(move |contents| {
            let row = |(id, (text, gold, cots)): (&QuestionId, (String, String, Vec<Cot>))| TestRow {
                question: Question { id: id.clone(), category: "law".into(), text },
                gold,
                step_labels: labelled.then(|| cots.iter().map(|cot| vec![Label::Incorrect; cot.steps.len()]).collect()),
                cots,
            };
            ids.iter().zip(contents).map(row).collect()
        })
    })
}

fn reward_set() -> impl Strategy<Value = Vec<RewardRow>> {
    let value = prop::option::weighted(0.8, prop_oneof![0.0..=1.0, Just(0.0), Just(1.0), Just(f64::MIN_POSITIVE)]);
    let cots = prop::collection::btree_map(any::<i64>(), prop::collection::vec(value, 0..4), 0..4);
    (question_id(), prop::collection::vec(cots, 4)).prop_map(|(ids, cots)| {
        ids.into_iter()
            .zip(cots)
            .map(|(id, cots)| RewardRow {
                id,
                cot_ids: cots.keys().copied().map(CotId).collect(),
                rewards: cots.into_values().map(|values| Rewards::new(values).unwrap()).collect(),
            })
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_rewards_read_back_exactly(rows in reward_set(), kind in prop::sample::select(&KINDS[..])) {
        prop_assume!(!rows.is_empty());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(format!("law_reward.{kind}"));
        write_rewards(&path, rows.iter().map(Ok)).unwrap();
        prop_assert_eq!(reward_rows(&path).unwrap(), rows);
    }

    #[test]
    fn any_test_set_reads_back_exactly(rows in test_set(), kind in prop::sample::select(&KINDS[..])) {
        prop_assume!(!rows.is_empty());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(format!("law.{kind}"));
        write_test_set(&path, rows.iter().map(Ok)).unwrap();
        prop_assert_eq!(test_rows(&path).unwrap(), rows);
    }
}
