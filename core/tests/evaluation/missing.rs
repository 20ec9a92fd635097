//! What is missing, twice or unknown: errors that say where, and partial evaluations that count it.

use touchstone::answer::{AnswerEquivalence, AnswerKey};
use touchstone::evaluation::{CotRecord, Method, QuestionRecord, Questions, Settings, evaluate};
use touchstone::{Category, CotId, Error, Label, Result};

use crate::material::{Row, Strategy, context, cot, method, methods, questions, reward_record};

fn rows() -> Vec<Row> {
    let row = |category, id, gold| Row {
        category,
        id,
        gold,
        cots: vec![cot("A", &[0.9]), cot("B", &[0.2]), cot("B", &[0.4])],
    };
    vec![row("law", 1, "A"), row("law", 2, "B"), row("math", 1, "B"), row("math", 7, "A")]
}

fn partial() -> Settings {
    Settings { allow_partial: true, n: vec![1, 4], runs: 10, bootstrap: 0, ..Settings::default() }
}

fn failure(questions: &Questions, methods: &[Method]) -> String {
    evaluate(&context(), questions, methods, &Settings::default()).err().unwrap().to_string()
}

/// The method m0 with the first reward set of these rows, each row changed first.
fn changed(rows: &[Row], change: impl Fn(&Row, &mut touchstone::evaluation::RewardRecord)) -> Method {
    let mut method = method("m0", Strategy::Mean);
    let replicate = method.replicate("rewards/m0");
    for row in rows {
        let mut record = reward_record(row, 0);
        change(row, &mut record);
        replicate.push(&row.category.into(), record).unwrap();
    }
    method
}

#[test]
fn questions_that_a_reward_file_lacks_are_named_and_counted() {
    let many: Vec<Row> = (0..9).map(|id| Row { id, ..rows()[0].clone() }).collect();
    let message = failure(&questions(&many), &methods(&many[..1], 1));
    for part in ["rewards/m0", "\"m0\"", "8 questions: law/1, law/2, law/3, law/4, law/5 and 3 more", "--allow-partial"]
    {
        assert!(message.contains(part), "{part} is not in: {message}");
    }
}

#[test]
fn cots_that_a_reward_file_lacks_are_named() {
    let method = changed(&rows(), |row, record| {
        if row.id == 7 {
            record.cots.truncate(2)
        }
    });
    let message = failure(&questions(&rows()), &[method]);
    assert!(message.contains("lack 1 CoT: math/7/2;"), "{message}");
}

#[test]
fn cots_that_the_test_set_lacks_are_an_error_unless_partial() {
    let methods = [changed(&rows(), |row, record| {
        if row.id == 2 {
            record.cots.push(touchstone::evaluation::CotRewards { id: CotId(99), ..record.cots[0].clone() });
        }
    })];
    let message = failure(&questions(&rows()), &methods);
    assert!(message.contains("1 CoT: law/2/99 that the test set lacks"), "{message}");
    assert!(evaluate(&context(), &questions(&rows()), &methods, &partial()).is_ok());
}

#[test]
fn questions_that_only_the_reward_file_has_are_passed_over() {
    let rows = rows();
    let all = evaluate(&context(), &questions(&rows[..2]), &methods(&rows, 1), &Settings::default()).unwrap();
    let same = evaluate(&context(), &questions(&rows[..2]), &methods(&rows[..2], 1), &Settings::default()).unwrap();
    assert_eq!(all.evaluation, same.evaluation);
}

#[test]
fn a_partial_evaluation_leaves_out_questions_for_all_methods_and_counts_what_is_missing() {
    let rows = rows();
    let mut methods = vec![changed(&rows, |row, record| {
        if row.id == 2 {
            record.cots.truncate(1)
        }
    })];
    let mut other = method("other", Strategy::Mean);
    let replicate = other.replicate("rewards/other");
    for row in &rows[..3] {
        replicate.push(&row.category.into(), reward_record(row, 0)).unwrap();
    }
    methods.push(other);
    let evaluation = evaluate(&context(), &questions(&rows), &methods, &partial()).unwrap().evaluation;
    assert_eq!(evaluation.data.questions, 3);
    assert_eq!(evaluation.missing.questions_left_out, 1);
    let [first, second] = evaluation.missing.methods.try_into().unwrap();
    assert_eq!((first.absent_questions, first.absent_cots), (0, 2));
    assert_eq!((second.absent_questions, second.absent_cots), (1, 0));
}

#[test]
fn an_absent_cot_counts_one_half() {
    // The right CoT of law/1 is absent. One half is less than 0.6 and more than 0.4.
    for (rival, accuracy) in [(0.6, 0.0), (0.4, 100.0)] {
        let row = Row { category: "law", id: 1, gold: "A", cots: vec![cot("A", &[1.0]), cot("B", &[rival])] };
        let method = changed(std::slice::from_ref(&row), |_, record| {
            record.cots.remove(0);
        });
        let evaluation = evaluate(&context(), &questions(&[row]), &[method], &partial()).unwrap().evaluation;
        let entry = evaluation.accuracy.iter().find(|entry| entry.method == "m0" && entry.n == 4).unwrap();
        assert_eq!(entry.mean, accuracy);
    }
}

#[test]
fn missing_rewards_and_empty_lists_are_counted() {
    let method = changed(&rows(), |row, record| match row.id {
        7 => record.cots[0].rewards = touchstone::Rewards::new(vec![None, Some(0.5), Some(f64::NAN)]).unwrap(),
        2 => record.cots[1].rewards = touchstone::Rewards::default(),
        _ => {}
    });
    let evaluation = evaluate(&context(), &questions(&rows()), &[method], &Settings::default()).unwrap().evaluation;
    assert_eq!((evaluation.missing.methods[0].rewards, evaluation.missing.methods[0].empty_cots), (2, 1));
}

#[test]
fn an_empty_category_is_reported_and_left_out() {
    let mut questions = questions(&rows());
    questions.declare(&Category::new("zoology"));
    let outcome = evaluate(&context(), &questions, &methods(&rows(), 1), &Settings::default()).unwrap();
    assert_eq!(outcome.evaluation.data.empty_categories, [Category::new("zoology")]);
    assert!(!outcome.published[0].best_of_n_csv().contains("zoology"));
}

#[test]
fn a_test_set_without_questions_is_an_error_that_names_it() {
    let message = failure(&questions(&[]), &[]);
    assert!(message.contains("made/up") && message.contains("empty"), "{message}");
    let apart: Vec<Row> = rows().into_iter().map(|row| Row { id: row.id + 1000, ..row }).collect();
    let message = evaluate(&context(), &questions(&rows()), &methods(&apart, 1), &partial()).err().unwrap().to_string();
    assert!(message.contains("all 4 are missing"), "{message}");
}

#[test]
fn what_comes_twice_is_an_error_that_names_it() {
    let row = &rows()[3];
    let mut questions = questions(&rows());
    let record = |cots: &[i64]| QuestionRecord {
        id: 7.into(),
        gold: "A".to_owned(),
        cots: cots.iter().map(|id| CotRecord { id: CotId(*id), answer: None, steps: 0, step_labels: None }).collect(),
    };
    let message = questions.push(&"math".into(), record(&[0])).unwrap_err().to_string();
    assert!(message.contains("made/up, category math: the question 7 comes twice"), "{message}");
    let message = questions.push(&"law".into(), record(&[0, 5, 5])).unwrap_err().to_string();
    assert!(message.contains("category law, question 7: the CoT id 5 comes twice"), "{message}");

    let mut method = method("m0", Strategy::Mean);
    let replicate = method.replicate("rewards/m0");
    replicate.push(&"math".into(), reward_record(row, 0)).unwrap();
    let message = replicate.push(&"math".into(), reward_record(row, 0)).unwrap_err().to_string();
    assert!(message.contains("rewards/m0, category math: the question 7 comes twice"), "{message}");
    let mut twice = reward_record(row, 0);
    twice.cots[2].id = CotId(0);
    let message = replicate.push(&"law".into(), twice).unwrap_err().to_string();
    assert!(message.contains("rewards/m0, category law, question 7: the CoT id 0 comes twice"), "{message}");
}

#[test]
fn a_value_that_is_not_finite_is_an_error_that_names_the_cot() {
    struct Broken;
    impl touchstone::Aggregator for Broken {
        fn aggregate(&self, _rewards: &[Option<f64>]) -> Result<f64> {
            Ok(f64::NAN)
        }
    }
    let mut method = Method::new("m0", touchstone::PluginSpec::named("broken"), Box::new(Broken));
    let message =
        method.replicate("rewards/m0").push(&"law".into(), reward_record(&rows()[0], 0)).unwrap_err().to_string();
    assert!(message.contains("rewards/m0, category law, question 1, CoT 0") && message.contains("NaN"), "{message}");
}

#[test]
fn methods_need_names_of_their_own_and_rewards() {
    let questions = questions(&rows());
    for (name, part) in [("MV", "another method"), ("Pass@N", "another method"), ("", "give the method a name")] {
        let mut method = method(name, Strategy::Mean);
        method.replicate("rewards");
        assert!(failure(&questions, &[method]).contains(part));
    }
    assert!(failure(&questions, &[method("m0", Strategy::Mean)]).contains("\"m0\" has no rewards"));
}

#[test]
fn step_labels_must_fit_the_steps() {
    let mut questions = questions(&[]);
    let labels = Some(vec![Label::Correct; 2]);
    let cot = CotRecord { id: CotId(4), answer: None, steps: 1, step_labels: labels };
    let record = QuestionRecord { id: "q".into(), gold: "A".to_owned(), cots: vec![cot] };
    let message = questions.push(&"law".into(), record).unwrap_err().to_string();
    assert!(
        message.contains("category law, question q, CoT 4") && message.contains("2 labels for 1 steps"),
        "{message}"
    );
}

/// Cannot read "broken"; an answer of white space is none.
struct FreeForm;

impl AnswerEquivalence for FreeForm {
    fn key(&self, answer: Option<&str>) -> Result<Option<AnswerKey>> {
        match answer.map(str::trim) {
            Some("broken") => Err(Error::plugin("free_form", "cannot read it")),
            Some("") | None => Ok(None),
            Some(text) => Ok(Some(AnswerKey(text.to_owned()))),
        }
    }
}

#[test]
fn an_answer_that_cannot_be_read_is_counted_and_never_right() {
    let mut questions = Questions::new("free", Box::new(FreeForm));
    let answers = [Some("broken"), Some("broken"), None, Some(" "), Some("42")];
    let cots = answers.iter().enumerate().map(|(place, answer)| CotRecord {
        id: CotId(place as i64),
        answer: answer.map(str::to_owned),
        steps: 1,
        step_labels: None,
    });
    let record =
        |id: i64, gold: &str| QuestionRecord { id: id.into(), gold: gold.to_owned(), cots: cots.clone().collect() };
    questions.push(&"test".into(), record(1, "42")).unwrap();
    questions.push(&"test".into(), record(2, "broken")).unwrap();
    let settings = Settings { n: vec![5], ..Settings::default() };
    let evaluation = evaluate(&context(), &questions, &[], &settings).unwrap().evaluation;
    assert_eq!((evaluation.missing.answers, evaluation.missing.unreadable_answers), (4, 5));
    // The one readable answer wins the vote of the first question; the second has no gold that could be met.
    assert_eq!(evaluation.accuracy[0].mean, 50.0);
}

#[test]
fn answers_that_count_as_not_available_are_counted() {
    let mut rows = rows();
    rows[0].cots[0].answer = None;
    rows[1].cots[1].answer = Some("none of these");
    let evaluation =
        evaluate(&context(), &questions(&rows), &methods(&rows, 1), &Settings::default()).unwrap().evaluation;
    assert_eq!((evaluation.missing.answers, evaluation.missing.unreadable_answers), (2, 0));
}
