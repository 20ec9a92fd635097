use std::sync::Arc;

use super::super::Outcome;
use super::super::breach::{Home, assert_every_law_held, only_breach};
use super::*;
use crate::generator::{CompletionToken, FinishReason, GenerationRequest, Prompt};
use crate::registry::{Description, Origin, PluginSource};
use crate::{Error, PluginKind, Registry};

type Done<'a> = &'a (dyn Fn(Sample, Completion) + Sync);

/// Writes every prompt backwards, a character a token, and hands over what `change` makes of it.
struct Backwards<F>(F);

impl<F: Fn(&Prompt, &GenerationRequest, Completion) -> Completion + Send + Sync> Generator for Backwards<F> {
    fn generate(
        &self,
        context: &Context,
        prompts: &[Prompt],
        request: &GenerationRequest,
        done: Done<'_>,
    ) -> Result<()> {
        for (prompt, given) in prompts.iter().enumerate() {
            context.check_cancelled()?;
            for sample in 0..request.samples {
                done(Sample { prompt, sample }, (self.0)(given, request, written(&given.text, request)));
            }
        }
        Ok(())
    }
}

fn written(prompt: &str, request: &GenerationRequest) -> Completion {
    let (mut text, mut tokens, mut finish) = (String::new(), Vec::new(), FinishReason::EndOfText);
    for character in prompt.chars().rev() {
        if tokens.len() == request.max_tokens {
            finish = FinishReason::Length;
            break;
        }
        let candidates = vec![None; request.candidates.len()];
        tokens.push(CompletionToken { offset: text.len(), log_probability: Some(-0.5), candidates });
        text.push(character);
        if request.stop.iter().any(|stop| text.ends_with(stop)) {
            finish = FinishReason::Stop;
            break;
        }
    }
    Completion { text, finish, tokens }
}

fn report(generator: &dyn Generator) -> Report {
    check(generator, &Context::new(Registry::builtin()))
}

fn breach(change: impl Fn(&Prompt, &GenerationRequest, Completion) -> Completion + Send + Sync) -> String {
    only_breach(&report(&Backwards(change)))
}

/// A generator that is a function.
struct By<F>(F);

impl<F: Fn(&Context, &[Prompt], &GenerationRequest, Done<'_>) -> Result<()> + Send + Sync> Generator for By<F> {
    fn generate(
        &self,
        context: &Context,
        prompts: &[Prompt],
        request: &GenerationRequest,
        done: Done<'_>,
    ) -> Result<()> {
        (self.0)(context, prompts, request, done)
    }
}

fn honest(context: &Context, prompts: &[Prompt], request: &GenerationRequest, done: Done<'_>) -> Result<()> {
    Backwards(|_: &Prompt, _: &GenerationRequest, completion| completion).generate(context, prompts, request, done)
}

/// The note on the law that begins like this.
fn note(report: &Report, law: &str) -> String {
    assert!(report.holds(), "{report}");
    match report.findings.iter().find(|finding| finding.law.starts_with(law)) {
        Some(Finding { outcome: Outcome::Noted(note), .. }) => note.clone(),
        _ => panic!("no note on {law:?}:\n{report}"),
    }
}

#[test]
fn every_law_holds_of_prompts_written_backwards_and_they_are_timed() {
    let report = report(&By(honest));
    assert_every_law_held(&report);
    assert!(report.time_per_call.is_some(), "{report}");
}

#[test]
fn a_generator_without_tokens_and_stops_holds_with_notes() {
    let report = report(&Backwards(|prompt: &Prompt, _: &GenerationRequest, _| Completion {
        text: prompt.text.chars().filter(|character| character.is_ascii_uppercase()).take(0).collect(),
        finish: FinishReason::EndOfText,
        tokens: Vec::new(),
    }));
    for law in ["a completion ends", "a completion has", "tokens begin", "log-probabilities", "each token has"] {
        assert!(note(&report, law).starts_with("not tried"), "{report}");
    }
}

#[test]
fn an_error_for_an_empty_prompt_is_a_breach() {
    let told = only_breach(&report(&By(
        |context: &Context, prompts: &[Prompt], request: &GenerationRequest, done: Done<'_>| {
            // The law of the batch asks for it once more.
            match prompts.iter().any(|prompt| prompt.text.is_empty()) {
                true => Err(Error::plugin("picky", "an empty prompt")),
                false => honest(context, prompts, request, done),
            }
        },
    )));
    assert!(told.contains("generate for prompts of hard texts, an empty one included gave the error: "), "{told}");
    assert!(told.ends_with("an empty prompt"), "{told}");
}

#[test]
fn an_error_for_a_prompt_of_a_megabyte_is_none_but_a_panic_is() {
    let at_length = |fail: fn() -> Result<()>| {
        By(move |context: &Context, prompts: &[Prompt], request: &GenerationRequest, done: Done<'_>| {
            match prompts.iter().any(|prompt| prompt.text.len() > 1000) {
                true => fail(),
                false => honest(context, prompts, request, done),
            }
        })
    };
    assert_every_law_held(&report(&at_length(|| Err(Error::plugin("short", "longer than the context")))));
    let told = only_breach(&report(&at_length(|| panic!("out of memory"))));
    assert_eq!(told, "no input makes it panic: generate for a prompt of a megabyte panicked: out of memory");
}

const ONCE: &str = "each prompt gets as many completions as were asked for, each once: generate for ";

#[test]
fn a_completion_that_is_missing_doubled_or_unasked_for_is_a_breach() {
    let handing = |change: fn(Sample, Completion, Done<'_>)| {
        only_breach(&report(&By(
            move |context: &Context, prompts: &[Prompt], request: &GenerationRequest, done: Done<'_>| {
                honest(context, prompts, request, &|sample, completion| change(sample, completion, done))
            },
        )))
    };
    let told = handing(|sample, completion, done| {
        if sample.sample != 1 {
            done(sample, completion);
        }
    });
    assert_eq!(told, format!("{ONCE}three prompts, two samples each handed over sample 1 of prompt 0 0 times"));
    let told = handing(|sample, completion, done| {
        done(sample, completion.clone());
        done(sample, completion);
    });
    assert_eq!(told, format!("{ONCE}three prompts, two samples each handed over sample 0 of prompt 0 2 times"));
    let told = handing(|sample, completion, done| {
        done(Sample { sample: sample.sample + 5, ..sample }, completion.clone());
        done(sample, completion);
    });
    let unasked = "three prompts, two samples each handed over sample 5 of prompt 0, which nobody asked for";
    assert_eq!(told, format!("{ONCE}{unasked}"));
}

#[test]
fn a_completion_where_none_was_asked_for_is_a_breach() {
    let told = only_breach(&report(&By(
        |context: &Context, prompts: &[Prompt], request: &GenerationRequest, done: Done<'_>| {
            let samples = request.samples.max(1);
            honest(context, prompts, &GenerationRequest { samples, ..request.clone() }, done)
        },
    )));
    let expected = "a prompt without samples handed over sample 0 of prompt 0, which nobody asked for";
    assert_eq!(told, format!("{ONCE}{expected}"));
}

const STOPS: &str = "a completion ends with the first stop text that it contains, and keeps it: ";

#[test]
fn a_text_that_goes_on_after_the_stop_text_is_a_breach() {
    let told =
        breach(|prompt, request, _| written(&prompt.text, &GenerationRequest { stop: Vec::new(), ..request.clone() }));
    assert!(told.starts_with(STOPS) && told.contains("which goes on after the stop text at byte "), "{told}");
}

#[test]
fn a_stop_text_that_is_not_kept_is_a_breach() {
    let told = breach(|_, _, mut completion| {
        if completion.finish == FinishReason::Stop {
            completion.text.pop();
        }
        completion
    });
    assert!(told.starts_with(STOPS) && told.ends_with("which ended at a stop text but does not contain one"), "{told}");
}

#[test]
fn more_tokens_than_the_budget_are_a_breach() {
    let told = breach(|prompt, request, _| {
        let max_tokens = request.max_tokens + 1;
        written(&prompt.text, &GenerationRequest { max_tokens, ..request.clone() })
    });
    let expected = "a completion has no more tokens than were asked for: generate for three prompts, two samples each gave \
                    sample 0 of prompt 0 17 tokens, not 16";
    assert_eq!(told, expected);
}

#[test]
fn a_token_outside_the_text_or_inside_a_character_or_out_of_order_is_a_breach() {
    const LAW: &str = "tokens begin inside the text, between characters, in order: generate for ";
    let told = breach(|_, _, mut completion| {
        completion.tokens.iter_mut().for_each(|token| token.offset += 1000);
        completion
    });
    assert!(told.starts_with(LAW) && told.contains("with token 0 at byte 1000 of "), "{told}");
    let told = breach(|_, _, mut completion| {
        completion.tokens.iter_mut().enumerate().for_each(|(place, token)| token.offset = place);
        completion
    });
    assert!(told.starts_with(LAW) && told.contains("prompts of hard texts") && told.contains("at byte 1 of"), "{told}");
    let told = breach(|_, _, mut completion| {
        completion.tokens.reverse();
        completion
    });
    assert!(told.starts_with(LAW) && told.contains("with token 1 at byte 14 of "), "{told}");
}

#[test]
fn a_log_probability_above_zero_or_nan_is_a_breach() {
    const LAW: &str = "log-probabilities are at most 0: generate for ";
    let told = breach(|_, _, mut completion| {
        completion.tokens.iter_mut().skip(2).for_each(|token| token.log_probability = Some(0.25));
        completion
    });
    assert!(told.starts_with(LAW) && told.ends_with("with the log-probability 0.25 at token 2"), "{told}");
    let told = breach(|_, _, mut completion| {
        completion.tokens.iter_mut().for_each(|token| token.candidates.fill(Some(1.5)));
        completion
    });
    assert!(told.starts_with(LAW) && told.contains("candidates") && told.contains("1.5 at token 0"), "{told}");
    let nan = report(&Backwards(|_: &Prompt, _: &GenerationRequest, mut completion: Completion| {
        completion.tokens.iter_mut().for_each(|token| token.log_probability = Some(f64::NAN));
        completion
    }));
    assert!(only_breach(&nan).contains("with the log-probability NaN at token 0"), "{nan}");
}

#[test]
fn another_number_of_candidates_is_a_breach() {
    let told = breach(|_, _, mut completion| {
        completion.tokens.iter_mut().for_each(|token| token.candidates.truncate(1));
        completion
    });
    let law =
        "each token has a log-probability, or none, for each candidate: generate for a prompt with the candidates";
    assert!(told.starts_with(law) && told.ends_with("with 1 candidates, not 2, at token 0"), "{told}");
}

#[test]
fn completions_that_hang_on_earlier_calls_the_thread_or_the_batch_are_noted() {
    let home = Home::default();
    let calls = report(&Backwards(|_: &Prompt, _: &GenerationRequest, mut completion: Completion| {
        let earlier = home.earlier_calls().unwrap_or(0) as f64;
        completion.tokens.iter_mut().for_each(|token| token.log_probability = Some(-earlier));
        completion
    }));
    let told = note(&calls, "the same input gives the same result twice");
    assert!(told.ends_with("(a remote generator may do so, a local one may not)"), "{told}");
    let home = Home::default();
    let threads = report(&Backwards(|_: &Prompt, _: &GenerationRequest, mut completion: Completion| {
        let away = home.earlier_calls().is_none();
        completion.tokens.iter_mut().for_each(|token| token.log_probability = away.then_some(-0.25));
        completion
    }));
    assert!(note(&threads, "eight threads at once").contains("a local one may not"), "{threads}");
    let batch = report(&By(|context: &Context, prompts: &[Prompt], request: &GenerationRequest, done: Done<'_>| {
        honest(context, prompts, request, &|sample, mut completion| {
            let of = prompts.len() as f64;
            completion.tokens.iter_mut().for_each(|token| token.log_probability = Some(-of));
            done(sample, completion);
        })
    }));
    let told = note(&batch, "a prompt gets the same completions alone");
    assert!(
        told.starts_with("generate for \"Question: What is 6 * 7? Show all steps.\\nAnswer:\" alone gave "),
        "{told}"
    );
    assert!(told.contains("-1.0") && told.contains("-3.0"), "{told}");
}

#[test]
fn another_error_than_cancelled_or_missing_completions_from_a_cancelled_call_are_a_breach() {
    let cancelled = |then: fn() -> Result<()>| {
        By(
            move |context: &Context, prompts: &[Prompt], request: &GenerationRequest, done: Done<'_>| {
                if context.check_cancelled().is_err() { then() } else { honest(context, prompts, request, done) }
            },
        )
    };
    const LAW: &str = "a cancelled call ends as cancelled or finishes: a cancelled generate gave ";
    let told = only_breach(&report(&cancelled(|| Err(Error::plugin("sulking", "aborted")))));
    assert!(told.starts_with(LAW) && told.ends_with("aborted"), "{told}");
    let told = only_breach(&report(&cancelled(|| Ok(()))));
    assert_eq!(told, format!("{LAW}no error and handed over sample 0 of prompt 0 0 times"));
}

#[test]
fn requests_name_greedy_or_the_first_sampler_that_there_is() {
    /// A library of samplers, which nobody makes.
    struct Samplers(&'static [&'static str]);
    impl PluginSource for Samplers {
        fn plugins(&self) -> Vec<Description> {
            let describe = |name: &&str| Description {
                kind: PluginKind::Sampler,
                name: (*name).to_owned(),
                text: String::new(),
                schema: serde_json::json!({}),
                origin: Origin::Crate("samplers".to_owned()),
            };
            self.0.iter().map(describe).collect()
        }
    }
    let sampler = |names| {
        let mut registry = Registry::builtin();
        registry.add(Arc::new(Samplers(names))).unwrap();
        work::one_prompt(&Context::new(registry)).request.sampler.to_string()
    };
    assert_eq!(sampler(&["dice", "greedy"]), "greedy");
    assert_eq!(sampler(&["dice", "coin"]), "dice");
    assert_eq!(sampler(&[]), "greedy");
}
