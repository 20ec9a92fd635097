//! What holds of gradients and steps, on small models of every family.

use candle_core::Tensor;

use super::*;
use crate::decoder::LoadSettings;
use crate::weights::ModelFiles;

const FAMILIES: [&str; 3] = ["llama", "qwen2", "qwen3"];

fn files(model: &str) -> ModelFiles {
    ModelFiles::Folder(format!("tests/golden/models/{model}").into())
}

/// Texts with two labels each, which share nothing.
fn examples(labels: usize) -> Vec<Example> {
    let text = |seed: usize, length: usize| Example {
        tokens: (0..length).map(|place| ((place + seed) * 7919 % 331) as u32).collect(),
        targets: [length / 2, length - 1]
            .map(|position| Target { position, label: (seed + position) % labels })
            .to_vec(),
    };
    [(1, 5), (2, 9), (3, 4), (4, 7)].map(|(seed, length)| text(seed, length)).to_vec()
}

fn settings() -> TrainingSettings {
    let trained = Trained::LowRank(LowRankSettings { rank: 3, dropout: 0.0, ..LowRankSettings::default() });
    TrainingSettings { trained, learning_rate: 1e-2, warmup_ratio: 0.0, batch: 4, ..TrainingSettings::default() }
}

/// The same, with norms that are trained in full: the last one of the model, or all of them.
fn with_norms(norms: &str) -> TrainingSettings {
    let modules_to_save = vec![norms.to_owned()];
    let low_rank = LowRankSettings { rank: 3, dropout: 0.0, modules_to_save, ..LowRankSettings::default() };
    TrainingSettings { trained: Trained::LowRank(low_rank), epochs: 9.0, ..settings() }
}

fn trainer(model: &str, objective: Objective, settings: TrainingSettings) -> Trainer {
    Trainer::open(&files(model), None, objective, settings, &LoadSettings::default()).unwrap()
}

fn two_tokens() -> Objective {
    Objective::Tokens(vec![29, 31])
}

/// Takes steps until the matrices B of an adapter are no longer 0, so that gradients reach everything.
fn moved(mut trainer: Trainer, examples: &[Example], steps: usize) -> Trainer {
    for _ in 0..steps {
        trainer.step(examples).unwrap().unwrap();
    }
    trainer
}

fn values(trainer: &Trainer) -> Vec<(String, Vec<f32>)> {
    let values = |tensor: &Tensor| tensor.flatten_all().unwrap().to_vec1().unwrap();
    trainer.named().map(|(name, tensor)| (name.to_owned(), values(tensor))).collect()
}

/// Holds the gradient of every parameter against the slope of the loss along it.
fn assert_slopes(mut trainer: Trainer, examples: &[Example]) {
    let chosen: Vec<&Example> = examples.iter().collect();
    let (_, gradients) = trainer.gradients(&chosen).unwrap();
    let gradients: Vec<Option<Tensor>> = gradients.iter().map(|gradient| gradient.cloned()).collect();
    for (index, gradient) in gradients.iter().enumerate() {
        let name = trainer.named().nth(index).unwrap().0.to_owned();
        let gradient = gradient.as_ref().unwrap_or_else(|| panic!("no gradient of {name}"));
        let size = f64::from(gradient.sqr().unwrap().sum_all().unwrap().to_scalar::<f32>().unwrap().sqrt());
        let mut along = |step: f64| {
            let parameter = trainer.model.parameters.iter_mut().nth(index).unwrap();
            let before = parameter.value.clone();
            parameter.value = (&before + (gradient * (step / size.max(1e-12))).unwrap()).unwrap();
            let loss = trainer.held_out_loss(examples).unwrap();
            trainer.model.parameters.iter_mut().nth(index).unwrap().value = before;
            loss
        };
        let step = 5e-3;
        let slope = (along(step) - along(-step)) / (2.0 * step);
        assert!((slope - size).abs() <= 0.02 * size + 2e-4, "{name}: the slope is {slope}, the gradient {size}");
    }
}

#[test]
fn gradients_of_adapters_are_the_slopes_of_the_loss() {
    for model in FAMILIES {
        for objective in [two_tokens(), Objective::Vocabulary] {
            let examples = examples(2);
            let trainer =
                moved(trainer(model, objective, TrainingSettings { epochs: 9.0, ..settings() }), &examples, 3);
            assert_slopes(trainer, &examples);
        }
        let trainer = moved(trainer(model, two_tokens(), with_norms("norm")), &examples(2), 3);
        assert!(trainer.named().filter(|(name, _)| name.ends_with("norm.weight")).count() >= 5);
        assert_slopes(trainer, &examples(2));
    }
}

#[test]
fn gradients_of_every_weight_are_the_slopes_of_the_loss() {
    // Norms, biases, norms of heads, embedding, head: tied in one of the models.
    for model in ["llama", "llama-tied-short", "qwen2", "qwen3"] {
        for objective in [two_tokens(), Objective::Vocabulary] {
            let settings = TrainingSettings { trained: Trained::Weights, ..settings() };
            assert_slopes(trainer(model, objective, settings), &examples(2));
        }
    }
}

/// The greatest difference of two sets of numbers, beside the greatest number.
fn apart(one: &[Option<Tensor>], other: &[Option<Tensor>]) -> f64 {
    let (mut apart, mut greatest) = (0.0_f64, 0.0_f64);
    for (one, other) in one.iter().zip(other) {
        let flat = |tensor: &Option<Tensor>| tensor.as_ref().unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
        for (one, other) in flat(one).iter().zip(flat(other)) {
            apart = apart.max(f64::from((one - other).abs()));
            greatest = greatest.max(f64::from(other.abs()));
        }
    }
    apart / greatest
}

fn gradients(trainer: &Trainer, examples: &[Example]) -> Vec<Option<Tensor>> {
    let chosen: Vec<&Example> = examples.iter().collect();
    trainer.gradients(&chosen).unwrap().1.iter().map(|gradient| gradient.cloned()).collect()
}

#[test]
fn accumulated_gradients_are_those_of_one_large_batch() {
    let examples = examples(2);
    let with = |tokens| {
        let settings = TrainingSettings { max_batch_tokens: tokens, ..settings() };
        gradients(&moved(trainer("qwen3", two_tokens(), settings), &examples, 1), &examples)
    };
    // One example at a time, two, all.
    let whole = with(4096);
    for tokens in [1, 14] {
        let apart = apart(&with(tokens), &whole);
        assert!(apart < 1e-5, "{apart}");
    }
}

#[test]
fn computing_blocks_again_changes_no_bit_dropout_included() {
    let examples = examples(2);
    let with = |recompute| {
        let trained = Trained::LowRank(LowRankSettings { rank: 3, dropout: 0.3, ..LowRankSettings::default() });
        let settings = TrainingSettings { recompute, trained, ..settings() };
        values(&moved(trainer("llama", two_tokens(), settings), &examples, 1))
    };
    assert_eq!(with(true), with(false));
}

#[test]
fn dropout_matters_in_training_alone() {
    let examples = examples(2);
    let with = |dropout| {
        let trained = Trained::LowRank(LowRankSettings { rank: 3, dropout, ..LowRankSettings::default() });
        let trainer = trainer("llama", two_tokens(), TrainingSettings { trained, ..settings() });
        (trainer.held_out_loss(&examples).unwrap(), values(&moved(trainer, &examples, 1)))
    };
    assert_eq!(with(0.0).0, with(0.5).0);
    assert_ne!(with(0.0).1, with(0.5).1);
}

#[test]
fn what_comes_after_the_last_label_has_no_gradient() {
    let short = examples(2);
    let mut long = short.clone();
    for (index, example) in long.iter_mut().enumerate() {
        example.tokens.extend([5, 6, 7 + index as u32]);
    }
    let trainer = moved(trainer("qwen2", two_tokens(), settings()), &short, 1);
    assert!(apart(&gradients(&trainer, &long), &gradients(&trainer, &short)) < 1e-5);
    // Of a whole model, the embedding's rows of such tokens are told apart.
    let settings = TrainingSettings { trained: Trained::Weights, ..settings() };
    let trainer = self::trainer("qwen2", two_tokens(), settings);
    let mut marked = short.clone();
    marked.iter_mut().for_each(|example| example.tokens.push(333));
    let place = trainer.named().position(|(name, _)| name == crate::decoder::EMBEDDING).unwrap();
    let gradient = gradients(&trainer, &marked)[place].clone().unwrap();
    let size = |row: usize| gradient.get(row).unwrap().abs().unwrap().sum_all().unwrap().to_scalar::<f32>().unwrap();
    assert_eq!(size(333), 0.0);
    assert!(size(short[0].tokens[0] as usize) > 0.0);
}

#[test]
fn the_same_seed_gives_the_same_bits_and_another_seed_does_not() {
    let examples = examples(2);
    let with = |seed| {
        let settings = TrainingSettings { seed, batch: 2, ..settings() };
        values(&moved(trainer("llama", two_tokens(), settings), &examples, 2))
    };
    assert_eq!(with(7), with(7));
    assert_ne!(with(7), with(8));
}

#[test]
fn a_new_adapter_changes_nothing() {
    let trainer = trainer("qwen3", two_tokens(), settings());
    let folder = tempfile::tempdir().unwrap();
    trainer.save(folder.path(), "base").unwrap();
    let adapter = crate::adapter::AdapterFiles::Folder(folder.path().to_owned());
    let logits = |decoder: crate::Decoder| {
        let logits = decoder.logits(&crate::Batch::of_texts(&[[5_u32, 6, 7, 8]])).unwrap();
        logits.flatten_all().unwrap().to_vec1::<f32>().unwrap()
    };
    let load = LoadSettings::default();
    let adapted = crate::Decoder::load_adapted(&files("qwen3"), &adapter, &load).unwrap();
    assert_eq!(logits(adapted), logits(crate::Decoder::load(&files("qwen3"), &load).unwrap()));
}

#[test]
fn a_trained_adapter_computes_in_the_decoder_what_it_did_in_training() {
    let lora_alone = TrainingSettings { epochs: 5.0, ..settings() };
    for settings in [lora_alone, with_norms("model.norm"), with_norms("q_norm"), with_norms("norm")] {
        assert_computes_the_same(settings);
    }
}

fn assert_computes_the_same(settings: TrainingSettings) {
    let examples = examples(2);
    let trainer = moved(trainer("qwen3", two_tokens(), settings.clone()), &examples, 5);
    let folder = tempfile::tempdir().unwrap();
    trainer.save(folder.path(), "base").unwrap();
    let adapter = crate::adapter::AdapterFiles::Folder(folder.path().to_owned());
    // Going on begins where it ended.
    let load = LoadSettings::default();
    let further = Trainer::open(&files("qwen3"), Some(&adapter), two_tokens(), settings, &load).unwrap();
    assert_eq!(values(&further), values(&trainer));
    for form in [crate::decoder::AdapterForm::Merged, crate::decoder::AdapterForm::Beside] {
        let load = LoadSettings { adapter: form, ..LoadSettings::default() };
        let decoder = crate::Decoder::load_adapted(&files("qwen3"), &adapter, &load).unwrap();
        let (mut loss, mut positions) = (0.0, 0);
        for example in &examples {
            let rows: Vec<usize> = example.targets.iter().map(|target| target.position).collect();
            let hidden = decoder.hidden(&crate::Batch::of_texts(&[&example.tokens]), &rows).unwrap();
            let logits = hidden.matmul(&decoder.head_rows(&[29, 31]).unwrap().t().unwrap()).unwrap();
            for (logits, target) in logits.to_vec2::<f32>().unwrap().iter().zip(&example.targets) {
                loss += CrossEntropy.of(logits, target.label, &mut [0.0; 2]);
                positions += 1;
            }
        }
        let trained = trainer.held_out_loss(&examples).unwrap();
        assert!((loss / f64::from(positions) - trained).abs() < 1e-5, "{form:?}: {loss} {trained}");
    }
}

#[test]
fn a_training_that_was_interrupted_ends_as_one_that_was_not() {
    let examples = examples(2);
    let settings = || TrainingSettings { batch: 2, epochs: 3.0, ..settings() };
    let open = || trainer("llama", two_tokens(), settings());
    let whole = moved(open(), &examples, 6);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint.safetensors");
    let begun = moved(open(), &examples, 4);
    let fingerprint = begun.fingerprint(&examples).unwrap();
    begun.save_checkpoint(&path, &fingerprint, "the curve").unwrap();
    let mut resumed = open();
    assert_eq!(resumed.restore_checkpoint(&path, &fingerprint).unwrap(), "the curve");
    assert_eq!(resumed.steps_taken(), 4);
    assert_eq!(values(&moved(resumed, &examples, 2)), values(&whole));

    let others = TrainingSettings { learning_rate: 1e-3, ..settings() };
    let mut other = trainer("llama", two_tokens(), others);
    let changed = other.fingerprint(&examples).unwrap();
    let message = other.restore_checkpoint(&path, &changed).unwrap_err().to_string();
    assert!(message.contains("the checkpoint of another training"), "{message}");
    assert_ne!(open().fingerprint(&examples[1..]).unwrap(), fingerprint);
}

#[test]
fn what_cannot_be_trained_is_refused_before_anything_is_loaded_in_vain() {
    let open = |objective, settings| {
        Trainer::open(&files("llama"), None, objective, settings, &LoadSettings::default()).unwrap_err().to_string()
    };
    let targets = |names: &str| {
        let target_modules = TargetModules::Pattern(names.to_owned());
        let trained = Trained::LowRank(LowRankSettings { target_modules, ..LowRankSettings::default() });
        TrainingSettings { trained, ..settings() }
    };
    assert!(open(two_tokens(), targets("nothing")).contains("names no layer"));
    assert!(open(two_tokens(), targets("(")).contains("target_modules"));
    assert!(open(two_tokens(), with_norms("lm_head")).contains("only norms are trained in full"));
    assert!(open(Objective::Tokens(vec![1 << 30]), settings()).contains("beyond the model's vocabulary"));
    let mut trainer = trainer("llama", two_tokens(), settings());
    assert!(trainer.step(&examples(3)).unwrap_err().to_string().contains("there are 2"));
}
