//! Replication.

use crate::options::Knobs;
use crate::refusal::Refusal;
use crate::request::{Answer, Context};
use crate::state::Lun;

#[derive(Default)]
pub(crate) struct Replication {}

#[derive(Clone, Debug)]
pub(crate) struct PeerIdentity {}

pub(crate) enum Peer {}

impl Replication {
    pub fn replicas(&self, _pool: &str, _knobs: &Knobs) -> u64 {
        0
    }
    pub fn report(&self) -> serde_json::Value {
        serde_json::json!({})
    }
    pub fn project_renamed(&mut self, _pool: &str, _old: &str, _new: &str) {}
    pub fn share_renamed(&mut self, _before: &Lun, _after: &Lun) {}
    pub fn share_gone(&mut self, _pool: &str, _project: &str, _share: Option<&str>) {}
}

pub(crate) fn route(_ctx: &mut Context<'_>, _path: &[&str]) -> Answer {
    Err(Refusal::no_path())
}

pub(crate) fn of_share(
    _ctx: &mut Context<'_>,
    _pool: &str,
    _project: &str,
    _share: Option<&str>,
    _rest: &[&str],
) -> Answer {
    Err(Refusal::no_path())
}

use crate::core::Core;
use crate::exchange::Arrival;
use crate::request::Later;
use std::sync::Arc;

pub(crate) async fn contact(
    _core: &Arc<Core>,
    _path: &[&str],
    _arrival: &Arrival,
) -> Option<Result<PeerIdentity, String>> {
    None
}

pub(crate) async fn afterwards(core: &Arc<Core>, work: Later) {
    match work {
        Later::HeadMoved => core.head_moved(),
        Later::Update { .. } | Later::Introduce { .. } => {}
    }
}

pub(crate) fn admin_routes() -> axum::Router<Arc<Core>> {
    axum::Router::new()
}
