//! Which modules an adapter changes, by PEFT's rules for names.

use regex::Regex;
use serde_json::{Map, Value};

use super::config::OneOrMany;
use crate::training::TargetModules;

/// The head that "all-linear" leaves out.
const HEAD: &str = "lm_head";

/// Module names that an adapter changes.
#[derive(Debug)]
pub(crate) struct Targets {
    included: Names,
    excluded: Option<Names>,
    layers: Option<Layers>,
}

#[derive(Debug)]
enum Names {
    /// Every linear layer but the head.
    AllLinear,
    /// The whole name matches.
    Pattern(Regex),
    /// The name, or what follows one of its dots, is in the list.
    List(Vec<String>),
}

/// Only some blocks.
#[derive(Debug)]
struct Layers {
    numbers: Vec<usize>,
    /// Each finds the block's number in a name.
    patterns: Vec<Regex>,
}

impl Targets {
    pub(super) fn new(
        included: OneOrMany,
        excluded: Option<OneOrMany>,
        layers: Option<OneOrMany<usize>>,
        pattern: Option<OneOrMany>,
    ) -> Result<Self, String> {
        let layers = match layers {
            None => None,
            Some(layers) => Some(Layers::new(layers.into_list(), pattern.map_or(Vec::new(), OneOrMany::into_list))?),
        };
        let excluded = match excluded {
            None => None,
            Some(names) => Some(Names::new("exclude_modules", names)?),
        };
        Ok(Self { included: Names::new("target_modules", included)?, excluded, layers })
    }

    /// The layers that a training setting names.
    pub(crate) fn of_setting(modules: &TargetModules) -> Result<Self, String> {
        let included = match modules.clone() {
            TargetModules::Pattern(pattern) => OneOrMany::One(pattern),
            TargetModules::Names(names) => OneOrMany::Many(names),
        };
        Self::new(included, None, None, None)
    }

    /// Whether the adapter changes the module of this name.
    pub(crate) fn holds(&self, module: &str) -> bool {
        if self.excluded.as_ref().is_some_and(|names| names.hold(module)) || !self.included.hold(module) {
            return false;
        }
        match (&self.layers, &self.included) {
            // A name given in full is meant, whatever its block.
            (Some(_), Names::List(names)) if names.iter().any(|name| name == module) => true,
            (Some(layers), Names::List(_) | Names::AllLinear) => layers.hold(module),
            _ => true,
        }
    }
}

impl Names {
    fn new(field: &str, names: OneOrMany) -> Result<Self, String> {
        Ok(match names {
            OneOrMany::One(name) if name == "all-linear" => Self::AllLinear,
            OneOrMany::One(pattern) => Self::Pattern(whole(field, &pattern)?),
            OneOrMany::Many(names) => Self::List(names),
        })
    }

    fn hold(&self, module: &str) -> bool {
        match self {
            Self::AllLinear => module != HEAD,
            Self::Pattern(pattern) => pattern.is_match(module),
            Self::List(names) => names.iter().any(|name| {
                module.strip_suffix(name.as_str()).is_some_and(|before| before.is_empty() || before.ends_with('.'))
            }),
        }
    }
}

impl Layers {
    fn new(numbers: Vec<usize>, names: Vec<String>) -> Result<Self, String> {
        let patterns: Result<Vec<Regex>, String> = match names.as_slice() {
            [] => vec![compile("layers_pattern", r"\A.*\.[^.]*\.(\d+)\.")],
            names => names.iter().map(|name| compile("layers_pattern", &format!(r"\A.*\.{name}\.(\d+)\."))).collect(),
        }
        .into_iter()
        .collect();
        Ok(Self { numbers, patterns: patterns? })
    }

    fn hold(&self, module: &str) -> bool {
        let number = |pattern: &Regex| pattern.captures(module)?.get(1)?.as_str().parse::<usize>().ok();
        self.patterns.iter().find_map(number).is_some_and(|number| self.numbers.contains(&number))
    }
}

/// Numbers for some modules: `rank_pattern` and `alpha_pattern`. The first pattern that matches the name, or what follows
/// one of its dots, counts.
#[derive(Debug)]
pub(super) struct Patterns(Vec<(Regex, f64)>);

impl Patterns {
    pub fn new(field: &str, patterns: Option<Map<String, Value>>) -> Result<Self, String> {
        let mut compiled = Vec::new();
        for (pattern, value) in patterns.unwrap_or_default() {
            let number = value.as_f64().filter(|&number| number > 0.0);
            let number = number.ok_or_else(|| format!("{field}: {pattern:?} is {value}, not a number above 0"))?;
            // An anchored pattern means the whole name.
            let anchored = format!(r"\A(?:.*\.)?(?:{pattern})\z");
            compiled.push((compile(field, &anchored)?, number));
        }
        Ok(Self(compiled))
    }

    pub fn value(&self, module: &str) -> Option<f64> {
        self.0.iter().find(|(pattern, _)| pattern.is_match(module)).map(|&(_, value)| value)
    }
}

impl<T> OneOrMany<T> {
    fn into_list(self) -> Vec<T> {
        match self {
            Self::One(value) => vec![value],
            Self::Many(values) => values,
        }
    }
}

fn whole(field: &str, pattern: &str) -> Result<Regex, String> {
    compile(field, &format!(r"\A(?:{pattern})\z"))
}

fn compile(field: &str, pattern: &str) -> Result<Regex, String> {
    Regex::new(pattern).map_err(|error| format!("{field}: the pattern cannot be read: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn targets(included: OneOrMany) -> Targets {
        Targets::new(included, None, None, None).unwrap()
    }

    fn list(names: &[&str]) -> OneOrMany {
        OneOrMany::Many(names.iter().map(|&name| name.to_owned()).collect())
    }

    const Q0: &str = "model.layers.0.self_attn.q_proj";
    const UP1: &str = "model.layers.1.mlp.up_proj";

    #[test]
    fn a_list_matches_whole_names_and_ends_after_a_dot() {
        assert!(targets(list(&["q_proj"])).holds(Q0));
        assert!(targets(list(&["self_attn.q_proj"])).holds(Q0));
        assert!(targets(list(&[Q0])).holds(Q0));
        assert!(!targets(list(&["proj"])).holds(Q0));
        assert!(!targets(list(&["attn.q_proj"])).holds(Q0));
    }

    #[test]
    fn a_pattern_matches_the_whole_name_only() {
        assert!(targets(OneOrMany::One(r".*\.(q|k)_proj".into())).holds(Q0));
        assert!(!targets(OneOrMany::One(r"q_proj".into())).holds(Q0));
        assert!(Targets::new(OneOrMany::One("(".into()), None, None, None).is_err());
    }

    #[test]
    fn all_linear_leaves_the_head_out() {
        let targets = targets(OneOrMany::One("all-linear".into()));
        assert!(targets.holds(Q0) && targets.holds(UP1) && !targets.holds("lm_head"));
    }

    #[test]
    fn an_excluded_module_is_left_out() {
        let targets = Targets::new(list(&["q_proj", "up_proj"]), Some(list(&["mlp.up_proj"])), None, None).unwrap();
        assert!(targets.holds(Q0) && !targets.holds(UP1));
    }

    #[test]
    fn only_the_layers_to_transform_are_changed() {
        let layers = |layers, pattern| Targets::new(list(&["q_proj", "up_proj"]), None, Some(layers), pattern).unwrap();
        let first = layers(OneOrMany::One(0), None);
        assert!(first.holds(Q0) && !first.holds(UP1));
        let second = layers(OneOrMany::Many(vec![1]), Some(OneOrMany::One("layers".into())));
        assert!(!second.holds(Q0) && second.holds(UP1));
    }

    #[test]
    fn a_rank_pattern_matches_a_name_or_its_end() {
        let patterns = serde_json::json!({ "q_proj": 2, "^model.layers.1.mlp.up_proj": 16, "layers.1.*": 4 });
        let Value::Object(patterns) = patterns else { panic!("an object") };
        let patterns = Patterns::new("rank_pattern", Some(patterns)).unwrap();
        assert_eq!(patterns.value(Q0), Some(2.0));
        assert_eq!(patterns.value(UP1), Some(16.0));
        assert_eq!(patterns.value("model.layers.1.mlp.down_proj"), Some(4.0));
        assert_eq!(patterns.value("model.layers.0.mlp.down_proj"), None);
    }
}
