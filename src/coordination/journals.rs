//! Journals in etcd.
//!
//! A journal is one key with the whole text, `journals/<pool>/<project>/<name>`. Its holder has
//! another key under its lease, `owners/…`, so that a journal of a host that died has no owner after
//! the end of the lease. Every change of a journal compares the revision at which the owner's key was
//! created, and the revision of the text that it continues:
//!
//! - Of several hosts that take a journal without an owner, one creates the owner's key.
//! - A holder whose lease ended changes nothing any more, not even by a request that etcd carries out
//!   late.
//! - A repetition of a change that was carried out and not answered finds its own text, and counts as
//!   done.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::runtime::Handle;

use crate::backoff::Backoff;
use crate::coordination::etcd::{Answer, Compare, Failure, KeyValue, Op, Txn};
use crate::coordination::{Coordination, Lease};
use crate::error::{Error, Outcome, Result, Status};
use crate::flow::{SharedJournal, SharedJournals, SharedOpened};
use crate::scope::Scope;
use crate::sync;

/// The longest text of a journal. etcd refuses requests above 1.5 MiB.
const LONGEST: usize = 1 << 20;

/// Journals of one backend.
#[derive(Clone, Debug)]
pub struct EtcdJournals(Arc<Store>);

#[derive(Debug)]
struct Store {
    coordination: Coordination,
    /// `<pool>/<project>/`.
    backend: String,
    /// Owners' keys of this process that are being deleted.
    releasing: Mutex<HashSet<String>>,
}

/// A journal that this process holds.
#[derive(Debug)]
struct Held {
    store: Arc<Store>,
    lease: Arc<Lease>,
    name: String,
    text: String,
    /// Revision at which the owner's key was created.
    owned: i64,
    /// Revision at which the text was written last.
    written: i64,
    /// The last record may be added later.
    torn: bool,
    removed: bool,
    /// A key that forbids an attempt to take the journal that etcd may still carry out, after the
    /// journal was removed or released.
    forbidden: Option<String>,
}

impl EtcdJournals {
    /// Journals of a backend, in the namespace of its appliance.
    pub fn new(coordination: Coordination, pool: &str, project: &str) -> EtcdJournals {
        EtcdJournals(Arc::new(Store {
            coordination,
            backend: format!("{pool}/{project}/"),
            releasing: Mutex::default(),
        }))
    }
}

impl Store {
    fn key(&self, name: &str) -> String {
        let namespace = self.coordination.namespace();
        format!("{namespace}/journals/{}{name}", self.backend)
    }

    fn owner_key(&self, name: &str) -> String {
        let namespace = self.coordination.namespace();
        format!("{namespace}/owners/{}{name}", self.backend)
    }

    async fn txn(&self, scope: &Scope, txn: &Txn<'_>) -> Result<Answer> {
        self.coordination.etcd().txn(scope, txn).await
    }

    /// Whose a key is, unlike the value of any other holder.
    fn owner(&self, scope: &Scope, lease: &Lease) -> Vec<u8> {
        let operation = format!("{} ({})", scope.id(), lease.unique());
        self.coordination.owner(&operation)
    }

    async fn create(
        self: &Arc<Store>,
        scope: &Scope,
        name: &str,
        text: String,
    ) -> Result<Option<Held>> {
        fits(name, &text)?;
        let lease = self.coordination.lease(scope).await?;
        let (key, owner_key) = (self.key(name), self.owner_key(name));
        let owner = self.owner(scope, &lease);
        let mut withdrawal = Withdrawal::new(self, &lease, name, &owner);
        withdrawal.creation = true;
        let forbidden = withdrawal.forbidden.clone();
        let txn = Txn {
            when: vec![
                Compare::Absent(&forbidden),
                Compare::Absent(&key),
                Compare::Absent(&owner_key),
            ],
            then: vec![
                Op::Put(&key, text.as_bytes(), None),
                Op::Put(&owner_key, &owner, Some(lease.id())),
            ],
            otherwise: vec![Op::Get(&key), Op::Get(&owner_key)],
        };
        let mut answer = self.txn(scope, &txn).await?;
        withdrawal.armed = answer.repeated && !answer.succeeded;
        let (owned, written) = match answer.succeeded {
            true => (answer.revision(), answer.revision()),
            false => {
                let found = answer.found();
                let is = |at: &str, value: &[u8]| {
                    let mut all = found.iter();
                    all.find(|it| it.key == at.as_bytes() && it.value == value)
                        .map(|it| (it.create_revision, it.mod_revision))
                };
                match (is(&owner_key, &owner), is(&key, text.as_bytes())) {
                    // An attempt that was not answered created them.
                    (Some((owned, _)), Some((_, written))) => (owned, written),
                    _ => return Ok(None),
                }
            }
        };
        withdrawal.armed = false;
        scope.depend_on(lease.clone());
        lease.add_key();
        Ok(Some(Held {
            store: self.clone(),
            lease,
            name: name.to_owned(),
            text,
            owned,
            written,
            torn: false,
            removed: false,
            forbidden: answer.repeated.then_some(forbidden),
        }))
    }

    async fn open(self: &Arc<Store>, scope: &Scope, name: &str) -> Result<SharedOpened> {
        let (key, owner_key) = (self.key(name), self.owner_key(name));
        loop {
            let was_releasing = sync::lock(&self.releasing).contains(name);
            let lease = self.coordination.lease(scope).await?;
            let owner = self.owner(scope, &lease);
            let mut withdrawal = Withdrawal::new(self, &lease, name, &owner);
            let forbidden = withdrawal.forbidden.clone();
            let txn = Txn {
                when: vec![
                    Compare::Absent(&forbidden),
                    Compare::Present(&key),
                    Compare::Absent(&owner_key),
                ],
                then: vec![
                    Op::Put(&owner_key, &owner, Some(lease.id())),
                    Op::Get(&key),
                    Op::Get(&owner_key),
                ],
                otherwise: vec![Op::Get(&key), Op::Get(&owner_key)],
            };
            let mut answer = self.txn(scope, &txn).await?;
            withdrawal.armed = answer.repeated;
            let found = answer.found();
            let at = |at: &str| found.iter().find(|it| it.key == at.as_bytes());
            let Some(journal) = at(&key) else {
                return Ok(SharedOpened::Absent);
            };
            let holder = at(&owner_key);
            if let Some(mine) = holder.filter(|holder| holder.value == owner) {
                withdrawal.armed = false;
                scope.depend_on(lease.clone());
                lease.add_key();
                let held = Held {
                    store: self.clone(),
                    lease,
                    name: name.to_owned(),
                    text: String::from_utf8_lossy(&journal.value).into_owned(),
                    owned: mine.create_revision,
                    written: journal.mod_revision,
                    torn: false,
                    removed: false,
                    forbidden: answer.repeated.then_some(forbidden),
                };
                return Ok(SharedOpened::Ours(Box::new(held), journal.value.clone()));
            }
            let releasing = sync::lock(&self.releasing).contains(name);
            if was_releasing && !releasing {
                continue;
            }
            if releasing {
                // This process released it a moment ago.
                let etcd = self.coordination.etcd();
                let gone = etcd.watch(owner_key.as_bytes(), answer.revision(), RELEASE);
                scope
                    .bound(gone)
                    .await
                    .map_err(|stop| stop.error(Outcome::None))?;
                continue;
            }
            return Ok(SharedOpened::Busy(self.holder(holder)));
        }
    }

    /// Who holds a journal, as text.
    fn holder(&self, holder: Option<&KeyValue>) -> String {
        let owner = holder.map(|it| String::from_utf8_lossy(&it.value).into_owned());
        format!(
            "{}; if that process is dead, its lease ends within {} s",
            owner.unwrap_or_default(),
            self.coordination.ttl().as_secs()
        )
    }

    /// Deletes an owner's key, and repeats that until it is done or the lease ended.
    async fn release(
        self: Arc<Store>,
        lease: Arc<Lease>,
        name: String,
        owned: i64,
        forbidden: Option<String>,
    ) {
        let owner_key = self.owner_key(&name);
        let mut then = vec![Op::Delete(&owner_key)];
        then.extend(forbid(forbidden.as_deref(), &lease));
        let body = Txn {
            when: vec![Compare::CreatedAt(&owner_key, owned)],
            then,
            ..Txn::default()
        }
        .body();
        self.persist(&lease, &body).await;
        sync::lock(&self.releasing).remove(&name);
        lease.remove_key();
    }

    /// Repeats a transaction until it is answered or the lease ended.
    async fn persist(&self, lease: &Lease, body: &serde_json::Value) {
        let mut pauses = Backoff::doubling(Duration::from_millis(50), Duration::from_secs(2));
        while !lease.remaining().is_zero() {
            match self.coordination.etcd().attempt("kv/txn", body).await {
                Ok(_) | Err(Failure::NoLease) => break,
                Err(_) => tokio::time::sleep(pauses.next()).await,
            }
        }
    }
}

/// How long to wait for the deletion of an owner's key of this process at a time.
const RELEASE: Duration = Duration::from_secs(1);

/// Withdraws an attempt to hold a journal whose answer is missing, so that it does not block its object
/// as long as this process lives. A journal that the attempt created is deleted, since no step was
/// begun.
struct Withdrawal {
    armed: bool,
    creation: bool,
    store: Arc<Store>,
    lease: Arc<Lease>,
    name: String,
    owner: Vec<u8>,
    forbidden: String,
}

impl Withdrawal {
    fn new(store: &Arc<Store>, lease: &Arc<Lease>, name: &str, owner: &[u8]) -> Withdrawal {
        let namespace = store.coordination.namespace();
        Withdrawal {
            armed: true,
            creation: false,
            store: store.clone(),
            lease: lease.clone(),
            name: name.to_owned(),
            owner: owner.to_owned(),
            forbidden: format!("{namespace}/withdrawn/{}", lease.unique()),
        }
    }
}

impl Drop for Withdrawal {
    fn drop(&mut self) {
        if !self.armed {
            return;
        }
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        let (store, lease) = (self.store.clone(), self.lease.clone());
        let (key, owner_key) = (store.key(&self.name), store.owner_key(&self.name));
        let owner = std::mem::take(&mut self.owner);
        let forbidden = std::mem::take(&mut self.forbidden);
        let creation = self.creation;
        runtime.spawn(async move {
            // First no attempt can be carried out any more, then its keys are deleted.
            let forbid = Txn {
                then: vec![Op::Put(&forbidden, b"", Some(lease.id()))],
                ..Txn::default()
            };
            store.persist(&lease, &forbid.body()).await;
            let mut then = vec![Op::Delete(&owner_key)];
            if creation {
                then.push(Op::Delete(&key));
            }
            let delete = Txn {
                when: vec![Compare::Is(&owner_key, &owner)],
                then,
                ..Txn::default()
            };
            store.persist(&lease, &delete.body()).await;
        });
    }
}

impl Held {
    fn taken(&self) -> Error {
        Error::new(
            Status::Coordination,
            format!(
                "{} belongs to another host now: this host's lease in etcd ended",
                self.place().display()
            ),
        )
        .with_outcome(Outcome::None)
    }

    async fn append(&mut self, scope: &Scope, line: &str) -> Result<()> {
        if self.torn {
            let place = self.place();
            return Err(Error::new(
                Status::Coordination,
                format!(
                    "{}: an earlier record could not be written",
                    place.display()
                ),
            )
            .with_outcome(Outcome::None));
        }
        let text = format!("{}{line}", self.text);
        fits(&self.name, &text)?;
        let key = self.store.key(&self.name);
        let owner_key = self.store.owner_key(&self.name);
        let txn = Txn {
            when: vec![
                Compare::CreatedAt(&owner_key, self.owned),
                Compare::WrittenAt(&key, self.written),
            ],
            then: vec![Op::Put(&key, text.as_bytes(), None)],
            otherwise: vec![Op::Get(&key)],
        };
        self.torn = true;
        let mut answer = self.store.txn(scope, &txn).await?;
        let written = match answer.succeeded {
            true => Some(answer.revision()),
            false => {
                let found = answer.found();
                let own = found.iter().find(|it| it.value == text.as_bytes());
                own.map(|it| it.mod_revision)
            }
        };
        self.written = written.ok_or_else(|| self.taken())?;
        self.text = text;
        self.torn = false;
        Ok(())
    }

    async fn remove(&mut self, scope: &Scope) -> Result<()> {
        let key = self.store.key(&self.name);
        let owner_key = self.store.owner_key(&self.name);
        let mut when = vec![Compare::CreatedAt(&owner_key, self.owned)];
        if !self.torn {
            // A removal without an answer must not be carried out after a further record.
            when.push(Compare::WrittenAt(&key, self.written));
        }
        let mut then = vec![Op::Delete(&key), Op::Delete(&owner_key)];
        then.extend(forbid(self.forbidden.as_deref(), &self.lease));
        let txn = Txn {
            when,
            then,
            otherwise: vec![Op::Get(&key)],
        };
        let mut answer = self.store.txn(scope, &txn).await?;
        // Only an earlier attempt of this call explains a journal that is gone.
        let earlier = answer.repeated && answer.found().is_empty();
        if !answer.succeeded && !earlier {
            return Err(self.taken());
        }
        self.removed = true;
        Ok(())
    }

    async fn rename(&mut self, scope: &Scope, suffix: &str) -> Result<PathBuf> {
        let stem = self.name.split('.').next().unwrap_or_default();
        let name = format!("{stem}.{}{suffix}", self.lease.unique());
        let (key, new) = (self.store.key(&self.name), self.store.key(&name));
        let owner_key = self.store.owner_key(&self.name);
        let mut then = vec![
            Op::Put(&new, self.text.as_bytes(), None),
            Op::Delete(&key),
            Op::Delete(&owner_key),
        ];
        then.extend(forbid(self.forbidden.as_deref(), &self.lease));
        let txn = Txn {
            when: vec![Compare::CreatedAt(&owner_key, self.owned)],
            then,
            otherwise: vec![Op::Get(&new)],
        };
        let mut answer = self.store.txn(scope, &txn).await?;
        if !answer.succeeded && answer.found().is_empty() {
            return Err(self.taken());
        }
        self.removed = true;
        Ok(PathBuf::from(format!("etcd:{new}")))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if self.removed {
            self.lease.remove_key();
            return;
        }
        // Without a runtime no task renews the lease, and the owner's key ends with it.
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        sync::lock(&self.store.releasing).insert(self.name.clone());
        let (store, lease) = (self.store.clone(), self.lease.clone());
        let (name, forbidden) = (std::mem::take(&mut self.name), self.forbidden.take());
        runtime.spawn(store.release(lease, name, self.owned, forbidden));
    }
}

/// Writes the key that forbids a late attempt.
fn forbid<'a>(forbidden: Option<&'a str>, lease: &Lease) -> Option<Op<'a>> {
    forbidden.map(|key| Op::Put(key, b"", Some(lease.id())))
}

fn fits(name: &str, text: &str) -> Result<()> {
    if text.len() <= LONGEST {
        return Ok(());
    }
    Err(Error::new(
        Status::Coordination,
        format!("the journal {name} is longer than {LONGEST} bytes, which etcd does not take"),
    )
    .with_outcome(Outcome::None))
}

impl SharedJournals for EtcdJournals {
    fn create<'a>(
        &'a self,
        scope: &'a Scope,
        name: &'a str,
        text: String,
    ) -> BoxFuture<'a, Result<Option<Box<dyn SharedJournal>>>> {
        Box::pin(async move {
            let held = self.0.create(scope, name, text).await?;
            Ok(held.map(|held| Box::new(held) as _))
        })
    }

    fn open<'a>(&'a self, scope: &'a Scope, name: &'a str) -> BoxFuture<'a, Result<SharedOpened>> {
        Box::pin(self.0.open(scope, name))
    }

    fn exists<'a>(&'a self, scope: &'a Scope, name: &'a str) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move {
            let key = self.0.key(name);
            let answer = self.0.coordination.etcd().get(scope, &key).await?;
            Ok(!answer.kvs.is_empty())
        })
    }

    fn names<'a>(&'a self, scope: &'a Scope) -> BoxFuture<'a, Result<Vec<String>>> {
        Box::pin(async move {
            let prefix = self.0.key("");
            let names = self.0.coordination.etcd().names(scope, &prefix).await?.kvs;
            let names = names.iter().filter_map(|it| {
                let key = std::str::from_utf8(&it.key).ok()?;
                key.strip_prefix(&prefix).map(str::to_owned)
            });
            Ok(names.collect())
        })
    }

    fn place(&self, name: &str) -> PathBuf {
        PathBuf::from(format!("etcd:{}", self.0.key(name)))
    }
}

impl SharedJournal for Held {
    fn place(&self) -> PathBuf {
        PathBuf::from(format!("etcd:{}", self.store.key(&self.name)))
    }

    fn append<'a>(&'a mut self, scope: &'a Scope, line: &'a str) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.append(scope, line))
    }

    fn remove<'a>(&'a mut self, scope: &'a Scope) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.remove(scope))
    }

    fn rename<'a>(
        &'a mut self,
        scope: &'a Scope,
        suffix: &'a str,
    ) -> BoxFuture<'a, Result<PathBuf>> {
        Box::pin(self.rename(scope, suffix))
    }
}
