//! Snapshots of LUNs, and their clones.

use serde::{Deserialize, Serialize};

use crate::appliance::changes::late::Kind;
use crate::appliance::client::{Appliance, conflict, found, read_member};
use crate::appliance::json;
use crate::appliance::list::{Element, List};
use crate::appliance::lun::lun_path;
use crate::appliance::project_ref::{ProjectRef, storage};
use crate::error::Result;
use crate::rest::{Path, Request, check_name};
use crate::scope::Scope;

/// A snapshot.
#[derive(Clone, Debug, Deserialize)]
pub struct LunSnapshot {
    /// Its name, unique on its LUN.
    pub name: String,
    /// UTC.
    #[serde(default, deserialize_with = "json::text")]
    pub creation: String,
    /// Number of clones made directly from it, if the appliance shows it. The count may lag behind
    /// deletions; the list of [`Dependent`]s is exact.
    #[serde(
        default,
        rename = "numclones",
        deserialize_with = "json::optional_count"
    )]
    pub clones: Option<u64>,
    /// Bytes held by it alone.
    #[serde(default, rename = "space_unique", deserialize_with = "json::figure")]
    pub unique: u64,
    /// `manual`, or the type that a schedule sets; not every release shows it.
    #[serde(default, rename = "type", deserialize_with = "json::optional_text")]
    pub kind: Option<String>,
    /// Its pool, if the answer has it.
    #[serde(default, deserialize_with = "json::text")]
    pub pool: String,
    /// Its project, if the answer has it.
    #[serde(default, deserialize_with = "json::text")]
    pub project: String,
    /// Its LUN; empty for a snapshot of a project, `None` if the appliance does not show it.
    #[serde(default = "no_share")]
    pub share: Option<String>,
}

/// A snapshot of a project has no property `share`.
fn no_share() -> Option<String> {
    Some(String::new())
}

impl Element for LunSnapshot {
    const KIND: &'static str = "snapshot";

    fn name(&self) -> &str {
        &self.name
    }
}

impl LunSnapshot {
    /// Whether it has clones, or the appliance does not show that it has none.
    pub fn may_have_clones(&self) -> bool {
        self.clones != Some(0)
    }

    /// Whether it is in a project.
    pub fn is_in(&self, place: ProjectRef<'_>) -> bool {
        self.pool == place.pool && self.project == place.project
    }

    /// Whether it is one of a LUN of this name.
    pub fn is_of(&self, lun: &str) -> bool {
        self.share.as_deref() == Some(lun)
    }

    /// Whether it is one of a project.
    pub fn is_of_project(&self) -> bool {
        self.is_of("")
    }

    /// Its LUN, if it is a snapshot of a LUN.
    pub fn lun(&self) -> Option<&str> {
        self.share.as_deref().filter(|share| !share.is_empty())
    }
}

/// Location of a snapshot.
#[derive(Deserialize)]
#[serde(transparent)]
struct Placed(LunSnapshot);

impl Element for Placed {
    const KIND: &'static str = LunSnapshot::KIND;

    fn name(&self) -> &str {
        self.0.name()
    }

    fn flaw(&self) -> Option<String> {
        let places = [
            ("pool", self.0.pool.is_empty()),
            ("project", self.0.project.is_empty()),
            ("share", self.0.share.is_none()),
        ];
        let unsaid = places.iter().find(|(_, unsaid)| *unsaid)?;
        Some(format!("property `{}`: it is empty or missing", unsaid.0))
    }
}

impl LunSnapshot {
    /// Whether the appliance made it for itself: by a schedule, or as the base of replication. The
    /// appliance also deletes such a snapshot by itself. Name and type decide: the type of a
    /// snapshot that a user took, or kept, is manual, whatever its name. If a release shows no
    /// type, the complete form of the name counts, so that a name such as `.auto-mine` protects its
    /// volume.
    pub fn is_automatic(&self) -> bool {
        match self.kind.as_deref() {
            Some("manual") if !canary!("manual-snapshot-by-name") => false,
            Some(_) => [SCHEDULED, REPLICATED]
                .iter()
                .any(|prefix| self.name.starts_with(prefix)),
            None => is_automatic_name(&self.name),
        }
    }
}

/// Prefix of the names of scheduled snapshots.
const SCHEDULED: &str = ".auto-";

/// Prefix of the names of replication snapshots.
const REPLICATED: &str = ".rr-";

/// Number of digits of the shortest time in a name: a date, `20260304`. A number of seconds has
/// ten.
const DIGITS_OF_TIME: usize = 8;

/// Whether a name has the form of the appliance's own snapshots: `.auto[-<label>]-<time>` of a
/// schedule, `.rr-<action>-<number>` of replication.
pub fn is_automatic_name(name: &str) -> bool {
    let has =
        |rest: &str, digit: fn(&char) -> bool| rest.chars().filter(digit).count() >= DIGITS_OF_TIME;
    match (name.strip_prefix(SCHEDULED), name.strip_prefix(REPLICATED)) {
        (Some(rest), _) => has(rest, char::is_ascii_digit),
        // The id of an action is hexadecimal.
        (_, Some(rest)) => has(rest, char::is_ascii_hexdigit),
        _ => false,
    }
}

/// A clone of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Dependent {
    /// The clone's project.
    #[serde(default, deserialize_with = "json::text")]
    pub project: String,
    /// The clone's name.
    pub share: String,
}

impl Element for Dependent {
    const KIND: &'static str = "clone";
    const NAME: &'static str = "share";

    fn name(&self) -> &str {
        &self.share
    }
}

#[derive(Serialize)]
pub(super) struct Named<'a> {
    pub(super) name: &'a str,
}

fn snapshots_path(place: ProjectRef<'_>, lun: &str) -> Result<Path> {
    Ok(lun_path(place, lun)?.fixed("snapshots"))
}

pub(super) fn snapshot_path(place: ProjectRef<'_>, lun: &str, name: &str) -> Result<Path> {
    snapshots_path(place, lun)?.name(name)
}

impl Appliance {
    /// The snapshots of a LUN.
    pub async fn snapshots(
        &self,
        scope: &Scope,
        place: ProjectRef<'_>,
        lun: &str,
    ) -> Result<List<LunSnapshot>> {
        self.list(scope, snapshots_path(place, lun)?, "snapshots")
            .await
    }

    /// Every snapshot on the appliance. A snapshot without a location counts as unreadable.
    pub async fn all_snapshots(&self, scope: &Scope) -> Result<List<LunSnapshot>> {
        self.all_snapshots_as(scope, Some).await
    }

    /// What `keep` makes of each snapshot on the appliance. No more than one is held at a time.
    pub async fn all_snapshots_as<U: Send>(
        &self,
        scope: &Scope,
        mut keep: impl FnMut(LunSnapshot) -> Option<U> + Send,
    ) -> Result<List<U>> {
        let path = storage().fixed("snapshots");
        let keep = |placed: Placed| keep(placed.0);
        self.list_as(scope, path, "snapshots", keep).await
    }

    /// A snapshot by name; 404 is an error of status not found.
    pub async fn snapshot(
        &self,
        scope: &Scope,
        place: ProjectRef<'_>,
        lun: &str,
        name: &str,
    ) -> Result<LunSnapshot> {
        let path = snapshot_path(place, lun, name)?;
        self.read(scope, path, "snapshot").await
    }

    /// A snapshot by name, if this head shows it. `None` does not prove its absence: see
    /// [`Appliance::find_snapshot_proven`].
    pub async fn find_snapshot(
        &self,
        scope: &Scope,
        place: ProjectRef<'_>,
        lun: &str,
        name: &str,
    ) -> Result<Option<LunSnapshot>> {
        found(self.snapshot(scope, place, lun, name).await)
    }

    /// Takes a snapshot.
    pub async fn create_snapshot(
        &self,
        scope: &Scope,
        place: ProjectRef<'_>,
        lun: &str,
        name: &str,
    ) -> Result<LunSnapshot> {
        check_name(name)?;
        let object = snapshot_path(place, lun, name)?;
        self.outlast_namesake(scope, &object).await?;
        let request = Request::post(snapshots_path(place, lun)?, &Named { name }).creating(object);
        // A snapshot carries no marker. A refusal because it exists comes before any doubt, so a
        // snapshot that is found after a doubt is our own.
        let taken = self
            .change(
                scope,
                &request,
                read_member("snapshot"),
                |looking| async move { self.find_snapshot(&looking, place, lun, name).await },
            )
            .await;
        match taken {
            Err(error) => Err(conflict(error, self.find_snapshot(scope, place, lun, name)).await),
            taken => taken,
        }
    }

    /// Deletes a snapshot; true when it existed. Check for dependents first: the appliance may
    /// destroy its clones with it.
    pub async fn delete_snapshot(
        &self,
        scope: &Scope,
        place: ProjectRef<'_>,
        lun: &str,
        name: &str,
    ) -> Result<bool> {
        let path = snapshot_path(place, lun, name)?;
        self.remove_from(scope, place, path, |looking| async move {
            self.snapshot(&looking, place, lun, name).await
        })
        .await
    }

    /// Renames a snapshot.
    pub async fn rename_snapshot(
        &self,
        scope: &Scope,
        place: ProjectRef<'_>,
        lun: &str,
        name: &str,
        new_name: &str,
    ) -> Result<LunSnapshot> {
        let path = snapshot_path(place, lun, name)?;
        check_name(new_name)?;
        self.outlast_namesake(scope, &snapshot_path(place, lun, new_name)?)
            .await?;
        // As long as the snapshot has its former name, the appliance refuses a late creation of it.
        self.outlast(scope, Kind::Creation, &path).await?;
        let request = Request::put(path, &Named { name: new_name });
        self.change(
            scope,
            &request,
            read_member("snapshot"),
            |looking| async move {
                let renamed = self.find_snapshot(&looking, place, lun, new_name).await?;
                // While the old name exists too, the snapshot with the new name may be another one.
                let left = self.find_snapshot(&looking, place, lun, name).await?;
                Ok(renamed.filter(|_| left.is_none()))
            },
        )
        .await
    }

    /// The clones of a snapshot. An unreadable one counts as a clone, too.
    pub async fn dependents(
        &self,
        scope: &Scope,
        place: ProjectRef<'_>,
        lun: &str,
        name: &str,
    ) -> Result<List<Dependent>> {
        let path = snapshot_path(place, lun, name)?.fixed("dependents");
        self.list(scope, path, "dependents").await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_automatic(name: &str, kind: &str) -> bool {
        let json = format!(r#"{{"name":"{name}"{kind}}}"#);
        let snapshot: LunSnapshot = serde_json::from_str(&json).unwrap();
        snapshot.is_automatic()
    }

    #[test]
    fn the_name_and_the_type_tell_what_the_appliance_made() {
        for name in [
            ".auto-1700000000",
            ".auto-hourly-2026-03-04T05:00:00UTC",
            ".rr-0b7ac3d0-8c3f-4f1e-9d2f-7a1c5e3b9f10-4",
        ] {
            for kind in ["", r#","type":null"#, r#","type":"automatic""#] {
                assert!(is_automatic(name, kind), "{name} {kind}");
            }
            assert!(!is_automatic(name, r#","type":"manual""#), "{name}");
        }
        // Without a type only the complete form of a name counts.
        for name in [".auto-", ".auto-mine", ".auto-before-2026", ".rr-1", ".rr-"] {
            assert!(!is_automatic(name, ""), "{name}");
            assert!(is_automatic(name, r#","type":"automatic""#), "{name}");
        }
        for name in [
            ".automatic-1700000000",
            "auto-1700000000",
            "snapshot-1700000000",
        ] {
            for kind in ["", r#","type":"automatic""#] {
                assert!(!is_automatic(name, kind), "{name} {kind}");
            }
        }
    }
}
