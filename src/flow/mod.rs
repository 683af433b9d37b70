//! Flows: operations of several changes that survive the death of their process.
//!
//! # Writing a flow
//!
//! A flow is a plain struct with its parameters and the results of the steps that have run. It
//! implements [`Flow`] for the world that its steps work on (one appliance, or two):
//!
//! - [`Flow::steps`] lists the steps in their order, [`Flow::point_of_no_return`] names the step
//!   after which the flow can only be finished. [`Flow::needed`] skips a step that earlier results
//!   make superfluous.
//! - [`Flow::run`] does a step: one change of the appliance, as a rule. Results that later steps,
//!   the rollback or recovery need (such as an id that the appliance assigned) go into a field of
//!   the struct. It returns [`Effect::Made`], or [`Effect::Found`] if there was nothing to change;
//!   such a step is never rolled back.
//! - [`Flow::verify`] checks whether a step was completed. Recovery calls it for a step that was
//!   begun, whose results may be missing from the struct: it reads them from the appliance.
//! - [`Flow::roll_back`] rolls a step back. It reads before it changes anything, deletes only
//!   objects that carry the marker of the attempt ([`crate::maker`]) or cannot belong to another
//!   operation, and does nothing if the step was never made or is rolled back already.
//! - [`Flow::goes_on`] is for a flow that must not be rolled back once its point of no return was
//!   begun.
//!
//! The fields are written into the journal after each step, so they hold no secret
//! ([`crate::secret::Secret`] cannot be serialized) and no handle; mark fields that live only in
//! memory with `#[serde(skip)]`. Fields that are added later need `#[serde(default)]`: a journal of
//! an older release must stay readable.
//!
//! # How the engine runs a flow
//!
//! [`Flows::begin`] creates the journal, [`Flows::run`] runs the steps: the intent before each
//! step, its result after it, both on disk before the next action. When a step fails (also by
//! deadline or cancellation), the steps that were made are rolled back, last first, in
//! [`Scope::for_rollback`], and the error's outcome reports the result. After the point of no
//! return, the rest runs in a scope that no cancellation ends, and continues even if the journal
//! cannot be written. A flow that counts as done from there on does not return the failures of its
//! last steps but names them in [`Flow::unfinished`], and its journal stays. If the answer to the
//! point of no return was lost, [`Flow::verify`] checks it; if that fails too, nothing is rolled
//! back, because the change may still happen.
//!
//! [`Flows::left`] finds the journals of dead processes. [`Flows::recover`] finishes a flow if its
//! last step or its point of no return was completed, and rolls it back otherwise. Recovery may
//! itself be killed and repeated at any point.
//!
//! # Requests that are carried out late
//!
//! The appliance may still carry out a step that was begun and not answered, even if the appliance
//! does not show it yet. One rollback is therefore not enough. The steps that show are rolled back,
//! the outcome is [`crate::error::Outcome::Unknown`], and the journal stays. After the longest time
//! that such a request may take, recovery rolls the flow back again and removes the journal
//! ([`Verdict::InDoubt`]). A flow whose point of no return is in doubt is not touched until then.
//! Meanwhile a new flow may begin on the same object: the old journal is renamed
//! ([`Flows::step_aside`]).
//!
//! New journals are in the store that the hosts of the backend share, if there is one
//! ([`SharedJournals`]), or else in the directory. Without both, flows run in the same way, but leave
//! no journal that survives the process.

mod engine;
mod file;
mod flow_progress;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod journal;
mod moment;
mod record;
mod recovery;
mod shared;
mod shared_journal;
#[cfg(test)]
mod tests;
mod turn;

use std::fmt::Debug;
use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub use journal::{Begun, Finding, Journal, Left, LeftOn};
pub use recovery::Verdict;
pub use shared::{SharedJournal, SharedJournals, SharedOpened};

use crate::error::Result;
use crate::local::Local;
use crate::scope::Scope;

/// The suffix of journals.
const SUFFIX: &str = ".flow";

/// Name of a step: an enum without fields, `snake_case` in the journal.
pub trait Step: Copy + Eq + Debug + Send + Sync + Serialize + DeserializeOwned + 'static {}

impl<T> Step for T where T: Copy + Eq + Debug + Send + Sync + Serialize + DeserializeOwned + 'static {}

/// Result of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// The step changed the appliance; the rollback reverses it.
    Made,
    /// There was nothing to change. The rollback skips it.
    Found,
}

/// An operation of several steps; see the [module's introduction](self).
pub trait Flow<W: Sync + ?Sized>: Serialize + DeserializeOwned + Send + Sync {
    /// Names of the steps.
    type Step: Step;

    /// Kind of flow in journals: the operation's name. It never changes.
    const KIND: &'static str;

    /// Object of the flow, which names the journal. One flow at a time works on an object, whatever
    /// its kind.
    fn object(&self) -> &str;

    /// The steps in their order. The same parameters yield the same steps in every release.
    fn steps(&self) -> Vec<Self::Step>;

    /// The step after which the flow cannot be rolled back, if there is one.
    fn point_of_no_return(&self) -> Option<Self::Step> {
        None
    }

    /// Whether a step is needed, according to the results of the earlier steps.
    fn needed(&self, step: Self::Step) -> bool {
        let _ = step;
        true
    }

    /// The first step that is needed.
    fn first(&self) -> Option<Self::Step> {
        let mut steps = self.steps().into_iter();
        steps.find(|step| self.needed(*step))
    }

    /// Work that a flow could not finish after its point of no return although it counts as done,
    /// as text for a log. Its journal stays, and recovery finishes it.
    fn unfinished(&self) -> Option<String> {
        None
    }

    /// Whether a late request of this step finds nothing to change after the rollback.
    fn goes_with_rollback(&self, step: Self::Step) -> bool {
        let _ = step;
        false
    }

    /// Object that is left when a step cannot be rolled back, as text: `snapshot v@s`.
    fn left_behind(&self, step: Self::Step) -> String;

    /// Runs a step. An error with the outcome none or rejected promises that nothing changed.
    fn run(
        &mut self,
        world: &W,
        scope: &Scope,
        step: Self::Step,
    ) -> impl Future<Output = Result<Effect>> + Send;

    /// Checks whether a step was completed.
    fn verify(
        &mut self,
        world: &W,
        scope: &Scope,
        step: Self::Step,
    ) -> impl Future<Output = Result<bool>> + Send;

    /// Whether recovery continues a flow whose point of no return was begun but does not show as
    /// done; it then counts as passed. Otherwise the flow is rolled back once no late request of it
    /// can arrive.
    fn goes_on(&mut self, world: &W, scope: &Scope) -> impl Future<Output = Result<bool>> + Send {
        let _ = (world, scope);
        async { Ok(false) }
    }

    /// Rolls a step back, even if it was made only in part.
    fn roll_back(
        &mut self,
        world: &W,
        scope: &Scope,
        step: Self::Step,
    ) -> impl Future<Output = Result<()>> + Send;
}

/// Backend of a journal: its steps can be rolled back only there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backend {
    /// The appliance, `host:port` as configured.
    pub appliance: String,
    /// The pool.
    pub pool: String,
    /// The project of the volumes.
    pub project: String,
}

impl std::fmt::Display for Backend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}/{}", self.appliance, self.pool, self.project)
    }
}

/// The store, and the backend as all of its hosts name it.
#[derive(Clone, Debug)]
pub struct SharedStore {
    /// The store.
    pub journals: Arc<dyn SharedJournals>,
    /// The backend in the journals: the appliance has the same text on every host.
    pub backend: Backend,
}

/// The journals of one backend.
#[derive(Clone, Debug)]
pub struct Flows {
    directory: Option<PathBuf>,
    shared: Option<SharedStore>,
    backend: Backend,
    late: Duration,
    local: Local,
}

impl Flows {
    /// Journals in a directory, which is created on first use; without a directory there are none.
    /// The file threads of `local` write them. `late` is the longest time for which the appliance
    /// may still carry out a request that it did not answer.
    pub fn new(
        directory: Option<PathBuf>,
        backend: Backend,
        late: Duration,
        local: Local,
    ) -> Flows {
        Flows {
            directory,
            shared: None,
            backend,
            late,
            local,
        }
    }

    /// The same with new journals in a store that the hosts of the backend share. Journals that are
    /// in the directory are still found.
    pub fn sharing(self, shared: Option<SharedStore>) -> Flows {
        Flows { shared, ..self }
    }

    /// Whether journals survive the process.
    pub fn are_kept(&self) -> bool {
        self.shared.is_some() || self.directory.is_some()
    }

    /// The backend of these flows.
    pub fn backend(&self) -> &Backend {
        &self.backend
    }
}
