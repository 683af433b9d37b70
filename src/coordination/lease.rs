//! The lease of one driver in etcd, and its renewal.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use serde_json::json;
use tokio::sync::Notify;

use crate::coordination::clock;
use crate::coordination::counters::Counters;
use crate::coordination::etcd::Etcd;
use crate::coordination::etcd::Failure;
use crate::error::{Error, Outcome, Result, Status};
use crate::scope::{Fence, Scope};

/// A lease. The keys under it end with it, at the latest the time to live after its last renewal.
///
/// By this host's clock the lease ends the time to live after its last renewal was *sent*, which is
/// never later than etcd lets it end.
#[derive(Debug)]
pub struct Lease {
    id: i64,
    ttl: Duration,
    longest_request: Duration,
    /// Its end by [`clock::now`], in milliseconds.
    ends: AtomicU64,
    lost: AtomicBool,
    counters: Arc<Counters>,
    /// Number of the next key under it.
    next: AtomicU64,
    /// Keys under it that protect something.
    keys: AtomicUsize,
    /// Those of them that are kept, since a change is in doubt.
    in_doubt: AtomicUsize,
    key_removed: Notify,
}

impl Lease {
    /// Asks etcd for a lease, and renews it until it is dropped or lost. Must be called in a tokio
    /// runtime.
    pub(super) async fn grant(
        etcd: &Etcd,
        scope: &Scope,
        ttl: Duration,
        longest_request: Duration,
    ) -> Result<Arc<Lease>> {
        let body = json!({"TTL": ttl.as_secs().to_string()});
        let (answer, sent) = loop {
            // A lease of which the answer is lost ends by itself, with no key under it.
            let sent = clock::now();
            let answer = etcd
                .request(scope, "lease/grant", &body)
                .await
                .map_err(|unmade| etcd.error(unmade))?;
            // The answer may belong to a repetition, which was sent later: that is the safe side.
            if clock::now() < sent + ttl / 2 {
                break (answer, sent);
            }
        };
        let ttl = Duration::from_secs(u64::try_from(answer.ttl).unwrap_or_default()).min(ttl);
        let lease = Arc::new(Lease {
            id: answer.id,
            ttl,
            longest_request,
            ends: AtomicU64::new(milliseconds(sent + ttl)),
            lost: AtomicBool::new(false),
            counters: etcd.counters().clone(),
            next: AtomicU64::new(0),
            keys: AtomicUsize::new(0),
            in_doubt: AtomicUsize::new(0),
            key_removed: Notify::new(),
        });
        tracing::debug!(
            target: "zfssa::coordination",
            lease = format_args!("{:x}", lease.id),
            seconds = ttl.as_secs(),
            "lease granted"
        );
        tokio::spawn(keep_alive(Arc::downgrade(&lease), etcd.clone()));
        Ok(lease)
    }

    /// Its id, for keys that end with it.
    pub fn id(&self) -> i64 {
        self.id
    }

    /// A name that no other key has, now or ever.
    pub fn unique(&self) -> String {
        let next = self.next.fetch_add(1, Ordering::Relaxed);
        format!("{:x}.{next}", self.id)
    }

    /// Time for which it lasts at least if it is not renewed any more.
    pub fn remaining(&self) -> Duration {
        if self.lost.load(Ordering::Acquire) {
            return Duration::ZERO;
        }
        Duration::from_millis(self.ends.load(Ordering::Acquire)).saturating_sub(clock::now())
    }

    /// Whether a change can still be sent under it.
    pub(super) fn lasts(&self) -> bool {
        self.remaining() >= self.longest_request
    }

    /// etcd does not have it any more.
    pub(super) fn lose(&self) {
        if !self.lost.swap(true, Ordering::AcqRel) {
            self.counters.lose_lease();
            tracing::warn!(
                target: "zfssa::coordination",
                lease = format_args!("{:x}", self.id),
                "lease in etcd lost: its operations send no more changes"
            );
        }
    }

    pub(super) fn add_key(&self) {
        self.keys.fetch_add(1, Ordering::AcqRel);
    }

    pub(super) fn remove_key(&self) {
        self.keys.fetch_sub(1, Ordering::AcqRel);
        self.key_removed.notify_one();
    }

    /// Counts a key that is kept for a while, or not any more.
    pub(super) fn keep_key(&self, kept: bool) {
        match kept {
            true => self.in_doubt.fetch_add(1, Ordering::AcqRel),
            false => self.in_doubt.fetch_sub(1, Ordering::AcqRel),
        };
        self.key_removed.notify_one();
    }

    /// Ends the lease when its keys are deleted, unless one is kept.
    pub(super) async fn revoke_when_unused(&self, etcd: &Etcd) {
        loop {
            let kept = self.in_doubt.load(Ordering::Acquire);
            match self.keys.load(Ordering::Acquire) {
                0 => break self.revoke(etcd).await,
                keys if keys <= kept => break,
                _ => self.key_removed.notified().await,
            }
        }
    }

    /// Ends the lease at once, with all keys under it.
    pub(super) async fn revoke(&self, etcd: &Etcd) {
        self.lost.store(true, Ordering::Release);
        let body = json!({"ID": self.id.to_string()});
        let _ = etcd.attempt("lease/revoke", &body).await;
    }

    /// Time between renewals: a third of what the lease lasts longer than a request, so that two
    /// renewals in a row can fail without an operation noticing.
    fn interval(&self) -> Duration {
        self.ttl.saturating_sub(self.longest_request) / 3
    }

    /// Takes a renewal that was sent at a time. One that comes after the end is not taken: the keys
    /// may be gone.
    fn renew(&self, sent: Duration) {
        if self.remaining().is_zero() {
            self.lose();
            return;
        }
        let ends = milliseconds(sent + self.ttl);
        self.ends.fetch_max(ends, Ordering::AcqRel);
    }
}

impl Fence for Lease {
    fn check(&self) -> Result<()> {
        let remaining = self.remaining();
        if remaining >= self.longest_request {
            return Ok(());
        }
        Err(Error::new(
            Status::Coordination,
            format!(
                "nothing more is changed, since another host may get the locks of this operation in \
                 {} s, and a request may take {} s: check the connection to etcd \
                 (zfssa_coordination_url)",
                remaining.as_secs(),
                self.longest_request.as_secs()
            ),
        )
        .with_outcome(Outcome::None))
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Renews a lease until it is dropped or lost.
async fn keep_alive(lease: Weak<Lease>, etcd: Etcd) {
    let Some((id, interval)) = lease.upgrade().map(|lease| (lease.id, lease.interval())) else {
        return;
    };
    let body = json!({"ID": id.to_string()});
    let mut pause = interval;
    loop {
        tokio::time::sleep(pause).await;
        let Some(lease) = lease.upgrade() else {
            // Nothing is left under it.
            let _ = etcd.attempt("lease/revoke", &body).await;
            return;
        };
        if lease.remaining().is_zero() {
            lease.lose();
            return;
        }
        let sent = clock::now();
        let attempt = tokio::time::timeout(interval, etcd.attempt("lease/keepalive", &body));
        pause = match attempt.await {
            Ok(Ok(answer)) if answer.ttl > 0 => {
                lease.renew(sent);
                interval
            }
            // etcd answers the renewal of an unknown lease with no time to live.
            Ok(Ok(_) | Err(Failure::NoLease)) => {
                lease.lose();
                return;
            }
            Ok(Err(failure)) => {
                tracing::warn!(
                    target: "zfssa::coordination",
                    lease = format_args!("{id:x}"),
                    failure = failure.text(),
                    remaining_seconds = lease.remaining().as_secs(),
                    "lease not renewed"
                );
                interval / 4
            }
            Err(_) => interval / 4,
        };
    }
}
