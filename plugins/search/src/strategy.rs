//! What a strategy is, and how settings name one.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use serde_json::{Value, json};
use touchstone::generator::Prompt;
use touchstone::registry::SettingsError;
use touchstone::{PluginSpec, Question, Verifier, nearest};

use crate::{Error, Result, Solution, Solver};

/// Solves one question: writes solutions, scores them, and chooses an answer.
///
/// **Who calls it, when, with what.** A service or a command calls [`solve`](Self::solve) for one question after the other, or
/// for several at once from several threads, always with the same [`Solver`]. The prompt asks for a solution of the question;
/// its chat template is applied, so that text added to its end is the beginning of the solution.
///
/// **What must hold.** With a generator and a verifier that give the same for the same, the solution follows from the solver's
/// parts, the question and the prompt alone: not from other questions, from batches or from the number of threads. A strategy
/// stops soon when the context asks for it, and writes no more than its settings and [`Writing`](crate::Writing) allow.
///
/// **What may go wrong.** What the parts say, and settings that make no sense together. A question that fills the model's
/// context is no error: its solutions are empty, and say [so](crate::Ending::PromptTooLong).
///
/// # A whole strategy
/// ```
/// use touchstone::Question;
/// use touchstone::generator::{GenerationRequest, Prompt};
/// use touchstone_search::{BestOfN, Result, Solution, Solver, Strategy};
///
/// /// Best-of-N, where longer questions are worth more solutions.
/// #[derive(Clone, Debug, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
/// #[serde(deny_unknown_fields)]
/// pub struct ByLength {
///     /// How many bytes of the question are worth one solution.
///     pub bytes: std::num::NonZeroUsize,
/// }
///
/// touchstone_search::describe!("by_length", ByLength);
///
/// #[typetag::serde(name = "by_length")]
/// impl Strategy for ByLength {
///     fn solve(&self, solver: &Solver<'_>, question: &Question, prompt: &Prompt) -> Result<Solution> {
///         let samples = question.text.len().div_ceil(self.bytes.get()).try_into().unwrap_or(std::num::NonZeroUsize::MIN);
///         BestOfN { samples }.solve(solver, question, prompt)
///     }
/// }
///
/// let strategy: touchstone_search::StrategySettings = "by_length{bytes=100}".parse()?;
/// # let _ = strategy;
/// # Ok::<(), touchstone_search::Error>(())
/// ```
#[typetag::serde(tag = "type")]
pub trait Strategy: fmt::Debug + Send + Sync {
    /// The best answer to the question that this strategy finds.
    ///
    /// # Errors
    /// [`Error`]; see above.
    fn solve(&self, solver: &Solver<'_>, question: &Question, prompt: &Prompt) -> Result<Solution>;
}

/// A strategy as settings name it: `{ type: beam_search, beams: 16, width: 4 }`. It reads and writes as that, and as
/// `beam_search{beams=16,width=4}` on a command line. Strategies load nothing, so the settings are the strategy.
pub type StrategySettings = Box<dyn Strategy>;

/// Reads a strategy: an object with its name as `type` and its settings, or its name alone.
///
/// # Errors
/// [`Error::Unreadable`] for a name that is not known, with the nearest that is, and for settings that it does not have.
pub fn read(settings: &Value) -> Result<StrategySettings> {
    let tagged = match settings {
        Value::String(name) => json!({ "type": name }),
        settings => settings.clone(),
    };
    let known = names();
    if let Some(name) = tagged.get("type").and_then(Value::as_str)
        && !known.contains(&name)
    {
        let meant = nearest(name, known.iter().copied()).map(|name| format!(", did you mean {name:?}?"));
        let message = format!("there is none called {name:?}{}", meant.unwrap_or_default());
        return Err(Error::Unreadable { message: format!("{message} Known are {}.", known.join(", ")) });
    }
    StrategySettings::deserialize(tagged).map_err(|error| Error::Unreadable { message: error.to_string() })
}

/// Reads `NAME` or `NAME{field=value,…}`, as plugins are named on the command line.
impl FromStr for StrategySettings {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        // The form is that of all plugins, so that their reader does; of which kind plays no part.
        let spec: PluginSpec<dyn Verifier> = text.parse().map_err(|error| Error::Unreadable {
            message: match error {
                SettingsError::Invalid { message, .. } => format!("{text:?}: {message}"),
                error => error.to_string(),
            },
        })?;
        read(&spec.to_value())
    }
}

/// The names of all strategies, in alphabetical order.
pub fn names() -> Vec<&'static str> {
    let mut names: Vec<&str> = inventory::iter::<Described>().map(|strategy| strategy.name).collect();
    names.sort_unstable();
    names
}

/// A strategy's name and the schema of its settings: what [`describe!`](crate::describe) hands in.
#[doc(hidden)]
pub struct Described {
    pub name: &'static str,
    pub schema: fn(&mut SchemaGenerator) -> Schema,
}

inventory::collect!(Described);

/// Lists a strategy by its name, which is the one that `#[typetag::serde(name = "…")]` gives it: see [`Strategy`](trait@crate::Strategy).
#[macro_export]
macro_rules! describe {
    ($name:literal, $strategy:ty) => {
        $crate::inventory::submit! {
            $crate::Described { name: $name, schema: <$strategy as $crate::schemars::JsonSchema>::json_schema }
        }
    };
}

/// One of the strategies that are linked in, each with its settings.
impl JsonSchema for dyn Strategy {
    fn schema_name() -> Cow<'static, str> {
        "Strategy".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut known: Vec<&Described> = inventory::iter::<Described>().collect();
        known.sort_unstable_by_key(|strategy| strategy.name);
        let with_name = |strategy: &&Described| {
            let mut schema = (strategy.schema)(generator);
            let settings = schema.ensure_object();
            if let Some(fields) = settings.entry("properties").or_insert_with(|| json!({})).as_object_mut() {
                fields.insert("type".to_owned(), json!({ "const": strategy.name }));
            }
            if let Some(required) = settings.entry("required").or_insert_with(|| json!([])).as_array_mut() {
                required.push(json!("type"));
            }
            schema
        };
        let all: Vec<Schema> = known.iter().map(with_name).collect();
        schemars::json_schema!({ "description": "A search strategy", "oneOf": all })
    }
}
