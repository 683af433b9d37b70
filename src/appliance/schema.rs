//! Custom properties and the schema. The schema belongs to the appliance; values show as
//! `custom:<name>`.

use serde::{Deserialize, Serialize};

use crate::appliance::client::{Appliance, found, read_member};
use crate::appliance::json;
use crate::appliance::list::{Element, List};
use crate::appliance::project_ref::storage;
use crate::error::{Error, Result, Status};
use crate::rest::{Path, Request};
use crate::scope::Scope;

/// A custom property.
#[derive(Clone, Debug, Deserialize)]
pub struct Property {
    /// Its name, without `custom:`.
    pub property: String,
    /// `String`, `Boolean`, `Integer` …
    #[serde(default, rename = "type", deserialize_with = "json::text")]
    pub kind: String,
}

impl Element for Property {
    const KIND: &'static str = "custom property";
    const NAME: &'static str = "property";

    fn name(&self) -> &str {
        &self.property
    }
}

/// A custom property to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct NewProperty {
    /// Its name, without `custom:`.
    pub property: &'static str,
    /// `String`, `Boolean`, `Integer` …
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// For administrators.
    pub description: &'static str,
}

fn schema_path() -> Path {
    storage().fixed("schema")
}

/// Adds a remedy to a refusal because of a custom property. An earlier release of this library set
/// the appliance up, or an administrator deleted the property.
pub(super) fn missing_property(refusal: Error) -> Error {
    let mut said =
        std::iter::once(refusal.message()).chain(refusal.causes().iter().map(String::as_str));
    if refusal.status() != Status::InvalidValue || !said.any(|text| text.contains("custom:")) {
        return refusal;
    }
    refusal.with_context(
        "the appliance refused a custom property, perhaps because its schema lacks it; run \
         do_setup, which makes those that are missing",
    )
}

impl Appliance {
    /// The schema. The list's key differs between the API's versions.
    pub async fn schema(&self, scope: &Scope) -> Result<List<Property>> {
        let request = Request::get(schema_path());
        let answer = self.rest().call(scope, &request).await?;
        self.list_in(&request, answer.body(), "properties")
            .or_else(|error| {
                let other = self.list_in(&request, answer.body(), "schema");
                other.map_err(|_| error)
            })
    }

    /// A custom property by name, if it exists.
    pub async fn find_property(&self, scope: &Scope, name: &str) -> Result<Option<Property>> {
        let path = schema_path().name(name)?;
        found(self.read(scope, path, "property").await)
    }

    /// Creates a custom property.
    pub async fn create_property(&self, scope: &Scope, property: &NewProperty) -> Result<Property> {
        let request = Request::post(schema_path(), property);
        self.change(
            scope,
            &request,
            read_member("property"),
            |looking| async move { self.find_property(&looking, property.property).await },
        )
        .await
    }
}
