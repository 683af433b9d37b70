//! Doing the steps of a flow, turning it round, and recovering it.

use serde::Serialize;
use serde_json::Value;

use crate::error::{Error, Outcome, Result, Status};
use crate::flow::record::Event;
use crate::flow::{Effect, Flow, Flows, Journal, Left};
use crate::scope::Scope;

/// What became of a flow that a dead process left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// All its steps are done.
    Finished,
    /// None of its steps stands.
    RolledBack,
}

/// How far a flow got.
struct Progress<S> {
    /// The steps that are done, in their order.
    done: Vec<(S, Effect)>,
    /// The step that may be done or not.
    begun: Option<S>,
    /// The flow undoes.
    turned: bool,
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
                Err(turn(world, scope, &mut flow, &mut journal, &mut progress, error).await)
            }
            Err(Stuck::Kept(error)) => Err(error),
        }
    }

    /// Finishes or rolls back a flow that a dead process left. On an error the journal stays, so
    /// that recovery can be tried again.
    pub async fn recover<W, F>(&self, world: &W, scope: &Scope, left: Left) -> Result<Verdict>
    where
        W: Sync + ?Sized,
        F: Flow<W>,
    {
        let mut flow: F = left.state()?;
        let mut progress = progress_of::<W, F>(&left)?;
        let mut journal = left.journal;
        let scope = &scope.acting_for(left.header.operation.as_str());
        let mut announced = progress.begun;
        if let Some(step) = progress.begun
            && !progress.turned
            && flow.verify(world, scope, step).await?
        {
            let effect = Effect::Made;
            progress.done.push((step, effect));
            progress.begun = None;
            announced = next(&flow, &progress);
            // Written down before anything follows: a second death must find it.
            let state = state_of::<W, F>(&flow);
            let begin = announced;
            let event = Event::Done {
                step,
                effect,
                state,
                begin,
            };
            journal.append(scope, &event).await?;
        }
        let complete = !progress.turned && next(&flow, &progress).is_none();
        if complete || passed(&flow, &progress) {
            let rest = forward(
                world,
                scope,
                &mut flow,
                &mut journal,
                &mut progress,
                announced,
            );
            return match rest.await {
                Ok(()) => match flow.unfinished() {
                    None => Ok(Verdict::Finished),
                    Some(rest) => Err(Error::new(
                        Status::Busy,
                        format!("what is left of it cannot be finished now: {rest}"),
                    )
                    .with_outcome(Outcome::None)),
                },
                Err(Stuck::Back(error) | Stuck::Kept(error)) => Err(error),
            };
        }
        let error = Error::new(Status::Shutdown, "its process ended");
        let error = turn(world, scope, &mut flow, &mut journal, &mut progress, error).await;
        if error.left_behind().is_empty() {
            Ok(Verdict::RolledBack)
        } else {
            Err(error)
        }
    }
}

/// Why a flow does not go on.
enum Stuck {
    /// What was done is to be undone.
    Back(Error),
    /// Nothing may be undone: the journal stays, and recovery goes on from there.
    Kept(Error),
}

/// The next step to be done.
fn next<W: Sync + ?Sized, F: Flow<W>>(flow: &F, progress: &Progress<F::Step>) -> Option<F::Step> {
    let done = |step: &F::Step| progress.done.iter().any(|(other, _)| other == step);
    // Steps are done in their order, so one that was skipped before the last done one stays so.
    let steps = flow.steps();
    let last = steps.iter().rposition(done);
    let from = last.map_or(0, |last| last + 1);
    steps.into_iter().skip(from).find(|step| flow.needed(*step))
}

/// Whether the point of no return is behind.
fn passed<W: Sync + ?Sized, F: Flow<W>>(flow: &F, progress: &Progress<F::Step>) -> bool {
    let point = flow.point_of_no_return();
    point.is_some_and(|point| progress.done.iter().any(|(step, _)| *step == point))
}

/// Does the steps that are left, and ends the journal, which announces the first of them already
/// if `announced` says so.
async fn forward<W: Sync + ?Sized, F: Flow<W>>(
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

fn state_of<W: Sync + ?Sized, F: Flow<W>>(flow: &F) -> Value {
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
    Stuck::Kept(error.with_outcome(Outcome::Applied).with_left_behind(names))
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

/// Undoes what was done, last first, and says in the error what stands.
async fn turn<W: Sync + ?Sized, F: Flow<W>>(
    world: &W,
    scope: &Scope,
    flow: &mut F,
    journal: &mut Journal,
    progress: &mut Progress<F::Step>,
    error: Error,
) -> Error {
    let scope = scope.for_undo();
    let made = progress
        .done
        .iter()
        .filter(|(_, effect)| *effect == Effect::Made);
    let mut steps: Vec<F::Step> = made.map(|(step, _)| *step).collect();
    steps.extend(progress.begun);
    if !progress.turned && !steps.is_empty() {
        let reason = error.to_string();
        note(journal, &scope, &Event::<F::Step>::Turned { reason }).await;
        progress.turned = true;
    }
    let mut left = Vec::new();
    let mut error = error;
    let undone = steps.len();
    for step in steps.into_iter().rev() {
        match flow.undo(world, &scope, step).await {
            Ok(()) => note(journal, &scope, &Event::Undone { step }).await,
            Err(failure) => {
                let name = flow.left_behind(step);
                tracing::warn!(step = name, %failure, "a step could not be undone");
                error = error.with_cause(format!("undoing {name}: {failure}"));
                left.push(name);
            }
        }
    }
    if !left.is_empty() {
        return error.with_left_behind(left);
    }
    if let Err(failure) = journal.close(&scope).await {
        // Recovery will find the journal and nothing to undo.
        tracing::warn!(%failure, "the journal of a flow that was rolled back stays");
    }
    if undone > 0 {
        error.with_outcome(Outcome::RolledBack)
    } else {
        error
    }
}

/// Writes what is good to know and not needed: undoing may be repeated.
async fn note<S: Serialize>(journal: &mut Journal, scope: &Scope, event: &Event<S>) {
    if let Err(failure) = journal.append(scope, event).await {
        tracing::warn!(%failure, "a flow that turned round is not in its journal");
    }
}

/// How far the journal of a dead process says that it got.
fn progress_of<W: Sync + ?Sized, F: Flow<W>>(left: &Left) -> Result<Progress<F::Step>> {
    let mut progress = Progress {
        done: Vec::new(),
        begun: None,
        turned: false,
    };
    for event in &left.events {
        let event = serde_json::from_value(event.clone()).map_err(|error| {
            Error::new(
                Status::LocalIo,
                format!("{} tells of something unknown: {error}", left.name()),
            )
        })?;
        match event {
            Event::Begin { step } => progress.begun = Some(step),
            Event::Done {
                step,
                effect,
                begin,
                ..
            } => {
                progress.done.push((step, effect));
                progress.begun = begin;
            }
            Event::Turned { .. } => progress.turned = true,
            Event::Undone { step } => {
                progress.done.retain(|(other, _)| *other != step);
                if progress.begun == Some(step) {
                    progress.begun = None;
                }
            }
        }
    }
    Ok(progress)
}
