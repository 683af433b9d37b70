//! Coordination of a build without the feature `etcd`: none can be made, so nothing here ever runs.

use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio_util::sync::CancellationToken;

use crate::config::CoordinationConfig;
use crate::coordination::CoordinationMetrics;
use crate::error::{Error, Result, Status};
use crate::flow::{SharedJournal, SharedJournals, SharedOpened};
use crate::local::Local;
use crate::lock::{Mode, Name, Shared, Wait, Waiting};
use crate::rest::Rest;
use crate::scope::Scope;

/// No value of it exists.
#[derive(Clone, Debug)]
pub enum Coordination {}

/// State of a member of the etcd cluster.
pub struct MemberHealth {
    /// Its address.
    pub member: String,
    /// Why it cannot be used.
    pub defect: Option<String>,
    /// Alarms of the cluster.
    pub alarms: Vec<String>,
}

/// No value of it exists.
#[derive(Clone, Debug)]
pub enum EtcdLocks {}

/// No value of it exists.
#[derive(Clone, Debug)]
pub enum EtcdJournals {}

impl Coordination {
    /// # Errors
    ///
    /// Always `Config`.
    pub fn new(_: &CoordinationConfig, _: Duration, _: &Local) -> Result<Coordination> {
        Err(Error::new(
            Status::Config,
            "zfssa_coordination_url is set, but this build of the library has no coordination: use \
             one with the cargo feature `etcd`, or leave the option out",
        ))
    }

    /// Never called.
    pub fn metrics(&self) -> CoordinationMetrics {
        match *self {}
    }

    /// Never called.
    pub fn namespace(&self) -> &str {
        match *self {}
    }

    /// Never called.
    pub async fn health(&self) -> Vec<MemberHealth> {
        match *self {}
    }

    /// Never called.
    pub async fn check_access(&self, _: &Scope) -> Result<()> {
        match *self {}
    }

    /// Never called.
    pub async fn lease(&self, _: &Scope) -> Result<()> {
        match *self {}
    }

    /// Never called.
    pub async fn close(&self, _: Duration) {
        match *self {}
    }
}

/// Never called.
pub fn share_connections(
    coordination: &Coordination,
    _: Rest,
    _: usize,
    _: usize,
    _: CancellationToken,
) -> BoxFuture<'static, ()> {
    match *coordination {}
}

impl EtcdLocks {
    /// Never called.
    pub fn new(coordination: Coordination) -> EtcdLocks {
        match coordination {}
    }
}

impl EtcdJournals {
    /// Never called.
    pub fn new(coordination: Coordination, _: &str, _: &str) -> EtcdJournals {
        match coordination {}
    }
}

impl Shared for EtcdLocks {
    fn acquire<'a>(&'a self, _: &'a Scope, _: &'a Name, _: Mode, _: &'a Wait<'_>) -> Waiting<'a> {
        match *self {}
    }
}

impl SharedJournals for EtcdJournals {
    fn create<'a>(
        &'a self,
        _: &'a Scope,
        _: &'a str,
        _: String,
    ) -> BoxFuture<'a, Result<Option<Box<dyn SharedJournal>>>> {
        match *self {}
    }

    fn open<'a>(&'a self, _: &'a Scope, _: &'a str) -> BoxFuture<'a, Result<SharedOpened>> {
        match *self {}
    }

    fn exists<'a>(&'a self, _: &'a Scope, _: &'a str) -> BoxFuture<'a, Result<bool>> {
        match *self {}
    }

    fn names<'a>(&'a self, _: &'a Scope) -> BoxFuture<'a, Result<Vec<String>>> {
        match *self {}
    }

    fn place(&self, _: &str) -> std::path::PathBuf {
        match *self {}
    }
}
