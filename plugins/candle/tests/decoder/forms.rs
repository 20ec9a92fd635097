//! The forms that weights can be kept in.

use candle_core::DType;
use touchstone_candle::adapter::AdapterFiles;
use touchstone_candle::decoder::{LoadSettings, WeightForm};
use touchstone_candle::weights::ModelFiles;
use touchstone_candle::{Batch, Decoder};

use crate::support::{MODELS, difference, expected, folder, load};

fn loaded(model: &str, weights: WeightForm) -> Decoder {
    let settings = LoadSettings { weights, ..LoadSettings::default() };
    Decoder::load(&ModelFiles::Folder(folder(model)), &settings).unwrap()
}

#[test]
fn weights_kept_as_stored_give_the_logits_of_f32_to_the_bit() {
    for model in MODELS {
        let batch = Batch::of_texts(&[&expected(model).texts[2].ids]);
        let stored = loaded(model, WeightForm::Stored).logits(&batch).unwrap();
        assert_eq!(difference(&stored, &load(model).logits(&batch).unwrap()), 0.0, "{model}");
    }
}

#[test]
fn weights_in_16_bits_are_computed_with_in_f32() {
    for model in MODELS {
        let batch = Batch::of_texts(&[&expected(model).texts[2].ids]);
        let exact = load(model).logits(&batch).unwrap();
        for (form, bound) in [(WeightForm::F16, 0.1), (WeightForm::Bf16, 0.8)] {
            let logits = loaded(model, form).logits(&batch).unwrap();
            assert_eq!(logits.dtype(), DType::F32);
            let error = difference(&logits, &exact);
            assert!(error < bound, "{model}, {form:?}: {error}");
        }
    }
    // What the file holds in bf16 loses nothing in bf16.
    let batch = Batch::of_texts(&[&expected("qwen3").texts[2].ids]);
    let kept = loaded("qwen3", WeightForm::Bf16).logits(&batch).unwrap();
    assert_eq!(difference(&kept, &load("qwen3").logits(&batch).unwrap()), 0.0);
}

#[test]
fn an_adapter_is_merged_in_f32_and_rounded_once() {
    // Merged into bf16 weights, the error is that of rounding the sum, not of adding rounded parts.
    let files = AdapterFiles::Folder(folder("qwen3").join("adapter"));
    let model = ModelFiles::Folder(folder("qwen3"));
    let batch = Batch::of_texts(&[&expected("qwen3").texts[0].ids]);
    let with = |weights| {
        let settings = LoadSettings { weights, ..LoadSettings::default() };
        Decoder::load_adapted(&model, &files, &settings).unwrap().logits(&batch).unwrap()
    };
    let (exact, stored, rounded) = (with(WeightForm::F32), with(WeightForm::Stored), with(WeightForm::Bf16));
    assert_eq!(difference(&stored, &exact), 0.0);
    let error = difference(&rounded, &exact);
    assert!(error > 0.0 && error < 0.4, "{error}");
}

#[test]
fn settings_are_plain_words() {
    assert_eq!(serde_json::to_string(&WeightForm::QuantisedMatmul).unwrap(), "\"quantised_matmul\"");
    assert_eq!(serde_json::from_str::<WeightForm>("\"stored\"").unwrap(), WeightForm::Stored);
}
