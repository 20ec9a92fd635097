//! `POST /v1/rewards`: rewards for the CoTs of a question.

use std::sync::Arc;

use axum::extract::State as Shared;
use axum::{Extension, Json};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;
use touchstone::splitter::steps;
use touchstone::{Aggregator, Category, Cot, CotId, PluginSpec, Question, QuestionCots, Rationale, Rewards, Step};

use super::State;
use super::body::Body;
use super::gate::Passed;
use crate::Fault;
use crate::client::{Client, Either};
use crate::open::{OpenVerifier, Service};
use crate::scheduler::{Job, Scored, Wanted};

const ENDPOINT: &str = "/v1/rewards";

/// A question with CoTs to give rewards to.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RewardRequest {
    /// The question.
    question: String,
    /// Its subject, for verifiers that are told it.
    #[serde(default)]
    category: Option<String>,
    /// The CoTs, each as a text, which is cut into steps here, or as a list of steps.
    cots: Vec<GivenCot>,
    /// The verifier's name; the first one that is served where there is none.
    #[serde(default)]
    verifier: Option<String>,
    /// From the rewards of a CoT to its value: a name (`min`), or an object with a `type` and settings; that of the verifier
    /// where there is none.
    #[serde(default)]
    #[schemars(with = "Option<AnyAggregator>")]
    aggregator: Option<GivenAggregator>,
    /// Whether what a generative verifier writes is wanted.
    #[serde(default)]
    rationales: Option<bool>,
}

/// A CoT.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "a CoT is a text or a list of texts, its steps")]
enum GivenCot {
    /// A text.
    Text(String),
    /// Its steps.
    Steps(Vec<String>),
}

/// How a CoT came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Text,
    Steps,
}

impl GivenCot {
    fn form(&self) -> Form {
        match self {
            Self::Text(_) => Form::Text,
            Self::Steps(_) => Form::Steps,
        }
    }
}

/// An aggregator.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "an aggregator is a name, as in \"min\", or an object with a type and settings")]
enum GivenAggregator {
    Name(String),
    Settings(PluginSpec<dyn Aggregator>),
}

/// An aggregator, for the description.
#[derive(JsonSchema)]
#[serde(untagged)]
#[allow(dead_code, reason = "it is there for its schema")]
enum AnyAggregator {
    /// Its name.
    Name(String),
    /// Its name as `type`, and its settings.
    Settings(serde_json::Map<String, serde_json::Value>),
}

/// The rewards of a question's CoTs.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct RewardAnswer {
    /// The request's id.
    id: String,
    /// `rewards`.
    object: &'static str,
    /// The verifier that gave them.
    verifier: String,
    /// The aggregator that made values of them, as settings have it.
    #[schemars(with = "serde_json::Value")]
    aggregator: PluginSpec<dyn Aggregator>,
    /// One for each CoT, in their order.
    cots: Vec<RewardedCot>,
}

/// A CoT's rewards.
#[derive(Debug, Serialize, JsonSchema)]
struct RewardedCot {
    /// The steps, where it came as a text.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Vec<String>>")]
    steps: Option<Vec<Step>>,
    /// One for each step (process reward models) or for each verdict (generative ones), each from 0 to 1; null where it is missing:
    /// a step that is beyond the model's context, a verdict that was not reached.
    #[schemars(with = "Vec<Option<f64>>")]
    rewards: Rewards,
    /// What the aggregator makes of them. A missing reward counts one half.
    value: f64,
    /// How many are missing.
    missing: usize,
    /// The answer that the CoT comes to, where one was found.
    answer: Option<String>,
    /// The tokens that stand for the CoT: read of it, the question included, or written about it; null where the verifier does not
    /// tell them.
    tokens: Option<u64>,
    /// What a generative verifier wrote, where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Vec<serde_json::Value>>")]
    rationales: Option<Vec<Rationale>>,
}

pub(super) async fn rewards(
    Shared(state): Shared<State>,
    Extension(passed): Extension<Passed>,
    Body(request): Body<RewardRequest>,
) -> Result<Json<RewardAnswer>, Fault> {
    let service = &*state.service;
    let verifier = verifier(service, request.verifier.as_deref())?;
    let spec = match request.aggregator {
        None => verifier.aggregator.clone(),
        Some(GivenAggregator::Name(name)) => PluginSpec::named(name),
        Some(GivenAggregator::Settings(spec)) => spec,
    };
    let aggregator =
        service.context.registry().make(&spec).map_err(|error| Fault::field("aggregator", error.to_string()))?;
    let forms: Vec<Form> = request.cots.iter().map(GivenCot::form).collect();
    let cots = cots(service, request.cots)?;
    let category = Category::new(request.category.unwrap_or_else(|| "other".to_owned()));
    let question = Question { id: "question".into(), category, text: request.question };
    let admitted = service.admission.admit(ENDPOINT)?;
    let client = Client::default();
    let (sender, receiver) = oneshot::channel();
    verifier.scheduler.submit(Job {
        work: QuestionCots { question, cots: cots.clone() },
        client: Arc::new(Either(client.gone(), service.context.clone())),
        rationales: if request.rationales == Some(true) { Wanted::Yes } else { Wanted::No },
        // Where nobody waits any more, the result is for nobody.
        reply: Box::new(move |scored| drop(sender.send(scored))),
    });
    // Whoever submits is answered, but for a service that ends.
    let scored = receiver.await.map_err(|_| Fault::ending())??;
    drop(admitted);
    let answered = cots.into_iter().zip(scored).zip(forms).enumerate();
    let cots = answered.map(|(place, ((cot, scored), form))| rewarded(place, cot, scored, form, &*aggregator));
    let cots = cots.collect::<Result<Vec<_>, Fault>>()?;
    Ok(Json(RewardAnswer { id: passed.id, object: "rewards", verifier: verifier.name.clone(), aggregator: spec, cots }))
}

fn verifier<'s>(service: &'s Service, name: Option<&str>) -> Result<&'s OpenVerifier, Fault> {
    let found = match name {
        Some(name) => service.verifiers.iter().find(|open| open.name == name),
        None => service.verifiers.first(),
    };
    let known = || service.verifiers.iter().map(|open| open.name.as_str()).collect::<Vec<_>>();
    found.ok_or_else(|| Fault::no_model("verifier", name.unwrap_or_default(), &known()))
}

/// The CoTs with their steps and answers.
fn cots(service: &Service, given: Vec<GivenCot>) -> Result<Vec<Cot>, Fault> {
    let limit = service.limits.cots.get();
    if given.is_empty() || given.len() > limit {
        let message = format!("there are {} CoTs; send 1 to {limit} at a time", given.len());
        return Err(Fault::field("cots", message));
    }
    let cot = |(place, given): (usize, GivenCot)| {
        let wrong = |error: touchstone::Error| Fault::field(format!("cots[{place}]"), error.to_string());
        let (text, steps) = match given {
            GivenCot::Text(text) => {
                let steps = steps(&*service.splitter, &text).map_err(wrong)?;
                (text, steps)
            }
            GivenCot::Steps(steps) => (steps.join("\n\n"), steps.into_iter().map(Step).collect()),
        };
        // An error concerns one answer, and never the rewards.
        let answer = service.extractor.extract(&text).unwrap_or_default();
        Ok(Cot { id: CotId(place as i64), steps, answer: answer.filter(|answer| !answer.trim().is_empty()) })
    };
    given.into_iter().enumerate().map(cot).collect()
}

fn rewarded(
    place: usize,
    cot: Cot,
    scored: Scored,
    form: Form,
    aggregator: &dyn Aggregator,
) -> Result<RewardedCot, Fault> {
    let value = aggregator.aggregate(&scored.rewards);
    let value = value.map_err(|error| Fault::field("aggregator", format!("CoT {place}: {error}")))?;
    if !value.is_finite() {
        return Err(Fault::field("aggregator", format!("CoT {place}: it gave {value}, which is no finite number")));
    }
    Ok(RewardedCot {
        steps: (form == Form::Text).then_some(cot.steps),
        value,
        missing: scored.rewards.missing(),
        rewards: scored.rewards,
        answer: cot.answer,
        tokens: scored.tokens,
        rationales: scored.rationales,
    })
}
