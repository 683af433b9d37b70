//! Turning a flow round: undoing what it did, and what is said of that.

use std::time::Duration;

use serde::Serialize;

use crate::error::{Error, Outcome};
use crate::flow::engine::Progress;
use crate::flow::moment::Moment;
use crate::flow::record::Event;
use crate::flow::{Effect, Flow, Journal};
use crate::scope::Scope;

/// How the undoing of a flow went.
pub(super) struct Undone {
    /// How many steps were to be undone.
    pub(super) steps: usize,
    /// The names of what could not be undone.
    pub(super) left: Vec<String>,
    /// Why.
    pub(super) failures: Vec<Error>,
}

impl Undone {
    /// Says it in an error. Its outcome becomes no better than that of any failure.
    pub(super) fn told_in(self, error: Error) -> Error {
        let error = self.failures.into_iter().fold(error, Error::joined_by);
        error.with_left_behind(self.left)
    }
}

/// How long the step that was begun may still be carried out; none where there is none, or where
/// that is over. What a process sends at its last moment nothing tells, so without a note the
/// time begins now.
pub(super) fn still_late<S>(progress: &Progress<S>, late: Duration) -> Option<Duration> {
    progress.begun.as_ref()?;
    let now = Moment::now();
    let waited = progress.doubt.as_ref().and_then(|since| since.until(&now));
    let wait = late.saturating_sub(waited.unwrap_or_default());
    (!wait.is_zero()).then_some(wait)
}

/// Notes that nothing more is sent for the step that was begun, and that it may still be done.
pub(super) async fn doubt<S: Serialize>(
    scope: &Scope,
    journal: &mut Journal,
    progress: &mut Progress<S>,
) {
    if progress.doubt.is_none() {
        let since = Moment::now();
        progress.doubt = Some(since.clone());
        note(journal, scope, &Event::<S>::InDoubt { since }).await;
    }
}

/// Undoes what was done, last first. While a step is `in_doubt` all of them are to be undone once
/// more later, and the journal does not say that they are.
pub(super) async fn undo_all<W: Sync + ?Sized, F: Flow<W>>(
    world: &W,
    scope: &Scope,
    flow: &mut F,
    journal: &mut Journal,
    progress: &mut Progress<F::Step>,
    (reason, in_doubt): (&Error, bool),
) -> Undone {
    let made = progress
        .done
        .iter()
        .filter(|(_, effect)| *effect == Effect::Made);
    let mut steps: Vec<F::Step> = made.map(|(step, _)| *step).collect();
    steps.extend(progress.begun);
    if !progress.turned && !steps.is_empty() {
        let reason = reason.to_string();
        note(journal, scope, &Event::<F::Step>::Turned { reason }).await;
        progress.turned = true;
    }
    let mut undone = Undone {
        steps: steps.len(),
        left: Vec::new(),
        failures: Vec::new(),
    };
    for step in steps.into_iter().rev() {
        match flow.undo(world, scope, step).await {
            Ok(()) if in_doubt => {}
            Ok(()) => note(journal, scope, &Event::Undone { step }).await,
            Err(failure) => {
                let name = flow.left_behind(step);
                tracing::warn!(step = name, %failure, "a step could not be undone");
                let failure = failure.with_context(format!("undoing {name} failed"));
                undone.failures.push(failure);
                undone.left.push(name);
            }
        }
    }
    undone
}

/// Undoes a flow after an error, and says in the error what stands.
pub(super) async fn turn<W: Sync + ?Sized, F: Flow<W>>(
    (world, scope): (&W, &Scope),
    flow: &mut F,
    journal: &mut Journal,
    progress: &mut Progress<F::Step>,
    error: Error,
    late: Duration,
) -> Error {
    let scope = &scope.for_undo();
    let begun = progress.begun.filter(|step| !flow.goes_with_undoing(*step));
    let mut in_doubt = begun.is_some() && error.outcome() == Outcome::Unknown;
    if in_doubt {
        doubt(scope, journal, progress).await;
    }
    let why = (&error, in_doubt);
    let mut undone = undo_all(world, scope, flow, journal, progress, why).await;
    if in_doubt && still_late(progress, late).is_none() {
        // Undoing outlasted what could have come late.
        in_doubt = false;
        if undone.left.is_empty() {
            undone = undo_all(world, scope, flow, journal, progress, (&error, false)).await;
        }
    }
    let (steps, whole) = (undone.steps, undone.left.is_empty());
    if in_doubt {
        let wait = still_late(progress, late).unwrap_or_default();
        let error = undone.told_in(error);
        return may_come_late::<W, F>(flow, progress, journal, error, wait);
    }
    let error = match whole && steps > 0 && error.outcome() != Outcome::Partial {
        true => error.with_outcome(Outcome::RolledBack),
        false => undone.told_in(error),
    };
    if error.left_behind().is_empty()
        && let Err(failure) = journal.close(scope).await
    {
        // Recovery will find the journal and nothing to undo.
        tracing::warn!(%failure, "the journal of a flow that was rolled back stays");
    }
    error
}

/// The error of a flow that is undone as far as it is there, and a step of which may come late.
fn may_come_late<W: Sync + ?Sized, F: Flow<W>>(
    flow: &F,
    progress: &Progress<F::Step>,
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
    if journal.is_on_disk() {
        let name = journal.name();
        error.with_cause(format!(
            "{what} may still appear or change within {seconds} s; recover settles it after that \
             from its {name}"
        ))
    } else {
        error.with_cause(format!(
            "{what} may still appear or change within {seconds} s; look for it after that, or set \
             zfssa_state_dir, with which recover does"
        ))
    }
}

/// Writes what is good to know and not needed: undoing may be repeated.
pub(super) async fn note<S: Serialize>(journal: &mut Journal, scope: &Scope, event: &Event<S>) {
    if let Err(failure) = journal.append(scope, event).await {
        tracing::warn!(%failure, "a flow that turned round is not in its journal");
    }
}
