//! A verifier that keeps its context beyond the calls that gave it.

use std::thread;
use std::time::Duration;

use touchstone_sdk::{Context, Cot, Error, Question, Result, Rewards, Sampler, Verifier, VerifierSettings};

/// At each CoT leaves a thread behind that waits until the job is asked to stop; tells when it is closed.
#[touchstone_sdk::settings]
pub struct Keeper {}

struct Opened(Context);

impl VerifierSettings for Keeper {
    fn open(&self, context: &Context) -> Result<Box<dyn Verifier>> {
        Ok(Box::new(Opened(context.clone())))
    }
}

impl Verifier for Opened {
    fn score(&self, context: &Context, _question: &Question, _cot: &Cot) -> Result<Rewards> {
        let context = context.clone();
        thread::spawn(move || {
            while !context.is_cancelled() {
                thread::sleep(Duration::from_millis(1));
            }
            // Later than the call, and maybe than the verifier: the program's plugins are still there.
            let sampler = context.registry().make::<dyn Sampler>(&"likeliest".parse()?)?;
            let draw = touchstone_sdk::sampler::Draw { seed: 0, sequence: 0, position: 0 };
            let token = sampler.sample(&mut [0.0, 3.0, 1.0], &[], draw)?;
            context.start("kept", Some(7)).advance(token.0.into());
            Ok::<_, Error>(())
        });
        Rewards::new(Vec::new())
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        self.0.start("closed", None).advance(1);
    }
}
