//! The locks of this process: one table for all of its backends.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, Weak};

use once_cell::race::OnceBox;
use tokio::sync::RwLock;

use crate::lock::Name;
use crate::lock::overlap::Overlaps;
use crate::sync;

/// Locks by the names of their objects.
#[derive(Default)]
pub(super) struct Table {
    entries: Mutex<Entries>,
    /// Calls that overlap.
    pub(super) overlaps: Arc<Overlaps>,
}

#[derive(Default)]
struct Entries {
    locks: HashMap<Name, Weak<RwLock<()>>>,
    /// Number of entries at which unused ones are removed; grows with the number in use.
    sweep_at: usize,
}

impl Table {
    /// The lock of an object.
    pub(super) fn entry(&self, name: &Name) -> Arc<RwLock<()>> {
        let mut entries = self.entries();
        if let Some(lock) = entries.locks.get(name).and_then(Weak::upgrade) {
            return lock;
        }
        if entries.locks.len() >= entries.sweep_at {
            entries.locks.retain(|_, lock| lock.strong_count() > 0);
            entries.sweep_at = (entries.locks.len() * 2).max(64);
        }
        let lock = Arc::default();
        entries.locks.insert(name.clone(), Arc::downgrade(&lock));
        lock
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.entries().locks.len()
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        sync::lock(&self.entries)
    }
}

/// Table of one process, and the link to that of a forked child.
struct Link {
    process: u32,
    table: Arc<Table>,
    child: OnceBox<Link>,
}

static FIRST: OnceBox<Link> = OnceBox::new();

/// The table of this process. A forked child gets its own table: in the inherited one, locks are
/// held by tasks that do not run in the child. `OnceBox` never blocks, so a fork in the middle of
/// this function does no harm.
pub(super) fn of_this_process() -> Arc<Table> {
    let process = std::process::id();
    let mut place = &FIRST;
    loop {
        let link = place.get_or_init(|| {
            Box::new(Link {
                process,
                table: Arc::default(),
                child: OnceBox::new(),
            })
        });
        if link.process == process {
            return link.table.clone();
        }
        place = &link.child;
    }
}
