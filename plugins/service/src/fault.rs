//! What a client is told when its request fails.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;
use touchstone::Error;

/// Why a request fails, in the form of OpenAI's protocol: a status, and a body that says what was wrong, which field it is, and
/// what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    status: StatusCode,
    code: &'static str,
    message: String,
    field: Option<String>,
    retry_after: Option<u64>,
}

/// The body of an answer that is a fault.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FaultBody {
    /// What is wrong.
    pub error: FaultDetail,
}

/// What is wrong with a request.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FaultDetail {
    /// What is wrong and what to do.
    pub message: String,
    /// Who can mend it: `invalid_request_error` the client, `rate_limit_error` time, `server_error` and `upstream_error` whoever
    /// runs the service or the server behind it.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The field of the request, as in `cots[3].steps`.
    pub param: Option<String>,
    /// The same for programs: `invalid_field`, `queue_full`, …
    pub code: &'static str,
}

impl Fault {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), field: None, retry_after: None }
    }

    /// A field of the request is wrong.
    pub(crate) fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        let fault = Self::new(StatusCode::BAD_REQUEST, "invalid_field", message);
        Self { field: Some(field.into()), ..fault }
    }

    /// The request names a model that is not served.
    pub(crate) fn no_model(field: &str, name: &str, known: &[&str]) -> Self {
        let message = match known {
            [] => format!("there is no {name:?} here, nor anything else of its kind"),
            known => format!("there is no {name:?} here; served are: {}", known.join(", ")),
        };
        let fault = Self::new(StatusCode::NOT_FOUND, "model_not_found", message);
        Self { field: Some(field.to_owned()), ..fault }
    }

    /// The key is missing or wrong.
    pub(crate) fn key() -> Self {
        let message = "send the service's key, as in `Authorization: Bearer KEY`";
        Self::new(StatusCode::UNAUTHORIZED, "invalid_api_key", message)
    }

    /// As many requests wait as may.
    pub(crate) fn full(queue: usize, retry_after: u64) -> Self {
        let message = format!("{queue} requests are waiting already; send it again in {retry_after} s");
        let fault = Self::new(StatusCode::TOO_MANY_REQUESTS, "queue_full", message);
        Self { retry_after: Some(retry_after), ..fault }
    }

    /// The body is too large.
    pub(crate) fn large(limit: usize) -> Self {
        let message = format!("the request is larger than the {limit} bytes that are read; send fewer CoTs at a time");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message)
    }

    /// The body is of no kind that is read.
    pub(crate) fn media() -> Self {
        let message = "send JSON, with `Content-Type: application/json`";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "no_json", message)
    }

    /// The body broke off.
    pub(crate) fn broken(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "broken_request", message)
    }

    /// It took too long.
    pub(crate) fn late(seconds: f64) -> Self {
        let message = format!("it was not done within {seconds} s; ask for less at a time, or raise `limits.seconds`");
        Self::new(StatusCode::GATEWAY_TIMEOUT, "timeout", message)
    }

    /// The service is about to end.
    pub(crate) fn ending() -> Self {
        let message = "the service is stopping; send it again to the one that takes its place";
        let fault = Self::new(StatusCode::SERVICE_UNAVAILABLE, "stopping", message);
        Self { retry_after: Some(1), ..fault }
    }

    /// There is nothing at this path.
    pub(crate) fn no_path(path: &str) -> Self {
        let message = format!("there is nothing at {path}; /openapi.json says what there is");
        Self::new(StatusCode::NOT_FOUND, "not_found", message)
    }

    /// The path does not take this method.
    pub(crate) fn no_method() -> Self {
        let message = "the path does not take this method; /openapi.json says which it takes";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", message)
    }

    /// The work came to no end that was foreseen.
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", message)
    }

    /// What the client is told.
    pub(crate) fn body(&self) -> FaultBody {
        let kind = match self.status {
            StatusCode::TOO_MANY_REQUESTS => "rate_limit_error",
            StatusCode::BAD_GATEWAY => "upstream_error",
            status if status.is_client_error() => "invalid_request_error",
            _ => "server_error",
        };
        let error = FaultDetail { message: self.message.clone(), kind, param: self.field.clone(), code: self.code };
        FaultBody { error }
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        let (status, code) = match innermost(&error) {
            Error::Cancelled => return Self::ending(),
            Error::Upstream { .. } => (StatusCode::BAD_GATEWAY, "upstream"),
            Error::Chat(_) => return Self::field("messages", error.to_string()),
            Error::NoChatTemplate => (StatusCode::INTERNAL_SERVER_ERROR, "no_chat_template"),
            _ => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        };
        Self::new(status, code, error.to_string())
    }
}

impl From<touchstone_search::Error> for Fault {
    fn from(error: touchstone_search::Error) -> Self {
        match error {
            touchstone_search::Error::Core(error) => error.into(),
            error => Self::internal(error.to_string()),
        }
    }
}

/// The error itself, without the places where it happened.
fn innermost(error: &Error) -> &Error {
    match error {
        Error::At { source, .. } => innermost(source),
        error => error,
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body())).into_response();
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_behind_this_one_is_to_blame_wherever_its_error_happened() {
        let error = Error::Upstream { plugin: "openai".to_owned(), message: "gone".to_owned() };
        let fault = Fault::from(error.at("question 3").at("law"));
        assert_eq!(fault.status, StatusCode::BAD_GATEWAY);
        let body = serde_json::to_value(fault.body()).unwrap();
        assert_eq!(body["error"]["type"], "upstream_error");
        assert!(body["error"]["message"].as_str().unwrap().contains("gone"), "{body}");
    }

    #[test]
    fn a_field_is_named_and_a_full_queue_says_when_to_come_again() {
        let body = serde_json::to_value(Fault::field("cots[3]", "no").body()).unwrap();
        assert_eq!(
            (&body["error"]["param"], &body["error"]["type"]),
            (&"cots[3]".into(), &"invalid_request_error".into())
        );
        let response = Fault::full(2, 7).into_response();
        assert_eq!((response.status().as_u16(), &response.headers()["retry-after"]), (429, &"7".parse().unwrap()));
    }
}
