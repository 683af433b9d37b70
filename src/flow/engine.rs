//! Doing the steps of a flow.

use serde::Serialize;
use serde_json::Value;

use crate::error::{Error, Outcome, Result};
use crate::flow::moment::Moment;
use crate::flow::record::Event;
use crate::flow::turn::{doubt, note, turn};
use crate::flow::{Effect, Flow, Flows, Journal};
use crate::scope::Scope;

/// How far a flow got.
pub(super) struct Progress<S> {
    /// The steps that are done, in their order.
    pub(super) done: Vec<(S, Effect)>,
    /// The step that may be done or not.
    pub(super) begun: Option<S>,
    /// The flow undoes.
    pub(super) turned: bool,
    /// A step was undone.
    pub(super) undone: bool,
    /// Since when nothing more was sent for the step that was begun, as far as the journal tells.
    pub(super) doubt: Option<Moment>,
}

impl Flows {
    /// Does the steps of a flow and hands it back with what they found. See the
    /// [module's introduction](crate::flow) for what happens when one fails.
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
        let mut progress = Progress {
            done: Vec::new(),
            begun: None,
            turned: false,
            undone: false,
            doubt: None,
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
                // It is rare, and every flow holds it.
                Err(Box::pin(turned).await)
            }
            Err(Stuck::Kept(error)) => {
                if error.outcome() == Outcome::Unknown {
                    doubt(&scope.for_undo(), &mut journal, &mut progress).await;
                }
                Err(error)
            }
        }
    }
}

/// Why a flow does not go on.
pub(super) enum Stuck {
    /// What was done is to be undone.
    Back(Error),
    /// Nothing may be undone: the journal stays, and recovery goes on from there.
    Kept(Error),
}

/// The next step to be done.
pub(super) fn next<W: Sync + ?Sized, F: Flow<W>>(
    flow: &F,
    progress: &Progress<F::Step>,
) -> Option<F::Step> {
    let done = |step: &F::Step| progress.done.iter().any(|(other, _)| other == step);
    // Steps are done in their order, so one that was skipped before the last done one stays so.
    let steps = flow.steps();
    let last = steps.iter().rposition(done);
    let from = last.map_or(0, |last| last + 1);
    steps.into_iter().skip(from).find(|step| flow.needed(*step))
}

/// Whether the point of no return is behind.
pub(super) fn passed<W: Sync + ?Sized, F: Flow<W>>(flow: &F, progress: &Progress<F::Step>) -> bool {
    let point = flow.point_of_no_return();
    let point = point.filter(|_| !canary!("undone-beyond-return"));
    point.is_some_and(|point| progress.done.iter().any(|(step, _)| *step == point))
}

/// Does the steps that are left, and ends the journal, which announces the first of them already
/// if `announced` says so.
pub(super) async fn forward<W: Sync + ?Sized, F: Flow<W>>(
    world: &W,
    scope: &Scope,
    flow: &mut F,
    journal: &mut Journal,
    progress: &mut Progress<F::Step>,
    mut announced: Option<F::Step>,
) -> std::result::Result<(), Stuck> {
    while let Some(step) = next(flow, progress) {
        let bounds = bounds_of(scope, flow, progress);
        if let Some(stop) = bounds.stopped() {
            return Err(stuck(flow, progress, stop.error(Outcome::None)));
        }
        if announced != Some(step)
            && let Err(error) = journal.append(&bounds, &Event::Begin { step }).await
        {
            return Err(stuck(flow, progress, error));
        }
        progress.begun = Some(step);
        scope.progress().begin(name_of(step));
        let effect = match flow.run(world, &bounds, step).await {
            Ok(effect) => effect,
            Err(error) if unchanged(&error) => {
                progress.begun = None;
                // Recovery would take a step that was begun for one that may come late.
                note(journal, &scope.for_undo(), &Event::Undone { step }).await;
                return Err(stuck(flow, progress, error));
            }
            Err(error) if flow.point_of_no_return() == Some(step) => {
                match flow.verify(world, &scope.for_undo(), step).await {
                    Ok(true) => Effect::Made,
                    Ok(false) => return Err(Stuck::Kept(doubtful(journal, error))),
                    Err(blind) => {
                        let error = error.with_cause(format!("looking again failed: {blind}"));
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
                step,
                effect,
                state,
                begin: Some(begin),
            };
            let bounds = bounds_of(scope, flow, progress);
            if let Err(error) = journal.append(&bounds, &event).await {
                // Beyond the point of no return the journal tells no more than the appliance
                // does, unless it holds the promise to finish later.
                if !passed(flow, progress) || flow.unfinished().is_some() {
                    return Err(stuck(flow, progress, error));
                }
                tracing::warn!(%error, "a flow that can only be finished goes on without notes");
            }
            announced = Some(begin);
        }
    }
    if let Some(rest) = flow.unfinished() {
        tracing::warn!(rest, "a flow is done but for what recovery has to finish");
        return Ok(());
    }
    // Only when the journal is gone for good may success be told: what recovery found of it
    // later would not know that.
    // All is done by now, so a cancellation comes too late.
    match journal.close(&scope.for_undo()).await {
        Ok(()) => Ok(()),
        Err(error) if passed(flow, progress) => {
            tracing::warn!(%error, "the journal of a finished flow stays");
            Ok(())
        }
        Err(error) => Err(Stuck::Back(error)),
    }
}

/// The bounds of what comes next. What follows the point of no return is done whatever the caller
/// wants by now.
fn bounds_of<W: Sync + ?Sized, F: Flow<W>>(
    scope: &Scope,
    flow: &F,
    progress: &Progress<F::Step>,
) -> Scope {
    if passed(flow, progress) {
        scope.for_undo()
    } else {
        scope.clone()
    }
}

/// A step's name, as the journal has it.
fn name_of(step: impl Serialize) -> String {
    let name = serde_json::to_value(step).unwrap_or_default();
    name.as_str().unwrap_or_default().to_owned()
}

/// Whether an error promises that its step changed nothing.
fn unchanged(error: &Error) -> bool {
    matches!(error.outcome(), Outcome::None | Outcome::Rejected)
}

pub(super) fn state_of<W: Sync + ?Sized, F: Flow<W>>(flow: &F) -> Value {
    // What could be serialized when the flow began can be now.
    serde_json::to_value(flow).unwrap_or_default()
}

/// Which way a flow goes after an error. One that can only be finished names what stands.
fn stuck<W: Sync + ?Sized, F: Flow<W>>(
    flow: &F,
    progress: &Progress<F::Step>,
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

/// The error of a flow whose point of no return may be passed or not.
fn doubtful(journal: &Journal, error: Error) -> Error {
    let error = error.with_outcome(Outcome::Unknown);
    if journal.is_on_disk() {
        error.with_cause(format!("recover settles it from its {}", journal.name()))
    } else {
        error
    }
}
