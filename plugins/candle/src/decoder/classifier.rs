//! The head over classes, where a model has one.

use super::build::Builder;
use super::head::Classifier;
use crate::arithmetic::Linear;
use crate::config::{Config, HeadKind};
use crate::weights::Stored;
use crate::{Error, Result};

/// Reads the head: `score.weight` as transformers' classifiers have it, or `score.0`, `score.2`, … with ReLU between them,
/// as Qwen's reward models have it. The adapter's head goes before the base's.
pub(super) fn build(builder: &mut Builder, config: &Config) -> Result<Option<Classifier>> {
    let mut layers = Vec::new();
    let mut width = config.hidden_size;
    for place in Places::default() {
        let weight = format!("{place}.weight");
        let Some(stored) = take(builder, &weight)? else {
            if layers.is_empty() && place == "score" {
                continue;
            }
            break;
        };
        let found = stored.dims();
        let [labels, input] = found[..] else { return Err(wrong_shape(builder, &weight, found, width)) };
        if input != width {
            return Err(wrong_shape(builder, &weight, found, width));
        }
        let bias = match take(builder, &format!("{place}.bias"))? {
            Some(bias) if bias.dims() != [labels] => {
                return Err(Error::Shape {
                    origin: builder.checkpoint.origin().to_owned(),
                    name: format!("{place}.bias"),
                    found: bias.dims(),
                    expected: vec![labels],
                });
            }
            Some(bias) => Some(builder.placed(&bias, builder.dtype())?),
            None => None,
        };
        layers.push(Linear { weight: builder.weight(stored)?, bias, lora: None });
        width = labels;
    }
    let needed = config.head == HeadKind::Classifier || builder.adapter.as_ref().is_some_and(|a| a.needs_classifier());
    match layers.is_empty() {
        true if needed => Err(Error::LostClassifier { origin: builder.checkpoint.origin().to_owned() }),
        true => Ok(None),
        false => Ok(Some(Classifier { layers, labels: width })),
    }
}

/// `score`, then `score.0`, `score.2`, …
#[derive(Default)]
struct Places(usize);

impl Iterator for Places {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        let place = match self.0 {
            0 => "score".to_owned(),
            place => format!("score.{}", 2 * (place - 1)),
        };
        self.0 += 1;
        Some(place)
    }
}

fn take(builder: &mut Builder, name: &str) -> Result<Option<Stored>> {
    let base = builder.checkpoint.take_optional(name)?;
    let Some(adapter) = &mut builder.adapter else { return Ok(base) };
    // Of a head in the adapter, only the parts that are there are asked for.
    let saved = match adapter.saves_classifier() && !adapter.holds(name) {
        true => None,
        false => adapter.saved(name)?,
    };
    Ok(saved.or(base))
}

fn wrong_shape(builder: &Builder, name: &str, found: Vec<usize>, width: usize) -> Error {
    let expected = vec![found.first().copied().unwrap_or(1), width];
    Error::Shape { origin: builder.checkpoint.origin().to_owned(), name: name.to_owned(), found, expected }
}
