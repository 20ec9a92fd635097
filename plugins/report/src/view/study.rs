//! What is looked at in a study: its test set, with the rewards of its methods.

use touchstone::data::RewardSet;
use touchstone::study::Study;

use super::{DROP, Foreign, MOST_INSIDE, View, ViewedMethod};
use crate::error::Result;

impl View {
    /// The view of a study that has its rewards. Of a method with several reward sets each is a method of its own here.
    ///
    /// # Errors
    /// A reward set that is not there, or a plugin that cannot be made, with the method.
    pub fn of(study: &Study) -> Result<Self> {
        let (recipe, registry) = (study.recipe(), study.context().registry());
        let mut methods = Vec::new();
        for (place, method) in recipe.methods.iter().enumerate() {
            let at = |error: touchstone::Error| error.at(format!("method {:?}", method.name));
            let locations = study.reward_locations(place).map_err(at)?;
            let several = locations.len() > 1;
            for (replicate, location) in locations.iter().enumerate() {
                methods.push(ViewedMethod {
                    name: match several {
                        true => format!("{} ({})", method.name, replicate + 1),
                        false => method.name.clone(),
                    },
                    aggregation: method.aggregator.to_string(),
                    aggregator: registry.make(&method.aggregator).map_err(|error| at(error.into()))?,
                    rewards: RewardSet::open(location).map_err(at)?,
                });
            }
        }
        Ok(Self {
            title: format!("Rewards on {}", recipe.data.path),
            context: study.context().clone(),
            test_set: study.test_set().clone(),
            methods,
            answers: registry.make(&recipe.evaluate.answers).map_err(touchstone::Error::from)?,
            drop: DROP,
            foreign: match recipe.evaluate.allow_partial {
                true => Foreign::PassedOver,
                false => Foreign::Refused,
            },
            most_inside: MOST_INSIDE,
        })
    }
}
