//! Whether the committed loss curves are still what the experiment gives: their first steps, taken anew.

#![allow(clippy::unwrap_used)] // a test fails by panicking

use std::path::Path;
use std::process::Command;

/// What another machine's arithmetic may change of a loss in so few steps.
const TOLERANCE: f64 = 1e-3;
const STEPS: usize = 2;

/// A column of a CSV file.
fn column(path: &Path, name: &str) -> Vec<String> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let place = reader.headers().unwrap().iter().position(|column| column == name).unwrap();
    reader.records().map(|record| record.unwrap()[place].to_owned()).collect()
}

#[test]
fn the_first_steps_come_out_as_committed() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().unwrap();
    let recipe = std::fs::read_to_string(source.join("recipe.yaml")).unwrap();
    let recipe = recipe.replace("../", &format!("{}/", source.parent().unwrap().display()));
    assert!(recipe.contains("noise: [0, 0.1, 0.2, 0.4]"));
    let recipe = recipe.replace("noise: [0, 0.1, 0.2, 0.4]", "noise: [0.2]") + &format!("steps: {STEPS}\n");
    let path = folder.path().join("recipe.yaml");
    std::fs::write(&path, recipe).unwrap();
    let run = Command::new(env!("CARGO_BIN_EXE_touchstone-experiment-label-noise")).arg(&path).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let again = column(&folder.path().join("result/beginnings.csv"), "loss");
    let curves = ["dORM_0.2.csv", "dORM_outcomes_flipped_0.2.csv", "dPRM_0.2.csv"];
    assert_eq!(again.len(), STEPS * curves.len());
    for (curve, again) in curves.iter().zip(again.chunks(STEPS)) {
        // The first row is the state before any step.
        let committed = column(&source.join("result/curves").join(curve), "loss");
        for (committed, again) in committed[1..].iter().zip(again) {
            let [committed, again] = [committed, again].map(|loss| loss.parse::<f64>().unwrap());
            assert!((committed - again).abs() <= TOLERANCE, "{curve}: {again}, committed {committed}");
        }
    }
}

#[test]
fn labels_were_flipped_about_as_often_as_the_recipe_says() {
    let result = Path::new(env!("CARGO_MANIFEST_DIR")).join("result/result.csv");
    let [models, noise, flipped] = ["model", "noise", "labels_flipped"].map(|name| column(&result, name));
    for ((model, noise), flipped) in models.iter().zip(&noise).zip(&flipped) {
        let [noise, flipped] = [noise, flipped].map(|number| number.parse::<f64>().unwrap());
        // The paper's dORM learns from final answers, which no flip of a step's label reaches.
        let expected = if model == "dORM" { 0.0 } else { noise };
        assert!((flipped - expected).abs() < 0.04, "{model} at {noise}: {flipped}");
    }
}
