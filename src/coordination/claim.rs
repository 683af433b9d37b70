//! A key under a lease that represents a lock, held or waited for.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::Instant;

use crate::backoff::Backoff;
use crate::coordination::etcd::{Compare, Failure, KeyValue, Op, Txn};
use crate::coordination::{Coordination, Lease};
use crate::scope::Scope;

/// A key that is deleted when this is dropped.
#[derive(Debug)]
pub(super) struct Claim {
    coordination: Coordination,
    pub(super) lease: Arc<Lease>,
    key: String,
    /// A key that forbids to write `key`, so that an attempt that etcd carries out late leaves
    /// nothing behind.
    forbidden: String,
    /// Whether etcd may carry out an attempt later.
    unanswered: bool,
    scope: Scope,
}

impl Claim {
    /// A claim to a lock that nothing is sent for yet.
    pub(super) fn new(
        coordination: &Coordination,
        lease: Arc<Lease>,
        prefix: &str,
        scope: &Scope,
    ) -> Claim {
        let unique = lease.unique();
        lease.add_key();
        Claim {
            coordination: coordination.clone(),
            key: format!("{prefix}{unique}"),
            forbidden: format!("{}/withdrawn/{unique}", coordination.namespace()),
            lease,
            unanswered: true,
            scope: scope.clone(),
        }
    }

    /// Writes the key and lists all keys with a prefix, in one transaction; a repetition only lists.
    pub(super) fn write<'a>(&'a self, value: &'a [u8], prefix: &'a str) -> Txn<'a> {
        Txn {
            when: vec![Compare::Absent(&self.forbidden), Compare::Absent(&self.key)],
            then: vec![
                Op::Put(&self.key, value, Some(self.lease.id())),
                Op::List(prefix),
            ],
            otherwise: vec![Op::List(prefix)],
        }
    }

    /// No attempt to write the key is under way any more.
    pub(super) fn answered(&mut self) {
        self.unanswered = false;
    }

    /// The claim's own key in a list.
    pub(super) fn own<'k>(&self, keys: &'k [KeyValue]) -> Option<&'k KeyValue> {
        keys.iter().find(|found| found.key == self.key.as_bytes())
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let release = Release {
            coordination: self.coordination.clone(),
            lease: self.lease.clone(),
            key: std::mem::take(&mut self.key),
            forbidden: self.unanswered.then(|| std::mem::take(&mut self.forbidden)),
            // Another host must not get the lock before a change in doubt is over.
            not_before: self.scope.doubt(),
        };
        // Without a runtime no task renews the lease, and the key ends with it.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(release.run());
        }
    }
}

struct Release {
    coordination: Coordination,
    lease: Arc<Lease>,
    key: String,
    forbidden: Option<String>,
    not_before: Option<Instant>,
}

impl Release {
    /// Deletes the key, and repeats that until that is done or the lease ended.
    async fn run(self) {
        if let Some(until) = self.not_before {
            self.lease.keep_key(true);
            tokio::time::sleep_until(until).await;
            self.lease.keep_key(false);
        }
        let mut then = vec![Op::Delete(&self.key)];
        if let Some(forbidden) = &self.forbidden {
            then.push(Op::Put(forbidden, b"", Some(self.lease.id())));
        }
        let body = Txn {
            then,
            ..Txn::default()
        }
        .body();
        let mut pauses = Backoff::doubling(Duration::from_millis(50), Duration::from_secs(2));
        while !self.lease.remaining().is_zero() {
            match self.coordination.etcd().attempt("kv/txn", &body).await {
                Ok(_) | Err(Failure::NoLease) => break,
                Err(_) => tokio::time::sleep(pauses.next()).await,
            }
        }
        self.lease.remove_key();
    }
}
