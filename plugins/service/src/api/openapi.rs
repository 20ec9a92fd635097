//! `GET /openapi.json`: the endpoints, for programs that make clients, and for people.

use axum::Json;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Value, json};

use super::chat::{ChatAnswer, ChatChunk, ChatRequest};
use super::models::{Model, ModelList};
use super::rewards::{RewardAnswer, RewardRequest};
use crate::FaultBody;

/// The description of the service's endpoints, as OpenAPI 3.1 has it. The schemas are those of the very types that are read and
/// written.
pub fn openapi() -> Value {
    let mut schemas = Schemas::new();
    let rewards = schemas.exchange::<RewardRequest, RewardAnswer>();
    let mut chat = schemas.exchange::<ChatRequest, ChatAnswer>();
    chat.answers["content"]["text/event-stream"] = json!({ "schema": schemas.read::<ChatChunk>() });
    let list = schemas.read::<ModelList>();
    let model = schemas.read::<Model>();
    let fault = schemas.read::<FaultBody>();
    let failed = json!({ "description": "What is wrong, with the field", "content": { "application/json": { "schema": fault } } });
    let answers = |answer: Value| json!({ "200": answer, "4XX": failed, "5XX": failed });
    let json_of =
        |schema: Value| json!({ "description": "Done", "content": { "application/json": { "schema": schema } } });
    let plain = |kind: &str| json!({ "200": { "description": "Done", "content": { kind: {} } } });
    let name = json!([{ "name": "name", "in": "path", "required": true, "schema": { "type": "string" } }]);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Touchstone",
            "description": "Reward models, and models that answer by a strategy",
            "version": env!("CARGO_PKG_VERSION"),
        },
        "security": [{}, { "key": [] }],
        "paths": {
            "/v1/rewards": { "post": {
                "summary": "Give rewards to the CoTs of a question", "operationId": "rewards",
                "requestBody": rewards.request, "responses": answers(rewards.answers),
            } },
            "/v1/chat/completions": { "post": {
                "summary": "Answer a conversation by the solver's strategy", "operationId": "chat_completions",
                "requestBody": chat.request, "responses": answers(chat.answers),
            } },
            "/v1/models": { "get": {
                "summary": "What is served", "operationId": "models", "responses": answers(json_of(list)),
            } },
            "/v1/models/{name}": { "get": {
                "summary": "One model", "operationId": "model", "parameters": name, "responses": answers(json_of(model)),
            } },
            "/healthz": { "get": {
                "summary": "200 while requests are welcome", "operationId": "health", "security": [{}],
                "responses": plain("application/json"),
            } },
            "/metrics": { "get": {
                "summary": "Figures for Prometheus", "operationId": "metrics",
                "responses": plain("application/openmetrics-text"),
            } },
            "/openapi.json": { "get": {
                "summary": "This", "operationId": "openapi", "responses": plain("application/json"),
            } },
        },
        "components": {
            "schemas": schemas.all(),
            "securitySchemes": { "key": { "type": "http", "scheme": "bearer" } },
        },
    })
}

pub(super) async fn document() -> Json<Value> {
    Json(openapi())
}

/// The schemas of what is read, and of what is written.
struct Schemas {
    read: SchemaGenerator,
    written: SchemaGenerator,
}

/// What an endpoint reads and writes.
struct Exchange {
    request: Value,
    answers: Value,
}

impl Schemas {
    fn new() -> Self {
        let settings = || {
            let mut settings = SchemaSettings::draft2020_12();
            settings.definitions_path = "/components/schemas".into();
            settings.meta_schema = None;
            settings
        };
        Self {
            read: settings().for_deserialize().into_generator(),
            written: settings().for_serialize().into_generator(),
        }
    }

    fn exchange<R: JsonSchema, A: JsonSchema>(&mut self) -> Exchange {
        let request = self.read.subschema_for::<R>().to_value();
        let answer = self.read::<A>();
        Exchange {
            request: json!({ "required": true, "content": { "application/json": { "schema": request } } }),
            answers: json!({ "description": "Done", "content": { "application/json": { "schema": answer } } }),
        }
    }

    /// The schema of what a client reads.
    fn read<A: JsonSchema>(&mut self) -> Value {
        self.written.subschema_for::<A>().to_value()
    }

    fn all(mut self) -> Value {
        let mut all = self.read.take_definitions(true);
        all.extend(self.written.take_definitions(true));
        Value::Object(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn references<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
        match value {
            Value::Object(fields) => {
                found.extend(fields.get("$ref").and_then(Value::as_str));
                fields.values().for_each(|field| references(field, found));
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }

    #[test]
    fn every_reference_leads_to_a_schema() {
        let document = openapi();
        let mut found = Vec::new();
        references(&document, &mut found);
        assert!(found.len() > 10, "{found:?}");
        for reference in found {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{reference}");
        }
    }

    #[test]
    fn fields_are_described() {
        let document = openapi();
        let cots = &document["components"]["schemas"]["RewardRequest"]["properties"]["cots"];
        assert!(cots["description"].as_str().unwrap().contains("steps"), "{cots}");
    }
}
