//! The traits that typetag dispatches on. [`register!`](crate::register) implements them; nobody else needs them.

macro_rules! tagged {
    ($($kind:ident),*) => {$(
        /// Deserialised by its `type`.
        #[typetag::deserialize(tag = "type")]
        pub trait $kind {
            /// The plugin.
            fn made(self: Box<Self>) -> Box<<dyn crate::$kind as super::Pluggable>::Made>;
        }
    )*};
}

tagged!(Verifier, StepSplitter, Aggregator, Sampler, Generator, AnswerEquivalence, AnswerExtractor);
