//! Critiques are kept for those who ask for them.

use std::sync::{Arc, Mutex};

use serde_json::json;
use touchstone::verifier::ScoredCot;
use touchstone::{PluginSpec, Rationale, Rationales, Verifier};

use crate::{context, open, scored, work};

/// Question and CoT, and what was written about it.
type Written = (String, Vec<Rationale>);

#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<Written>>>);

impl Rationales for Kept {
    fn keep(&self, cot: ScoredCot<'_>, rationales: Vec<Rationale>) {
        self.0.lock().unwrap().push((format!("{}/{}", cot.question, cot.cot), rationales));
    }
}

#[test]
fn each_cot_has_its_critiques_with_their_rewards_before_its_rewards_come() {
    let kept = Kept::default();
    let context = context().with_rationales(kept.clone());
    let texts = ["Is the solution correct? Yes", "hm"];
    let generator = json!({"type": "scripted", "texts": texts, "yes": -1.0, "no": -1.0});
    let spec: PluginSpec<dyn Verifier> = PluginSpec::named("gprm").with("generator", generator).with("verdicts", 3);
    let verifier = open(&spec, &context).unwrap();
    let work = work(2);
    let before = Mutex::new(Vec::new());
    verifier
        .score_all(&context, &work, &|cot, _| {
            let name = format!("{}/{}", cot.question, cot.cot);
            before.lock().unwrap().push(kept.0.lock().unwrap().iter().any(|(kept, _)| *kept == name));
        })
        .unwrap();
    assert_eq!(before.into_inner().unwrap(), [true; 4]);
    for (name, rationales) in kept.0.lock().unwrap().iter() {
        let told: Vec<_> = rationales.iter().map(|one| (&*one.text, one.reward)).collect();
        assert_eq!(told, [(texts[0], Some(0.5)), (texts[1], None), (texts[0], Some(0.5))], "{name}");
    }
    // Nobody asked for them here.
    scored(&*verifier, &crate::context(), &work).unwrap();
    assert_eq!(kept.0.lock().unwrap().len(), 4);
}
