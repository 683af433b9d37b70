//! Rollback of a flow, and the outcome that its error reports.

use std::time::Duration;

use crate::error::{Error, Outcome};
use crate::flow::flow_progress::FlowProgress;
use crate::flow::moment::Moment;
use crate::flow::record::{Event, name_of};
use crate::flow::{Effect, Flow, Journal};
use crate::scope::Scope;

/// Result of a rollback.
pub(super) struct Rollback {
    /// Number of steps to roll back.
    pub(super) steps: usize,
    /// Names of the objects that are left.
    pub(super) left: Vec<String>,
    /// Their errors.
    pub(super) failures: Vec<Error>,
}

impl Rollback {
    /// Adds the result to an error. Its outcome becomes no better than that of any failure.
    pub(super) fn told_in(self, error: Error) -> Error {
        let error = self.failures.into_iter().fold(error, Error::joined_by);
        error.with_left_behind(self.left)
    }
}

/// Time for which the step in progress may still be carried out; `None` if there is no such step,
/// or the time is over. No journal has the time of a dead process's last request, so without a
/// record that counts here the time begins now.
pub(super) fn still_late<S>(progress: &FlowProgress<S>, late: Duration) -> Option<Duration> {
    progress.begun.as_ref()?;
    let wait = late.saturating_sub(progress.waited().unwrap_or_default());
    (!wait.is_zero()).then_some(wait)
}

/// Records that no further request is sent for the step in progress, and that it may still be
/// carried out. A record of another boot or host does not count here: without one of its own, the
/// wait would begin again with each recovery and never end.
pub(super) async fn doubt<S>(scope: &Scope, journal: &mut Journal, progress: &mut FlowProgress<S>) {
    if progress.waited().is_none() {
        let since = Moment::now();
        progress.doubts.push(since.clone());
        note(journal, scope, &Event::InDoubt { since }).await;
    }
}

/// Rolls back the completed steps, last first. While a step is `in_doubt`, all steps have to be
/// rolled back once more later, so the journal does not record the rollback.
pub(super) async fn roll_back_all<W: Sync + ?Sized, F: Flow<W>>(
    world: &W,
    scope: &Scope,
    flow: &mut F,
    journal: &mut Journal,
    progress: &mut FlowProgress<F::Step>,
    (reason, in_doubt): (&Error, bool),
) -> Rollback {
    let made = progress
        .done
        .iter()
        .filter(|(_, effect)| *effect == Effect::Made);
    let mut steps: Vec<F::Step> = made.map(|(step, _)| *step).collect();
    steps.extend(progress.begun);
    if !steps.is_empty() {
        scope.count_rollback();
    }
    if !progress.turned && !steps.is_empty() {
        let reason = reason.to_string();
        note(journal, scope, &Event::Turned { reason }).await;
        progress.turned = true;
    }
    let mut rolled_back = Rollback {
        steps: steps.len(),
        left: Vec::new(),
        failures: Vec::new(),
    };
    for step in steps.into_iter().rev() {
        match flow.roll_back(world, scope, step).await {
            Ok(()) if in_doubt => {}
            Ok(()) => {
                let step = name_of(step);
                note(journal, scope, &Event::RolledBack { step }).await;
            }
            Err(failure) => {
                let name = flow.left_behind(step);
                tracing::warn!(step = name, %failure, "step not rolled back");
                let failure = failure.with_context(format!("rolling back {name} failed"));
                rolled_back.failures.push(failure);
                rolled_back.left.push(name);
            }
        }
    }
    rolled_back
}

/// Rolls back a flow after an error, and adds to the error what is left.
pub(super) async fn turn<W: Sync + ?Sized, F: Flow<W>>(
    (world, scope): (&W, &Scope),
    flow: &mut F,
    journal: &mut Journal,
    progress: &mut FlowProgress<F::Step>,
    error: Error,
    late: Duration,
) -> Error {
    let scope = &scope.for_rollback();
    let begun = progress
        .begun
        .filter(|step| !flow.goes_with_rollback(*step));
    let mut in_doubt = begun.is_some() && error.outcome() == Outcome::Unknown;
    if in_doubt {
        doubt(scope, journal, progress).await;
    }
    let why = (&error, in_doubt);
    let mut rolled_back = roll_back_all(world, scope, flow, journal, progress, why).await;
    if in_doubt && still_late(progress, late).is_none() {
        // The rollback took longer than any late request.
        in_doubt = false;
        if rolled_back.left.is_empty() {
            rolled_back =
                roll_back_all(world, scope, flow, journal, progress, (&error, false)).await;
        }
    }
    let (steps, whole) = (rolled_back.steps, rolled_back.left.is_empty());
    if in_doubt {
        let wait = still_late(progress, late).unwrap_or_default();
        let error = rolled_back.told_in(error);
        return may_come_late::<W, F>(flow, progress, journal, error, wait);
    }
    let error = match whole && steps > 0 && error.outcome() != Outcome::Partial {
        true => error.with_outcome(Outcome::RolledBack),
        false => rolled_back.told_in(error),
    };
    if error.left_behind().is_empty()
        && let Err(failure) = journal.close(scope).await
    {
        // Recovery will find the journal and nothing to roll back.
        tracing::warn!(%failure, "journal of a rolled-back flow not removed");
    }
    error
}

/// Error of a flow whose visible steps are rolled back, and one step of which may be carried out
/// late.
fn may_come_late<W: Sync + ?Sized, F: Flow<W>>(
    flow: &F,
    progress: &FlowProgress<F::Step>,
    journal: &Journal,
    error: Error,
    wait: Duration,
) -> Error {
    let what = match progress.begun {
        Some(step) => flow.left_behind(step),
        None => String::from("a step"),
    };
    let seconds = wait.as_secs_f64().ceil();
    let error = error.with_outcome(Outcome::Unknown);
    if journal.survives() {
        let name = journal.name();
        error.with_cause(format!(
            "{what} may still appear or change within {seconds} s; recover settles it after that \
             from its {name}"
        ))
    } else {
        error.with_cause(format!(
            "{what} may still appear or change within {seconds} s; check for it after that, or set \
             zfssa_state_dir, with which recover does"
        ))
    }
}

/// Writes an optional record: the rollback may be repeated without it.
pub(super) async fn note(journal: &mut Journal, scope: &Scope, event: &Event) {
    if let Err(failure) = journal.append(scope, event).await {
        tracing::warn!(%failure, "rollback not recorded in the journal");
    }
}
