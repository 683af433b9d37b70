//! Progress of a flow: steps that are complete, in progress or rolled back.

use std::time::Duration;

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
    /// Times from which on no request was sent for the step in progress, one of each boot in which
    /// the flow was looked at.
    pub(super) doubts: Vec<Moment>,
}

impl<S> FlowProgress<S> {
    /// Time that passed since the last request for the step in progress at least; `None` if no
    /// record can be compared with the clock of this boot.
    pub(super) fn waited(&self) -> Option<Duration> {
        let now = Moment::now();
        let times = self.doubts.iter().filter_map(|since| since.until(&now));
        times.max()
    }
}
