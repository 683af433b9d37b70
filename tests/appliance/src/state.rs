//! Everything the appliance remembers, and how the objects refer to each other.
//!
//! LUNs live in one table by a number of their own and projects name them by that number, so a rename or a move
//! changes no other object: clones keep their origin, and the origin's snapshots keep their clones.

use std::collections::BTreeMap;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use uuid::Uuid;

use crate::properties;
use crate::refusal::Refusal;
use crate::replication::Replication;
use crate::san::San;
use crate::space::Sums;
use crate::storage::LunBytes;

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
    pub luns: BTreeMap<LunId, Lun>,
    pub schema: BTreeMap<String, SchemaProperty>,
    pub san: San,
    pub services: BTreeMap<String, Service>,
    pub replication: Replication,
    pub interfaces: Vec<String>,
    pub sums: Sums,
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
    pub shares: BTreeMap<String, LunId>,
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
    pub writelimit: u64,
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
    ) -> State {
        let now = epoch();
        let owner = heads[0].clone();
        let pools = pools
            .iter()
            .map(|pool| {
                let projects = BTreeMap::from([(DEFAULT_GROUP.to_owned(), Project::new(now))]);
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
            luns: BTreeMap::new(),
            schema: BTreeMap::new(),
            san: San::new(),
            services,
            replication: Replication::default(),
            interfaces,
            sums: Sums::default(),
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
        let counter = self.fresh() as u16;
        format!(
            "600144F0{:0>8}0000{:08X}{counter:04X}",
            tail.to_ascii_uppercase(),
            now as u32
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
        &self.luns[&id]
    }

    pub fn lun_mut(&mut self, id: LunId) -> &mut Lun {
        self.luns
            .get_mut(&id)
            .expect("the projects name only LUNs that exist")
    }

    /// Puts a LUN into the table and into its project.
    pub fn insert(&mut self, lun: Lun) -> LunId {
        let id = lun.id;
        if let Ok(project) = self.project_mut(&lun.pool, &lun.project) {
            project.shares.insert(lun.name.clone(), id);
        }
        self.luns.insert(id, lun);
        id
    }

    /// Tells the sums of a pool and a project what a new LUN takes.
    pub fn added(&mut self, pool: &str, project: &str, bytes: u64) {
        let found = self
            .pools
            .get(pool)
            .and_then(|found| found.projects.get(project));
        if let Some(found) = found {
            self.sums.add(pool, found, bytes);
        }
    }

    /// Takes a LUN out of the table and out of its project, and tells its origin.
    pub fn remove(&mut self, id: LunId) -> Option<Lun> {
        let lun = self.luns.remove(&id)?;
        if let Ok(project) = self.project_mut(&lun.pool, &lun.project) {
            project.shares.remove(&lun.name);
        }
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
}

impl Project {
    pub fn new(now: u64) -> Project {
        Project {
            uuid: new_id(),
            creation: now,
            local: BTreeMap::new(),
            custom: BTreeMap::new(),
            snapshots: Vec::new(),
            shares: BTreeMap::new(),
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
