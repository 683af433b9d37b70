//! The worker: one thread that does everything in the order in which it was told.
//!
//! It starts every `tgtd`, and it lives as long as the data plane. Both matter together: a child is killed with the
//! thread that started it, not with the process.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;
use std::sync::mpsc::Receiver;

use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::admission::{Admission, Presentations};
use super::door::Visit;
use super::files::{Files, Kind};
use super::pdu::LoginStatus;
use super::programs::Programs;
use super::tgtd::Tgtd;
use super::view::View;
use crate::storage::{LunBytes, Presentation};

/// How many views stay when nobody is logged in to them.
const IDLE_VIEWS: usize = 32;
/// Control ports are 16 bits with a sign.
const NUMBERS: u16 = 30_000;

/// What the worker can be told.
pub(super) enum Job {
    Created(LunBytes),
    Resized {
        guid: String,
        size: u64,
    },
    Deleted(String),
    SnapshotTaken {
        lun: String,
        snapshot: String,
    },
    SnapshotDeleted(String),
    Cloned {
        snapshot: String,
        clone: LunBytes,
    },
    RolledBack {
        lun: String,
        snapshot: String,
    },
    Replicated {
        source: String,
        copy: LunBytes,
    },
    Presented(Presentation),
    /// Asks for the first error since it was asked last.
    Settle(oneshot::Sender<io::Result<()>>),
    /// Asks for the IQNs of all targets.
    Targets(oneshot::Sender<Vec<String>>),
    LogIn {
        target: String,
        initiator: String,
        reply: oneshot::Sender<Result<Pass, LoginStatus>>,
    },
    Stop,
}

/// The way for a login that was let in.
pub(super) struct Pass {
    pub(super) portal: std::net::SocketAddr,
    pub(super) visit: Visit,
}

pub(super) struct Worker {
    programs: Programs,
    files: Files,
    runtime: Handle,
    presentations: Presentations,
    /// The LUNs that have bytes.
    luns: BTreeSet<String>,
    /// By target and initiator.
    views: BTreeMap<(String, String), View>,
    next_number: u16,
    logins: u64,
    first_error: Option<io::Error>,
}

impl Worker {
    /// A worker for `directory`, once it is sure that `tgtd` runs on this machine.
    pub(super) fn new(programs: Programs, directory: &Path, runtime: Handle) -> io::Result<Worker> {
        drop(Tgtd::start(&programs, directory, 1)?);
        Ok(Worker {
            programs,
            files: Files::new(directory),
            runtime,
            presentations: Presentations::default(),
            luns: BTreeSet::new(),
            views: BTreeMap::new(),
            next_number: 1,
            logins: 0,
            first_error: None,
        })
    }

    /// Works until it is told to stop, or until nobody can tell it anything any more.
    pub(super) fn run(mut self, jobs: &Receiver<Job>) {
        for job in jobs {
            let done = match job {
                Job::Stop => return,
                // An asker that has gone away needs no answer.
                Job::Settle(reply) => {
                    let _ = reply.send(self.first_error.take().map_or(Ok(()), Err));
                    continue;
                }
                Job::Targets(reply) => {
                    let _ = reply.send(self.presentations.targets());
                    continue;
                }
                Job::LogIn {
                    target,
                    initiator,
                    reply,
                } => {
                    let _ = reply.send(self.log_in(target, initiator));
                    continue;
                }
                Job::Created(lun) => self.create(&lun),
                Job::Resized { guid, size } => {
                    self.alter(&guid, |files| files.resize_lun(&guid, size))
                }
                Job::Deleted(guid) => self.delete(&guid),
                Job::SnapshotTaken { lun, snapshot } => self.alter(&lun, |files| {
                    files.copy((Kind::Lun, &lun), (Kind::Snapshot, &snapshot))
                }),
                Job::SnapshotDeleted(snapshot) => self.files.delete(Kind::Snapshot, &snapshot),
                Job::Cloned { snapshot, clone } => self.copy_in(&snapshot, &clone),
                Job::RolledBack { lun, snapshot } => self.alter(&lun, |files| {
                    files.copy((Kind::Snapshot, &snapshot), (Kind::Lun, &lun))
                }),
                Job::Replicated { source, copy } => self.copy_in(&source, &copy),
                Job::Presented(presentation) => {
                    let taken = self.presentations.replace(presentation);
                    self.update_views();
                    taken
                }
            };
            if let Err(error) = done {
                self.first_error.get_or_insert(error);
            }
        }
    }

    fn create(&mut self, lun: &LunBytes) -> io::Result<()> {
        self.files.create_lun(&lun.guid, lun.volsize)?;
        self.appear(&lun.guid);
        Ok(())
    }

    fn delete(&mut self, guid: &str) -> io::Result<()> {
        // The views first: as long as a tgtd has the file open, its bytes can be read.
        self.luns.remove(guid);
        self.update_views();
        self.files.delete(Kind::Lun, guid)
    }

    /// Makes or replaces the LUN by what a snapshot, or another LUN, holds at this moment.
    fn copy_in(&mut self, source: &str, lun: &LunBytes) -> io::Result<()> {
        let from = self.files.find(source)?;
        let copy = |files: &Files| {
            files.copy_file(&from, (Kind::Lun, &lun.guid))?;
            match files.lun_size(&lun.guid)? {
                size if size == lun.volsize => Ok(()),
                _ => files.resize_lun(&lun.guid, lun.volsize),
            }
        };
        if self.luns.contains(&lun.guid) {
            // A replica that is brought up to date. It is not presented while that goes on, so at most one of the two
            // has hosts.
            self.alter_all(&[source, &lun.guid], copy)?;
        } else {
            self.alter(source, copy)?;
        }
        self.appear(&lun.guid);
        Ok(())
    }

    fn appear(&mut self, guid: &str) {
        self.luns.insert(guid.to_owned());
        self.update_views();
    }

    fn alter(
        &mut self,
        lun: &str,
        change: impl FnOnce(&Files) -> io::Result<()>,
    ) -> io::Result<()> {
        self.alter_all(&[lun], change)
    }

    /// Reads or writes the files of LUNs while no host does, and has `tgtd` see another size.
    fn alter_all(
        &mut self,
        luns: &[&str],
        change: impl FnOnce(&Files) -> io::Result<()>,
    ) -> io::Result<()> {
        let size_of = |files: &Files, lun: &str| files.lun_size(lun).ok();
        let sizes: Vec<Option<u64>> = luns.iter().map(|lun| size_of(&self.files, lun)).collect();
        self.drop_dead_views();
        let mut held = Vec::new();
        let runtime = &self.runtime;
        self.views.retain(|_, view| {
            if !luns.iter().any(|lun| view.serves(lun)) {
                return true;
            }
            // A view that does not come to rest is cut: its hosts log in again, and find it as it has to be.
            view.quiesce(runtime).map(|door| held.push(door)).is_ok()
        });
        let done = change(&self.files);
        for (lun, before) in luns.iter().zip(sizes) {
            if size_of(&self.files, lun) != before {
                self.views.retain(|_, view| view.reopen(lun).is_ok());
            }
        }
        done
    }

    /// Brings all running views up to date.
    ///
    /// A view that cannot be changed is cut, and the next login makes it anew. So whatever happens, nobody goes on
    /// seeing what is not presented any more.
    fn update_views(&mut self) {
        self.drop_dead_views();
        let mut views = std::mem::take(&mut self.views);
        views.retain(
            |(target, initiator), view| match self.wanted(target, initiator) {
                Ok(wanted) => view.change(&wanted, &self.runtime).is_ok(),
                Err(_) => false,
            },
        );
        self.views = views;
    }

    fn drop_dead_views(&mut self) {
        self.views.retain(|_, view| view.is_alive());
    }

    /// What the initiator gets of the LUNs that have bytes.
    fn wanted(&self, target: &str, initiator: &str) -> Result<Admission, LoginStatus> {
        let mut wanted = self.presentations.admit(target, initiator)?;
        wanted.luns.retain(|_, guid| self.luns.contains(guid));
        Ok(wanted)
    }

    fn log_in(&mut self, target: String, initiator: String) -> Result<Pass, LoginStatus> {
        let wanted = self.wanted(&target, &initiator)?;
        self.logins += 1;
        self.drop_dead_views();
        let key = (target, initiator);
        if !self.views.contains_key(&key) {
            self.drop_idle_views();
            match self.start_view(&key, &wanted) {
                Ok(view) => self.views.insert(key.clone(), view),
                Err(error) => {
                    // The host learns that it failed, and who runs the simulator why.
                    self.first_error.get_or_insert(error);
                    return Err(LoginStatus::ServiceUnavailable);
                }
            };
        }
        let view = self
            .views
            .get_mut(&key)
            .ok_or(LoginStatus::ServiceUnavailable)?;
        view.last_login = self.logins;
        Ok(Pass {
            portal: view.portal(),
            visit: view.door().enter(),
        })
    }

    fn start_view(&mut self, key: &(String, String), wanted: &Admission) -> io::Result<View> {
        let number = self.next_number;
        self.next_number = self.next_number % NUMBERS + 1;
        let mut view = View::start(
            &self.programs,
            self.files.directory(),
            number,
            &key.0,
            &key.1,
        )?;
        view.change(wanted, &self.runtime)?;
        Ok(view)
    }

    /// Keeps the number of processes in bounds when many initiators come and go.
    fn drop_idle_views(&mut self) {
        while self.views.len() >= IDLE_VIEWS {
            let idle = self
                .views
                .iter()
                .filter(|(_, view)| view.door().connections() == 0);
            let Some(oldest) = idle
                .min_by_key(|(_, view)| view.last_login)
                .map(|(key, _)| key.clone())
            else {
                return;
            };
            self.views.remove(&oldest);
        }
    }
}
