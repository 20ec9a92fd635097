//! What is particular to the projects of a kind.

use touchstone::PluginKind;

/// The sources of a plugin of one kind, and its setting as a recipe gives it.
pub(super) struct Skeleton {
    pub rust: &'static str,
    pub c: &'static str,
    pub c_test: &'static str,
    pub setting: &'static str,
}

macro_rules! skeleton {
    ($name:literal, $setting:literal) => {
        Skeleton {
            rust: include_str!(concat!("../../../../templates/plugin/rust/", $name, ".rs.jinja")),
            c: include_str!(concat!("../../../../templates/plugin/c/", $name, ".c.jinja")),
            c_test: include_str!(concat!("../../../../templates/plugin/c/", $name, "_test.c.jinja")),
            setting: $setting,
        }
    };
}

/// The skeleton of this kind.
pub(super) fn of(kind: PluginKind) -> Skeleton {
    match kind {
        PluginKind::Verifier => skeleton!("verifier", "allowed: 1"),
        PluginKind::StepSplitter => skeleton!("splitter", "marker: \"---\""),
        PluginKind::Aggregator => skeleton!("aggregator", "trim: 2"),
        PluginKind::Sampler => skeleton!("sampler", "temperature: 0.7"),
        PluginKind::Generator => skeleton!("generator", "reply: \"The answer is 42.\""),
        PluginKind::AnswerEquivalence => skeleton!("answers", "keep_case: true"),
        PluginKind::AnswerExtractor => skeleton!("extractor", "marker: \"Result:\""),
    }
}
