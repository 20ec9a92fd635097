//! Logits and greedy tokens of the small models equal those of transformers.

use candle_core::IndexOp;
use touchstone_candle::Batch;

use touchstone_candle::Decoder;
use touchstone_candle::adapter::AdapterFiles;
use touchstone_candle::decoder::{AdapterForm, LoadSettings};
use touchstone_candle::weights::ModelFiles;

use crate::support::{KERNELS, MODELS, difference, expected, expected_tensors, folder, greedy, load_with};

#[test]
fn every_models_logits_are_those_of_transformers() {
    for (model, kernels) in MODELS.into_iter().flat_map(|model| KERNELS.map(|kernels| (model, kernels))) {
        let decoder = load_with(model, kernels);
        let tensors = expected_tensors(model);
        for (index, text) in expected(model).texts.iter().enumerate() {
            let expected = &tensors[&format!("logits.{index}")];
            let logits = decoder.logits(&Batch::of_texts(&[&text.ids])).unwrap();
            let given = expected.dims2().unwrap().0;
            let error = difference(&logits.i(text.ids.len() - given..).unwrap(), expected);
            assert!(error < 1e-4, "{model}, {kernels:?}, text {index}: {error}");
        }
    }
}

#[test]
fn every_models_greedy_tokens_are_those_of_transformers() {
    for (model, kernels) in MODELS.into_iter().flat_map(|model| KERNELS.map(|kernels| (model, kernels))) {
        let decoder = load_with(model, kernels);
        for text in expected(model).texts {
            // The reference's generation took a leading token 0, the BOS of the two Llama models, for padding.
            let prompt = text.ids.strip_prefix(&[0]).unwrap_or(&text.ids);
            let tokens = greedy(&decoder, prompt, text.greedy_ids.len());
            assert_eq!(tokens, text.greedy_ids, "{model}, {kernels:?}");
        }
    }
}

#[test]
fn every_adapter_gives_the_logits_of_peft_merged_and_beside() {
    for model in MODELS {
        let tensors = expected_tensors(model);
        let text = &expected(model).texts[0].ids;
        for adapter in ["adapter", "adapter-rslora"] {
            for form in [AdapterForm::Merged, AdapterForm::Beside] {
                let settings = LoadSettings { adapter: form, ..LoadSettings::default() };
                let files = AdapterFiles::Folder(folder(model).join(adapter));
                let decoder = Decoder::load_adapted(&ModelFiles::Folder(folder(model)), &files, &settings).unwrap();
                let logits = decoder.logits(&Batch::of_texts(&[text])).unwrap();
                let error = difference(&logits, &tensors[&format!("{adapter}.logits.0")]);
                assert!(error < 1e-4, "{model}, {adapter}, {form:?}: {error}");
            }
        }
    }
}
