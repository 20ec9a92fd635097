//! A method as the command line names it.

use std::str::FromStr;

use super::{Method, RecipeError};
use crate::Error;

/// How a method with rewards is written on the command line.
const FORM: &str = "NAME:AGGREGATOR[{key=value,…}]=PATH[,PATH…], as in dORM:last=rewards/dORM";

/// Reads `NAME:AGGREGATOR[{key=value,…}]=PATH[,PATH…]`: a method whose rewards were made elsewhere. Several paths are
/// replicates.
impl FromStr for Method {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong = |message: &str| RecipeError::Argument {
            argument: text.to_owned(),
            message: format!("{message}; write {FORM}"),
        };
        let (name, rest) = text.split_once(':').ok_or_else(|| wrong("there is no colon after the name"))?;
        // The settings in braces may hold equals signs of their own.
        let settings_end = match (rest.find('{'), rest.find('=')) {
            (Some(brace), Some(equals)) if brace < equals => {
                rest.find("}=").map(|end| end + 1).ok_or_else(|| wrong("the brace is not closed"))?
            }
            (_, Some(equals)) => equals,
            (_, None) => return Err(wrong("there is no = before the path").into()),
        };
        let (aggregator, paths) = rest.split_at(settings_end);
        let rewards: Vec<String> = paths[1..].split(',').map(|path| path.trim().to_owned()).collect();
        if name.trim().is_empty() {
            return Err(wrong("the name is empty").into());
        }
        if rewards.iter().any(String::is_empty) {
            return Err(wrong("a path is empty").into());
        }
        Ok(Self {
            name: name.trim().to_owned(),
            verifier: None,
            keep_rationales: false,
            rewards,
            aggregator: aggregator.parse()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_is_name_aggregator_and_paths() {
        let method: Method = "d ORM:quantile{q=0.1,x=\"a\"}=a/b,hf://n/m@v1".parse().unwrap();
        assert_eq!(method.name, "d ORM");
        assert_eq!(method.aggregator.to_string(), "quantile{q=0.1,x=\"a\"}");
        assert_eq!(method.rewards, ["a/b", "hf://n/m@v1"]);
        let method: Method = "gORM:mean=re{w}ards=1".parse().unwrap();
        assert_eq!(method.rewards, ["re{w}ards=1"]);
    }

    #[test]
    fn a_malformed_method_shows_the_form() {
        for text in ["dORM", "dORM:last", "dORM:last=", ":last=x", "a:quantile{q=0.1", "a:min=x,,y"] {
            let message = text.parse::<Method>().unwrap_err().to_string();
            assert!(message.contains("dORM:last=rewards/dORM"), "{text}: {message}");
        }
    }
}
