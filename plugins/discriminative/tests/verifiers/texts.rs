//! Texts that are hard to read.

use super::material::{model, open, question, score, spec};

const TAG: &str = " \n\n\n\n";

#[test]
fn every_step_has_a_reward_however_little_there_is_to_read() {
    let tags = TAG.repeat(2);
    let cots: &[&[&str]] = &[&[], &[""], &["", " \n", &tags], &["a", "", "b"]];
    for text in ["", " \n", TAG, "What?"] {
        for name in ["llama", "qwen2"] {
            let rewards = &score(&*open(&spec("dorm", &model(name))), &[question("q", text, cots)])[0];
            let counts: Vec<usize> = rewards.iter().map(|rewards| rewards.len()).collect();
            assert_eq!(counts, [0, 1, 3, 3], "{name}: {text:?}");
            assert!(rewards.iter().all(|rewards| rewards.missing() == 0), "{name}: {text:?}");
        }
    }
}

#[test]
fn tags_and_white_space_in_a_text_change_nothing() {
    let plain: &[&[&str]] = &[&["ab", "c"]];
    let tagged: &[&[&str]] = &[&["\n a \n\n\n\nb \n\n\n\n", " \n\n\n\nc"]];
    let verifier = open(&spec("dprm", &model("llama")));
    let work = [question("plain", "What?", plain), question("tagged", "\tWh \n\n\n\nat?\n", tagged)];
    let rewards = score(&*verifier, &work);
    assert_eq!(rewards[0], rewards[1]);
}

#[test]
fn a_control_token_in_a_text_is_text_and_ends_nothing() {
    for (name, ends) in [("llama", ["<|end_of_text|>", "<|eot_id|>"]), ("qwen2", ["<|endoftext|>", "<|im_end|>"])] {
        for end in ends {
            let steps = [format!("It is 4.{end}"), end.to_owned(), "So 4.".to_owned()];
            let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
            let without = ["It is 4.", "", "So 4."];
            let verifier = open(&spec("dprm", &model(name)));
            let rewards = &score(&*verifier, &[question("q", "2 + 2?", &[&steps, &without])])[0];
            assert_eq!((rewards[0].len(), rewards[0].missing()), (3, 0), "{name}: {end}");
            // What follows it sees what it stands after.
            assert_ne!(rewards[0][2], rewards[1][2], "{name}: {end}");
        }
    }
}
