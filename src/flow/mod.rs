//! Flows: operations of several changes that survive the death of their process.
//!
//! # Writing a flow
//!
//! A flow is a plain struct that holds its parameters and, as it goes on, what its steps found
//! and made. It implements [`Flow`] for the world that its steps work on (one appliance, or two):
//!
//! - [`Flow::steps`] lists the steps in their order, [`Flow::point_of_no_return`] names the step
//!   after which the flow can only be finished. [`Flow::needed`] skips a step that what was
//!   learnt so far makes superfluous.
//! - [`Flow::run`] does a step: one change of the appliance, as a rule. What later steps, undoing
//!   or recovery need to know of it (an id that the appliance made up) goes into a field of the
//!   struct. It answers with [`Effect::Made`], or [`Effect::Found`] where all was so already, in
//!   which case the step is never undone.
//! - [`Flow::verify`] looks whether a step was done, fully. Recovery asks it of a step that was
//!   begun, and whose results may therefore be missing from the struct: it looks for them.
//! - [`Flow::undo`] takes a step back. It looks before it touches anything, deletes only what
//!   carries the mark of the attempt ([`crate::maker`]) or can belong to nobody else, and finds
//!   nothing to do where the step was never done or undone before.
//! - [`Flow::goes_on`] is for a flow that must not be undone once its point of no return was begun.
//!
//! The fields are written into the journal after each step, so they hold no secret
//! ([`crate::secret::Secret`] cannot be serialized) and no handle; mark what lives in memory
//! alone with `#[serde(skip)]`. Fields that are added later need `#[serde(default)]`: a journal
//! of an older release must stay readable.
//!
//! # What the engine does with it
//!
//! [`Flows::begin`] makes the journal, [`Flows::run`] does the steps: intent before each, result
//! after it, both on the disk before anything follows. When a step fails (a deadline and a
//! cancellation arrive as failures too), the steps that were made are undone, last first, in
//! [`Scope::for_undo`], and the error's outcome says how that went. Once the point of no return
//! is passed, the rest is done in a scope that no cancellation reaches, and a journal that
//! cannot be written any more stops nothing. A flow that counts as done from there on swallows
//! the failures of its last steps and names them in [`Flow::unfinished`]: its journal stays.
//! A step that is the point of no return and whose answer was lost is looked after with
//! [`Flow::verify`]; where even that cannot tell, nothing is undone, because the change may still
//! happen.
//!
//! [`Flows::left`] finds the journals of dead processes and [`Flows::recover`] finishes or rolls
//! back one: finished when its last step or its point of no return proves to be done, rolled
//! back otherwise. Recovery may itself be killed and repeated at any point.
//!
//! # Requests that are carried out late
//!
//! A step that was begun and not answered, and of which nothing is seen, may still be carried out:
//! the appliance may be at work on it. Undoing it once proves nothing. So the flow is undone as far
//! as it is there, its outcome is [`crate::error::Outcome::Unknown`], its journal stays, and after
//! the longest time that such a request may take recovery undoes it again and ends the journal
//! ([`Verdict::InDoubt`]). A flow whose point of no return is in doubt is left as it is until then.
//! Until then a new flow may begin on the same object: the journal steps aside
//! ([`Flows::step_aside`]).
//!
//! Without a directory all of this works the same in memory, and nothing survives the process.

mod date;
mod engine;
mod file;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod journal;
mod moment;
mod record;
mod recovery;
#[cfg(test)]
mod tests;
mod turn;

use std::fmt::Debug;
use std::future::Future;
use std::path::PathBuf;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub use journal::{Begun, Finding, Journal, Left, LeftOn};
pub use recovery::Verdict;

use crate::error::Result;
use crate::local::Local;
use crate::scope::Scope;

/// The suffix of journals.
const SUFFIX: &str = ".flow";

/// A step's name: a field-less enum in the flow's own words, `snake_case` in the journal.
pub trait Step: Copy + Eq + Debug + Send + Sync + Serialize + DeserializeOwned + 'static {}

impl<T> Step for T where T: Copy + Eq + Debug + Send + Sync + Serialize + DeserializeOwned + 'static {}

/// What doing a step came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// The step changed something, which undoing takes back.
    Made,
    /// All was so before. Undoing leaves it alone.
    Found,
}

/// An operation of several steps; see the [module's introduction](self).
pub trait Flow<W: Sync + ?Sized>: Serialize + DeserializeOwned + Send + Sync {
    /// The steps' names.
    type Step: Step;

    /// Names the kind of flow in journals: the operation's name. Never changed.
    const KIND: &'static str;

    /// The object that the flow is about. At one time one flow works on an object, whatever its
    /// kind; the journal is named after it.
    fn object(&self) -> &str;

    /// The steps in their order. The same parameters give the same steps, for ever.
    fn steps(&self) -> Vec<Self::Step>;

    /// The step after which there is no way back, if there is one.
    fn point_of_no_return(&self) -> Option<Self::Step> {
        None
    }

    /// Whether a step is to be done at all, by what the steps before it found.
    fn needed(&self, step: Self::Step) -> bool {
        let _ = step;
        true
    }

    /// The first step that is to be done.
    fn first(&self) -> Option<Self::Step> {
        let mut steps = self.steps().into_iter();
        steps.find(|step| self.needed(*step))
    }

    /// What a flow that has passed its point of no return could not finish, though it counts as
    /// done, in words for people. Its journal stays then, and recovery finishes it.
    fn unfinished(&self) -> Option<String> {
        None
    }

    /// Whether a request of a step that is carried out late, when everything was undone, finds
    /// nothing that it could change.
    fn goes_with_undoing(&self, step: Self::Step) -> bool {
        let _ = step;
        false
    }

    /// What stands when a step cannot be undone, in words for people: `snapshot v@s`.
    fn left_behind(&self, step: Self::Step) -> String;

    /// Does a step. An error with the outcome none or rejected promises that nothing changed.
    fn run(
        &mut self,
        world: &W,
        scope: &Scope,
        step: Self::Step,
    ) -> impl Future<Output = Result<Effect>> + Send;

    /// Looks whether a step was done, fully.
    fn verify(
        &mut self,
        world: &W,
        scope: &Scope,
        step: Self::Step,
    ) -> impl Future<Output = Result<bool>> + Send;

    /// Whether recovery goes on with a flow whose point of no return was begun, and is not seen to
    /// be done: it counts as passed then. A flow that says no is undone once nothing of it can be
    /// carried out any more.
    fn goes_on(&mut self, world: &W, scope: &Scope) -> impl Future<Output = Result<bool>> + Send {
        let _ = (world, scope);
        async { Ok(false) }
    }

    /// Takes a step back, wherever it got to.
    fn undo(
        &mut self,
        world: &W,
        scope: &Scope,
        step: Self::Step,
    ) -> impl Future<Output = Result<()>> + Send;
}

/// Which backend a journal belongs to: its steps can be undone nowhere else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backend {
    /// The appliance, `host:port` as configured.
    pub appliance: String,
    /// The pool.
    pub pool: String,
    /// The project of the volumes.
    pub project: String,
}

/// The journals of one backend.
#[derive(Clone, Debug)]
pub struct Flows {
    directory: Option<PathBuf>,
    backend: Backend,
    late: Duration,
    local: Local,
}

impl Flows {
    /// Journals in a directory, which is made when it is first needed; without one, none. They
    /// are written on the threads for files of `local`. `late` is the longest time for which a
    /// request that was not answered may still be carried out.
    pub fn new(
        directory: Option<PathBuf>,
        backend: Backend,
        late: Duration,
        local: Local,
    ) -> Flows {
        Flows {
            directory,
            backend,
            late,
            local,
        }
    }

    /// The backend whose flows these are.
    pub fn backend(&self) -> &Backend {
        &self.backend
    }
}
