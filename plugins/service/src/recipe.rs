//! What a service serves, as data (YAML or TOML).

use std::collections::HashSet;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use touchstone::generator::{Chat, Thinking};
use touchstone::{
    Aggregator, AnswerEquivalence, AnswerExtractor, Generator, PluginSpec, Registry, StepSplitter, Verifier,
};
use touchstone_search::{StrategySettings, Writing};

use crate::{Error, Limits, Result};

/// The only version of the format that there is.
pub const VERSION: u32 = 1;

/// A whole service: the verifiers that give rewards, the solvers that answer, and what it puts up with.
///
/// ```
/// let recipe = touchstone_service::ServiceRecipe::from_yaml(
///     "
/// version: 1
/// verifiers:
///   - name: dPRM
///     verifier: { type: dprm, model: 'embedded:tiny', adapter: 'embedded:dPRM' }
///     aggregator: { type: min }
/// solvers:
///   - name: best-of-8
///     generator: { type: openai, url: 'http://127.0.0.1:8080/v1', model: Qwen/Qwen3-8B, retries: 1 }
///     strategy: { type: best_of_n, samples: 8 }
///     verifier: dPRM
/// ",
/// )?;
/// assert_eq!(recipe.verifiers[0].name, "dPRM");
/// assert_eq!(recipe.limits.queue.get(), 256);
/// # Ok::<(), touchstone_service::Error>(())
/// ```
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceRecipe {
    /// The version of the format: [`VERSION`].
    pub version: u32,
    /// Libraries of third-party plugins, which whoever serves the recipe loads first.
    #[serde(default)]
    pub plugins: Vec<PathBuf>,
    /// What gives rewards. The first one does where a request names none.
    #[serde(default)]
    pub verifiers: Vec<ServedVerifier>,
    /// What answers conversations.
    #[serde(default)]
    pub solvers: Vec<ServedSolver>,
    /// How CoTs that come as text are cut into steps; at blank lines unless told otherwise.
    #[serde(default = "blank_line")]
    pub splitter: PluginSpec<dyn StepSplitter>,
    /// How answers are read from CoTs; a choice's letter unless told otherwise.
    #[serde(default = "letter")]
    pub extractor: PluginSpec<dyn AnswerExtractor>,
    /// What it puts up with.
    #[serde(default)]
    pub limits: Limits,
}

/// A verifier that is served.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServedVerifier {
    /// Its name for clients, unlike that of any other verifier or solver.
    pub name: String,
    /// The verifier.
    pub verifier: PluginSpec<dyn Verifier>,
    /// From the rewards of a CoT to its value, where a request does not say.
    pub aggregator: PluginSpec<dyn Aggregator>,
    /// At most so many CoTs of waiting requests are scored together; a request that has more is scored alone. More of them use
    /// a local model better; fewer let a request begin sooner.
    #[serde(default = "sixty_four")]
    pub batch_cots: NonZeroUsize,
    /// How many batches are scored at a time. One is right for a model on this machine; a verifier over a remote server takes
    /// as many as that server bears, with `batch_cots: 1`.
    #[serde(default = "one")]
    pub workers: NonZeroUsize,
}

/// A generator with a strategy that chooses among what it writes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServedSolver {
    /// Its name for clients (`model` in OpenAI's protocol), unlike that of any other solver or verifier.
    pub name: String,
    /// What writes. Solvers of equal generators share one.
    pub generator: PluginSpec<dyn Generator>,
    /// How an answer is found and chosen.
    pub strategy: StrategySettings,
    /// The name of the verifier, among the recipe's, that gives rewards; none for strategies that go without.
    #[serde(default)]
    pub verifier: Option<String>,
    /// From the rewards of a solution to its value; that of the verifier unless told otherwise.
    #[serde(default)]
    pub aggregator: Option<PluginSpec<dyn Aggregator>>,
    /// When two answers are the same; as choices of a multiple-choice question unless told otherwise.
    #[serde(default = "multiple_choice")]
    pub answers: PluginSpec<dyn AnswerEquivalence>,
    /// How text is written, where a request does not say.
    #[serde(default)]
    pub writing: Writing,
    /// What the model is asked.
    #[serde(default)]
    pub prompt: PromptForm,
    /// A file with a template of your own, in place of `solution.jinja`, for `prompt: solution`.
    #[serde(default)]
    pub template: Option<PathBuf>,
    /// Whether a prompt that a template made is put into the model's own chat template, for `prompt: solution`.
    #[serde(default)]
    pub chat: Chat,
    /// Whether a model that can think first should.
    #[serde(default)]
    pub thinking: Thinking,
}

/// What the model is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PromptForm {
    /// The client's messages, in the model's own chat template.
    #[default]
    Messages,
    /// The question in the template that `touchstone solve` asks by.
    Solution,
}

fn blank_line() -> PluginSpec<dyn StepSplitter> {
    PluginSpec::named("blank_line")
}

fn letter() -> PluginSpec<dyn AnswerExtractor> {
    PluginSpec::named("letter")
}

fn multiple_choice() -> PluginSpec<dyn AnswerEquivalence> {
    PluginSpec::named("multiple_choice")
}

const fn one() -> NonZeroUsize {
    NonZeroUsize::MIN
}

const fn sixty_four() -> NonZeroUsize {
    NonZeroUsize::MIN.saturating_add(63)
}

impl ServiceRecipe {
    /// Reads a recipe file: TOML where its name ends in `.toml`, else YAML. Paths in it are relative to it; those in plugins'
    /// settings become so when the service is opened.
    ///
    /// # Errors
    /// A file that cannot be read, or what [`from_yaml`](Self::from_yaml) says of it.
    pub fn read(path: &Path) -> Result<Self> {
        let text =
            std::fs::read_to_string(path).map_err(|error| touchstone::Error::io("read the recipe", path, error))?;
        let is_toml = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("toml"));
        let parsed = if is_toml { Self::from_toml(&text) } else { Self::from_yaml(&text) };
        let mut recipe = parsed.map_err(|error| match error {
            Error::Syntax { message, .. } => Error::Syntax { path: Some(path.to_owned()), message },
            error => error,
        })?;
        let folder = path.parent().unwrap_or(Path::new(""));
        recipe.plugins.iter_mut().for_each(|library| *library = folder.join(&*library));
        for template in recipe.solvers.iter_mut().filter_map(|solver| solver.template.as_mut()) {
            *template = folder.join(&*template);
        }
        Ok(recipe)
    }

    /// Reads a recipe from YAML text; its paths stay as they are.
    ///
    /// # Errors
    /// [`Error::Syntax`] with the line, or [`Error::Field`].
    pub fn from_yaml(text: &str) -> Result<Self> {
        serde_saphyr::from_str::<Self>(text).map_err(|error| syntax(&error.to_string()))?.checked()
    }

    /// Reads a recipe from TOML text; its paths stay as they are.
    ///
    /// # Errors
    /// Those of [`from_yaml`](Self::from_yaml).
    pub fn from_toml(text: &str) -> Result<Self> {
        toml::from_str::<Self>(text).map_err(|error| syntax(&error.to_string()))?.checked()
    }

    /// Makes the paths in plugins' settings relative to where the caller stands, from relative to `folder`.
    pub fn resolve_settings(&mut self, registry: &Registry, folder: &Path) {
        for served in &mut self.verifiers {
            registry.resolve_locations(&mut served.verifier, folder);
            registry.resolve_locations(&mut served.aggregator, folder);
        }
        for served in &mut self.solvers {
            registry.resolve_locations(&mut served.generator, folder);
            registry.resolve_locations(&mut served.answers, folder);
        }
        registry.resolve_locations(&mut self.splitter, folder);
        registry.resolve_locations(&mut self.extractor, folder);
    }

    /// Checks what the format cannot.
    fn checked(self) -> Result<Self> {
        if self.version != VERSION {
            let message = format!("it is {}, and this program reads version {VERSION}", self.version);
            return Err(Error::field("version", message));
        }
        if self.verifiers.is_empty() && self.solvers.is_empty() {
            return Err(Error::field("verifiers", "there is nothing to serve: name a verifier, or a solver"));
        }
        let verifiers = self.verifiers.iter().enumerate().map(|(place, served)| ("verifiers", place, &served.name));
        let solvers = self.solvers.iter().enumerate().map(|(place, served)| ("solvers", place, &served.name));
        let mut names = HashSet::new();
        for (list, place, name) in verifiers.chain(solvers) {
            if name.trim().is_empty() || !names.insert(name) {
                let message = format!("{name:?} is empty or taken, and clients tell models apart by their names");
                return Err(Error::field(format!("{list}.{place}.name"), message));
            }
        }
        for (place, solver) in self.solvers.iter().enumerate() {
            let known = |name: &String| self.verifiers.iter().any(|served| served.name == *name);
            if let Some(unknown) = solver.verifier.as_ref().filter(|name| !known(name)) {
                let message = format!("there is no verifier called {unknown:?} in the recipe");
                return Err(Error::field(format!("solvers.{place}.verifier"), message));
            }
            let wrong =
                |error: touchstone_search::Error| Error::field(format!("solvers.{place}.writing"), error.to_string());
            solver.writing.check().map_err(wrong)?;
        }
        self.limits.check()?;
        Ok(self)
    }
}

fn syntax(message: &str) -> Error {
    Error::Syntax { path: None, message: message.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERIFIER: &str = "{ name: a, verifier: { type: x }, aggregator: { type: last } }";

    fn told(yaml: &str) -> String {
        ServiceRecipe::from_yaml(yaml).unwrap_err().to_string()
    }

    #[test]
    fn a_recipe_that_serves_nothing_or_two_of_a_name_is_refused_with_the_field() {
        assert!(told("version: 1").contains("verifiers"));
        assert!(told("version: 2").contains("version"));
        let twice = told(&format!("version: 1\nverifiers: [{VERIFIER}, {VERIFIER}]"));
        assert!(twice.contains("verifiers.1.name"), "{twice}");
    }

    #[test]
    fn a_solver_names_a_verifier_that_is_there_and_a_strategy_that_is_known() {
        let solver = |more: &str| {
            format!(
                "version: 1\nverifiers: [{VERIFIER}]\nsolvers: [{{ name: s, generator: {{ type: local }}, {more} }}]"
            )
        };
        let unknown = told(&solver("strategy: { type: best_of_n }, verifier: b"));
        assert!(unknown.contains("solvers.0.verifier") && unknown.contains("\"b\""), "{unknown}");
        let strategy = told(&solver("strategy: { type: best_off }"));
        assert!(strategy.contains("best_off"), "{strategy}");
        let stop = told(&solver("strategy: { type: best_of_n }, writing: { stop: [''] }"));
        assert!(stop.contains("solvers.0.writing"), "{stop}");
        assert!(ServiceRecipe::from_yaml(&solver("strategy: { type: best_of_n }, verifier: a")).is_ok());
    }

    #[test]
    fn toml_reads_the_same_and_an_unknown_key_is_named() {
        let toml =
            "version = 1\n[[verifiers]]\nname = \"a\"\nverifier = { type = \"x\" }\naggregator = { type = \"min\" }\n";
        assert_eq!(ServiceRecipe::from_toml(toml).unwrap().verifiers[0].batch_cots.get(), 64);
        assert!(told(&format!("version: 1\nverifiers: [{VERIFIER}]\nlimit: 3")).contains("limit"));
    }
}
