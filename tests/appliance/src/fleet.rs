//! A fleet: a project with more LUNs, initiator groups and snapshots than requests could make in a short time.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::core::Core;
use crate::lun_edit::Edit;
use crate::refusal::Refusal;
use crate::request::Context;
use crate::san::Initiator;
use crate::state::{DEFAULT_GROUP, Lun, LunId, MASK_ALL, Maker, View, new_id};
use crate::{snapshots, space, views};

/// How many objects a project has to have at least. Those that are there already stay as they are, so a fleet can grow.
///
/// The LUNs are `fleet-000001` and so on, and are seen by the groups `fleet-group-000001` and so on in turn, each of
/// which has one initiator, or by nobody if there are no groups. The snapshots `fleet-snapshot-000001` and so on are of
/// the LUNs in turn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Fleet {
    /// The pool.
    pub pool: String,
    /// The project in it.
    pub project: String,
    /// A LUN of the project that those of the fleet are like, but for who sees them. `None` makes thin ones of 1 GiB.
    pub like: Option<String>,
    /// LUNs.
    pub luns: u32,
    /// Initiator groups.
    pub groups: u32,
    /// Snapshots.
    pub snapshots: u32,
}

impl Default for Fleet {
    fn default() -> Fleet {
        Fleet {
            pool: "pool-0".to_owned(),
            project: DEFAULT_GROUP.to_owned(),
            like: None,
            luns: 0,
            groups: 0,
            snapshots: 0,
        }
    }
}

impl FromStr for Fleet {
    type Err = String;

    /// `LUNS[,GROUPS[,SNAPSHOTS]]`.
    fn from_str(text: &str) -> Result<Fleet, String> {
        let numbers: Result<Vec<u32>, _> = text.split(',').map(str::parse).collect();
        let (luns, groups, snapshots) = match numbers.as_deref() {
            Ok(&[luns]) => (luns, 0, 0),
            Ok(&[luns, groups]) => (luns, groups, 0),
            Ok(&[luns, groups, snapshots]) => (luns, groups, snapshots),
            _ => return Err("expecting LUNS[,GROUPS[,SNAPSHOTS]]".to_owned()),
        };
        Ok(Fleet {
            luns,
            groups,
            snapshots,
            ..Fleet::default()
        })
    }
}

impl Fleet {
    fn lun(&self, number: u32) -> String {
        format!("fleet-{number:06}")
    }

    fn group(&self, number: u32) -> String {
        format!("fleet-group-{number:06}")
    }
}

impl Core {
    /// Gives a project a fleet, or an error in words.
    pub fn add_fleet(&self, fleet: &Fleet) -> Result<(), String> {
        let (added, _) = self.within(|ctx| add(ctx, fleet));
        added.map_err(|refusal| format!("the fleet cannot be made: {}", refusal.message))
    }
}

fn add(ctx: &mut Context<'_>, fleet: &Fleet) -> Result<(), Refusal> {
    add_groups(ctx, fleet);
    let model = match &fleet.like {
        Some(name) => {
            let id = ctx.lun_id(&fleet.pool, &fleet.project, name)?;
            ctx.state.lun(id).clone()
        }
        None => thin(ctx, fleet)?,
    };
    let record = ctx.state.project(&fleet.pool, &fleet.project)?;
    let missing: Vec<u32> = (1..=fleet.luns)
        .filter(|number| !record.shares.contains_key(&fleet.lun(*number)))
        .collect();
    let each = space::data(model.volsize, model.sparse, ctx.knobs.written_percent);
    let more = each.saturating_mul(missing.len() as u64);
    space::claim(ctx.state, &fleet.pool, &fleet.project, more, ctx.knobs)?;
    for number in missing {
        add_lun(ctx, fleet, &model, number)?;
    }
    for number in 0..fleet.snapshots {
        let lun = fleet.lun(number % fleet.luns.max(1) + 1);
        let id = ctx.lun_id(&fleet.pool, &fleet.project, &lun)?;
        let name = format!("fleet-snapshot-{:06}", number + 1);
        if ctx.state.lun(id).snapshot(&name).is_err() {
            snapshots::take_snapshot(ctx, id, &name, Maker::Request);
        }
    }
    Ok(())
}

fn add_groups(ctx: &mut Context<'_>, fleet: &Fleet) {
    let san = &mut ctx.state.san;
    for number in 1..=fleet.groups {
        let group = fleet.group(number);
        if san.initiator_groups.contains_key(&group) {
            continue;
        }
        let iqn = format!("iqn.2004-10.org.example:fleet-{number:06}");
        let initiator = Initiator {
            alias: format!("fleet-host-{number:06}"),
            chapuser: None,
            chapsecret: None,
        };
        san.initiators.insert(iqn.clone(), initiator);
        san.initiator_groups.insert(group, vec![iqn]);
    }
}

fn thin(ctx: &mut Context<'_>, fleet: &Fleet) -> Result<Lun, Refusal> {
    let size = json!(1_u64 << 30);
    let edit = Edit::new_lun(ctx, &fleet.pool, &fleet.project, String::new(), &size)?;
    let mut lun = edit.finish(ctx)?;
    lun.sparse = true;
    Ok(lun)
}

fn add_lun(
    ctx: &mut Context<'_>,
    fleet: &Fleet,
    model: &Lun,
    number: u32,
) -> Result<LunId, Refusal> {
    let (id, guid) = (ctx.state.fresh(), ctx.state.new_guid(ctx.now));
    let views = match fleet.groups {
        0 => vec![View {
            group: MASK_ALL.to_owned(),
            number: None,
        }],
        groups => {
            let group = fleet.group((number - 1) % groups + 1);
            views::assign(
                ctx.state,
                ctx.knobs,
                id,
                &model.targetgroup,
                &[group],
                &[],
                None,
            )?
        }
    };
    let lun = Lun {
        id,
        name: fleet.lun(number),
        uuid: new_id(),
        guid,
        creation: ctx.now,
        views,
        snapshots: Vec::new(),
        origin: None,
        ..model.clone()
    };
    ctx.plane.lun_created(&lun.bytes());
    Ok(ctx.state.insert(lun))
}
