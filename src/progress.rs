//! Progress of an operation, reported to a listener.
//!
//! A report costs next to nothing without a listener, so operations always report: a journalled
//! flow each step that it begins, and a long step how much of it is done.

use std::fmt;
use std::sync::{Arc, Mutex};

use serde::Serialize;

use crate::sync;

/// Position of an operation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ProgressStep {
    /// The step's name, such as `transfer`.
    #[serde(rename = "step")]
    pub name: String,
    /// Completed part of the step, out of `total`.
    pub done: u64,
    /// Value of `done` at the end of the step; 0 while it is not known.
    pub total: u64,
}

impl ProgressStep {
    /// Completed part in percent; 0 while it is not known.
    pub fn percent(&self) -> f64 {
        match self.total {
            0 => 0.0,
            total => 100.0 * self.done as f64 / total as f64,
        }
    }
}

/// Progress of one operation. Cheap to clone; clones share it.
#[derive(Clone, Default)]
pub struct Progress(Option<Arc<Inner>>);

struct Inner {
    at: Mutex<ProgressStep>,
    told: Box<dyn Fn(&ProgressStep) + Send + Sync>,
}

/// Percentages are reported in hundredths.
const WHOLE: u64 = 10_000;

impl Progress {
    /// Reports each step, and each advance in it, to `listener`, in order. The listener must not
    /// block and must not report progress itself.
    pub fn told_to(listener: impl Fn(&ProgressStep) + Send + Sync + 'static) -> Progress {
        Progress(Some(Arc::new(Inner {
            at: Mutex::default(),
            told: Box::new(listener),
        })))
    }

    /// Reports the begin of a step.
    pub fn begin(&self, name: impl Into<String>) {
        self.change(|at| {
            *at = ProgressStep {
                name: name.into(),
                ..ProgressStep::default()
            };
            true
        });
    }

    /// Reports the completed part of the step. A report without an advance is ignored.
    pub fn advance(&self, done: u64, total: u64) {
        self.change(|at| {
            let advances = total != at.total || done > at.done;
            (at.done, at.total) = (done.min(total), total);
            advances
        });
    }

    /// Reports the completed part of the step, in percent. A report without an advance is ignored.
    pub fn set(&self, percent: f64) {
        self.advance((percent.clamp(0.0, 100.0) * 100.0) as u64, WHOLE);
    }

    fn change(&self, change: impl FnOnce(&mut ProgressStep) -> bool) {
        let Some(inner) = &self.0 else { return };
        // Reported under the lock, to keep the order.
        let mut at = sync::lock(&inner.at);
        let mut next = at.clone();
        if change(&mut next) {
            *at = next;
            (inner.told)(&at);
        }
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() {
            "Progress(told)"
        } else {
            "Progress"
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_advances_are_told_and_each_step_begins_anew() {
        let told: Arc<Mutex<Vec<ProgressStep>>> = Arc::default();
        let progress = {
            let told = told.clone();
            Progress::told_to(move |step| told.lock().unwrap().push(step.clone()))
        };
        progress.begin("first");
        progress.set(50.0);
        progress.set(25.0);
        progress.set(50.0);
        progress.clone().set(200.0);
        progress.begin("second");
        progress.advance(1, 3);
        Progress::default().begin("nobody listens");
        let step = |name: &str, done, total| ProgressStep {
            name: name.to_owned(),
            done,
            total,
        };
        assert_eq!(
            *told.lock().unwrap(),
            [
                step("first", 0, 0),
                step("first", 5000, 10_000),
                step("first", 10_000, 10_000),
                step("second", 0, 0),
                step("second", 1, 3),
            ]
        );
        assert_eq!(step("", 1, 4).percent(), 25.0);
    }
}
