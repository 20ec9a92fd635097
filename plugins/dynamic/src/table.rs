//! The table by which plugins cross the border: C types, the same as `include/touchstone.h` says and explains.
//!
//! This is the whole of what a program and a library share. The header is the contract, for authors in any language; a test
//! compares every size and offset here with what a C compiler makes of it.

use std::ffi::{c_char, c_void};

use touchstone::PluginKind;

/// The version of everything in this module. It changes with any change of a type or a rule, and a program loads only
/// libraries of its own version.
pub const ABI_VERSION: u32 = 2;

/// The one symbol that a library exports: a function of type [`Entry`].
pub const SYMBOL: &str = "touchstone_library";

/// What the symbol is. The table that it gives stays where it is, unchanged, until the process ends.
pub type Entry = unsafe extern "C" fn() -> *const Library;

/// What a call returns: it did its work.
pub const DONE: i32 = 0;
/// What a call returns: it could not do its work, and told why where its arguments say.
pub const FAILED: i32 = 1;
/// What a call returns: it stopped because its context asked it to.
pub const CANCELLED: i32 = 2;

/// [`Plugin::threads`]: calls may come from many threads at once.
pub const ANY_THREAD: u32 = 0;
/// [`Plugin::threads`]: calls may come from any thread, one at a time for all instances together.
pub const ONE_AT_A_TIME: u32 = 1;

/// [`Plugin::scope`]: rewards depend on the question and the CoT alone.
pub const SCOPE_COT: u32 = 0;
/// [`Plugin::scope`]: rewards depend on the question and all its CoTs.
pub const SCOPE_QUESTION: u32 = 1;

/// [`Plugin::kind`] of a verifier.
pub const VERIFIER: u32 = 1;
/// [`Plugin::kind`] of a step splitter.
pub const STEP_SPLITTER: u32 = 2;
/// [`Plugin::kind`] of an aggregator.
pub const AGGREGATOR: u32 = 3;
/// [`Plugin::kind`] of a sampler.
pub const SAMPLER: u32 = 4;
/// [`Plugin::kind`] of a generator.
pub const GENERATOR: u32 = 5;
/// [`Plugin::kind`] of an answer equivalence.
pub const ANSWER_EQUIVALENCE: u32 = 6;
/// [`Plugin::kind`] of an answer extractor.
pub const ANSWER_EXTRACTOR: u32 = 7;

/// The total of a stage of progress whose total is not known.
pub const UNKNOWN_TOTAL: u64 = u64::MAX;

/// UTF-8 text, borrowed for the length of the call that it is part of. Null data means no text.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Text {
    /// The first byte.
    pub data: *const c_char,
    /// How many bytes.
    pub length: usize,
}

/// Takes text: a message, a key, JSON.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct TextSink {
    /// Handed back with every call.
    pub sink: *mut c_void,
    /// Takes the text.
    pub put: Option<unsafe extern "C" fn(sink: *mut c_void, text: Text)>,
}

/// Takes the byte range of a step.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct RangeSink {
    /// Handed back with every call.
    pub sink: *mut c_void,
    /// Takes the range.
    pub put: Option<unsafe extern "C" fn(sink: *mut c_void, start: usize, end: usize)>,
}

/// Takes the rewards of one CoT; NaN is a missing reward.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct RewardSink {
    /// Handed back with every call.
    pub sink: *mut c_void,
    /// Takes the rewards of the CoT at place `cot` of the question at place `question` in the call's work.
    pub put: Option<
        unsafe extern "C" fn(sink: *mut c_void, question: usize, cot: usize, rewards: *const f64, length: usize),
    >,
}

/// Takes one completion, as JSON.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct CompletionSink {
    /// Handed back with every call.
    pub sink: *mut c_void,
    /// Takes the completion.
    pub put: Option<unsafe extern "C" fn(sink: *mut c_void, prompt: usize, sample: usize, completion: Text)>,
}

/// Where randomness comes from: [`touchstone::sampler::Draw`].
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Draw {
    /// The seed of the job.
    pub seed: u64,
    /// Which sequence of the job.
    pub sequence: u64,
    /// Which position of the sequence.
    pub position: u64,
}

/// A plugin that the other side made: its functions, and what to call them with.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Made {
    /// The functions.
    pub plugin: *const Plugin,
    /// The instance, to be closed by `plugin.close`.
    pub instance: *mut c_void,
}

/// What a running job lends to the plugins it calls: [`touchstone::Context`]. Every function may be called from any thread.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Context {
    /// Handed back with every call.
    pub data: *mut c_void,
    /// Keeps `data` valid beyond the call, until it is released as often as it was retained.
    pub retain: Option<unsafe extern "C" fn(data: *mut c_void)>,
    /// Undoes one `retain`.
    pub release: Option<unsafe extern "C" fn(data: *mut c_void)>,
    /// Not 0 once the job was asked to stop.
    pub cancelled: Option<unsafe extern "C" fn(data: *mut c_void) -> i32>,
    /// Begins a stage of progress, of `total` units or [`UNKNOWN_TOTAL`].
    pub start: Option<unsafe extern "C" fn(data: *mut c_void, stage: Text, total: u64) -> *mut c_void>,
    /// So many more units of the stage are done.
    pub advance: Option<unsafe extern "C" fn(stage: *mut c_void, units: u64)>,
    /// Ends the stage, which may not be used again.
    pub finish: Option<unsafe extern "C" fn(stage: *mut c_void)>,
    /// Describes the plugins that `make` can make: a JSON list of [`touchstone::registry::Description`].
    pub plugins: Option<unsafe extern "C" fn(data: *mut c_void, descriptions: *const TextSink)>,
    /// Makes, and where need be opens, a plugin of the calling side.
    pub make: Option<
        unsafe extern "C" fn(
            data: *mut c_void,
            kind: u32,
            name: Text,
            settings: Text,
            made: *mut Made,
            failure: *const TextSink,
        ) -> i32,
    >,
    /// The job's templates: a JSON object from names to texts.
    pub templates: Option<unsafe extern "C" fn(data: *mut c_void, templates: *const TextSink)>,
}

/// One plugin. Functions that its kind does not need are null.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Plugin {
    /// [`VERIFIER`] and so on.
    pub kind: u32,
    /// [`ANY_THREAD`] or [`ONE_AT_A_TIME`].
    pub threads: u32,
    /// The name in recipes.
    pub name: Text,
    /// The version, in the author's words.
    pub version: Text,
    /// The JSON Schema of the settings; its `description` tells what the plugin is for.
    pub schema: Text,
    /// Says whether these settings would do, without loading anything. May be null: then the schema decides.
    pub check: Option<unsafe extern "C" fn(plugin: *const Plugin, settings: Text, failure: *const TextSink) -> i32>,
    /// Makes an instance from settings; loads what it needs. May be null: then the instance is null.
    pub open: Option<
        unsafe extern "C" fn(
            plugin: *const Plugin,
            settings: Text,
            context: *const Context,
            instance: *mut *mut c_void,
            failure: *const TextSink,
        ) -> i32,
    >,
    /// Ends an instance, which is used no more. May be null.
    pub close: Option<unsafe extern "C" fn(instance: *mut c_void)>,
    /// Aggregators: the value of a CoT with these rewards.
    pub aggregate: Option<
        unsafe extern "C" fn(
            instance: *mut c_void,
            rewards: *const f64,
            length: usize,
            value: *mut f64,
            failure: *const TextSink,
        ) -> i32,
    >,
    /// Step splitters: the byte ranges of the steps of a solution.
    pub split: Option<
        unsafe extern "C" fn(
            instance: *mut c_void,
            solution: Text,
            ranges: *const RangeSink,
            failure: *const TextSink,
        ) -> i32,
    >,
    /// Samplers: the next token.
    pub sample: Option<
        unsafe extern "C" fn(
            instance: *mut c_void,
            logits: *mut f32,
            vocabulary: usize,
            history: *const u32,
            length: usize,
            draw: Draw,
            token: *mut u32,
            failure: *const TextSink,
        ) -> i32,
    >,
    /// Verifiers: [`SCOPE_COT`] or [`SCOPE_QUESTION`]. May be null: then the scope is the CoT.
    pub scope: Option<unsafe extern "C" fn(instance: *mut c_void) -> u32>,
    /// Verifiers: the rewards of all CoTs of one question, which is given as JSON.
    pub score_question: Option<
        unsafe extern "C" fn(
            instance: *mut c_void,
            context: *const Context,
            work: Text,
            rewards: *const RewardSink,
            failure: *const TextSink,
        ) -> i32,
    >,
    /// Verifiers: the same for many questions. May be null: then the program calls `score_question` from many threads.
    pub score_all: Option<
        unsafe extern "C" fn(
            instance: *mut c_void,
            context: *const Context,
            work: Text,
            rewards: *const RewardSink,
            failure: *const TextSink,
        ) -> i32,
    >,
    /// Generators: completes every prompt.
    pub generate: Option<
        unsafe extern "C" fn(
            instance: *mut c_void,
            context: *const Context,
            prompts: Text,
            request: Text,
            completions: *const CompletionSink,
            failure: *const TextSink,
        ) -> i32,
    >,
    /// Generators: the prompt of a conversation, which is given as JSON. No prompt put means that there is no chat template;
    /// so does null.
    pub chat: Option<
        unsafe extern "C" fn(
            instance: *mut c_void,
            context: *const Context,
            conversation: Text,
            prompt: *const TextSink,
            failure: *const TextSink,
        ) -> i32,
    >,
    /// Answer equivalences: the key of a CoT's answer. No key put means no key.
    pub key: Option<
        unsafe extern "C" fn(
            instance: *mut c_void,
            answer: Text,
            key: *const TextSink,
            failure: *const TextSink,
        ) -> i32,
    >,
    /// Answer equivalences: the key of a gold answer. May be null: then `key` is called.
    pub gold: Option<
        unsafe extern "C" fn(
            instance: *mut c_void,
            answer: Text,
            key: *const TextSink,
            failure: *const TextSink,
        ) -> i32,
    >,
    /// Answer extractors: the final answer of a solution. No answer put means no answer.
    pub extract: Option<
        unsafe extern "C" fn(
            instance: *mut c_void,
            solution: Text,
            answer: *const TextSink,
            failure: *const TextSink,
        ) -> i32,
    >,
}

/// What a library gives: its version first, so that any version of a program can read it.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Library {
    /// [`ABI_VERSION`], as it was when the library was built.
    pub abi_version: u32,
    /// How many plugins there are.
    pub plugin_count: u32,
    /// The plugins.
    pub plugins: *const Plugin,
}

impl Plugin {
    /// A plugin of this kind that can do nothing yet.
    pub const fn of_kind(kind: u32) -> Self {
        Self {
            kind,
            threads: ANY_THREAD,
            name: Text::NONE,
            version: Text::NONE,
            schema: Text::NONE,
            check: None,
            open: None,
            close: None,
            aggregate: None,
            split: None,
            sample: None,
            scope: None,
            score_question: None,
            score_all: None,
            generate: None,
            chat: None,
            key: None,
            gold: None,
            extract: None,
        }
    }
}

/// How the table writes a kind.
pub const fn number_of(kind: PluginKind) -> u32 {
    match kind {
        PluginKind::Verifier => VERIFIER,
        PluginKind::StepSplitter => STEP_SPLITTER,
        PluginKind::Aggregator => AGGREGATOR,
        PluginKind::Sampler => SAMPLER,
        PluginKind::Generator => GENERATOR,
        PluginKind::AnswerEquivalence => ANSWER_EQUIVALENCE,
        PluginKind::AnswerExtractor => ANSWER_EXTRACTOR,
    }
}

/// The kind that the table writes so.
pub fn kind_of(number: u32) -> Option<PluginKind> {
    PluginKind::ALL.into_iter().find(|kind| number_of(*kind) == number)
}

// SAFETY: tables are never changed, and all that they point to lives for ever and may be called from any thread.
#[allow(unsafe_code)]
unsafe impl Sync for Plugin {}
// SAFETY: as above.
#[allow(unsafe_code)]
unsafe impl Sync for Library {}
// SAFETY: as above.
#[allow(unsafe_code)]
unsafe impl Send for Library {}
