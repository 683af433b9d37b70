//! Everything the appliance remembers, and how the objects refer to each other.
//!
//! LUNs live in one table by a number of their own and projects name them by that number, so a rename or a move
//! changes no other object: clones keep their origin, and the origin's snapshots keep their clones.

use std::collections::BTreeMap;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use uuid::Uuid;

use crate::encryption::Key;
use crate::lu_numbers::LuNumbers;
use crate::properties;
use crate::refusal::Refusal;
use crate::replication::Replication;
use crate::san::San;
use crate::space::Usage;
use crate::storage::LunBytes;
use crate::table::{Table, Visits};

/// The initiator group that nobody is in: a LUN with it is presented to nobody.
pub const MASK_ALL: &str = "com.sun.ms.vss.hg.maskAll";
/// The built-in group of everybody, initiators and targets alike.
pub const DEFAULT_GROUP: &str = "default";

pub(crate) type LunId = u64;

/// The objects of one appliance (of both heads, if it is a cluster).
pub(crate) struct State {
    pub heads: [Head; 2],
    pub clustered: bool,
    /// Which head has taken over the other.
    pub taken_over_by: Option<usize>,
    pub pools: BTreeMap<String, Pool>,
    /// Changed by [`insert`](State::insert), [`change`](State::change) and [`remove`](State::remove) alone, which
    /// keep what is derived from the LUNs.
    luns: Table<LunId, Lun>,
    lu_numbers: LuNumbers,
    /// [`Knobs::written_percent`](crate::Knobs::written_percent), by which the usage of the projects is counted.
    written_percent: u8,
    pub schema: BTreeMap<String, SchemaProperty>,
    pub san: San,
    pub services: BTreeMap<String, Service>,
    pub replication: Replication,
    pub interfaces: Vec<String>,
    pub visits: Visits,
    /// How many snapshots schedules and replication took; their names count on.
    pub taken: u64,
    next: u64,
    booted: u64,
}

/// One head of the cluster, or the only one.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    pub nodename: String,
    pub asn: String,
}

pub(crate) struct Pool {
    pub size: u64,
    /// The head that owns the pool in a healthy cluster. The pool's record names it even after a takeover.
    pub owner: Head,
    pub projects: BTreeMap<String, Project>,
}

pub(crate) struct Project {
    pub uuid: String,
    pub creation: u64,
    /// What differs from the default.
    pub local: BTreeMap<&'static str, Value>,
    pub custom: BTreeMap<String, Value>,
    pub snapshots: Vec<ProjectSnapshot>,
    /// LUNs by name. Filesystems would share this name space.
    pub shares: Table<String, LunId>,
    /// What its LUNs take.
    pub usage: Usage,
}

#[derive(Clone)]
pub(crate) struct ProjectSnapshot {
    pub name: String,
    pub uuid: String,
    pub creation: u64,
}

#[derive(Clone)]
pub(crate) struct Lun {
    pub id: LunId,
    pub pool: String,
    pub project: String,
    pub name: String,
    pub uuid: String,
    pub guid: String,
    pub creation: u64,
    pub volsize: u64,
    pub volblocksize: u32,
    pub sparse: bool,
    pub nodestroy: bool,
    pub online: bool,
    pub writecache: bool,
    /// Bytes per second; 0 for none.
    pub readlimit: u64,
    /// Bytes per second; 0 for none.
    pub writelimit: u64,
    /// Key store and name of the key that wraps the key of the data; with encryption only.
    pub key: Option<Key>,
    pub fixednumber: bool,
    /// Inheritable properties that are set here.
    pub local: BTreeMap<&'static str, Value>,
    pub custom: BTreeMap<String, Value>,
    pub targetgroup: String,
    /// The initiator groups and the LU number in each, in the order given.
    pub views: Vec<View>,
    /// In the order of their making.
    pub snapshots: Vec<Snapshot>,
    pub origin: Option<Origin>,
    /// Whether the share follows its project's replication actions.
    pub replication_inherited: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct View {
    pub group: String,
    /// `None` where there is nobody to number it for.
    pub number: Option<u32>,
}

/// Where a clone came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    pub lun: LunId,
    /// The snapshot's id.
    pub snapshot: String,
}

/// What made a snapshot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Maker {
    /// A person or a program, by a request.
    #[default]
    Request,
    /// A schedule of the appliance, or an update of a replication action.
    Appliance,
}

impl Maker {
    /// The `type` of the snapshot.
    pub fn kind(self) -> &'static str {
        match self {
            Maker::Request => "manual",
            Maker::Appliance => "automatic",
        }
    }
}

#[derive(Clone)]
pub(crate) struct Snapshot {
    /// What made it.
    pub maker: Maker,
    pub name: String,
    pub uuid: String,
    pub creation: u64,
    pub volsize: u64,
    pub clones: Vec<LunId>,
    /// When clones were lost; `numclones` counts them for a while longer.
    pub lost: Vec<Instant>,
}

#[derive(Clone)]
pub(crate) struct SchemaProperty {
    pub kind: String,
    pub description: String,
}

#[derive(Clone)]
pub(crate) struct Service {
    pub online: bool,
    pub properties: BTreeMap<String, Value>,
}

impl State {
    pub fn new(
        heads: [Head; 2],
        clustered: bool,
        pools: &[crate::PoolOptions],
        interfaces: Vec<String>,
        written_percent: u8,
        visits: &Visits,
    ) -> State {
        let now = epoch();
        let owner = heads[0].clone();
        let pools = pools
            .iter()
            .map(|pool| {
                let projects =
                    BTreeMap::from([(DEFAULT_GROUP.to_owned(), Project::new(now, visits))]);
                (
                    pool.name.clone(),
                    Pool {
                        size: pool.size,
                        owner: owner.clone(),
                        projects,
                    },
                )
            })
            .collect();
        let online = |names: &[&str], online| {
            names
                .iter()
                .map(|name| {
                    (
                        (*name).to_owned(),
                        Service {
                            online,
                            properties: BTreeMap::new(),
                        },
                    )
                })
                .collect::<Vec<_>>()
        };
        let mut services: BTreeMap<_, _> =
            online(&["http", "iscsi", "nfs", "replication", "ssh"], true)
                .into_iter()
                .collect();
        services.extend(online(&["ftp", "smb", "snmp"], false));
        State {
            heads,
            clustered,
            taken_over_by: None,
            pools,
            luns: Table::new(visits),
            lu_numbers: LuNumbers::default(),
            written_percent,
            schema: BTreeMap::new(),
            san: San::new(visits),
            services,
            replication: Replication::default(),
            interfaces,
            visits: visits.clone(),
            next: 1,
            taken: 0,
            booted: now,
        }
    }

    pub fn booted(&self) -> u64 {
        self.booted
    }

    /// A number never given before.
    pub fn fresh(&mut self) -> u64 {
        self.next += 1;
        self.next - 1
    }

    /// The head that answers at the address that moves with a takeover.
    pub fn active_head(&self) -> usize {
        self.taken_over_by.unwrap_or(0)
    }

    /// `600144F0`, eight digits of the appliance's serial number, the time, and a counter: as three captures decode.
    pub fn new_guid(&mut self, now: u64) -> String {
        let asn = &self.heads[0].asn;
        let tail: String = asn
            .rsplit('-')
            .next()
            .unwrap_or("")
            .chars()
            .take(8)
            .collect();
        let counter = self.fresh() as u32;
        // The digits before the time are zero in the captures, and carry what the counter does not hold: a fleet may
        // be made within one second.
        format!(
            "600144F0{:0>8}{:04X}{:08X}{:04X}",
            tail.to_ascii_uppercase(),
            counter >> 16,
            now as u32,
            counter & 0xffff
        )
    }

    pub fn pool(&self, name: &str) -> Result<&Pool, Refusal> {
        self.pools
            .get(name)
            .ok_or_else(|| Refusal::not_found("pool", name))
    }

    pub fn project(&self, pool: &str, name: &str) -> Result<&Project, Refusal> {
        self.pool(pool)?
            .projects
            .get(name)
            .ok_or_else(|| Refusal::not_found("project", name))
    }

    pub fn project_mut(&mut self, pool: &str, name: &str) -> Result<&mut Project, Refusal> {
        self.pools
            .get_mut(pool)
            .ok_or_else(|| Refusal::not_found("pool", pool))?
            .projects
            .get_mut(name)
            .ok_or_else(|| Refusal::not_found("project", name))
    }

    pub fn lun_id(&self, pool: &str, project: &str, name: &str) -> Result<LunId, Refusal> {
        self.project(pool, project)?
            .shares
            .get(name)
            .copied()
            .ok_or_else(|| Refusal::not_found("share", name))
    }

    /// A LUN that is known to be there.
    pub fn lun(&self, id: LunId) -> &Lun {
        self.find_lun(id)
            .expect("the projects name only LUNs that exist")
    }

    pub fn find_lun(&self, id: LunId) -> Option<&Lun> {
        self.luns.get(&id)
    }

    pub fn luns(&self) -> impl Iterator<Item = &Lun> {
        self.luns.values()
    }

    pub fn lu_numbers(&self) -> &LuNumbers {
        &self.lu_numbers
    }

    /// Changes a LUN that is known to be there, but for its name, its project and its identity.
    pub fn change<T>(&mut self, id: LunId, change: impl FnOnce(&mut Lun) -> T) -> T {
        let lun = self
            .luns
            .get_mut(&id)
            .expect("the projects name only LUNs that exist");
        let before = Usage::of_lun(lun, self.written_percent);
        self.lu_numbers.remove(lun);
        let result = change(lun);
        self.lu_numbers.insert(lun);
        let after = Usage::of_lun(lun, self.written_percent);
        if let Some(project) = project_of(&mut self.pools, lun) {
            project.usage -= before;
            project.usage += after;
        }
        result
    }

    /// Works without the views of a LUN, where it has any yet.
    pub fn without_views_of<T>(&mut self, id: LunId, work: impl FnOnce(&State) -> T) -> T {
        if let Some(lun) = self.luns.get(&id) {
            self.lu_numbers.remove(lun);
        }
        let result = work(self);
        if let Some(lun) = self.luns.get(&id) {
            self.lu_numbers.insert(lun);
        }
        result
    }

    /// Puts a LUN into the table and into its project, in place of the one with its id.
    pub fn insert(&mut self, lun: Lun) -> LunId {
        let id = lun.id;
        self.take(id);
        self.lu_numbers.insert(&lun);
        if let Some(project) = project_of(&mut self.pools, &lun) {
            project.usage += Usage::of_lun(&lun, self.written_percent);
            project.shares.insert(lun.name.clone(), id);
        }
        self.luns.insert(id, lun);
        id
    }

    fn take(&mut self, id: LunId) -> Option<Lun> {
        let lun = self.luns.remove(&id)?;
        self.lu_numbers.remove(&lun);
        if let Some(project) = project_of(&mut self.pools, &lun) {
            project.usage -= Usage::of_lun(&lun, self.written_percent);
            project.shares.remove(&lun.name);
        }
        Some(lun)
    }

    /// Takes a LUN out of the table and out of its project, and tells its origin.
    pub fn remove(&mut self, id: LunId) -> Option<Lun> {
        let lun = self.take(id)?;
        if let Some(origin) = &lun.origin
            && let Some(parent) = self.luns.get_mut(&origin.lun)
            && let Some(snapshot) = parent
                .snapshots
                .iter_mut()
                .find(|s| s.uuid == origin.snapshot)
        {
            snapshot.clones.retain(|clone| *clone != id);
            snapshot.lost.push(Instant::now());
        }
        Some(lun)
    }

    /// Gives a project of a pool another name, which none has yet.
    pub fn rename_project(&mut self, pool: &str, old: &str, new: &str) {
        let Some(pool) = self.pools.get_mut(pool) else {
            return;
        };
        if let Some(project) = pool.projects.remove(old) {
            for id in project.shares.values() {
                if let Some(lun) = self.luns.get_mut(id) {
                    new.clone_into(&mut lun.project);
                }
            }
            pool.projects.insert(new.to_owned(), project);
        }
    }

    /// Counts another part of each LUN as written.
    pub fn set_written_percent(&mut self, percent: u8) {
        if self.written_percent == percent {
            return;
        }
        self.written_percent = percent;
        for project in self
            .pools
            .values_mut()
            .flat_map(|pool| pool.projects.values_mut())
        {
            project.usage = Usage::default();
        }
        for lun in self.luns.values() {
            if let Some(project) = project_of(&mut self.pools, lun) {
                project.usage += Usage::of_lun(lun, percent);
            }
        }
    }
}

fn project_of<'a>(pools: &'a mut BTreeMap<String, Pool>, lun: &Lun) -> Option<&'a mut Project> {
    pools.get_mut(&lun.pool)?.projects.get_mut(&lun.project)
}

impl Project {
    pub fn new(now: u64, visits: &Visits) -> Project {
        Project {
            uuid: new_id(),
            creation: now,
            local: BTreeMap::new(),
            custom: BTreeMap::new(),
            snapshots: Vec::new(),
            shares: Table::new(visits),
            usage: Usage::default(),
        }
    }

    /// The value of a property, set here or by default.
    pub fn property(&self, property: &'static properties::Property) -> &Value {
        self.local.get(property.name).unwrap_or(&property.default)
    }

    /// The value of a flag.
    pub fn flag(&self, name: &str) -> bool {
        properties::find(name).is_some_and(|p| self.property(p) == &Value::Bool(true))
    }

    /// The value of a size.
    pub fn size(&self, name: &str) -> u64 {
        properties::find(name)
            .and_then(|p| self.property(p).as_u64())
            .unwrap_or(0)
    }
}

impl Lun {
    pub fn bytes(&self) -> LunBytes {
        LunBytes {
            guid: self.guid.clone(),
            volsize: self.volsize,
            blocksize: self.volblocksize,
        }
    }

    pub fn snapshot(&self, name: &str) -> Result<&Snapshot, Refusal> {
        self.snapshots
            .iter()
            .find(|s| s.name == name)
            .ok_or_else(|| Refusal::not_found("snapshot", name))
    }

    pub fn groups(&self) -> impl Iterator<Item = &str> {
        self.views.iter().map(|view| view.group.as_str())
    }
}

/// An id as projects, shares and snapshots have it: a UUID whose last two groups are zero.
pub(crate) fn new_id() -> String {
    let uuid = Uuid::new_v4().to_string();
    format!("{}-0000-000000000000", &uuid[..18])
}

/// Seconds since the epoch.
pub(crate) fn epoch() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}
