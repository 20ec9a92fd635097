//! The rewards of one CoT.

use std::ops::Deref;

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// The rewards that a verifier gave one CoT: one a step (process reward models) or one a sampled verdict (generative
/// reward models), in order. `None` is a missing reward: a step that was cut off, a verdict that was not reached. It is
/// counted wherever rewards are summarised, and only aggregation turns it into a number.
///
/// Every value that is there is a probability: finite, and in `0.0..=1.0`. Serialises as a list of numbers and nulls.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Option<f64>>", into = "Vec<Option<f64>>")]
pub struct Rewards(Vec<Option<f64>>);

impl Rewards {
    /// Rewards from optional values. NaN means missing, as in files that Python wrote.
    ///
    /// # Errors
    /// [`Error::NotAProbability`] names the first value outside `0.0..=1.0` and its place.
    pub fn new(values: Vec<Option<f64>>) -> Result<Self> {
        let mut values = values;
        for (index, value) in values.iter_mut().enumerate() {
            match *value {
                Some(number) if number.is_nan() => *value = None,
                Some(number) if !(0.0..=1.0).contains(&number) => {
                    return Err(Error::NotAProbability { value: number, index });
                }
                _ => {}
            }
        }
        Ok(Self(values))
    }

    /// How many rewards are missing.
    pub fn missing(&self) -> usize {
        self.0.iter().filter(|value| value.is_none()).count()
    }

    /// The values, given back.
    pub fn into_inner(self) -> Vec<Option<f64>> {
        self.0
    }
}

impl Deref for Rewards {
    type Target = [Option<f64>];
    fn deref(&self) -> &[Option<f64>] {
        &self.0
    }
}

impl TryFrom<Vec<Option<f64>>> for Rewards {
    type Error = Error;
    fn try_from(values: Vec<Option<f64>>) -> Result<Self> {
        Self::new(values)
    }
}

impl From<Rewards> for Vec<Option<f64>> {
    fn from(rewards: Rewards) -> Self {
        rewards.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nan_is_missing_and_counted() {
        let rewards = Rewards::new(vec![Some(f64::NAN), Some(0.5), None]).unwrap();
        assert_eq!(&*rewards, [None, Some(0.5), None]);
        assert_eq!(rewards.missing(), 2);
    }

    #[test]
    fn a_value_that_is_no_probability_is_named_with_its_place_and_the_way_out() {
        let message = Rewards::new(vec![Some(0.0), Some(3.25)]).unwrap_err().to_string();
        assert!(message.contains("3.25") && message.contains("place 1") && message.contains("sigmoid"), "{message}");
        assert!(Rewards::new(vec![Some(f64::INFINITY)]).is_err());
    }
}
