//! One view: a target as one initiator sees it, which is a `tgtd` of its own and the door to it.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;

use super::admission::Admission;
use super::door::{Door, Held};
use super::files::{Files, Kind};
use super::programs::Programs;
use super::tgtd::{AdminError, Tgtd};
use crate::storage::Chap;

/// How long an LU may stay busy after the last command has been let in.
const REMOVAL: Duration = Duration::from_secs(2);

/// A running view.
pub(super) struct View {
    tgtd: Tgtd,
    door: Arc<Door>,
    /// What `tgtd` serves now.
    served: Admission,
    /// When the last login came, counted in logins.
    pub(super) last_login: u64,
}

impl View {
    /// Starts the `tgtd` of a view, with nothing to see yet.
    pub(super) fn start(
        programs: &Programs,
        directory: &Path,
        number: u16,
        target: &str,
        initiator: &str,
    ) -> io::Result<View> {
        let tgtd = Tgtd::start(programs, directory, number)?;
        tgtd.add_target(target, initiator)?;
        Ok(View {
            tgtd,
            door: Door::new(),
            served: Admission::default(),
            last_login: 0,
        })
    }

    pub(super) fn door(&self) -> &Arc<Door> {
        &self.door
    }

    pub(super) fn portal(&self) -> std::net::SocketAddr {
        self.tgtd.portal()
    }

    pub(super) fn is_alive(&mut self) -> bool {
        self.tgtd.is_alive()
    }

    /// The numbers at which the LUN is served.
    fn numbers_of(&self, guid: &str) -> Vec<u32> {
        self.served
            .luns
            .iter()
            .filter(|(_, served)| *served == guid)
            .map(|(number, _)| *number)
            .collect()
    }

    pub(super) fn serves(&self, guid: &str) -> bool {
        !self.numbers_of(guid).is_empty()
    }

    /// Makes the view what it is to be. After an error the view must be dropped: it may show too much.
    ///
    /// New commands wait meanwhile. So a session meets the LUs of before or those of after, and nothing between.
    pub(super) fn change(&mut self, wanted: &Admission, runtime: &Handle) -> io::Result<()> {
        if self.served == *wanted {
            return Ok(());
        }
        let gone = differing(&self.served.luns, &wanted.luns);
        let _held = if gone.is_empty() {
            self.door.hold(runtime).ok_or_else(stuck)?
        } else {
            self.quiesce(runtime)?
        };
        for number in gone {
            self.remove_lu(number)?;
            self.served.luns.remove(&number);
        }
        for number in differing(&wanted.luns, &self.served.luns) {
            let guid = &wanted.luns[&number];
            self.tgtd
                .add_lu(number, guid, &Files::name(Kind::Lun, guid)?)?;
            self.served.luns.insert(number, guid.clone());
        }
        self.change_accounts(wanted)
    }

    /// `tgtd` removes no busy LU, and one stays busy for as long as its last answer has not been taken.
    fn remove_lu(&self, number: u32) -> io::Result<()> {
        let deadline = Instant::now() + REMOVAL;
        loop {
            match self.tgtd.remove_lu(number) {
                Err(AdminError::Active) if Instant::now() < deadline => {
                    std::thread::sleep(Duration::from_millis(1))
                }
                result => return Ok(result?),
            }
        }
    }

    fn change_accounts(&mut self, wanted: &Admission) -> io::Result<()> {
        let same = self.served.initiator_chap == wanted.initiator_chap
            && self.served.target_chap == wanted.target_chap;
        if same {
            return Ok(());
        }
        // A target without accounts lets everybody in, also a login that was let through the door before. So when one
        // secret takes the place of another, a third one that nobody knows keeps it closed between the two. It comes
        // after the old one and goes after the new one, because tgtd finds an account only if no place before it in
        // its table is empty.
        let random = || uuid::Uuid::new_v4().simple().to_string();
        let guard =
            (self.served.initiator_chap.is_some() && wanted.initiator_chap.is_some()).then(|| {
                Chap {
                    user: format!("guard-{}", random()),
                    secret: random(),
                }
            });
        if let Some(guard) = &guard {
            self.tgtd.add_account(guard, false)?;
        }
        let old = [
            self.served.initiator_chap.take(),
            self.served.target_chap.take(),
        ];
        for user in users(&old) {
            self.tgtd.remove_account(user)?;
        }
        if let Some(chap) = &wanted.initiator_chap {
            self.tgtd.add_account(chap, false)?;
        }
        if let Some(chap) = &wanted.target_chap {
            if wanted
                .initiator_chap
                .as_ref()
                .is_some_and(|other| other.user == chap.user)
            {
                self.tgtd.bind_account(&chap.user, true)?;
            } else {
                self.tgtd.add_account(chap, true)?;
            }
        }
        self.served
            .initiator_chap
            .clone_from(&wanted.initiator_chap);
        self.served.target_chap.clone_from(&wanted.target_chap);
        match guard {
            Some(guard) => Ok(self.tgtd.remove_account(&guard.user)?),
            None => Ok(()),
        }
    }

    /// Has `tgtd` see the new length of a LUN's file. The view is quiescent: a command in flight would find its file
    /// closed.
    pub(super) fn reopen(&self, guid: &str) -> io::Result<()> {
        for number in self.numbers_of(guid) {
            self.tgtd
                .reopen_lu(number, &Files::name(Kind::Lun, guid)?)?;
        }
        Ok(())
    }

    /// Lets no new command in and waits until the ones inside are done: then the files of the view stand still.
    pub(super) fn quiesce(&self, runtime: &Handle) -> io::Result<Held> {
        let held = self.door.hold(runtime).ok_or_else(stuck)?;
        self.tgtd.threads().wait_until_idle()?;
        Ok(held)
    }
}

impl Drop for View {
    fn drop(&mut self) {
        self.door.shut();
    }
}

/// The numbers that `these` has and `those` has not, or has for another LUN.
fn differing(these: &BTreeMap<u32, String>, those: &BTreeMap<u32, String>) -> Vec<u32> {
    these
        .iter()
        .filter(|(number, guid)| those.get(number) != Some(guid))
        .map(|(number, _)| *number)
        .collect()
}

/// The CHAP names, each once.
fn users(accounts: &[Option<Chap>]) -> std::collections::BTreeSet<&str> {
    accounts
        .iter()
        .flatten()
        .map(|chap| chap.user.as_str())
        .collect()
}

fn stuck() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "tgtd takes no more data")
}
