//! Retype of a volume in place, as far as the appliance can change its properties.

use serde::Serialize;

use crate::appliance::{Lun, LunChange, Provisioning};
use crate::config::{DeleteWithClones, LunProperty, LunSpecs, PropertyValues};
use crate::driver::backend::Driver;
use crate::driver::contract::{Changes, Contract, Lock, budget};
use crate::driver::operation::Operation;
use crate::driver::volume::lookup::Volume;
use crate::driver::volume::properties::{
    CloneProperties, RefusedProperties, must_show, must_show_policy,
};
use crate::error::{Error, Outcome, Result, Status};
use crate::scope::Scope;

/// Changes a volume to the properties of another volume type, as far as a LUN can change: all but
/// block size and encryption. Compression, deduplication and copies apply to data written from
/// then on.
///
/// A property of [`LunProperty`] that neither the type nor the backend sets is inherited from the
/// project again, and a limit ends. The write cache stays as it is. Without a policy of the type
/// (`zfssa:delete_with_clones`) the volume follows the option `zfssa_delete_with_clones` again.
///
/// If the type sets another block size or encryption, the result is "not in place" and nothing is
/// changed; Cinder then migrates the volume.
///
/// Idempotent: a volume that has the properties already is returned unchanged.
#[derive(Clone, Debug, Default)]
pub struct Retype {
    /// The LUN's name.
    pub name: String,
    /// The new volume type's extra specs; see [`crate::driver::CreateVolume`].
    pub extra_specs: Vec<(String, String)>,
}

/// Result of a retype.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Retyped {
    /// Whether the volume has the properties of the type. False: nothing was changed.
    pub in_place: bool,
    /// Reason for "not in place"; empty otherwise.
    pub reason: String,
    /// The changes, one sentence each.
    pub changes: Vec<String>,
    /// The volume as it is now.
    pub volume: Volume,
}

impl Operation for Retype {
    const NAME: &'static str = "retype";
    const CONTRACT: Contract = Contract::of(Changes::Several)
        .errors(&[
            Status::VolumeNotFound,
            Status::TypeMismatch,
            Status::PoolNotOwned,
        ])
        .locks(&[Lock::volume("the volume")])
        .budgets(&[budget("", 2, 2)])
        .depth_reason(
            "the properties are read first, to report the changes and to refuse one that needs a \
             copy of the data",
        );
    type Output = Retyped;

    fn resource(&self) -> String {
        self.name.clone()
    }

    async fn run(self, driver: &Driver, scope: &Scope) -> Result<Retyped> {
        let kind = CloneProperties::of(driver, &self.extra_specs)?;
        let specs = LunSpecs::parse(&self.extra_specs).unwrap_or_default();
        let _held = driver.lock_volume(scope, &self.name).await?;
        driver
            .appliance()
            .outlast_changes(scope, driver.place(), &self.name)
            .await?;
        let lun = driver.volume(scope, &self.name).await?;
        if let Some(reason) = needs_copy(&lun, specs.volblocksize, &kind.of_origin) {
            return Ok(Retyped {
                in_place: false,
                reason,
                changes: Vec::new(),
                volume: Volume::of(&lun, false),
            });
        }
        let change = change_to(&kind, &lun);
        let changes = in_words(&change, &lun);
        let lun = match changes.is_empty() {
            true => lun,
            false => changed(driver, scope, &lun, &change).await?,
        };
        Ok(Retyped {
            in_place: true,
            reason: String::new(),
            changes,
            volume: Volume::of(&lun, false),
        })
    }
}

/// The reason that a LUN cannot have the properties of a type. The backend's defaults may have
/// changed since the volume was made; only properties that the type itself sets justify a copy of
/// all data.
fn needs_copy(lun: &Lun, block_size: Option<u32>, fixed: &PropertyValues) -> Option<String> {
    let name = &lun.name;
    if let Some(wanted) = block_size
        && u64::from(wanted) != lun.block_size
    {
        return Some(format!(
            "volume {name}: its block size of {} bytes cannot be changed to {wanted}; copy its \
             data to a new volume of that type",
            lun.block_size
        ));
    }
    let unmet: Vec<String> = lun.unmet(fixed).iter().map(ToString::to_string).collect();
    (!unmet.is_empty()).then(|| {
        format!(
            "volume {name}: its encryption cannot be changed: {}; copy its data to a new volume of \
             that type",
            unmet.join("; ")
        )
    })
}

/// The change of a LUN to the properties of a type.
fn change_to<'a>(kind: &'a CloneProperties, lun: &Lun) -> LunChange<'a> {
    let (sparse, all) = (kind.all.sparse, &kind.all);
    let (compression, logbias) = (all.compression.as_str(), all.logbias.as_str());
    let unmet = lun.unmet(&kind.set);
    let has_no_default = |property: &LunProperty| property.is_inherited() || property.is_limit();
    let ends = |property: &LunProperty| {
        has_no_default(property)
            && !property.is_fixed()
            && kind.set.get(*property).is_none()
            && lun.has_own(*property)
    };
    let policy = all.delete_with_clones.map_or("", DeleteWithClones::as_str);
    let shown = lun.delete_with_clones.as_deref().unwrap_or_default();
    LunChange {
        sparse: (lun.sparse != sparse).then_some(sparse),
        compression: (lun.compression != compression).then_some(compression),
        logbias: (lun.logbias != logbias).then_some(logbias),
        delete_with_clones: (shown != policy).then_some(policy),
        optional: unmet
            .into_iter()
            .map(|one| (one.property, one.wanted))
            .collect(),
        unset: LunProperty::ALL.iter().copied().filter(ends).collect(),
        ..LunChange::default()
    }
}

/// The change as sentences, one for each property.
fn in_words(change: &LunChange<'_>, lun: &Lun) -> Vec<String> {
    let mut changes = Vec::new();
    let mut note = |what: &str, was: &str, is: Option<&str>| {
        changes.extend(is.map(|is| format!("{what} was {was} and is {is}")));
    };
    let sparse = change
        .sparse
        .map(|sparse| Provisioning::of(sparse).to_string());
    note(
        "provisioning",
        &lun.provisioning().to_string(),
        sparse.as_deref(),
    );
    note("compression", &lun.compression, change.compression);
    note("logbias", &lun.logbias, change.logbias);
    let was = |property| match lun.property(property) {
        Some(shown) => shown.to_string(),
        None => "not shown".to_owned(),
    };
    for (property, value) in change.optional.iter() {
        note(property.name(), &was(property), Some(&value.to_string()));
    }
    let shown = lun.delete_with_clones.as_deref().unwrap_or_default();
    note(
        "delete_with_clones",
        policy_in_words(shown),
        change.delete_with_clones.map(policy_in_words),
    );
    for property in change.unset.iter().copied() {
        let is = match property.is_limit() {
            true => "unlimited",
            false => "the project's",
        };
        note(property.name(), &was(property), Some(is));
    }
    changes
}

fn policy_in_words(text: &str) -> &str {
    match text {
        "" => "the backend's",
        policy => policy,
    }
}

/// Changes a LUN. An appliance that ignores one of the properties may have set the others: the
/// former properties are restored then.
async fn changed(driver: &Driver, scope: &Scope, lun: &Lun, change: &LunChange<'_>) -> Result<Lun> {
    let (appliance, place) = (driver.appliance(), driver.place());
    let changed = match appliance.change_lun(scope, place, &lun.name, change).await {
        Ok(changed) => changed,
        Err(error) => {
            return Err(match RefusedProperties::of(&change.optional, &error) {
                Some(refused) => refused.explain(driver, scope, error).await,
                None => error,
            });
        }
    };
    let shown = must_show(driver, scope, &changed, &change.optional).await;
    let policy = change.delete_with_clones;
    let policy = policy.and_then(DeleteWithClones::from_choice);
    let Err(error) = shown.and_then(|()| must_show_policy(&changed, policy)) else {
        if change.shows_in(&changed) || canary!("ended-property-not-read") {
            return Ok(changed);
        }
        return Err(Error::new(
            Status::StateChanged,
            format!("volume {} does not show its new properties", lun.name),
        )
        .with_outcome(Outcome::Unknown));
    };
    let scope = scope.for_rollback();
    scope.count_rollback();
    let back = back_to(lun, change);
    match Box::pin(appliance.change_lun(&scope, place, &lun.name, &back)).await {
        Ok(after)
            if (matches!(after.is_same(&lun.guid), Ok(true))
                || canary!("retype-rollback-not-checked"))
                && back.shows_in(&after) =>
        {
            Err(error.with_outcome(Outcome::RolledBack))
        }
        Ok(_) => Err(error),
        Err(failure) => Err(error.joined_by(failure)),
    }
}

/// The change that restores the properties that another change replaces.
fn back_to<'a>(lun: &'a Lun, change: &LunChange<'_>) -> LunChange<'a> {
    let set = change.optional.iter().map(|(property, _)| property);
    let touched: Vec<LunProperty> = set.chain(change.unset.iter().copied()).collect();
    let inherits = |property: &LunProperty| {
        (property.is_inherited() || property.is_limit()) && !lun.has_own(*property)
    };
    // A property that the LUN did not show is one that the appliance lacks.
    let shown = |property: &LunProperty| Some((*property, lun.property(*property)?.clone()));
    LunChange {
        sparse: change.sparse.map(|_| lun.sparse),
        compression: change.compression.map(|_| lun.compression.as_str()),
        logbias: change.logbias.map(|_| lun.logbias.as_str()),
        delete_with_clones: change
            .delete_with_clones
            .map(|_| lun.delete_with_clones.as_deref().unwrap_or_default()),
        optional: touched
            .iter()
            .filter(|one| !inherits(one))
            .filter_map(shown)
            .collect(),
        unset: touched
            .iter()
            .filter(|one| inherits(one) && lun.property(**one).is_some())
            .copied()
            .collect(),
        ..LunChange::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Compression, Logbias, LunProperties, PropertyValue};

    #[test]
    fn a_property_that_cannot_be_unset_stays() {
        let lun: Lun = serde_json::from_str(
            r#"{"name":"v","volsize":1,"compression":"off","logbias":"latency","sparse":false,
                "source":{"encryption":"local","keyname":"local","writecache":"local",
                "dedup":"local","copies":"inherited"},"readlimit":1048576}"#,
        )
        .unwrap();
        let kind = CloneProperties {
            all: LunProperties {
                delete_with_clones: None,
                volblocksize: 8192,
                sparse: false,
                compression: Compression::Off,
                logbias: Logbias::Latency,
                optional: PropertyValues::default(),
            },
            set: PropertyValues::default(),
            of_origin: PropertyValues::default(),
        };
        let unset = change_to(&kind, &lun).unset;
        assert_eq!(unset, [LunProperty::Dedup, LunProperty::ReadLimit]);
    }

    #[test]
    fn a_rollback_sets_what_was_set_and_unsets_what_was_inherited() {
        let lun: Lun = serde_json::from_str(
            r#"{"name":"v","volsize":1,"dedup":false,"copies":2,"secondarycache":"none",
                "source":{"dedup":"inherited","copies":"local","secondarycache":"local"}}"#,
        )
        .unwrap();
        let (number, word) = (PropertyValue::Number, PropertyValue::Word);
        let change = LunChange {
            optional: [
                (LunProperty::Dedup, PropertyValue::Flag(true)),
                (LunProperty::Copies, number(3)),
                // The appliance does not show it, so it does not have it.
                (LunProperty::ReadLimit, number(1 << 20)),
            ]
            .into_iter()
            .collect(),
            unset: vec![LunProperty::SecondaryCache],
            ..LunChange::default()
        };
        let back = back_to(&lun, &change);
        let expected = [
            (LunProperty::SecondaryCache, word("none".to_owned())),
            (LunProperty::Copies, number(2)),
        ];
        assert_eq!(back.optional, expected.into_iter().collect());
        assert_eq!(back.unset, [LunProperty::Dedup]);
    }
}
