//! The laws of a plugin that is known by its name.

use super::{Report, aggregator, answer, extractor, generator, sampler, splitter, verifier};
use crate::registry::{Pluggable, PluginSpec, SettingsError};
use crate::{
    Aggregator, AnswerEquivalence, AnswerExtractor, Context, Generator, PluginKind, Result, Sampler, StepSplitter,
    Verifier,
};

/// Makes the plugin of this kind that `text` names, with settings as on the command line (`quantile{q=0.1}`), opens it
/// where it is to be opened, and holds it to the laws of its kind.
///
/// # Errors
/// [`Error::Settings`](crate::Error) if the context's registry does not have the plugin or it does not take its settings;
/// what opening gives.
pub fn check_named(context: &Context, kind: PluginKind, text: &str) -> Result<Report> {
    fn made<K: Pluggable + ?Sized>(context: &Context, text: &str) -> Result<Box<K::Made>, SettingsError> {
        context.registry().make(&text.parse::<PluginSpec<K>>()?)
    }
    Ok(match kind {
        PluginKind::Verifier => verifier::check(&*made::<dyn Verifier>(context, text)?.open(context)?, context),
        PluginKind::StepSplitter => splitter::check(&*made::<dyn StepSplitter>(context, text)?),
        PluginKind::Aggregator => aggregator::check(&*made::<dyn Aggregator>(context, text)?),
        PluginKind::Sampler => sampler::check(&*made::<dyn Sampler>(context, text)?),
        PluginKind::Generator => generator::check(&*made::<dyn Generator>(context, text)?.open(context)?, context),
        PluginKind::AnswerEquivalence => answer::check(&*made::<dyn AnswerEquivalence>(context, text)?),
        PluginKind::AnswerExtractor => extractor::check(&*made::<dyn AnswerExtractor>(context, text)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Registry;

    #[test]
    fn a_plugin_is_found_by_kind_and_name_and_its_report_is_that_of_its_kind() {
        let context = Context::new(Registry::builtin());
        let report = check_named(&context, PluginKind::AnswerEquivalence, "multiple_choice").unwrap();
        assert!(report.holds() && report.findings.len() > 2, "{report}");
        let message = check_named(&context, PluginKind::AnswerEquivalence, "multiple_choise").unwrap_err().to_string();
        assert!(message.contains("did you mean \"multiple_choice\"?"), "{message}");
    }
}
