//! Recovery of flows that a dead process left.

use std::fmt::Display;
use std::time::Duration;

use serde::Serialize;

use crate::error::{Error, Outcome, Result, Status};
use crate::flow::engine::{Stuck, forward, next, passed, state_of};
use crate::flow::flow_progress::FlowProgress;
use crate::flow::record::{Event, name_of, step_named};
use crate::flow::turn::{doubt, roll_back_all, still_late};
use crate::flow::{Effect, Flow, Flows, Left};
use crate::scope::Scope;

/// Result of the recovery of a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// All its steps are complete.
    Finished,
    /// All its steps are rolled back.
    RolledBack,
    /// The appliance may still carry out a request. The journal stays, and recovery after that time
    /// settles it.
    InDoubt {
        /// Time from now until then.
        wait: Duration,
    },
}

impl Flows {
    /// Finishes or rolls back a flow that a dead process left. On an error the journal stays, so
    /// that recovery can be repeated.
    pub async fn recover<W, F>(&self, world: &W, scope: &Scope, left: Left) -> Result<Verdict>
    where
        W: Sync + ?Sized,
        F: Flow<W>,
    {
        let mut flow: F = left.state()?;
        let mut progress = progress_of::<W, F>(&left)?;
        let maker = left.maker();
        let mut journal = left.journal;
        let scope = &scope.acting_for(maker);
        let late = still_late(&progress, self.late);
        let mut announced = progress.begun;
        if let Some(step) = progress.begun
            && recovered(world, scope, &mut flow, &progress, step).await?
        {
            let effect = Effect::Made;
            progress.done.push((step, effect));
            progress.begun = None;
            progress.turned = false;
            announced = next(&flow, &progress);
            // On disk before the next action: a second crash must find it.
            let state = state_of::<W, F>(&flow);
            let event = Event::Done {
                step: name_of(step),
                effect,
                state,
                begin: announced.map(name_of),
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
                        format!("the rest cannot be finished now: {rest}"),
                    )
                    .with_outcome(Outcome::None)),
                },
                Err(Stuck::Back(error) | Stuck::Kept(error)) => Err(error),
            };
        }
        if let Some(wait) = late
            && !progress.turned
            && progress.begun.is_some()
            && progress.begun == flow.point_of_no_return()
        {
            // The point of no return may still be carried out, and then nothing may be rolled back.
            doubt(scope, &mut journal, &mut progress).await;
            return Ok(Verdict::InDoubt { wait });
        }
        let ended = Error::new(Status::Shutdown, "the process ended");
        if late.is_some() {
            doubt(scope, &mut journal, &mut progress).await;
        }
        let rollback = scope.for_rollback();
        let why = (&ended, late.is_some());
        let rolled_back = roll_back_all(
            world,
            &rollback,
            &mut flow,
            &mut journal,
            &mut progress,
            why,
        );
        let rolled_back = rolled_back.await;
        if !rolled_back.left.is_empty() {
            return Err(rolled_back.told_in(ended));
        }
        if let Some(wait) = late {
            return Ok(Verdict::InDoubt { wait });
        }
        if let Err(failure) = journal.close(&rollback).await {
            // Recovery will find the journal and nothing to roll back.
            tracing::warn!(%failure, "journal of a rolled-back flow not removed");
        }
        Ok(Verdict::RolledBack)
    }
}

/// Whether a step that a dead process had begun counts as complete. A flow that was rolling back
/// goes forward again only if its point of no return is passed.
async fn recovered<W: Sync + ?Sized, F: Flow<W>>(
    world: &W,
    scope: &Scope,
    flow: &mut F,
    progress: &FlowProgress<F::Step>,
    step: F::Step,
) -> Result<bool> {
    let point = flow.point_of_no_return() == Some(step);
    if progress.turned && (!point || progress.rolled_back) {
        return Ok(false);
    }
    if flow.verify(world, scope, step).await? {
        return Ok(true);
    }
    Ok(point && !progress.turned && flow.goes_on(world, scope).await?)
}

/// Progress of a flow according to its journal.
fn progress_of<W: Sync + ?Sized, F: Flow<W>>(left: &Left) -> Result<FlowProgress<F::Step>> {
    let mut progress = FlowProgress {
        done: Vec::new(),
        begun: None,
        turned: false,
        rolled_back: false,
        doubts: Vec::new(),
    };
    let unknown = |error: &dyn Display| {
        Error::new(
            Status::LocalIo,
            format!("{} has an unknown record: {error}", left.name()),
        )
    };
    let step_of = |name: String| step_named(&name).map_err(|error| unknown(&error));
    for event in &left.events {
        match serde_json::from_value(event.clone()).map_err(|error| unknown(&error))? {
            Event::Begin { step } => {
                progress.begun = Some(step_of(step)?);
                progress.doubts.clear();
            }
            Event::Done {
                step,
                effect,
                begin,
                ..
            } => {
                progress.done.push((step_of(step)?, effect));
                progress.begun = begin.map(step_of).transpose()?;
                progress.doubts.clear();
                // A completed step after the rollback began means that the flow went forward again.
                progress.turned = false;
            }
            Event::Turned { .. } => progress.turned = true,
            Event::InDoubt { since } => progress.doubts.push(since),
            Event::RolledBack { step } => {
                let step = step_of(step)?;
                progress.rolled_back = true;
                progress.done.retain(|(other, _)| *other != step);
                if progress.begun == Some(step) {
                    progress.begun = None;
                }
            }
        }
    }
    Ok(progress)
}
