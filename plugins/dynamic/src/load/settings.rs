//! Settings against a plugin's schema.

use boon::{Compiler, Draft, SchemaIndex, Schemas, ValidationError};
use serde_json::Value;

/// The name under which the compiler knows the schema; nothing is fetched from there.
const NAME: &str = "settings.json";

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
        compiler.add_resource(NAME, schema.clone()).map_err(|error| error.to_string())?;
        let settings = compiler.compile(NAME, &mut schemas).map_err(|error| error.to_string())?;
        Ok(Self { schemas, settings })
    }

    /// Checks settings; the complaint is the error.
    pub fn check(&self, settings: &Value) -> Result<(), String> {
        self.schemas.validate(settings, self.settings).map_err(|error| {
            let mut complaints = Vec::new();
            collect(&error, &mut complaints);
            complaints.truncate(TOLD);
            complaints.join("; ")
        })
    }
}

/// The complaints without the alternatives and references that lead to them.
fn collect(error: &ValidationError<'_, '_>, complaints: &mut Vec<String>) {
    if error.causes.is_empty() {
        let place = error.instance_location.to_string();
        let field = place.trim_start_matches('/').replace('/', ".");
        complaints.push(if field.is_empty() {
            error.kind.to_string()
        } else {
            format!("the setting {field:?}: {}", error.kind)
        });
    }
    error.causes.iter().for_each(|cause| collect(cause, complaints));
}
