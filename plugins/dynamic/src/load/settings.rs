//! Settings against a plugin's schema.

use boon::{CompileError, Compiler, Draft, SchemaIndex, Schemas, UrlLoader, ValidationError};
use serde_json::Value;

/// The name under which the compiler knows the schema, in a scheme of its own.
const NAME: &str = "touchstone:///schema";

/// How many complaints are told.
const TOLD: usize = 3;

/// The schema of a plugin's settings, ready to check them.
pub(super) struct SettingsSchema {
    schemas: Schemas,
    settings: SchemaIndex,
}

impl SettingsSchema {
    /// Reads a schema; the complaint is the error.
    pub fn new(schema: &Value) -> Result<Self, String> {
        if !schema.is_object() {
            return Err(format!("it is {schema}, and must be an object"));
        }
        let mut schemas = Schemas::new();
        let mut compiler = Compiler::new();
        compiler.set_default_draft(Draft::V2020_12);
        compiler.use_loader(Box::new(Nowhere));
        compiler.add_resource(NAME, schema.clone()).map_err(complaint)?;
        let settings = compiler.compile(NAME, &mut schemas).map_err(complaint)?;
        Ok(Self { schemas, settings })
    }

    /// Checks settings; the complaint is the error.
    pub fn check(&self, settings: &Value) -> Result<(), String> {
        self.schemas.validate(settings, self.settings).map_err(|error| complaints(&error, "the setting "))
    }
}

/// Where the schemas are to which a schema refers: a library is whole, so nothing is read for it.
struct Nowhere;

impl UrlLoader for Nowhere {
    fn load(&self, _url: &str) -> Result<Value, Box<dyn std::error::Error>> {
        Err("a schema may refer to places in itself only".into())
    }
}

/// What is wrong with a schema.
fn complaint(error: CompileError) -> String {
    match error {
        CompileError::ValidationError { src, .. } => complaints(&src, "at "),
        // The alternate form tells the cause, too.
        other => format!("{other:#}"),
    }
}

/// The first few complaints; `at` comes before the place of each.
fn complaints(error: &ValidationError<'_, '_>, at: &str) -> String {
    let mut complaints = Vec::new();
    collect(error, at, &mut complaints);
    complaints.truncate(TOLD);
    complaints.join("; ")
}

/// The complaints without the alternatives and references that lead to them.
fn collect(error: &ValidationError<'_, '_>, at: &str, complaints: &mut Vec<String>) {
    if error.causes.is_empty() {
        let place = error.instance_location.to_string();
        let field = place.trim_start_matches('/').replace('/', ".");
        complaints.push(if field.is_empty() {
            error.kind.to_string()
        } else {
            format!("{at}{field:?}: {}", error.kind)
        });
    }
    error.causes.iter().for_each(|cause| collect(cause, at, complaints));
}
