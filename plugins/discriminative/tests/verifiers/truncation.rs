//! Texts longer than the context.

use touchstone::Rewards;

use super::material::{assert_close, model, open, questions, score, spec};

#[test]
fn a_shorter_context_loses_rewards_from_the_first_step_on_and_never_shifts_them() {
    let work = questions("law");
    let lost = |context: usize| {
        let spec = spec("dprm", &model("llama")).with("context_length", context);
        let scored = score(&*open(&spec), &work);
        for (unit, rewards) in work.iter().zip(&scored) {
            for (cot, rewards) in unit.cots.iter().zip(rewards) {
                assert_eq!(rewards.len(), cot.steps.len());
                let first = rewards.iter().position(Option::is_some).unwrap_or(rewards.len());
                assert!(rewards[first..].iter().all(Option::is_some));
            }
        }
        scored.iter().flatten().map(Rewards::missing).sum::<usize>()
    };
    let lost = [2048, 400, 200, 100, 20, 1].map(lost);
    assert!(lost.is_sorted() && lost[0] == 0 && lost[3] > 20, "{lost:?}");
    let steps: usize = work.iter().flat_map(|unit| &unit.cots).map(|cot| cot.steps.len()).sum();
    // A tag is there but for a context that holds the BOS alone.
    assert!(lost[4] < steps && lost[5] == steps, "{lost:?}");
}

#[test]
fn a_context_that_just_fits_changes_nothing() {
    let work = questions("law");
    // 515 tokens, of all CoTs of the first question the longest but one; see the golden results.
    let cut = |context: usize| {
        let spec = spec("dprm", &model("llama")).with("context_length", context);
        score(&*open(&spec), &work)[0][0].clone()
    };
    let whole = cut(2048);
    assert_eq!(cut(515), whole);
    // One token less: the same steps, read without the question's first word.
    assert!(cut(514) != whole && cut(514).missing() == 0);
}

#[test]
fn a_cut_text_is_read_as_its_end_after_the_bos() {
    let work = questions("law");
    let cut = score(&*open(&spec("dprm", &model("llama-tied-short"))), &work);
    let golden: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(model("llama-tied-short").join("expected.json")).unwrap())
            .unwrap();
    let of_cot_3 = golden["rewards"][3]["rewards"].as_array().unwrap();
    let expected: Vec<Option<f64>> = of_cot_3.iter().map(serde_json::Value::as_f64).collect();
    assert_eq!(expected.iter().filter(|reward| reward.is_none()).count(), 6);
    assert_close(&cut[0][3], &expected, 1e-4, "CoT 3");
}
