//! Locks on objects, not on the world.
//!
//! A lock is named by what it protects. It is held by one, or shared by many that do not disturb
//! each other, such as clones of one source. Waiters get it in the order in which they came,
//! and a wait ends with its operation's scope. An operation that needs several takes them in the
//! order of [`Key`], so that no two wait for each other. Correctness does not hang on the
//! locks (another host may change the same object): they spare retries, and every
//! read-modify-write verifies what it wrote.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock};

use crate::error::{Outcome, Result};
use crate::scope::Scope;

/// What a lock protects. Locks are taken in this order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// The appliance's set-up: projects, schema, targets, groups.
    Setup,
    /// A LUN with its snapshots, by name.
    Lun(String),
}

/// The locks of one backend, within this process.
#[derive(Default)]
pub struct Locks {
    held: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    locks: HashMap<Key, Weak<RwLock<()>>>,
    /// Entries beyond which dead ones are swept out; grows with what is alive.
    sweep_at: usize,
}

/// Holds a lock until it is dropped.
#[derive(Debug)]
#[must_use = "the lock is released when this is dropped"]
pub struct Held {
    _guard: Guard,
}

#[derive(Debug)]
enum Guard {
    Alone(#[allow(dead_code, reason = "held for its drop")] OwnedRwLockWriteGuard<()>),
    Shared(#[allow(dead_code, reason = "held for its drop")] OwnedRwLockReadGuard<()>),
}

impl Locks {
    /// Waits to hold a lock alone, in order, as long as the scope lasts.
    pub async fn lock(&self, scope: &Scope, key: Key) -> Result<Held> {
        let waiting = self.entry(key).write_owned();
        self.hold(scope, async { Guard::Alone(waiting.await) })
            .await
    }

    /// Waits to share a lock with others that share it, in order, as long as the scope lasts.
    pub async fn share(&self, scope: &Scope, key: Key) -> Result<Held> {
        let waiting = self.entry(key).read_owned();
        self.hold(scope, async { Guard::Shared(waiting.await) })
            .await
    }

    async fn hold(&self, scope: &Scope, guard: impl Future<Output = Guard>) -> Result<Held> {
        match scope.bound(guard).await {
            Ok(guard) => Ok(Held { _guard: guard }),
            Err(stop) => Err(stop.error(Outcome::None)),
        }
    }

    fn entry(&self, key: Key) -> Arc<RwLock<()>> {
        let mut table = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lock) = table.locks.get(&key).and_then(Weak::upgrade) {
            return lock;
        }
        if table.locks.len() >= table.sweep_at {
            table.locks.retain(|_, lock| lock.strong_count() > 0);
            table.sweep_at = (table.locks.len() * 2).max(64);
        }
        let lock = Arc::default();
        table.locks.insert(key, Arc::downgrade(&lock));
        lock
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;
    use tokio_util::sync::CancellationToken;

    fn scope() -> Scope {
        let token = CancellationToken::new;
        Scope::new("test", None, Duration::ZERO, token(), token())
    }

    fn lun(name: &str) -> Key {
        Key::Lun(name.to_owned())
    }

    #[tokio::test]
    async fn one_object_has_one_holder_and_others_are_free() {
        let locks = Arc::new(Locks::default());
        let inside = Arc::new(AtomicUsize::new(0));
        let tasks: Vec<_> = (0..50)
            .map(|_| {
                let (locks, inside) = (locks.clone(), inside.clone());
                tokio::spawn(async move {
                    let _held = locks.lock(&scope(), lun("a")).await.unwrap();
                    assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                    tokio::task::yield_now().await;
                    inside.fetch_sub(1, Ordering::SeqCst);
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        let _a = locks.lock(&scope(), lun("a")).await.unwrap();
        let _b = locks.lock(&scope(), lun("b")).await.unwrap();
    }

    #[tokio::test]
    async fn sharers_share_and_keep_a_lone_holder_out() {
        let locks = Locks::default();
        let first = locks.share(&scope(), lun("a")).await.unwrap();
        let second = locks.share(&scope(), lun("a")).await.unwrap();
        let cancel = CancellationToken::new();
        let other = Scope::new(
            "x",
            None,
            Duration::ZERO,
            cancel.clone(),
            CancellationToken::new(),
        );
        cancel.cancel();
        assert!(locks.lock(&other, lun("a")).await.is_err());
        drop((first, second));
        locks.lock(&scope(), lun("a")).await.unwrap();
    }

    #[tokio::test]
    async fn a_wait_ends_with_its_scope() {
        let locks = Locks::default();
        let _held = locks.lock(&scope(), lun("a")).await.unwrap();
        let cancel = CancellationToken::new();
        let other = Scope::new(
            "x",
            None,
            Duration::ZERO,
            cancel.clone(),
            CancellationToken::new(),
        );
        cancel.cancel();
        let error = locks.lock(&other, lun("a")).await.unwrap_err();
        assert_eq!(error.status(), crate::error::Status::Cancelled);
        assert_eq!(error.outcome(), Outcome::None);
    }

    #[tokio::test]
    async fn released_locks_leave_nothing_behind() {
        let locks = Locks::default();
        for number in 0..10_000 {
            let _ = locks
                .lock(&scope(), lun(&number.to_string()))
                .await
                .unwrap();
        }
        assert!(locks.held.lock().unwrap().locks.len() <= 64);
    }
}
