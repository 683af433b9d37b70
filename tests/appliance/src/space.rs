//! How much of a pool is used.
//!
//! A thick LUN reserves its size and a little more: a LUN of 1 GiB with blocks of 8 KiB was seen to take 1107820544
//! bytes, 1.0317 times its size. Its snapshots hold what was written beside that, so that a snapshot of a thick LUN
//! can fail for want of space. A thin LUN takes what was written, and 16 KiB when that is nothing.

use std::ops::{AddAssign, SubAssign};

use crate::options::Knobs;
use crate::refusal::Refusal;
use crate::state::{Lun, Pool, Project, State};

/// What a LUN takes from its pool, its snapshots included.
pub(crate) fn of_lun(lun: &Lun, written_percent: u8) -> u64 {
    Usage::of_lun(lun, written_percent).total()
}

/// What a LUN takes, without its snapshots.
pub(crate) fn data(volsize: u64, sparse: bool, written_percent: u8) -> u64 {
    if sparse {
        16_384 + written(volsize, written_percent)
    } else {
        thick(volsize)
    }
}

/// What the snapshots of a LUN take beside it.
pub(crate) fn snapshots(lun: &Lun, written_percent: u8) -> u64 {
    // The newest snapshot stands for all: older ones share its blocks, as far as this model knows.
    lun.snapshots.last().map_or(0, |snapshot| {
        if lun.sparse {
            0
        } else {
            written(snapshot.volsize, written_percent)
        }
    })
}

fn thick(volsize: u64) -> u64 {
    (u128::from(volsize) * 2113 / 2048) as u64
}

pub(crate) fn written(volsize: u64, written_percent: u8) -> u64 {
    (u128::from(volsize) * u128::from(written_percent) / 100) as u64
}

/// What LUNs take: a sum that is kept up with every change of a LUN, because reading one LUN prints what its pool has
/// left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    pub data: u64,
    pub snapshots: u64,
}

impl Usage {
    pub fn of_lun(lun: &Lun, written_percent: u8) -> Usage {
        Usage {
            data: data(lun.volsize, lun.sparse, written_percent),
            snapshots: snapshots(lun, written_percent),
        }
    }

    pub fn total(&self) -> u64 {
        self.data + self.snapshots
    }
}

impl AddAssign for Usage {
    fn add_assign(&mut self, more: Usage) {
        self.data += more.data;
        self.snapshots += more.snapshots;
    }
}

impl SubAssign for Usage {
    fn sub_assign(&mut self, less: Usage) {
        self.data -= less.data;
        self.snapshots -= less.snapshots;
    }
}

pub(crate) fn of_pool(state: &State, name: &str, pool: &Pool, knobs: &Knobs) -> Usage {
    let mut usage = Usage {
        data: state.replication.replicas(name, knobs),
        snapshots: 0,
    };
    for project in pool.projects.values() {
        usage.data += project.usage.data.max(project.size("reservation"));
        usage.snapshots += project.usage.snapshots;
    }
    usage
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
        quota => left.min(quota.saturating_sub(project.usage.total())),
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
