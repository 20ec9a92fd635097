//! Reward models and search strategies as an HTTP service: a verifier to call, and an OpenAI-compatible model that thinks N times
//! before it answers.
//!
//! ```text
//!                                   ┌─ admission ─┐      ┌─ scheduler ─┐
//! POST /v1/rewards ────────────────▶│  a bounded  │─────▶│  batches of │─▶ Verifier::score_all ─▶ rewards, values
//! POST /v1/chat/completions ───────▶│    queue    │─┐ ┌─▶│ all clients │
//!                                   └─────────────┘ ▼ │  └─────────────┘
//!                                               Strategy ──▶ Generator ─▶ the answer that it picks
//! ```
//! | path | does |
//! |---|---|
//! | `POST /v1/rewards` | gives rewards to the CoTs of a question |
//! | `POST /v1/chat/completions` | samples answers, scores them, gives the one that the strategy picks; streams, too |
//! | `GET /v1/models` | what is served |
//! | `GET /healthz`, `/metrics`, `/openapi.json` | how it is, in figures, and all of this for programs |
//!
//! # What is promised
//! - **An answer does not depend on its neighbours.** Requests share batches, and inside of them everything is named by its
//!   content: see `scheduler`.
//! - **It takes on what it can do**: a bounded queue (HTTP 429 with `Retry-After`), bounded bodies, times and connections:
//!   [`Limits`].
//! - **It works for nobody who has gone**: work is stopped when its client's connection breaks off.
//! - **It ends well**: asked to stop, it accepts nothing more and finishes what it has.
//! - **Errors say which field is wrong**, in the form of OpenAI's protocol: [`Fault`].
//! - **Nothing of a request is kept**, and nothing noted down but sizes and ids, unless it is asked to: [`Log`].
//!
//! # Serving
//! ```
//! use touchstone::{Context, Registry};
//! use touchstone_service::{Keyless, Listener, Log, Opening, Server, ServiceRecipe};
//! # // A verifier that trusts each step that states an equation, in place of a model.
//! # mod plugin {
//! #     use touchstone::{Context, Cot, Question, Result, Rewards, Verifier, VerifierSettings};
//! #     #[derive(Clone, Debug, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
//! #     pub struct Equations {}
//! #     impl Verifier for Equations {
//! #         fn score(&self, _: &Context, _: &Question, cot: &Cot) -> Result<Rewards> {
//! #             Rewards::new(cot.steps.iter().map(|step| Some(if step.contains('=') { 1.0 } else { 0.0 })).collect())
//! #         }
//! #     }
//! #     impl VerifierSettings for Equations {
//! #         fn open(&self, _: &Context) -> Result<Box<dyn Verifier>> { Ok(Box::new(self.clone())) }
//! #     }
//! #     touchstone::register!(Verifier, "equations", Equations);
//! # }
//! # use {touchstone_aggregators as _, touchstone_answers as _, touchstone_splitters as _};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let recipe = "
//! version: 1
//! verifiers: [{ name: equations, verifier: { type: equations }, aggregator: { type: mean } }]
//! ";
//! let context = Context::new(Registry::builtin());
//! let stop = Context::new(Registry::builtin()); // cancelled by a signal, say
//! let listener = Listener::bind(([127, 0, 0, 1], 0).into(), None, Keyless::Loopback)?;
//! let url = format!("http://{}/v1/rewards", listener.address());
//! let opening = Opening { context: &context, folder: ".".as_ref(), key: None, log: Log::default() };
//! let server = Server::open(ServiceRecipe::from_yaml(recipe)?, opening, &stop)?;
//! let running = { let stop = stop.clone(); std::thread::spawn(move || server.run(listener, &stop)) };
//!
//! let request = r#"{ "question": "What is 2 + 2?", "cots": ["Add them.\n\n2 + 2 = 4"] }"#;
//! let mut answer = ureq::post(&url).header("content-type", "application/json").send(request)?;
//! assert!(answer.body_mut().read_to_string()?.contains(r#""rewards":[0.0,1.0],"value":0.5"#));
//!
//! stop.cancel();
//! running.join().expect("it ends")?;
//! # Ok(())
//! # }
//! ```

mod admission;
mod api;
mod client;
mod clock;
mod error;
mod fault;
mod id;
mod key;
mod limits;
mod log;
mod metrics;
mod open;
mod recipe;
mod scheduler;
mod serve;
mod solving;

pub use api::openapi;
pub use error::{Error, Result};
pub use fault::{Fault, FaultBody, FaultDetail};
pub use key::Key;
pub use limits::Limits;
pub use log::{Detail, Log};
pub use open::Opening;
pub use recipe::{PromptForm, ServedSolver, ServedVerifier, ServiceRecipe, VERSION};
pub use serve::{KEY_VARIABLE, Keyless, Listener, Server};
