//! Locks among hosts: etcd's own recipe.
//!
//! A host that wants a lock writes a key of its own under its lease and reads all keys of the lock,
//! in one transaction. The revision of the store at which a key was created is its place in the
//! queue. The lock is held by the oldest key, or by all shared ones before the first exclusive one.
//! A waiter watches the youngest key in front of it.
//!
//! Keys of this driver do not block it: within the process the locks are queues in memory, of which
//! only the first asks here, and a key that is being deleted, or is kept for a change in doubt, must
//! not delay the driver that knows about it.

use std::time::Duration;

use crate::coordination::Coordination;
use crate::coordination::claim::Claim;
use crate::coordination::etcd::{Failure, KeyValue, Unmade};
use crate::error::{Outcome, Result};
use crate::lock::{Mode, Name, Shared, Token, Wait, Waiting};
use crate::scope::Scope;

/// The longest wait for news of a key, after which the keys are read again. A connection that was
/// cut silently costs so much.
const WATCH: Duration = Duration::from_secs(10);

/// Locks in etcd.
#[derive(Debug)]
pub struct EtcdLocks {
    coordination: Coordination,
}

impl EtcdLocks {
    /// Locks of one driver.
    pub fn new(coordination: Coordination) -> EtcdLocks {
        EtcdLocks { coordination }
    }

    async fn acquire(
        &self,
        scope: &Scope,
        name: &Name,
        mode: Mode,
        wait: &Wait<'_>,
    ) -> Result<Token> {
        let prefix = format!("{}/locks/{}/", self.coordination.namespace(), name.path());
        let own = format!(
            "{prefix}{}/",
            match mode {
                Mode::Shared => SHARED,
                Mode::Alone => ALONE,
            }
        );
        let value = self.coordination.owner(scope.id());
        loop {
            let lease = self.coordination.lease(scope).await?;
            let claim = Claim::new(&self.coordination, lease, &own, scope);
            if let Some(claim) = self
                .queue(scope, claim, &value, &prefix, mode, wait)
                .await?
            {
                scope.depend_on(claim.lease.clone());
                return Ok(Box::new(claim));
            }
            // The lease ended during the wait, and the place in the queue with it.
        }
    }

    /// Waits until a claim holds the lock; `None` if its lease ended.
    async fn queue(
        &self,
        scope: &Scope,
        mut claim: Claim,
        value: &[u8],
        prefix: &str,
        mode: Mode,
        wait: &Wait<'_>,
    ) -> Result<Option<Claim>> {
        let etcd = self.coordination.etcd();
        let body = claim.write(value, prefix).body();
        let mut answer = match etcd.request(scope, "kv/txn", &body).await {
            Ok(answer) => answer,
            Err(Unmade::Failed(Failure::NoLease)) => {
                claim.lease.lose();
                return Ok(None);
            }
            Err(unmade) => return Err(etcd.error(unmade)),
        };
        if !answer.repeated {
            claim.answered();
        }
        let mut keys = answer.found();
        loop {
            let Some(mine) = claim.own(&keys) else {
                claim.lease.lose();
                return Ok(None);
            };
            let lease = claim.lease.id();
            let Some(blocker) = blocker(&keys, mine.create_revision, lease, prefix, mode) else {
                return Ok(Some(claim));
            };
            wait.contended();
            let watch = etcd.watch(&blocker.key, answer.revision(), WATCH);
            if let Err(stop) = scope.bound(watch).await {
                let holder = String::from_utf8_lossy(&blocker.value).into_owned();
                let place = String::from_utf8_lossy(&blocker.key).into_owned();
                return Err(stop
                    .error(Outcome::None)
                    .with_cause(format!("the lock {place} in etcd belongs to {holder}")));
            }
            answer = etcd.list(scope, prefix).await?;
            keys = std::mem::take(&mut answer.kvs);
        }
    }
}

const SHARED: &str = "shared";
const ALONE: &str = "alone";

/// The youngest key of another lease that a claim has to wait for.
fn blocker<'k>(
    keys: &'k [KeyValue],
    own_revision: i64,
    own_lease: i64,
    prefix: &str,
    mode: Mode,
) -> Option<&'k KeyValue> {
    let alone = format!("{prefix}{ALONE}/");
    keys.iter()
        .filter(|key| key.create_revision < own_revision && key.lease != own_lease)
        .filter(|key| mode == Mode::Alone || key.key.starts_with(alone.as_bytes()))
        .max_by_key(|key| key.create_revision)
}

impl Shared for EtcdLocks {
    fn acquire<'a>(
        &'a self,
        scope: &'a Scope,
        name: &'a Name,
        mode: Mode,
        wait: &'a Wait<'_>,
    ) -> Waiting<'a> {
        Box::pin(self.acquire(scope, name, mode, wait))
    }

    fn among_hosts(&self) -> bool {
        true
    }
}
