//! Undoing what an operation made when a later step of it fails.

use crate::appliance::{LunChange, Place};
use crate::driver::Driver;
use crate::error::{Error, Outcome, Result};
use crate::scope::Scope;

/// A step that was made, or may have been, and how it is named to people.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// A snapshot was taken.
    Snapshot {
        /// Of this volume.
        volume: String,
        /// Its name.
        name: String,
    },
    /// A snapshot of the whole project was taken.
    ProjectSnapshot {
        /// Its name.
        name: String,
    },
    /// A LUN was made. It is deleted only if it carries this operation's id.
    Lun {
        /// Its name.
        name: String,
    },
    /// The protection of a LUN was taken away.
    Unprotected {
        /// Its name.
        name: String,
    },
}

impl Step {
    fn left_behind(&self) -> String {
        match self {
            Step::Snapshot { volume, name } => format!("snapshot {volume}@{name}"),
            Step::ProjectSnapshot { name } => format!("snapshot {name} of the project"),
            Step::Lun { name } => format!("volume {name}"),
            Step::Unprotected { name } => format!("volume {name} without its protection"),
        }
    }
}

impl Driver {
    /// Undoes the steps, last first, in time of its own, and says in the error what stands.
    pub(super) async fn roll_back(&self, scope: &Scope, steps: &[Step], error: Error) -> Error {
        if steps.is_empty() {
            return error;
        }
        let scope = scope.for_undo();
        let mut left = Vec::new();
        let mut error = error;
        for step in steps.iter().rev() {
            if let Err(failure) = self.undo(&scope, step).await {
                tracing::warn!(step = step.left_behind(), %failure, "a step could not be undone");
                left.push(step.left_behind());
                error = error.with_cause(format!("undoing {}: {failure}", step.left_behind()));
            }
        }
        if left.is_empty() {
            error.with_outcome(Outcome::RolledBack)
        } else {
            error.with_left_behind(left)
        }
    }

    async fn undo(&self, scope: &Scope, step: &Step) -> Result<()> {
        let (appliance, place) = (self.appliance(), self.place());
        match step {
            Step::Snapshot { volume, name } => {
                appliance
                    .delete_snapshot(scope, place, volume, name)
                    .await?;
                Ok(())
            }
            Step::ProjectSnapshot { name } => {
                appliance
                    .delete_project_snapshot(scope, place, name)
                    .await?;
                Ok(())
            }
            Step::Lun { name } => self.delete_own_lun(scope, place, name).await,
            Step::Unprotected { name } => {
                let change = LunChange {
                    nodestroy: Some(true),
                    ..LunChange::default()
                };
                match appliance.change_lun(scope, place, name, &change).await {
                    Err(error) if error.is_not_found() => Ok(()),
                    other => other.map(|_| ()),
                }
            }
        }
    }

    async fn delete_own_lun(&self, scope: &Scope, place: Place<'_>, name: &str) -> Result<()> {
        let appliance = self.appliance();
        let Some(lun) = appliance.find_lun(scope, place, name).await? else {
            return Ok(());
        };
        if lun.operation.as_deref() != Some(scope.id()) {
            return Ok(());
        }
        if lun.nodestroy {
            self.unprotect(scope, name).await?;
        }
        appliance.delete_lun(scope, place, name).await?;
        Ok(())
    }

    /// Takes away the protection that keeps a LUN from being destroyed.
    pub(super) async fn unprotect(&self, scope: &Scope, name: &str) -> Result<()> {
        let change = LunChange {
            nodestroy: Some(false),
            ..LunChange::default()
        };
        self.appliance()
            .change_lun(scope, self.place(), name, &change)
            .await?;
        Ok(())
    }
}
