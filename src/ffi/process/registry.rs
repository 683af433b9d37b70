//! Numbers that stand for things, never given twice.
//!
//! Handles and tickets are such numbers. A number that was freed is never given again, so a
//! late or repeated use is told for certain, and no memory of the freed thing is looked at.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::ffi::process::wait::lock;

/// Few threads meet at one lock, and none holds it longer than a look-up takes.
const SHARDS: usize = 16;

/// Things by number.
pub(in crate::ffi) struct Registry<T> {
    /// The numbers up to this one were given by the process that forked this one.
    inherited: u64,
    last: AtomicU64,
    shards: [Mutex<HashMap<u64, T>>; SHARDS],
}

/// What is known of a number behind which there is nothing (any more).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ffi) enum Absent {
    /// It was given before the fork that made this process.
    Inherited,
    /// It was given, and what it stood for is gone.
    Gone,
    /// It was never given.
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

    /// The last number given.
    pub(in crate::ffi) fn last(&self) -> u64 {
        self.last.load(Ordering::Relaxed)
    }

    /// A new number, behind which there is nothing yet. 2⁶⁴ of them will not run out.
    pub(in crate::ffi) fn number(&self) -> u64 {
        self.last.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Puts something behind a number made by [`Registry::number`].
    pub(in crate::ffi) fn insert(&self, number: u64, thing: T) {
        lock(self.shard(number)).insert(number, thing);
    }

    /// Takes what is behind a number.
    pub(in crate::ffi) fn remove(&self, number: u64) -> Option<T> {
        self.remove_if(number, |_| true)
    }

    /// Takes what is behind a number if it is `fit`.
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

    /// Looks at what is behind a number, for as short a time as `look` takes.
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

    /// Why there is nothing behind a number.
    pub(in crate::ffi) fn absent(&self, number: u64) -> Absent {
        if number == 0 || number > self.last() {
            Absent::Unknown
        } else if number <= self.inherited {
            Absent::Inherited
        } else {
            Absent::Gone
        }
    }

    /// How many things there are.
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
