//! How much of a pool is used.
//!
//! A thick LUN reserves its size and a little more: a LUN of 1 GiB with blocks of 8 KiB was seen to take 1107820544
//! bytes, 1.0317 times its size. Its snapshots hold what was written beside that, so that a snapshot of a thick LUN
//! can fail for want of space. A thin LUN takes what was written, and 16 KiB when that is nothing.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::options::Knobs;
use crate::refusal::Refusal;
use crate::state::{Lun, Pool, Project, State};

/// What a LUN takes from its pool, its snapshots included.
pub(crate) fn of_lun(lun: &Lun, knobs: &Knobs) -> u64 {
    data(lun.volsize, lun.sparse, knobs) + snapshots(lun, knobs)
}

/// What a LUN takes, without its snapshots.
pub(crate) fn data(volsize: u64, sparse: bool, knobs: &Knobs) -> u64 {
    if sparse {
        16_384 + written(volsize, knobs)
    } else {
        thick(volsize)
    }
}

/// What the snapshots of a LUN take beside it.
pub(crate) fn snapshots(lun: &Lun, knobs: &Knobs) -> u64 {
    // The newest snapshot stands for all: older ones share its blocks, as far as this model knows.
    lun.snapshots.last().map_or(0, |snapshot| {
        if lun.sparse {
            0
        } else {
            written(snapshot.volsize, knobs)
        }
    })
}

fn thick(volsize: u64) -> u64 {
    (u128::from(volsize) * 2113 / 2048) as u64
}

pub(crate) fn written(volsize: u64, knobs: &Knobs) -> u64 {
    (u128::from(volsize) * u128::from(knobs.written_percent) / 100) as u64
}

#[derive(Clone, Copy, Default)]
pub(crate) struct Usage {
    pub data: u64,
    pub snapshots: u64,
}

impl Usage {
    pub fn total(&self) -> u64 {
        self.data + self.snapshots
    }
}

/// Sums that were made before and still hold, by the name of a pool or the id of a project.
///
/// Reading one LUN prints what its pool has left, which is a sum over all LUNs. The server opens the cache for
/// requests that only read and drops it with every change.
#[derive(Default)]
pub(crate) struct Sums {
    open: bool,
    known: RefCell<HashMap<String, Usage>>,
}

impl Sums {
    pub fn open(&mut self, open: bool) {
        if !open {
            self.known.get_mut().clear();
        }
        self.open = open;
    }

    /// A LUN was made: what it takes is added to the sums of its pool and its project. A project
    /// with a reservation takes that or its sum, whichever is more, so there the sums begin anew.
    pub fn add(&mut self, pool: &str, project: &Project, bytes: u64) {
        let known = self.known.get_mut();
        if project.size("reservation") > 0 {
            known.clear();
            return;
        }
        for key in [pool, project.uuid.as_str()] {
            if let Some(usage) = known.get_mut(key) {
                usage.data += bytes;
            }
        }
    }

    fn remember(&self, key: &str, sum: impl FnOnce() -> Usage) -> Usage {
        if !self.open {
            return sum();
        }
        let known = self.known.borrow().get(key).copied();
        known.unwrap_or_else(|| {
            let usage = sum();
            self.known.borrow_mut().insert(key.to_owned(), usage);
            usage
        })
    }
}

pub(crate) fn of_project(state: &State, project: &Project, knobs: &Knobs) -> Usage {
    state.sums.remember(&project.uuid, || {
        let mut usage = Usage::default();
        for id in project.shares.values() {
            let lun = state.lun(*id);
            usage.data += data(lun.volsize, lun.sparse, knobs);
            usage.snapshots += snapshots(lun, knobs);
        }
        usage
    })
}

pub(crate) fn of_pool(state: &State, name: &str, pool: &Pool, knobs: &Knobs) -> Usage {
    state.sums.remember(name, || {
        let mut usage = Usage {
            data: state.replication.replicas(name, knobs),
            snapshots: 0,
        };
        for project in pool.projects.values() {
            let one = of_project(state, project, knobs);
            usage.data += one.data.max(project.size("reservation"));
            usage.snapshots += one.snapshots;
        }
        usage
    })
}

/// What is left for a project: of the pool, and of its own quota if it has one.
pub(crate) fn available(
    state: &State,
    name: &str,
    pool: &Pool,
    project: &Project,
    knobs: &Knobs,
) -> u64 {
    let left = pool
        .size
        .saturating_sub(of_pool(state, name, pool, knobs).total());
    match project.size("quota") {
        0 => left,
        quota => left.min(quota.saturating_sub(of_project(state, project, knobs).total())),
    }
}

/// Refuses a change that would take `more` bytes that are not there.
pub(crate) fn claim(
    state: &State,
    pool: &str,
    project: &str,
    more: u64,
    knobs: &Knobs,
) -> Result<(), Refusal> {
    let record = state.pool(pool)?;
    let left = available(state, pool, record, state.project(pool, project)?, knobs);
    if more <= left {
        return Ok(());
    }
    Err(no_space(knobs, more, left))
}

/// The refusal for want of space. Status and name are not known for certain, hence two knobs.
pub(crate) fn no_space(knobs: &Knobs, needed: u64, left: u64) -> Refusal {
    Refusal::other(
        knobs.no_space_status,
        &knobs.no_space_name,
        format!(
            "invalid input argument (insufficient space: {needed} bytes needed, {left} bytes available)"
        ),
    )
}
