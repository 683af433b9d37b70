//! Progress of a flow: steps that are complete, in progress or rolled back.

use crate::flow::Effect;
use crate::flow::moment::Moment;

/// Progress of a flow.
pub(super) struct FlowProgress<S> {
    /// Completed steps, in their order.
    pub(super) done: Vec<(S, Effect)>,
    /// The step in progress, which may be complete or not.
    pub(super) begun: Option<S>,
    /// The flow is rolling back.
    pub(super) turned: bool,
    /// A step was rolled back.
    pub(super) rolled_back: bool,
    /// Time of the last request for the step in progress, if the journal has it.
    pub(super) doubt: Option<Moment>,
}
