//! Registry of objects by number; a number is never reused.
//!
//! Handles and tickets are such numbers. Since a freed number is never reused, a late or repeated
//! use is always detected, without reading memory of the freed object.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::ffi::process::wait::lock;

/// Number of locks, so that few threads contend for one. None is held longer than a look-up.
const SHARDS: usize = 16;

/// Objects by number.
pub(in crate::ffi) struct Registry<T> {
    /// Numbers up to this one belong to the parent process, before the fork.
    inherited: u64,
    last: AtomicU64,
    shards: [Mutex<HashMap<u64, T>>; SHARDS],
}

/// Why a number has no object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ffi) enum Absent {
    /// It belongs to the parent process, before the fork.
    Inherited,
    /// Its object was removed.
    Gone,
    /// It was never used.
    Unknown,
}

impl<T> Registry<T> {
    /// An empty registry whose first number follows `inherited`.
    pub(in crate::ffi) fn after(inherited: u64) -> Self {
        Registry {
            inherited,
            last: AtomicU64::new(inherited),
            shards: std::array::from_fn(|_| Mutex::new(HashMap::new())),
        }
    }

    /// The last number used.
    pub(in crate::ffi) fn last(&self) -> u64 {
        self.last.load(Ordering::Relaxed)
    }

    /// A new number, without an object yet. 2⁶⁴ of them will not run out.
    pub(in crate::ffi) fn number(&self) -> u64 {
        self.last.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Registers an object under a number made by [`Registry::number`].
    pub(in crate::ffi) fn insert(&self, number: u64, thing: T) {
        lock(self.shard(number)).insert(number, thing);
    }

    /// Removes and returns the object of a number.
    pub(in crate::ffi) fn remove(&self, number: u64) -> Option<T> {
        self.remove_if(number, |_| true)
    }

    /// Removes and returns the object of a number if it is `fit`.
    pub(in crate::ffi) fn remove_if(&self, number: u64, fit: impl FnOnce(&T) -> bool) -> Option<T> {
        if number <= self.inherited {
            return None;
        }
        let mut shard = lock(self.shard(number));
        if shard.get(&number).is_some_and(fit) {
            shard.remove(&number)
        } else {
            None
        }
    }

    /// Calls `look` with the object of a number, under its lock.
    pub(in crate::ffi) fn with<R>(
        &self,
        number: u64,
        look: impl FnOnce(&T) -> R,
    ) -> std::result::Result<R, Absent> {
        if number <= self.inherited {
            return Err(self.absent(number));
        }
        let shard = lock(self.shard(number));
        shard
            .get(&number)
            .map(look)
            .ok_or_else(|| self.absent(number))
    }

    /// Why a number has no object.
    pub(in crate::ffi) fn absent(&self, number: u64) -> Absent {
        if number == 0 || number > self.last() {
            Absent::Unknown
        } else if number <= self.inherited {
            Absent::Inherited
        } else {
            Absent::Gone
        }
    }

    /// Number of objects.
    pub(in crate::ffi) fn len(&self) -> usize {
        self.shards.iter().map(|shard| lock(shard).len()).sum()
    }

    fn shard(&self, number: u64) -> &Mutex<HashMap<u64, T>> {
        // Always in bounds: the array has SHARDS elements.
        #[allow(clippy::indexing_slicing)]
        &self.shards[number as usize % SHARDS]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_never_given_again() {
        let registry = Registry::after(0);
        let first = registry.number();
        registry.insert(first, "a");
        assert_eq!(registry.with(first, |thing| *thing), Ok("a"));
        assert_eq!(registry.remove(first), Some("a"));
        assert_eq!(registry.remove(first), None);
        assert_eq!(registry.with(first, |_| ()), Err(Absent::Gone));
        assert_ne!(registry.number(), first);
    }

    #[test]
    fn numbers_from_before_a_fork_are_told_apart() {
        let registry: Registry<()> = Registry::after(100);
        assert_eq!(registry.with(100, |_| ()), Err(Absent::Inherited));
        assert_eq!(registry.remove(100), None);
        assert_eq!(registry.with(0, |_| ()), Err(Absent::Unknown));
        assert_eq!(registry.with(101, |_| ()), Err(Absent::Unknown));
        let own = registry.number();
        registry.insert(own, ());
        assert_eq!(registry.with(own, |_| ()), Ok(()));
    }
}
