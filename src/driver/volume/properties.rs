//! Properties of new LUNs by volume type: refusals of the appliance, answers that do not show what
//! was requested, and the encryption of clones.

use crate::appliance::{Lun, ProjectRef, Unmet};
use crate::config::{DeleteWithClones, LunProperties, LunProperty, LunSpecs, PropertyValues};
use crate::driver::backend::Driver;
use crate::driver::deferred::policy::own_policy;
use crate::error::{Error, Outcome, Result, Status};
use crate::scope::Scope;

/// The fault name of a request with a property that the appliance does not know.
const UNKNOWN_PROPERTY: &str = "ERR_UNKNOWN_ARG";

/// Properties of a new LUN: the backend's defaults, overridden by the volume type's extra specs.
pub(in crate::driver) fn properties_of_new_lun(
    driver: &Driver,
    specs: &[(String, String)],
) -> Result<LunProperties> {
    let kind = driver.config().lun.with_extra_specs(specs);
    kind.map_err(|errors| Error::new(Status::InvalidArgument, errors.to_string()))
}

/// Fails unless a LUN, as an answer shows it, has the properties that the request set: an appliance
/// that lacks a property may ignore it. The LUN exists then.
pub(in crate::driver) async fn must_show(
    driver: &Driver,
    scope: &Scope,
    lun: &Lun,
    wanted: &PropertyValues,
) -> Result<()> {
    let unmet = lun.unmet(wanted);
    if unmet.is_empty() || canary!("ignored-property-accepted") {
        return Ok(());
    }
    let software = software(driver, scope).await;
    Err(Error::new(
        Status::TypeMismatch,
        format!(
            "volume {}: the appliance{software} ignored a property: {}: {}",
            lun.name,
            in_words(&unmet),
            remedy(unmet.iter().map(|one| one.property)),
        ),
    )
    .with_outcome(Outcome::Applied))
}

/// Fails unless a LUN, as an answer shows it, has the policy that the request wrote. `None`: the
/// request wrote none. The LUN exists then.
pub(in crate::driver) fn must_show_policy(
    lun: &Lun,
    wanted: Option<DeleteWithClones>,
) -> Result<()> {
    match other_policy(lun, wanted) {
        None => Ok(()),
        Some(difference) => Err(Error::new(
            Status::TypeMismatch,
            format!(
                "volume {}: the appliance ignored a property: {difference}: run do_setup, or remove \
                 zfssa:delete_with_clones from the volume type",
                lun.name
            ),
        )
        .with_outcome(Outcome::Applied)),
    }
}

/// The difference between the policy of a LUN and the one that its volume type sets.
pub(in crate::driver) fn other_policy(
    lun: &Lun,
    wanted: Option<DeleteWithClones>,
) -> Option<String> {
    let wanted = wanted.filter(|wanted| own_policy(lun) != Some(*wanted))?;
    let shown = lun.delete_with_clones.as_deref().unwrap_or("not set");
    Some(format!(
        "delete_with_clones is {shown}, not {}",
        wanted.as_str()
    ))
}

/// Properties that the appliance names in the refusal of a request.
pub(in crate::driver) struct RefusedProperties(PropertyValues);

impl RefusedProperties {
    /// The properties of a request that its refusal is about; `None` if it is about something else.
    /// A refusal without text may be about any of them.
    pub(in crate::driver) fn of(wanted: &PropertyValues, error: &Error) -> Option<Self> {
        let about_value = matches!(
            error.status(),
            Status::InvalidValue | Status::NotImplemented
        );
        if !about_value && !error.is_not_found() {
            return None;
        }
        let names = |property: LunProperty| {
            let mut words = error.causes().iter().flat_map(|cause| words_of(cause));
            words.any(|word| word == property.name())
        };
        let refused = match error.causes() {
            [] if about_value => wanted.clone(),
            _ => wanted.only(names),
        };
        (!refused.is_empty()).then_some(RefusedProperties(refused))
    }

    /// Adds the properties to the refusal, with their values and the remedy.
    pub(in crate::driver) async fn explain(
        self,
        driver: &Driver,
        scope: &Scope,
        error: Error,
    ) -> Error {
        let values = self
            .0
            .iter()
            .map(|(property, value)| format!("{property} is {value}"));
        let values = values.collect::<Vec<_>>().join("; ");
        let software = software(driver, scope).await;
        let why = match error.fault() {
            Some(UNKNOWN_PROPERTY) => "does not have the property",
            _ => "refuses the value",
        };
        let remedy = remedy(self.0.iter().map(|(property, _)| property));
        error.with_context(format!("{values}: the appliance{software} {why}: {remedy}"))
    }
}

fn words_of(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric())
}

fn in_words(unmet: &[Unmet]) -> String {
    let each = unmet.iter().map(ToString::to_string);
    each.collect::<Vec<_>>().join("; ")
}

fn remedy(properties: impl Iterator<Item = LunProperty>) -> String {
    let settings = properties.map(|one| format!("{} (option {})", one.extra_spec(), one.option()));
    format!(
        "change or remove {} in the volume type, or update the appliance's software",
        settings.collect::<Vec<_>>().join(", ")
    )
}

/// The appliance's software version, for messages; empty if it cannot be read.
async fn software(driver: &Driver, scope: &Scope) -> String {
    match driver.appliance().version(scope).await {
        Ok(version) if !version.version.is_empty() => format!(" (software {})", version.version),
        _ => String::new(),
    }
}

/// What a volume type asks of a clone.
#[derive(Debug)]
pub(in crate::driver) struct CloneProperties {
    /// All properties of the type; those of the block size and of the encryption are the origin's.
    pub(in crate::driver) all: LunProperties,
    /// Properties that the request sets.
    pub(in crate::driver) set: PropertyValues,
    /// Properties that the clone has to have from its origin. Only a type that chooses the
    /// encryption asks for one: the backend's default may be newer than the origin.
    pub(in crate::driver) of_origin: PropertyValues,
}

impl CloneProperties {
    pub(in crate::driver) fn of(driver: &Driver, specs: &[(String, String)]) -> Result<Self> {
        let all = properties_of_new_lun(driver, specs)?;
        let chosen = LunSpecs::parse(specs).unwrap_or_default();
        let chooses = chosen
            .optional
            .iter()
            .any(|(property, _)| property.is_fixed());
        Ok(CloneProperties {
            set: all.optional.only(|property| !property.is_fixed()),
            of_origin: all.optional.only(|property| chooses && property.is_fixed()),
            all,
        })
    }

    /// Everything that the clone has to show.
    pub(in crate::driver) fn shown(&self) -> PropertyValues {
        self.set
            .iter()
            .chain(self.of_origin.iter())
            .map(|(p, v)| (p, v.clone()))
            .collect()
    }

    /// Refuses a clone whose type wants another encryption than its source has, before anything is
    /// made. Costs a request only for a type that chooses the encryption.
    pub(in crate::driver) async fn check_source(
        &self,
        driver: &Driver,
        scope: &Scope,
        source: (ProjectRef<'_>, &str),
    ) -> Result<()> {
        if self.of_origin.is_empty() || canary!("encryption-of-source-ignored") {
            return Ok(());
        }
        let (place, name) = source;
        // The flow itself reports a source that does not exist.
        let Some(lun) = driver.appliance().find_lun(scope, place, name).await? else {
            return Ok(());
        };
        match other_encryption(&lun, &self.of_origin) {
            None => Ok(()),
            Some(difference) => Err(Error::new(Status::TypeMismatch, difference)),
        }
    }
}

/// The difference between the encryption of a LUN and that wanted of its clones, with the remedy.
pub(in crate::driver) fn other_encryption(source: &Lun, wanted: &PropertyValues) -> Option<String> {
    let unmet = source.unmet(&wanted.only(LunProperty::is_fixed));
    (!unmet.is_empty()).then(|| {
        format!(
            "volume {}: a clone keeps the encryption of its source, and {}: use a volume type \
             with the encryption of the source, or copy the data to a new volume",
            source.name,
            in_words(&unmet)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::PropertyValue;

    fn wanted() -> PropertyValues {
        [
            (LunProperty::Dedup, PropertyValue::Flag(true)),
            (LunProperty::Copies, PropertyValue::Number(2)),
        ]
        .into_iter()
        .collect()
    }

    fn named(error: Error) -> Vec<&'static str> {
        let refused = RefusedProperties::of(&wanted(), &error);
        let refused = refused.map(|refused| refused.0).unwrap_or_default();
        refused
            .iter()
            .map(|(property, _)| property.name())
            .collect()
    }

    #[test]
    fn a_refusal_is_about_the_properties_that_it_names() {
        let refusal = |text: &str| Error::new(Status::InvalidValue, "x").with_cause(text);
        assert_eq!(
            named(refusal("(invalid property \"dedup\" (…))")),
            ["dedup"]
        );
        assert_eq!(named(refusal("set copies=\"2\"")), ["copies"]);
        assert!(named(refusal("expecting one of \"default\" or \"deduplicated\"")).is_empty());
        assert_eq!(
            named(Error::new(Status::InvalidValue, "x")),
            ["dedup", "copies"]
        );
        assert!(named(Error::new(Status::NotFound, "x")).is_empty());
        let no_key = Error::new(Status::NotFound, "x").with_cause("no copies");
        assert_eq!(named(no_key), ["copies"]);
        let denied = Error::new(Status::Denied, "x").with_cause("dedup");
        assert!(named(denied).is_empty());
    }
}
