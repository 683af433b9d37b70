//! A data plane with one appliance's presentation, as the state machine would tell it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use zfssa_appliance::data_plane::{DataPlaneOptions, TgtdDataPlane};
use zfssa_appliance::storage::{Chap, DataPlane, LunBytes, Presentation, TargetView};

use crate::host::Host;
use crate::processes::processes_in;

pub const TARGET: &str = "iqn.1986-03.com.sun:02:4a3c2f10-7b11-4d6f-8d2b-5a3e4c1d9f00";

pub struct Rig {
    pub plane: Arc<TgtdDataPlane>,
    pub chap_required: bool,
    pub target_chap: Option<Chap>,
    initiators: BTreeMap<String, Chap>,
    views: BTreeMap<Option<String>, Vec<(u32, String)>>,
    directory: Option<TempDir>,
}

impl Rig {
    pub fn new() -> Rig {
        Rig::at("127.0.0.1:0".parse().unwrap())
    }

    pub fn at(portal: SocketAddr) -> Rig {
        let directory = tempfile::tempdir().unwrap();
        let options = DataPlaneOptions {
            directory: Some(directory.path().to_owned()),
            portal,
        };
        Rig {
            plane: TgtdDataPlane::start(options).unwrap(),
            chap_required: false,
            target_chap: None,
            initiators: BTreeMap::new(),
            views: BTreeMap::new(),
            directory: Some(directory),
        }
    }

    pub fn directory(&self) -> &Path {
        self.directory.as_ref().unwrap().path()
    }

    /// Takes the directory out, so that it outlives the rig.
    pub fn keep_directory(&mut self) -> TempDir {
        self.directory.take().unwrap()
    }

    pub fn bytes(&self, number: u32, volsize: u64) -> LunBytes {
        LunBytes {
            guid: guid(number),
            volsize,
            blocksize: 8192,
        }
    }

    /// Makes a LUN and gives its GUID.
    pub fn lun(&mut self, number: u32, volsize: u64) -> String {
        self.plane.lun_created(&self.bytes(number, volsize));
        guid(number)
    }

    pub fn show(&mut self, initiator: Option<&str>, luns: &[(u32, &String)]) {
        let luns = luns
            .iter()
            .map(|(number, guid)| (*number, (*guid).clone()))
            .collect();
        self.views.insert(initiator.map(str::to_owned), luns);
    }

    pub fn hide(&mut self, initiator: Option<&str>) {
        self.views.remove(&initiator.map(str::to_owned));
    }

    pub fn initiator_chap(&mut self, initiator: &str, user: &str, secret: &str) {
        self.initiators.insert(
            initiator.to_owned(),
            Chap {
                user: user.to_owned(),
                secret: secret.to_owned(),
            },
        );
    }

    /// Tells the presentation as it is now.
    pub fn tell(&self) {
        let target = TargetView {
            requires_chap: self.chap_required,
            target_chap: self.target_chap.clone(),
            views: self.views.clone(),
        };
        self.plane.presentation_changed(&Presentation {
            appliance: "appliance".to_owned(),
            targets: BTreeMap::from([(TARGET.to_owned(), target)]),
            initiator_chap: self.initiators.clone(),
        });
    }

    /// Tells the presentation, and waits until everything is in effect.
    pub async fn settled(&self) {
        self.tell();
        self.plane.settled().await.unwrap();
    }

    pub fn host(&self, initiator: &str) -> Host {
        Host::new(self.plane.portal(), initiator).at(TARGET)
    }

    /// The file behind a LUN.
    pub fn backing(&self, guid: &str) -> PathBuf {
        self.plane.directory().join(format!("lun-{guid}"))
    }

    /// The file behind a snapshot.
    pub fn snapshot(&self, id: &str) -> PathBuf {
        self.plane.directory().join(format!("snapshot-{id}"))
    }

    /// Waits until some host has written to the LUN.
    pub async fn written(&self, guid: &str) {
        use std::os::unix::fs::MetadataExt;
        let file = self.backing(guid);
        let deadline = Instant::now() + Duration::from_secs(60);
        while std::fs::metadata(&file).unwrap().blocks() == 0 {
            assert!(Instant::now() < deadline, "nobody writes");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// How many `tgtd` run.
    pub fn processes(&self) -> usize {
        processes_in(self.directory()).len()
    }

    /// How many `tgtd` have been started for views: each has a log with the next number.
    pub fn started(&self) -> usize {
        let name = |entry: std::io::Result<std::fs::DirEntry>| {
            entry.unwrap().file_name().into_string().unwrap()
        };
        let number = |name: String| {
            name.strip_prefix("tgtd-")?
                .strip_suffix(".log")?
                .parse()
                .ok()
        };
        std::fs::read_dir(self.plane.directory())
            .unwrap()
            .map(name)
            .filter_map(number)
            .max()
            .unwrap_or(0)
    }
}

/// A GUID as the appliance makes them.
pub fn guid(number: u32) -> String {
    format!("600144F0EF0D2BCE00005946B13E{number:04X}")
}
