//! Two plugins in C that keep every rule.

use touchstone::aggregator::Aggregator;
use touchstone::{Category, Context, Cot, CotId, PluginSpec, Question, QuestionCots, Registry, Verifier};

use super::compile::fixture;

/// Lists of rewards of these lengths, each as a block of its own size, so that a sanitizer sees a step beyond its end.
fn rewards(length: u64) -> Vec<Option<f64>> {
    let reward = |place: u64| (place % 7 != 3).then(|| ((place * 7919 + 13) % 10007) as f64 / 10007.0);
    (0..length).map(reward).collect()
}

#[test]
fn the_mean_in_c_is_the_built_in_one_to_the_last_bit() {
    let library = fixture("mean.c").build();
    let registry = library.load().unwrap();
    let make = |name| registry.make(&PluginSpec::<dyn Aggregator>::named(name)).unwrap();
    let (in_c, built_in) = (make("fixture"), make("mean"));
    for length in (0..300).chain([1000, 4099, 20000]) {
        let rewards = rewards(length);
        let (left, right) = (in_c.aggregate(&rewards).unwrap(), built_in.aggregate(&rewards).unwrap());
        assert_eq!(left.to_bits(), right.to_bits(), "{length} rewards");
    }
}

#[test]
fn a_verifier_in_c_gives_a_reward_for_each_step() {
    let library = fixture("brevity.c").build();
    let registry = library.load().unwrap();
    let settings = registry.make(&"brevity{half=4}".parse::<PluginSpec<dyn Verifier>>().unwrap()).unwrap();
    let verifier = settings.open(&Context::new(Registry::builtin())).unwrap();
    let cot = |id, steps: &[&str]| {
        let steps = steps.iter().map(|step| (*step).into()).collect();
        Cot { id: CotId(id), steps, answer: Some("\"steps\": [\"not one\"]".to_owned()) }
    };
    let cots = vec![cot(3, &["four", "x\"y]", ""]), cot(1, &[]), cot(2, &["twelve bytes"])];
    let question = Question { id: 17.into(), category: Category::new("law"), text: "\"steps\": [\"no\"]".to_owned() };
    let work = QuestionCots { question, cots };
    let scored = verifier.score_question(&Context::new(Registry::builtin()), &work).unwrap();
    let values: Vec<Vec<Option<f64>>> = scored.iter().map(|rewards| rewards.to_vec()).collect();
    assert_eq!(values, [vec![Some(0.5), Some(4.0 / 9.0), Some(1.0)], vec![], vec![Some(0.25)]]);
}

#[test]
fn its_settings_are_checked_before_anything_is_opened() {
    let library = fixture("brevity.c").build();
    let spec: PluginSpec<dyn Verifier> = "brevity{half=0}".parse().unwrap();
    assert_eq!(
        library.says(library.load().unwrap().check(&spec)),
        "the settings of the verifier \"brevity\" are wrong: the setting \"half\": must be >=1, but got 0"
    );
}
