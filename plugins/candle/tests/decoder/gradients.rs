//! Training: every variable is reached, and new models can be saved and loaded.

use candle_core::{DType, Device, Tensor};
use touchstone_candle::decoder::LoadSettings;
use touchstone_candle::weights::{ModelFiles, random_variables, save_variables};
use touchstone_candle::{Batch, Config, Decoder};

use crate::support::{MODELS, difference, folder};

const TEXTS: [&[u32]; 2] = [&[5, 6, 7, 8, 9], &[9, 3, 11]];

fn config(model: &str) -> Config {
    Config::from_json(model, &std::fs::read_to_string(folder(model).join("config.json")).unwrap()).unwrap()
}

/// Next-token loss over packed texts.
fn loss(decoder: &Decoder) -> Tensor {
    let logits = decoder.logits(&Batch::of_texts(&TEXTS)).unwrap();
    let inputs = Tensor::new(&[0_u32, 1, 2, 3, 5, 6], &Device::Cpu).unwrap();
    let targets = Tensor::new(&[6_u32, 7, 8, 9, 3, 11], &Device::Cpu).unwrap();
    candle_nn::loss::cross_entropy(&logits.index_select(&inputs, 0).unwrap(), &targets).unwrap()
}

#[test]
fn every_trainable_tensor_gets_a_gradient() {
    for model in MODELS {
        let variables = random_variables(&config(model), 1, &Device::Cpu).unwrap();
        let decoder = Decoder::trainable(config(model), &variables, &Device::Cpu).unwrap();
        let gradients = loss(&decoder).backward().unwrap();
        for (name, variable) in variables.data().lock().unwrap().iter() {
            let gradient = gradients.get(variable.as_tensor()).unwrap_or_else(|| panic!("{model}: none for {name}"));
            let size = gradient.abs().unwrap().sum_all().unwrap().to_scalar::<f32>().unwrap();
            // A bias of the keys moves all scores of a query alike: softmax cancels it but for the rotation.
            assert!(size > 1e-9, "{model}: the gradient of {name} is {size}");
        }
    }
}

#[test]
fn gradients_are_the_slopes_of_the_loss() {
    for model in ["llama", "qwen3"] {
        let variables = random_variables(&config(model), 2, &Device::Cpu).unwrap();
        let decoder = Decoder::trainable(config(model), &variables, &Device::Cpu).unwrap();
        let gradients = loss(&decoder).backward().unwrap();
        for (name, variable) in variables.data().lock().unwrap().iter() {
            let gradient = gradients.get(variable.as_tensor()).unwrap();
            let size = gradient.sqr().unwrap().sum_all().unwrap().sqrt().unwrap().to_scalar::<f32>().unwrap();
            let start = variable.as_tensor().copy().unwrap();
            let step = 1e-2;
            let along = |sign: f64| {
                let change = (gradient * (sign * step / f64::from(size))).unwrap();
                variable.set(&(&start + change).unwrap()).unwrap();
                loss(&decoder).to_scalar::<f32>().unwrap()
            };
            let slope = f64::from(along(1.0) - along(-1.0)) / (2.0 * step);
            variable.set(&start).unwrap();
            let error = (slope - f64::from(size)).abs();
            assert!(error < 0.02 * f64::from(size) + 2e-4, "{model}: {name} has the slope {slope}, gradient {size}");
        }
    }
}

#[test]
fn variables_saved_in_f16_are_a_model_that_loads() {
    let folder = tempfile::tempdir().unwrap();
    for model in MODELS {
        let variables = random_variables(&config(model), 3, &Device::Cpu).unwrap();
        let decoder = Decoder::trainable(config(model), &variables, &Device::Cpu).unwrap();
        save_variables(&variables, DType::F16, &folder.path().join("model.safetensors")).unwrap();
        std::fs::copy(crate::support::folder(model).join("config.json"), folder.path().join("config.json")).unwrap();
        let loaded = Decoder::load(&ModelFiles::Folder(folder.path().to_owned()), &LoadSettings::default()).unwrap();
        let batch = Batch::of_texts(&TEXTS);
        let error = difference(&loaded.logits(&batch).unwrap(), &decoder.logits(&batch).unwrap());
        assert!(error > 0.0 && error < 1e-2, "{model}: {error}");
    }
}

#[test]
fn the_same_seed_gives_the_same_model() {
    let logits = |seed| {
        let variables = random_variables(&config("llama"), seed, &Device::Cpu).unwrap();
        let decoder = Decoder::trainable(config("llama"), &variables, &Device::Cpu).unwrap();
        decoder.logits(&Batch::of_texts(&TEXTS)).unwrap()
    };
    assert_eq!(difference(&logits(7), &logits(7)), 0.0);
    assert!(difference(&logits(7), &logits(8)) > 1e-3);
}
