//! The locks of this process: one table for all of its backends.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use once_cell::race::OnceBox;
use tokio::sync::RwLock;

use crate::lock::Name;
use crate::lock::overlap::Overlaps;

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
    /// Entries beyond which dead ones are swept out; grows with what is alive.
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
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The table of one process, and the place for that of a process that was forked from it.
struct Link {
    process: u32,
    table: Arc<Table>,
    child: OnceBox<Link>,
}

static FIRST: OnceBox<Link> = OnceBox::new();

/// The table of this process. A forked child gets its own: in the one that it inherits, locks are
/// held by tasks that do not run in it. `OnceBox` waits for nobody, so a fork in the middle of
/// this function harms no child.
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
