//! A library as a third party writes it: a plugin of every kind, some that use what the program has, and some that fail.
//!
//! The types are registered here and not beside their definitions, so that the tests can use the same source files without
//! registering the names a second time.

mod after;
mod agreement;
mod average;
mod clause;
mod digits;
mod drawn;
mod equations;
mod faulty;
mod judge;
mod keeper;
mod speller;
mod watcher;

pub use after::After;
pub use agreement::Agreement;
pub use average::Average;
pub use clause::Clause;
pub use digits::Digits;
pub use drawn::Drawn;
pub use equations::Equations;
pub use faulty::{
    FaultyAggregator, FaultyAnswers, FaultyExtractor, FaultyGenerator, FaultySampler, FaultySplitter, FaultyVerifier,
};
pub use judge::Judge;
pub use keeper::Keeper;
pub use speller::Speller;
pub use watcher::Watcher;

touchstone_sdk::register!(Aggregator, "average", Average);
touchstone_sdk::register!(StepSplitter, "clause", Clause);
touchstone_sdk::register!(AnswerEquivalence, "digits", Digits);
touchstone_sdk::register!(AnswerExtractor, "after", After);
touchstone_sdk::register!(Sampler, "drawn", Drawn);
touchstone_sdk::register!(Generator, "speller", Speller);
touchstone_sdk::register!(Verifier, "equations", Equations);
touchstone_sdk::register!(Verifier, "agreement", Agreement);
touchstone_sdk::register!(Verifier, "judge", Judge);
touchstone_sdk::register!(Verifier, "keeper", Keeper);
touchstone_sdk::register!(Verifier, "watcher", Watcher);
touchstone_sdk::register!(Aggregator, "faulty", FaultyAggregator);
touchstone_sdk::register!(StepSplitter, "faulty", FaultySplitter);
touchstone_sdk::register!(AnswerEquivalence, "faulty", FaultyAnswers);
touchstone_sdk::register!(AnswerExtractor, "faulty", FaultyExtractor);
touchstone_sdk::register!(Sampler, "faulty", FaultySampler);
touchstone_sdk::register!(Generator, "faulty", FaultyGenerator);
touchstone_sdk::register!(Verifier, "faulty", FaultyVerifier);

#[cfg(not(feature = "taken_name"))]
touchstone_sdk::export!(
    Average,
    Clause,
    Digits,
    After,
    Drawn,
    Speller,
    Equations,
    Agreement,
    Judge,
    Keeper,
    Watcher,
    FaultyAggregator,
    FaultySplitter,
    FaultyAnswers,
    FaultyExtractor,
    FaultySampler,
    FaultyGenerator,
    FaultyVerifier,
);

#[cfg(feature = "taken_name")]
mod taken {
    /// Is called as a plugin of the program is.
    #[touchstone_sdk::settings]
    pub struct Mean {}

    impl touchstone_sdk::Aggregator for Mean {
        fn aggregate(&self, _rewards: &[Option<f64>]) -> touchstone_sdk::Result<f64> {
            Ok(0.0)
        }
    }

    touchstone_sdk::register!(Aggregator, "mean", Mean);
    touchstone_sdk::export!(Mean);
}

#[cfg(test)]
mod tests {
    use touchstone_sdk::{Aggregator, PluginSpec, Registry};

    /// Linked in, a plugin is made by its name as a built-in one is.
    #[test]
    fn the_aggregator_works_linked_in() {
        let average = Registry::builtin().make(&PluginSpec::<dyn Aggregator>::named("average")).unwrap();
        assert_eq!(average.aggregate(&[Some(0.25), None]).unwrap(), 0.375);
    }
}
