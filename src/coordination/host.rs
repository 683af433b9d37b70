//! One driver's part in the coordination: its client, its lease and its keys.

use std::fs;
use std::sync::{Arc, Mutex as SyncMutex, Weak};
use std::time::Duration;

use serde_json::json;
use tokio::sync::Mutex;

use crate::config::CoordinationConfig;
use crate::coordination::counters::CoordinationMetrics;
use crate::coordination::etcd::{Compare, Etcd, Op, Txn};
use crate::coordination::lease::Lease;
use crate::error::{Outcome, Result};
use crate::local::Local;
use crate::scope::Scope;
use crate::sync;

/// One driver's part in the coordination. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Coordination(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    etcd: Etcd,
    namespace: String,
    ttl: Duration,
    /// Longest time for which the appliance may carry out a request after it was sent.
    longest_request: Duration,
    lease: Mutex<Option<Arc<Lease>>>,
    /// The same for metrics, which must not wait until etcd has given one.
    shown_lease: SyncMutex<Weak<Lease>>,
}

/// State of a member of the etcd cluster.
#[derive(Clone, Debug)]
pub struct MemberHealth {
    /// Its address.
    pub member: String,
    /// Why it cannot be used, with the remedy where that is clear.
    pub defect: Option<String>,
    /// Alarms of the cluster, such as `NOSPACE`.
    pub alarms: Vec<String>,
}

impl Coordination {
    /// Prepares the coordination. Nothing is sent.
    ///
    /// # Errors
    ///
    /// `Config` and `Tls` by what the files of certificates hold.
    pub fn new(
        config: &CoordinationConfig,
        longest_request: Duration,
        local: &Local,
    ) -> Result<Coordination> {
        Ok(Coordination(Arc::new(Inner {
            etcd: Etcd::new(config, local)?,
            namespace: config.namespace.clone(),
            ttl: config.ttl,
            longest_request,
            lease: Mutex::new(None),
            shown_lease: SyncMutex::new(Weak::new()),
        })))
    }

    /// The client.
    pub fn etcd(&self) -> &Etcd {
        &self.0.etcd
    }

    /// Prefix of all keys, without a slash at its end.
    pub fn namespace(&self) -> &str {
        &self.0.namespace
    }

    /// Time for which the keys of a host outlive it.
    pub fn ttl(&self) -> Duration {
        self.0.ttl
    }

    /// The driver's lease. The first call, and the first after the lease was lost, asks etcd for one.
    ///
    /// # Errors
    ///
    /// `Coordination` when etcd gave none in the time of the scope; the scope's own.
    pub async fn lease(&self, scope: &Scope) -> Result<Arc<Lease>> {
        let inner = &self.0;
        let mut current = scope
            .bound(inner.lease.lock())
            .await
            .map_err(|stop| stop.error(Outcome::None))?;
        if let Some(lease) = current.as_ref().filter(|lease| lease.lasts()) {
            return Ok(lease.clone());
        }
        let lease = Lease::grant(&inner.etcd, scope, inner.ttl, inner.longest_request).await?;
        *sync::lock(&inner.shown_lease) = Arc::downgrade(&lease);
        *current = Some(lease.clone());
        Ok(lease)
    }

    /// Takes a snapshot of counters and lease. Sends no request and does not wait.
    pub fn metrics(&self) -> CoordinationMetrics {
        let lease = sync::lock(&self.0.shown_lease).upgrade();
        let remaining = lease.map(|lease| lease.remaining()).unwrap_or_default();
        CoordinationMetrics {
            lease_remaining_us: u64::try_from(remaining.as_micros()).unwrap_or(u64::MAX),
            ..self.0.etcd.counters().read()
        }
    }

    /// Whose a key is, as its value: host name, process and operation.
    pub fn owner(&self, operation: &str) -> Vec<u8> {
        let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let owner = json!({
            "host": host.trim(),
            "process": std::process::id(),
            "operation": operation,
        });
        owner.to_string().into_bytes()
    }

    /// State of each member, asked once.
    pub async fn health(&self) -> Vec<MemberHealth> {
        let states = self.0.etcd.members().await.into_iter();
        states
            .map(|(member, state)| MemberHealth {
                member: member.to_owned(),
                defect: match &state {
                    Ok(answer) if answer.leader == 0 => {
                        Some("it knows no leader of its cluster".to_owned())
                    }
                    Ok(_) => None,
                    Err(failure) => Some(failure.explained()),
                },
                alarms: state.map(|answer| answer.errors).unwrap_or_default(),
            })
            .collect()
    }

    /// Checks that etcd would accept reads and writes of this driver's keys. Nothing is written.
    ///
    /// # Errors
    ///
    /// `Coordination` when etcd refuses; the scope's own.
    pub async fn check_access(&self, scope: &Scope) -> Result<()> {
        let prefix = format!("{}/", self.namespace());
        // No driver writes this key. etcd checks the permissions of both branches, and grants
        // leases without a check.
        let key = format!("{prefix}access");
        let txn = Txn {
            when: vec![Compare::Absent(&key)],
            then: vec![Op::Get(&key)],
            otherwise: vec![Op::Put(&key, b"", None), Op::List(&prefix)],
        };
        self.etcd().txn(scope, &txn).await.map(drop)
    }

    /// Ends the lease within `time`, if no lock depends on it, so that other hosts need not wait for
    /// its end.
    pub async fn close(&self, time: Duration) {
        let end = async {
            let lease = self.0.lease.lock().await.take();
            if let Some(lease) = lease {
                lease.revoke_when_unused(&self.0.etcd).await;
            }
        };
        // Unanswered, it ends by itself.
        let _ = tokio::time::timeout(time, end).await;
    }
}
