//! Undoing what an operation on several volumes made when it cannot make all of it.

use crate::driver::Driver;
use crate::error::{Error, Outcome, Result};
use crate::scope::Scope;

/// A step that was made, or may have been, and how it is named to people.
#[derive(Clone, Debug)]
pub(super) enum UndoStep {
    /// A snapshot got its name. It is deleted unless something was cloned from it.
    Snapshot {
        /// Of this volume.
        volume: String,
        /// Its name.
        name: String,
        /// Its name before, where it is not known whether it got the new one. As long as it has
        /// this one, a snapshot of the new name is an earlier call's.
        renamed_from: Option<String>,
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
}

impl UndoStep {
    fn left_behind(&self) -> String {
        match self {
            UndoStep::Snapshot { volume, name, .. } => format!("snapshot {volume}@{name}"),
            UndoStep::ProjectSnapshot { name } => format!("snapshot {name} of the project"),
            UndoStep::Lun { name } => format!("volume {name}"),
        }
    }
}

impl Driver {
    /// Undoes the steps, last first, in time of its own, and says in the error what stands.
    pub(super) async fn roll_back(&self, scope: &Scope, steps: &[UndoStep], error: Error) -> Error {
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
                let failure =
                    failure.with_context(format!("undoing {} failed", step.left_behind()));
                error = error.joined_by(failure);
            }
        }
        // What is in doubt stays so: a late request may make what was not there to be undone.
        let outcome = error.outcome().worse(Outcome::RolledBack);
        error.with_outcome(outcome).with_left_behind(left)
    }

    async fn undo(&self, scope: &Scope, step: &UndoStep) -> Result<()> {
        let (appliance, place) = (self.appliance(), self.place());
        match step {
            UndoStep::Snapshot {
                volume,
                name,
                renamed_from,
            } => {
                if let Some(before) = renamed_from
                    && appliance
                        .find_snapshot(scope, place, volume, before)
                        .await?
                        .is_some()
                {
                    return Ok(());
                }
                self.delete_unused_snapshot(scope, place, volume, name)
                    .await
            }
            UndoStep::ProjectSnapshot { name } => {
                appliance
                    .delete_project_snapshot(scope, place, name)
                    .await?;
                Ok(())
            }
            UndoStep::Lun { name } => self.delete_own_lun(scope, place, name).await,
        }
    }
}
