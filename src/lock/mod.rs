//! Locks on objects, not on the world.
//!
//! A lock is named by what it protects. It is held by one, or shared by many that do not disturb
//! each other, such as clones of one source. Waiters get it in the order in which they came,
//! and a wait ends with its operation's scope. An operation that needs several takes them in the
//! order of [`Key`] ([`Locks::all`] sees to that), so that no two wait for each other.
//! Correctness does not hang on the locks (another host may change the same object): they spare
//! retries, and every read-modify-write verifies what it wrote.
//!
//! Within the process the locks are queues in memory. Beyond it, [`Shared`] holds others out:
//! [`FileLocks`] the other processes of the host. Only the first of a queue asks it.

mod files;

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock};

pub use files::FileLocks;

use crate::error::{Outcome, Result};
use crate::scope::Scope;

/// What a lock protects. Locks are taken in this order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// The backend's set-up. Groups, which backends share, have locks of their own.
    Setup,
    /// The cache entries of an image, by the image's id.
    Image(String),
    /// A LUN with its snapshots, by name.
    Lun(String),
    /// An initiator group, by name.
    InitiatorGroup(String),
    /// A target group, by name.
    TargetGroup(String),
}

/// How a lock is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// Beside others that share it.
    Shared,
    /// By nobody else.
    Alone,
}

/// Keeps a shared lock until it is dropped.
pub type Token = Box<dyn fmt::Debug + Send + Sync>;

/// A wait for a shared lock.
pub type Waiting<'a> = Pin<Box<dyn Future<Output = Result<Token>> + Send + 'a>>;

/// Locks that hold beyond this process. A holder that dies loses its locks.
pub trait Shared: Send + Sync {
    /// Waits for a lock as long as the scope lasts. Of this process, one asks at a time, or
    /// several that share.
    fn acquire<'a>(&'a self, scope: &'a Scope, key: &'a Key, mode: Mode) -> Waiting<'a>;
}

/// The locks of one backend.
#[derive(Default)]
pub struct Locks {
    held: Mutex<Table>,
    beyond: Option<Box<dyn Shared>>,
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
    // Let go in this order: who is next in the queue finds the shared lock free.
    _beyond: Option<Token>,
    _guard: Guard,
}

#[derive(Debug)]
enum Guard {
    Alone(#[allow(dead_code, reason = "held for its drop")] OwnedRwLockWriteGuard<()>),
    Shared(#[allow(dead_code, reason = "held for its drop")] OwnedRwLockReadGuard<()>),
}

impl Locks {
    /// Locks that others beyond this process are kept out of, too.
    pub fn with(beyond: Option<Box<dyn Shared>>) -> Locks {
        Locks {
            beyond,
            ..Locks::default()
        }
    }

    /// Waits to hold a lock alone, in order, as long as the scope lasts.
    pub async fn lock(&self, scope: &Scope, key: Key) -> Result<Held> {
        self.hold(scope, key, Mode::Alone).await
    }

    /// Waits to share a lock with others that share it, in order, as long as the scope lasts.
    pub async fn share(&self, scope: &Scope, key: Key) -> Result<Held> {
        self.hold(scope, key, Mode::Shared).await
    }

    /// Waits for several locks, which are taken in the order of their keys. A key that is named
    /// twice is taken once, alone if one of the two says so.
    pub async fn all(
        &self,
        scope: &Scope,
        keys: impl IntoIterator<Item = (Key, Mode)>,
    ) -> Result<Vec<Held>> {
        let mut wanted = BTreeMap::new();
        for (key, mode) in keys {
            let strongest = wanted.entry(key).or_insert(mode);
            *strongest = mode.max(*strongest);
        }
        let mut held = Vec::with_capacity(wanted.len());
        for (key, mode) in wanted {
            held.push(self.hold(scope, key, mode).await?);
        }
        Ok(held)
    }

    async fn hold(&self, scope: &Scope, key: Key, mode: Mode) -> Result<Held> {
        let entry = self.entry(&key);
        let queue = async {
            match mode {
                Mode::Alone => Guard::Alone(entry.write_owned().await),
                Mode::Shared => Guard::Shared(entry.read_owned().await),
            }
        };
        let guard = scope
            .bound(queue)
            .await
            .map_err(|stop| stop.error(Outcome::None))?;
        let beyond = match &self.beyond {
            Some(beyond) => Some(beyond.acquire(scope, &key, mode).await?),
            None => None,
        };
        Ok(Held {
            _beyond: beyond,
            _guard: guard,
        })
    }

    fn entry(&self, key: &Key) -> Arc<RwLock<()>> {
        let mut table = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lock) = table.locks.get(key).and_then(Weak::upgrade) {
            return lock;
        }
        if table.locks.len() >= table.sweep_at {
            table.locks.retain(|_, lock| lock.strong_count() > 0);
            table.sweep_at = (table.locks.len() * 2).max(64);
        }
        let lock = Arc::default();
        table.locks.insert(key.clone(), Arc::downgrade(&lock));
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
        let _ = locks.lock(&scope(), lun("a")).await.unwrap();
    }

    #[tokio::test]
    async fn several_are_taken_in_one_order_and_none_twice() {
        let locks = Arc::new(Locks::default());
        let orders = [["a", "b"], ["b", "a"]];
        let tasks: Vec<_> = (0..100)
            .map(|number| {
                let locks = locks.clone();
                let names = orders[number % 2];
                tokio::spawn(async move {
                    let keys = names.map(|name| (lun(name), Mode::Alone));
                    let again = (lun("a"), Mode::Shared);
                    let _held = locks.all(&scope(), keys.into_iter().chain([again])).await;
                    tokio::task::yield_now().await;
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
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
