//! Execution of a flow's steps.

use serde_json::Value;

use crate::error::{Error, Outcome, Result};
use crate::flow::flow_progress::FlowProgress;
use crate::flow::record::{Event, name_of};
use crate::flow::turn::{doubt, note, turn};
use crate::flow::{Effect, Flow, Flows, Journal};
use crate::scope::Scope;

impl Flows {
    /// Runs the steps of a flow and returns it with their results. The [module's
    /// introduction](crate::flow) describes the failure of a step.
    pub async fn run<W, F>(
        &self,
        world: &W,
        scope: &Scope,
        mut flow: F,
        mut journal: Journal,
    ) -> Result<F>
    where
        W: Sync + ?Sized,
        F: Flow<W>,
    {
        let mut progress = FlowProgress {
            done: Vec::new(),
            begun: None,
            turned: false,
            rolled_back: false,
            doubts: Vec::new(),
        };
        let announced = flow.first();
        let steps = forward(
            world,
            scope,
            &mut flow,
            &mut journal,
            &mut progress,
            announced,
        );
        match steps.await {
            Ok(()) => Ok(flow),
            Err(Stuck::Back(error)) => {
                let world = (world, scope);
                let turned = turn(
                    world,
                    &mut flow,
                    &mut journal,
                    &mut progress,
                    error,
                    self.late,
                );
                // Boxed because a rollback is rare, and its future would enlarge the future of
                // every flow.
                Err(Box::pin(turned).await)
            }
            Err(Stuck::Kept(error)) => {
                if error.outcome() == Outcome::Unknown {
                    doubt(&scope.for_rollback(), &mut journal, &mut progress).await;
                }
                Err(error)
            }
        }
    }
}

/// Reason that a flow does not continue.
pub(super) enum Stuck {
    /// The steps are to be rolled back.
    Back(Error),
    /// Nothing may be rolled back: the journal stays, and recovery continues from there.
    Kept(Error),
}

/// The next step to run.
pub(super) fn next<W: Sync + ?Sized, F: Flow<W>>(
    flow: &F,
    progress: &FlowProgress<F::Step>,
) -> Option<F::Step> {
    let done = |step: &F::Step| progress.done.iter().any(|(other, _)| other == step);
    // Steps run in their order, so a skipped step before the last completed one stays skipped.
    let steps = flow.steps();
    let last = steps.iter().rposition(done);
    let from = last.map_or(0, |last| last + 1);
    steps.into_iter().skip(from).find(|step| flow.needed(*step))
}

/// Whether the point of no return is passed.
pub(super) fn passed<W: Sync + ?Sized, F: Flow<W>>(
    flow: &F,
    progress: &FlowProgress<F::Step>,
) -> bool {
    let point = flow.point_of_no_return();
    let point = point.filter(|_| !canary!("undone-beyond-return"));
    point.is_some_and(|point| progress.done.iter().any(|(step, _)| *step == point))
}

/// Runs the remaining steps and removes the journal. If `announced`, the journal already has the
/// intent of the first of them.
pub(super) async fn forward<W: Sync + ?Sized, F: Flow<W>>(
    world: &W,
    scope: &Scope,
    flow: &mut F,
    journal: &mut Journal,
    progress: &mut FlowProgress<F::Step>,
    mut announced: Option<F::Step>,
) -> std::result::Result<(), Stuck> {
    while let Some(step) = next(flow, progress) {
        let bounds = bounds_of(scope, flow, progress);
        if let Some(stop) = bounds.stopped() {
            return Err(stuck(flow, progress, stop.error(Outcome::None)));
        }
        let name = name_of(step);
        if announced != Some(step) {
            let begin = Event::Begin { step: name.clone() };
            if let Err(error) = journal.append(&bounds, &begin).await {
                return Err(stuck(flow, progress, error));
            }
        }
        progress.begun = Some(step);
        scope.progress().begin(name.clone());
        let ran = flow.run(world, &bounds, step).await;
        let effect = match ran.map_err(|error| scope.judge(error)) {
            Ok(effect) => effect,
            Err(error) if unchanged(&error) => {
                progress.begun = None;
                // Otherwise recovery would treat a begun step as one that may be carried out late.
                let rolled_back = Event::RolledBack { step: name };
                note(journal, &scope.for_rollback(), &rolled_back).await;
                return Err(stuck(flow, progress, error));
            }
            Err(error) if flow.point_of_no_return() == Some(step) => {
                match flow.verify(world, &scope.for_rollback(), step).await {
                    Ok(true) => Effect::Made,
                    Ok(false) => return Err(Stuck::Kept(doubtful(journal, error))),
                    Err(blind) => {
                        let error =
                            error.with_cause(format!("reading the step's result failed: {blind}"));
                        return Err(Stuck::Kept(doubtful(journal, error)));
                    }
                }
            }
            Err(error) => return Err(stuck(flow, progress, error)),
        };
        progress.begun = None;
        progress.done.push((step, effect));
        let begin = next(flow, progress);
        if let Some(begin) = begin {
            if canary!("journal-after-the-step") {
                announced = Some(begin);
                continue;
            }
            let state = state_of::<W, F>(flow);
            let event = Event::Done {
                step: name,
                effect,
                state,
                begin: Some(name_of(begin)),
            };
            let bounds = bounds_of(scope, flow, progress);
            if let Err(error) = journal.append(&bounds, &event).await {
                // After the point of no return the appliance shows the same as the journal, unless
                // the journal keeps work to finish later.
                if !passed(flow, progress) || flow.unfinished().is_some() {
                    return Err(stuck(flow, progress, error));
                }
                tracing::warn!(%error, "journal not writable; the flow continues past its point of no return");
            }
            announced = Some(begin);
        }
    }
    if let Some(rest) = flow.unfinished() {
        tracing::warn!(rest, "flow done; recovery has to finish the rest");
        return Ok(());
    }
    // Success may be reported only after the journal was removed permanently: otherwise recovery
    // would find it later and repeat the flow. All steps are complete, so a cancellation comes too
    // late.
    match journal.close(&scope.for_rollback()).await {
        Ok(()) => Ok(()),
        Err(error) if passed(flow, progress) => {
            tracing::warn!(%error, "journal of a finished flow not removed");
            Ok(())
        }
        Err(error) => Err(Stuck::Back(error)),
    }
}

/// Scope of the next step. Steps after the point of no return ignore the caller's cancellation.
fn bounds_of<W: Sync + ?Sized, F: Flow<W>>(
    scope: &Scope,
    flow: &F,
    progress: &FlowProgress<F::Step>,
) -> Scope {
    if passed(flow, progress) {
        scope.for_rollback()
    } else {
        scope.clone()
    }
}

/// Whether an error promises that its step changed nothing.
fn unchanged(error: &Error) -> bool {
    matches!(error.outcome(), Outcome::None | Outcome::Rejected)
}

pub(super) fn state_of<W: Sync + ?Sized, F: Flow<W>>(flow: &F) -> Value {
    // The state was serialized when the flow began, so this cannot fail.
    serde_json::to_value(flow).unwrap_or_default()
}

/// Direction of a flow after an error. A flow that can only be finished names what is left.
fn stuck<W: Sync + ?Sized, F: Flow<W>>(
    flow: &F,
    progress: &FlowProgress<F::Step>,
    error: Error,
) -> Stuck {
    if !passed(flow, progress) {
        return Stuck::Back(error);
    }
    let done = |step: &F::Step| progress.done.iter().any(|(other, _)| other == step);
    let steps = flow.steps().into_iter();
    let names = steps
        .filter(|step| !done(step) && flow.needed(*step))
        .map(|step| flow.left_behind(step));
    let outcome = error.outcome().worse(Outcome::Applied);
    Stuck::Kept(error.with_outcome(outcome).with_left_behind(names))
}

/// Error of a flow whose point of no return is in doubt.
fn doubtful(journal: &Journal, error: Error) -> Error {
    let error = error.with_outcome(Outcome::Unknown);
    if journal.survives() {
        error.with_cause(format!("recover settles it from its {}", journal.name()))
    } else {
        error
    }
}
