//! One pace for all hosts: the connections to an appliance that they share.
//!
//! A connection is a slot, a key `pace/slots/<number>` under the lease of the host that uses it. Each
//! slot has one holder, since its key is created only if it is absent, so the hosts together never
//! have more than there are. A host takes slots by its demand and frees those that it did not use
//! for a while. One that needs more than are free writes a key below `pace/wants/`: the oldest want
//! gets the next free slot, and hosts that have more than their fair part free the rest, each slot
//! when the request on it has ended.
//!
//! `pace/limit` has the number of slots that may be used now. A host that sees the appliance busy or
//! slow lowers it; a host that uses all of its part while answers are quick raises it again, step by
//! step, up to `zfssa_max_connections_total`.
//!
//! Without etcd no slot can be taken. A host whose lease was lost has one connection, so that reads
//! go on; the appliance then has at most one of each such host besides the slots.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use crate::backoff::jitter;
use crate::coordination::etcd::{Compare, KeyValue, Op, Txn};
use crate::coordination::{Coordination, Lease};
use crate::error::Result;
use crate::rest::{Demand, Rest};
use crate::scope::Scope;

/// How often the slots are looked at while some are held or wanted.
const ROUND: Duration = Duration::from_millis(250);
/// How long a slot is kept without use.
const IDLE: Duration = Duration::from_secs(2);
/// How long a host may keep its slot while there are more hosts than slots.
const TURN: Duration = Duration::from_secs(1);
/// How often the common limit changes at most: down, and up.
const DOWN: Duration = Duration::from_secs(1);
const UP: Duration = Duration::from_secs(5);
/// The longest time for one round with etcd.
const PATIENCE: Duration = Duration::from_secs(10);

/// The keys of the pace, as one read shows them.
#[derive(Debug, Default, PartialEq)]
struct Board {
    /// Lease that holds a slot, and the revision at which it was taken, by the slot's number.
    slots: BTreeMap<usize, (i64, i64)>,
    /// Leases that want more, the oldest first.
    wants: Vec<i64>,
    /// The common limit and the revision at which it was written; 0 if it never was.
    limit: (usize, i64),
}

impl Board {
    fn read(keys: &[KeyValue], prefix: &str, total: usize) -> Board {
        let mut board = Board {
            limit: (total, 0),
            ..Board::default()
        };
        for key in keys {
            let name = std::str::from_utf8(&key.key).unwrap_or_default();
            let Some(name) = name.strip_prefix(prefix) else {
                continue;
            };
            if let Some(number) = name.strip_prefix("slots/") {
                if let Ok(number) = number.parse() {
                    board.slots.insert(number, (key.lease, key.create_revision));
                }
            } else if name.starts_with("wants/") {
                board.wants.push(key.lease);
            } else if name == "limit" {
                let value = std::str::from_utf8(&key.value).unwrap_or_default();
                let limit = value.parse().unwrap_or(total).clamp(1, total);
                board.limit = (limit, key.mod_revision);
            }
        }
        board
    }

    /// The slots of a host, with the revisions at which it took them.
    fn held_by(&self, lease: i64) -> BTreeMap<usize, i64> {
        let own = self
            .slots
            .iter()
            .filter(|(_, (holder, _))| *holder == lease);
        own.map(|(number, (_, revision))| (*number, *revision))
            .collect()
    }

    fn others_want(&self, lease: i64) -> bool {
        self.wants.iter().any(|want| *want != lease)
    }

    /// Hosts that have or want slots.
    fn hosts(&self) -> usize {
        let holders = self.slots.values().map(|(holder, _)| holder);
        let hosts: BTreeSet<i64> = holders.chain(&self.wants).copied().collect();
        hosts.len().max(1)
    }

    /// The slots that each host may have while others want more.
    fn fair(&self) -> usize {
        (self.limit.0 / self.hosts()).max(1)
    }

    /// What a host should have: its demand, and no more than its fair part if others want more. With
    /// more hosts than slots, one that had its turn frees its slot for the next.
    fn wanted(&self, lease: i64, demand: usize, had_turn: bool) -> usize {
        if !self.others_want(lease) {
            return demand.min(self.limit.0);
        }
        if had_turn && self.hosts() > self.limit.0 {
            return 0;
        }
        demand.min(self.fair())
    }

    /// Free slots for a host that has `held` and wants `wanted`: those that no older want is entitled
    /// to.
    fn free_for(&self, lease: i64, held: usize, wanted: usize) -> Vec<usize> {
        // Wants of hosts that have their fair part already are no reason to leave a slot free.
        let fair = self.fair();
        let older = self.wants.iter().take_while(|want| **want != lease);
        let older = older
            .filter(|want| self.held_by(**want).len() < fair)
            .count();
        let free: Vec<usize> = (0..self.limit.0)
            .filter(|number| !self.slots.contains_key(number))
            .collect();
        let room = self.limit.0.saturating_sub(self.slots.len());
        let most = wanted.saturating_sub(held).min(room.saturating_sub(older));
        free.into_iter().take(most).collect()
    }
}

/// Shares the connections to the appliance with the other hosts until `closing`: a task to spawn.
/// `most` is the most for this process, `total` that of all hosts.
pub fn share_connections(
    coordination: &Coordination,
    rest: Rest,
    most: usize,
    total: usize,
    closing: CancellationToken,
) -> BoxFuture<'static, ()> {
    Box::pin(Pace::new(coordination.clone(), rest, most, total, closing).run())
}

/// This host's part of the connections.
struct Pace {
    coordination: Coordination,
    rest: Rest,
    /// Most connections of this process, and of all hosts.
    most: usize,
    total: usize,
    closing: CancellationToken,
    /// Slots with the revisions at which they were taken.
    held: BTreeMap<usize, i64>,
    wants: bool,
    /// Since when the held slots are not all used.
    idle_since: Option<Instant>,
    falls: u64,
    changed_limit: Option<Instant>,
    /// When this host took its last slot.
    taken: Instant,
}

impl Pace {
    fn new(
        coordination: Coordination,
        rest: Rest,
        most: usize,
        total: usize,
        closing: CancellationToken,
    ) -> Pace {
        // Until it has a slot.
        rest.set_share(0);
        Pace {
            coordination,
            rest,
            most: most.min(total),
            total,
            closing,
            held: BTreeMap::new(),
            wants: false,
            idle_since: None,
            falls: 0,
            changed_limit: None,
            taken: Instant::now(),
        }
    }

    /// Works until the driver closes.
    async fn run(mut self) {
        loop {
            let demand = self.rest.demand();
            let quiet = self.held.is_empty() && !self.wants && demand.used + demand.waiting == 0;
            let pause = async {
                match quiet {
                    true => self.rest.demand_changed().await,
                    false => {
                        let round = ROUND / 2 + jitter(ROUND / 2);
                        let _ = timeout(round, self.rest.demand_changed()).await;
                    }
                }
            };
            tokio::select! {
                () = pause => {}
                () = self.closing.cancelled() => break,
            }
            if let Err(error) = self.round().await {
                tracing::warn!(target: "zfssa::coordination", %error, "no share of the connections");
                // The slots may belong to others now.
                self.held.clear();
                self.wants = false;
                self.rest.set_share(1);
            }
        }
        // The rollback of operations that were cut short goes on; the lease ends with the driver.
        self.rest.set_share(self.held.len().max(1));
    }

    /// Reads the keys and brings this host's slots to what it should have.
    async fn round(&mut self) -> Result<()> {
        let token = CancellationToken::new;
        let scope = Scope::new("pace", Some(PATIENCE), PATIENCE, token(), token());
        let lease = self.coordination.lease(&scope).await?;
        let prefix = format!("{}/pace/", self.coordination.namespace());
        let keys = self.coordination.etcd().list(&scope, &prefix).await?.kvs;
        let board = Board::read(&keys, &prefix, self.total);
        // The keys decide: an attempt without an answer may have been carried out.
        self.held = board.held_by(lease.id());
        let demand = self.rest.demand();
        let wish = demand.connections(self.most);
        let kept = match board.others_want(lease.id()) {
            true => wish,
            false => self.kept(wish),
        };
        let had_turn = !self.held.is_empty() && self.taken.elapsed() > TURN;
        let wanted = board.wanted(lease.id(), kept, had_turn);
        if wanted < self.held.len() {
            self.free(&scope, &prefix, wanted).await?;
        }
        let take = board.free_for(lease.id(), self.held.len(), wanted);
        let satisfied = self.held.len() + take.len() >= wish;
        self.take(&scope, &lease, &prefix, take, satisfied).await?;
        // A slot to free is used to the end of its request, and by no further one.
        self.rest.set_share(self.held.len().min(wanted));
        self.adapt(&scope, &prefix, &board, demand).await
    }

    /// The number of slots to keep although they are not used, for a while.
    fn kept(&mut self, wish: usize) -> usize {
        if wish >= self.held.len() {
            self.idle_since = None;
            return wish;
        }
        let since = *self.idle_since.get_or_insert_with(Instant::now);
        match since.elapsed() < IDLE {
            true => self.held.len(),
            false => wish,
        }
    }

    /// Lets no further request begin on the surplus, and frees the slots whose requests have ended.
    async fn free(&mut self, scope: &Scope, prefix: &str, wanted: usize) -> Result<()> {
        self.rest.set_share(wanted);
        let keep = self.rest.demand().used.max(wanted);
        let surplus = self.held.len().saturating_sub(keep);
        let free: Vec<_> = self.held.iter().rev().take(surplus).collect();
        let free: Vec<(usize, i64)> = free.iter().map(|(number, at)| (**number, **at)).collect();
        for (number, taken) in free {
            let key = slot(prefix, number);
            let txn = Txn {
                // A repetition that is carried out late must not free the slot of its next holder.
                when: vec![Compare::CreatedAt(&key, taken)],
                then: vec![Op::Delete(&key)],
                ..Txn::default()
            };
            self.coordination.etcd().txn(scope, &txn).await?;
            self.held.remove(&number);
        }
        Ok(())
    }

    /// Takes slots, and writes or deletes the want of this host.
    async fn take(
        &mut self,
        scope: &Scope,
        lease: &Lease,
        prefix: &str,
        take: Vec<usize>,
        satisfied: bool,
    ) -> Result<()> {
        let want = format!("{prefix}wants/{:x}", lease.id());
        let etcd = self.coordination.etcd();
        for number in take {
            let key = slot(prefix, number);
            let txn = Txn {
                when: vec![Compare::Absent(&key)],
                then: vec![Op::Put(&key, b"", Some(lease.id()))],
                otherwise: vec![Op::Get(&key)],
            };
            let mut answer = etcd.txn(scope, &txn).await?;
            let taken = match answer.succeeded {
                true => Some(answer.revision()),
                // By an attempt that was not answered.
                false => {
                    let found = answer.found();
                    let own = found.iter().find(|key| key.lease == lease.id());
                    own.map(|key| key.create_revision)
                }
            };
            if let Some(revision) = taken {
                self.held.insert(number, revision);
                self.taken = Instant::now();
            }
        }
        if satisfied && self.wants {
            let txn = Txn {
                then: vec![Op::Delete(&want)],
                ..Txn::default()
            };
            etcd.txn(scope, &txn).await?;
            self.wants = false;
        } else if !satisfied && !self.wants {
            let txn = Txn {
                when: vec![Compare::Absent(&want)],
                then: vec![Op::Put(&want, b"", Some(lease.id()))],
                ..Txn::default()
            };
            etcd.txn(scope, &txn).await?;
            self.wants = true;
        }
        Ok(())
    }

    /// Lowers the common limit when the appliance was busy, and raises it while it is quick.
    async fn adapt(
        &mut self,
        scope: &Scope,
        prefix: &str,
        board: &Board,
        demand: Demand,
    ) -> Result<()> {
        let fell = demand.falls > self.falls;
        let pause = if fell { DOWN } else { UP };
        if self.changed_limit.is_some_and(|at| at.elapsed() < pause) {
            return Ok(());
        }
        let (limit, revision) = board.limit;
        let next = match fell {
            true => (limit * 7 / 10).max(1),
            false if demand.waiting > 0 => (limit + (limit / 10).max(1)).min(self.total),
            false => limit,
        };
        self.falls = demand.falls;
        if next == limit {
            return Ok(());
        }
        self.changed_limit = Some(Instant::now());
        let key = format!("{prefix}limit");
        let value = next.to_string();
        let txn = Txn {
            // Another host may have changed it in the meantime: one change is enough.
            when: vec![Compare::WrittenAt(&key, revision)],
            then: vec![Op::Put(&key, value.as_bytes(), None)],
            ..Txn::default()
        };
        self.coordination.etcd().txn(scope, &txn).await?;
        Ok(())
    }
}

fn slot(prefix: &str, number: usize) -> String {
    format!("{prefix}slots/{number}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A board with slots of leases by number, and wants.
    fn board(limit: usize, slots: &[i64], wants: &[i64]) -> Board {
        let slots = slots.iter().enumerate();
        Board {
            slots: slots.map(|(number, lease)| (number, (*lease, 1))).collect(),
            wants: wants.to_vec(),
            limit: (limit, 0),
        }
    }

    #[test]
    fn a_host_alone_has_all_that_it_needs() {
        let board = board(8, &[1, 1], &[]);
        assert_eq!(board.wanted(1, 20, true), 8);
        assert_eq!(board.free_for(1, 2, 8), [2, 3, 4, 5, 6, 7]);
    }

    #[test]
    fn hosts_with_more_than_their_part_give_to_those_that_want() {
        let board = board(4, &[1, 1, 1, 1], &[2, 1]);
        assert_eq!(board.wanted(1, 9, false), 2);
        assert_eq!(board.wanted(2, 9, false), 2);
        assert_eq!(board.free_for(2, 0, 2), [0; 0]);
    }

    #[test]
    fn the_oldest_want_gets_the_next_slot() {
        let board = board(3, &[1, 1], &[2, 3]);
        assert_eq!(board.free_for(2, 0, 1), [2]);
        assert_eq!(board.free_for(3, 0, 1), [0; 0]);
        // A host that wants nothing yet comes last.
        assert_eq!(board.free_for(4, 0, 1), [0; 0]);
    }

    #[test]
    fn a_want_of_a_host_with_its_part_keeps_no_slot_free() {
        let board = board(5, &[1, 1, 2], &[1, 2]);
        assert_eq!(board.free_for(2, 1, 2), [3]);
    }

    #[test]
    fn with_more_hosts_than_slots_each_has_its_turn() {
        let board = board(1, &[1], &[2, 3]);
        assert_eq!(board.wanted(1, 5, false), 1);
        assert_eq!(board.wanted(1, 5, true), 0);
    }
}
