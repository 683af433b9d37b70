//! Locks on single objects: a LUN, an image, a group, the setup of a backend.
//!
//! The name of a lock is the object that it protects. A lock is exclusive, or shared by operations
//! that do not disturb each other, such as clones of one source. Waiters get it in the order in
//! which they came, and a wait ends with its operation's scope. [`Locks::all`] takes several locks
//! in the order of [`Key`], so that no two operations wait for each other.
//!
//! The appliance has no conditional change. Of two callers that read a list, such as the
//! presentation of a LUN, and then both write it, one overwrites the other, and neither can notice
//! it. Only a common lock prevents this. Without one (other hosts, an administrator) these rules
//! limit the damage: each change is computed from a read just before it, and the answer is checked
//! for the own part of the list.
//!
//! Within the process the locks are queues in memory, shared by all backends: the names of their
//! objects contain the appliance, the pool and the project. Beyond the process, [`Shared`] locks
//! exclude others: [`FileLocks`] the other processes of the host, and those of
//! `src/coordination/locks.rs` the other hosts. Only the first waiter of a queue asks for them.

mod directory;
mod files;
mod key;
mod overlap;
mod table;
mod waits;

use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard};

pub use directory::usual_directory;
pub use files::FileLocks;
pub use key::{Key, Name, Space};
pub use overlap::Overlap;
pub use waits::{LockWaits, Wait};

use table::Table;
use waits::WaitCounters;

use crate::error::{Outcome, Result};
use crate::scope::Scope;

/// How a lock is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// Together with other shared holders.
    Shared,
    /// Exclusively.
    Alone,
}

/// Keeps a shared lock until it is dropped.
pub type Token = Box<dyn fmt::Debug + Send + Sync>;

/// A wait for a shared lock.
pub type Waiting<'a> = Pin<Box<dyn Future<Output = Result<Token>> + Send + 'a>>;

/// Locks that hold beyond this process. A holder that dies loses its locks.
pub trait Shared: Send + Sync {
    /// Waits for a lock until the scope ends. Within this process, one exclusive or several shared
    /// waiters call this at a time. Calls [`Wait::contended`] if the lock is not free.
    fn acquire<'a>(
        &'a self,
        scope: &'a Scope,
        name: &'a Name,
        mode: Mode,
        wait: &'a Wait<'_>,
    ) -> Waiting<'a>;

    /// Whether it excludes other hosts.
    fn among_hosts(&self) -> bool {
        false
    }
}

/// The locks of one backend.
pub struct Locks {
    space: Space,
    table: Arc<Table>,
    beyond: Vec<Box<dyn Shared>>,
    waits: WaitCounters,
}

/// Holds a lock until it is dropped.
#[derive(Debug)]
#[must_use = "the lock is released when this is dropped"]
pub struct Held {
    // Dropped in this order: the next waiter in the queue finds the shared lock free.
    _beyond: Vec<Token>,
    _guard: Guard,
}

#[derive(Debug)]
enum Guard {
    Alone(#[allow(dead_code, reason = "held for its drop")] OwnedRwLockWriteGuard<()>),
    Shared(#[allow(dead_code, reason = "held for its drop")] OwnedRwLockReadGuard<()>),
}

impl Held {
    /// Keeps the lock for a while, because the appliance may still carry out a request of its
    /// holder. Must be called in a tokio runtime; if the runtime ends earlier, it frees the lock.
    pub fn keep_for(self, time: Duration) {
        tokio::spawn(async move {
            tokio::time::sleep(time).await;
            drop(self);
        });
    }
}

impl Locks {
    /// The locks of a backend. All backends of this process share them; those of `beyond`, which are
    /// taken in their order, exclude other processes and hosts, too.
    pub fn new(space: Space, beyond: Vec<Box<dyn Shared>>) -> Locks {
        Locks {
            space,
            table: table::of_this_process(),
            beyond,
            waits: WaitCounters::default(),
        }
    }

    /// Locks as another process would see them.
    #[cfg(test)]
    pub(crate) fn of_one_process(space: Space, beyond: Vec<Box<dyn Shared>>) -> Locks {
        Locks {
            space,
            table: Arc::default(),
            beyond,
            waits: WaitCounters::default(),
        }
    }

    /// Registers a call about a part of an object, such as one host of a LUN, until the result is
    /// dropped. Must be called before the wait for the object's lock.
    pub fn overlap(&self, key: &Key, what: &str, id: &str) -> Overlap {
        let matter = (self.space.name(key), what.to_owned());
        self.table.overlaps.clone().begin(matter, id)
    }

    /// Whether the locks exclude other processes, too.
    pub fn hold_beyond(&self) -> bool {
        !self.beyond.is_empty()
    }

    /// The waits for these locks so far, for metrics. Takes no lock.
    pub fn waits(&self) -> LockWaits {
        self.waits.read()
    }

    /// Waits in the queue for an exclusive lock, until the scope ends.
    pub async fn lock(&self, scope: &Scope, key: Key) -> Result<Held> {
        self.hold(scope, key, Mode::Alone).await
    }

    /// Waits for an exclusive lock among hosts alone, if there are such locks. For an operation that
    /// may run at the same time as others of its own host, which know each other's requests in doubt.
    pub async fn among_hosts(&self, scope: &Scope, key: Key) -> Result<Vec<Token>> {
        let mut held = Vec::new();
        for locks in self.beyond.iter().filter(|locks| locks.among_hosts()) {
            let wait = self.waits.begin();
            let name = Box::new(self.space.name(&key));
            held.push(locks.acquire(scope, &name, Mode::Alone, &wait).await?);
        }
        Ok(held)
    }

    /// Waits in the queue for a shared lock, until the scope ends.
    pub async fn share(&self, scope: &Scope, key: Key) -> Result<Held> {
        self.hold(scope, key, Mode::Shared).await
    }

    /// Waits for several locks, which are taken in the order of their keys. A key that is named
    /// twice is taken once, exclusively if one of the two is exclusive.
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
        #[cfg(feature = "canary")]
        if canary!("locks-in-the-wrong-order") {
            // Every second caller names them the other way round.
            static CALLS: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
            let call = CALLS.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let mut wanted: Vec<_> = wanted.into_iter().collect();
            if call % 2 == 1 {
                wanted.reverse();
            }
            for (key, mode) in wanted {
                held.push(self.hold(scope, key, mode).await?);
            }
            return Ok(held);
        }
        for (key, mode) in wanted {
            held.push(self.hold(scope, key, mode).await?);
        }
        Ok(held)
    }

    async fn hold(&self, scope: &Scope, key: Key, mode: Mode) -> Result<Held> {
        let wait = self.waits.begin();
        let name = Box::new(self.space.name(&key));
        let entry = if canary!("lock-not-taken") {
            Arc::default()
        } else {
            self.table.entry(&name)
        };
        let queue = async {
            // A lock that others wait for is not free: the queue stays in its order.
            let free = match mode {
                Mode::Alone => entry.clone().try_write_owned().map(Guard::Alone),
                Mode::Shared => entry.clone().try_read_owned().map(Guard::Shared),
            };
            if let Ok(guard) = free {
                return guard;
            }
            wait.contended();
            match mode {
                Mode::Alone => Guard::Alone(entry.write_owned().await),
                Mode::Shared => Guard::Shared(entry.read_owned().await),
            }
        };
        let guard = scope
            .bound(queue)
            .await
            .map_err(|stop| stop.error(Outcome::None))?;
        let mut beyond = Vec::with_capacity(self.beyond.len());
        for locks in &self.beyond {
            // The one taken last is released first.
            beyond.insert(0, locks.acquire(scope, &name, mode, &wait).await?);
        }
        Ok(Held {
            _beyond: beyond,
            _guard: guard,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;
    use tokio_util::sync::CancellationToken;

    fn token() -> CancellationToken {
        CancellationToken::new()
    }

    fn scope() -> Scope {
        Scope::new("test", None, Duration::ZERO, token(), token())
    }

    /// Locks that no other test uses.
    fn alone() -> Locks {
        Locks {
            space: Space::default(),
            table: Arc::default(),
            beyond: Vec::new(),
            waits: WaitCounters::default(),
        }
    }

    fn lun(name: &str) -> Key {
        Key::Lun(name.to_owned())
    }

    #[tokio::test]
    async fn one_object_has_one_holder_and_others_are_free() {
        let locks = Arc::new(alone());
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
        let locks = alone();
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
        let locks = Arc::new(alone());
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
        let locks = alone();
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
    async fn backends_of_one_process_share_their_locks() {
        let space = |project: &str| Space {
            appliance: "backends-of-one-process:215".to_owned(),
            volumes: format!("p/{project}"),
            images: "p/images".to_owned(),
        };
        let one = Locks::new(space("a"), Vec::new());
        let same = Locks::new(space("a"), Vec::new());
        let beside = Locks::new(space("b"), Vec::new());
        let now = || Scope::new("x", Some(Duration::ZERO), Duration::ZERO, token(), token());
        let held = [
            lun("v"),
            Key::Image("i".into()),
            Key::InitiatorGroup("g".into()),
        ]
        .map(|key| (key, Mode::Alone));
        let held = one.all(&scope(), held).await.unwrap();
        assert!(same.lock(&now(), lun("v")).await.is_err());
        let _other_lun = beside.lock(&scope(), lun("v")).await.unwrap();
        assert!(beside.lock(&now(), Key::Image("i".into())).await.is_err());
        assert!(
            beside
                .lock(&now(), Key::InitiatorGroup("g".into()))
                .await
                .is_err()
        );
        drop(held);
        let _held = same.lock(&scope(), lun("v")).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_lock_is_kept_as_long_as_it_is_said() {
        let locks = alone();
        let held = locks.lock(&scope(), lun("a")).await.unwrap();
        let began = tokio::time::Instant::now();
        held.keep_for(Duration::from_secs(60));
        let _held = locks.lock(&scope(), lun("a")).await.unwrap();
        assert_eq!(began.elapsed().as_secs(), 60);
    }

    #[tokio::test]
    async fn released_locks_leave_nothing_behind() {
        let locks = alone();
        for number in 0..10_000 {
            let _ = locks
                .lock(&scope(), lun(&number.to_string()))
                .await
                .unwrap();
        }
        assert!(locks.table.len() <= 64);
    }
}
