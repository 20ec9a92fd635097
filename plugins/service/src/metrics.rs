//! What the service tells Prometheus.

use std::sync::Arc;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use touchstone::{Progress, ProgressStage};

/// The bounds of the latency histogram, in seconds.
const SECONDS: [f64; 13] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0];

/// The bounds of the histogram of batches, in CoTs.
const COTS: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

/// All figures of a service. Cloning is cheap; clones count together.
#[derive(Clone)]
pub(crate) struct Metrics {
    registry: Arc<Registry>,
    requests: Family<Answered, Counter>,
    queue: Gauge,
    seconds: Family<Endpoint, Histogram>,
    batches: Histogram,
    cots: Family<Model, Counter>,
    missing: Family<Model, Counter>,
    counted: Family<Counted, Counter>,
    tokens: Family<Model, Counter>,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Answered {
    endpoint: &'static str,
    status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Endpoint {
    endpoint: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Model {
    model: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Counted {
    model: String,
    unit: String,
}

impl Metrics {
    /// All at zero.
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("touchstone");
        let requests = Family::default();
        registry.register("requests", "Requests that were answered, by endpoint and status", requests.clone());
        let queue = Gauge::default();
        registry.register("queue_length", "Requests that wait or are worked on", queue.clone());
        let seconds = Family::new_with_constructor((|| Histogram::new(SECONDS)) as fn() -> Histogram);
        registry.register("request_seconds", "From a request's admission to the end of its answer", seconds.clone());
        let batches = Histogram::new(COTS);
        registry.register("batch_cots", "CoTs that were scored together", batches.clone());
        let cots = Family::default();
        registry.register("cots", "CoTs that were given rewards, by verifier", cots.clone());
        let missing = Family::default();
        registry.register("missing_rewards", "Rewards that are missing, by verifier", missing.clone());
        let tokens = Family::default();
        registry.register(
            "tokens",
            "Tokens that were computed, by verifier or solver; tokens a second are their rate()",
            tokens.clone(),
        );
        let counted = Family::default();
        registry.register(
            "counted",
            "What plugins count besides tokens, as in unit=\"missing verdicts\", by verifier or solver",
            counted.clone(),
        );
        let registry = Arc::new(registry);
        Self { registry, requests, queue, seconds, batches, cots, missing, counted, tokens }
    }

    /// A request was answered.
    pub fn answered(&self, endpoint: &'static str, status: u16) {
        self.requests.get_or_create(&Answered { endpoint, status }).inc();
    }

    /// A request was admitted.
    pub fn admitted(&self) {
        self.queue.inc();
    }

    /// An admitted request came to its end, however it did.
    pub fn ended(&self, endpoint: &'static str, after: Duration) {
        self.queue.dec();
        self.seconds.get_or_create(&Endpoint { endpoint }).observe(after.as_secs_f64());
    }

    /// So many CoTs are scored together.
    pub fn batch(&self, cots: usize) {
        self.batches.observe(cots as f64);
    }

    /// A request's CoTs have their rewards, of which so many are missing.
    pub fn scored(&self, model: &str, cots: usize, missing: usize) {
        let model = Model { model: model.to_owned() };
        self.cots.get_or_create(&model).inc_by(cots as u64);
        self.missing.get_or_create(&model).inc_by(missing as u64);
    }

    /// What plugins count while they work for this verifier or solver.
    pub fn of_model(&self, model: &str) -> impl Progress + use<> {
        ModelMetrics { metrics: self.clone(), model: model.to_owned() }
    }

    /// All figures in the text format of Prometheus (OpenMetrics).
    ///
    /// # Errors
    /// None that is known of: writing to a text does not fail.
    pub fn text(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

struct ModelMetrics {
    metrics: Metrics,
    model: String,
}

impl Progress for ModelMetrics {
    fn start(&self, _stage: &str, _total: Option<u64>) -> Box<dyn ProgressStage> {
        Box::new(Unshown)
    }

    fn count(&self, unit: &str, amount: u64) {
        let model = self.model.clone();
        if unit == "tokens" {
            self.metrics.tokens.get_or_create(&Model { model }).inc_by(amount);
        } else {
            self.metrics.counted.get_or_create(&Counted { model, unit: unit.to_owned() }).inc_by(amount);
        }
    }
}

struct Unshown;

impl ProgressStage for Unshown {
    fn advance(&self, _units: u64) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_is_told() {
        let metrics = Metrics::new();
        metrics.admitted();
        metrics.answered("/v1/rewards", 200);
        metrics.ended("/v1/rewards", Duration::from_millis(7));
        metrics.scored("dPRM", 4, 1);
        metrics.of_model("dPRM").count("tokens", 90);
        metrics.of_model("gORM").count("missing verdicts", 2);
        let text = metrics.text().unwrap();
        for line in [
            "touchstone_requests_total{endpoint=\"/v1/rewards\",status=\"200\"} 1",
            "touchstone_queue_length 0",
            "touchstone_request_seconds_bucket{le=\"0.01\",endpoint=\"/v1/rewards\"} 1",
            "touchstone_cots_total{model=\"dPRM\"} 4",
            "touchstone_missing_rewards_total{model=\"dPRM\"} 1",
            "touchstone_tokens_total{model=\"dPRM\"} 90",
            "touchstone_counted_total{model=\"gORM\",unit=\"missing verdicts\"} 2",
        ] {
            assert!(text.lines().any(|told| told == line), "{line}\n{text}");
        }
    }
}
