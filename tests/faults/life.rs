//! The operations of one volume's life, as the fault matrices run them.

use support::matrix::{ID, LATE_TIMEOUT, PREPARED, Scenario};
use support::{Fixture, HOST_A, HOST_B, HOST_C, HOST_CHAP, TARGET_CHAP};
use zfssa::config::ConfigBuilder;
use zfssa::driver::{
    Call, CheckForSetupError, CreateClonedVolume, CreateSnapshot, CreateVolume,
    CreateVolumeFromSnapshot, DeleteSnapshot, DeleteVolume, DoSetup, ExtendVolume, GetVolume,
    GetVolumeStats, InitializeConnection, ListSnapshots, ListVolumes, OneOrEvery,
    TerminateConnection,
};
use zfssa::error::Error;
use zfssa_appliance::Options;

/// What is done under faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    Setup,
    SetupWithChap,
    /// Of a ready appliance.
    SetupAgain,
    /// Of an appliance that another configuration set up: other accounts, and a member less.
    SetupChanged,
    Check,
    Stats,
    GetVolume,
    ListVolumes,
    ListSnapshots,
    CreateVolume,
    CreateSnapshot,
    FromSnapshot,
    FromSnapshotLarger,
    Clone,
    CloneLarger,
    Extend,
    Attach,
    AttachSecond,
    Detach,
    DetachAll,
    DeleteVolume,
    DeleteClone,
    DeleteSnapshot,
}

pub const SCENARIOS: &[Life] = &[
    Life::Setup,
    Life::SetupWithChap,
    Life::SetupAgain,
    Life::SetupChanged,
    Life::Check,
    Life::Stats,
    Life::GetVolume,
    Life::ListVolumes,
    Life::ListSnapshots,
    Life::CreateVolume,
    Life::CreateSnapshot,
    Life::FromSnapshot,
    Life::FromSnapshotLarger,
    Life::Clone,
    Life::CloneLarger,
    Life::Extend,
    Life::Attach,
    Life::AttachSecond,
    Life::Detach,
    Life::DetachAll,
    Life::DeleteVolume,
    Life::DeleteClone,
    Life::DeleteSnapshot,
];

fn own(text: &str) -> String {
    text.to_owned()
}

/// A configuration with CHAP, of the first initiator and of the target.
fn accounts(config: &mut ConfigBuilder, user: &str, [host, target]: [&str; 2], members: &[&str]) {
    let account = format!(", 'user': '{user}', 'password': '{host}'");
    let members: Vec<String> = members
        .iter()
        .zip([account.as_str(), ""])
        .map(|(iqn, account)| format!("{{'iqn': '{iqn}'{account}}}"))
        .collect();
    let initiators = format!("{{'host-a': [{}]}}", members.join(", "));
    config.set("zfssa_initiator_config", &initiators);
    config.set("zfssa_target_user", "target");
    config.set("zfssa_target_password", target);
}

impl Scenario for Life {
    fn deletes(self) -> bool {
        matches!(
            self,
            Life::DeleteVolume
                | Life::DeleteClone
                | Life::DeleteSnapshot
                | Life::Detach
                | Life::DetachAll
        )
    }

    fn keeps_what_it_made(self) -> bool {
        matches!(self, Life::Setup | Life::SetupWithChap | Life::SetupChanged)
    }

    fn only_looks(self) -> bool {
        matches!(
            self,
            Life::SetupAgain
                | Life::Check
                | Life::Stats
                | Life::GetVolume
                | Life::ListVolumes
                | Life::ListSnapshots
        )
    }

    // CHAP secrets are set and never shown.
    fn leaves_no_trace(self, path: &str) -> bool {
        matches!(self, Life::SetupWithChap | Life::SetupChanged)
            && (path.contains("/iscsi/initiators") || path.contains("/iscsi/targets"))
    }

    fn has_a_point_of_no_return(self) -> bool {
        self == Life::DeleteClone
    }

    async fn prepare(self, rest_timeout: &str) -> Fixture {
        let bench = Fixture::raw(Options::default(), |config| {
            config.set("zfssa_rest_timeout", rest_timeout);
            config.set("zfssa_operation_timeout", "300");
            config.set("zfssa_late_request_timeout", LATE_TIMEOUT);
            if matches!(self, Life::SetupWithChap | Life::SetupChanged) {
                accounts(config, "new", [HOST_CHAP, TARGET_CHAP], &[HOST_A, HOST_C]);
            }
        })
        .await;
        match self {
            Life::Setup | Life::SetupWithChap => return bench,
            Life::SetupChanged => {
                let former = bench.driver_with(|config| {
                    let secrets = ["CANARYbefore-1", "CANARYbefore-2"];
                    accounts(config, "old", secrets, &[HOST_A]);
                });
                let call = Call {
                    operation_id: Some(own(PREPARED)),
                    ..Call::default()
                };
                former.run(DoSetup {}, &former.scope(call)).await.unwrap();
                return bench;
            }
            _ => {}
        }
        bench.call_as(PREPARED, DoSetup {}).await.unwrap();
        if matches!(
            self,
            Life::CreateVolume | Life::SetupAgain | Life::Check | Life::Stats
        ) {
            return bench;
        }
        let volume = CreateVolume {
            name: own("volume-1"),
            size_gib: 1,
            ..CreateVolume::default()
        };
        bench.call_as(PREPARED, volume).await.unwrap();
        let attach = |initiator: &str| InitializeConnection {
            volume: own("volume-1"),
            initiator: own(initiator),
            ..InitializeConnection::default()
        };
        match self {
            Life::FromSnapshot
            | Life::FromSnapshotLarger
            | Life::DeleteSnapshot
            | Life::ListSnapshots => {
                let snapshot = CreateSnapshot {
                    volume: own("volume-1"),
                    name: own("snapshot-1"),
                };
                bench.call_as(PREPARED, snapshot).await.unwrap();
            }
            Life::DeleteClone => {
                let clone = CreateClonedVolume {
                    name: own("volume-2"),
                    size_gib: 1,
                    source_volume: own("volume-1"),
                    ..CreateClonedVolume::default()
                };
                bench.call_as(PREPARED, clone).await.unwrap();
            }
            Life::AttachSecond => {
                bench.call_as(PREPARED, attach(HOST_B)).await.unwrap();
            }
            Life::Detach | Life::DetachAll => {
                bench.call_as(PREPARED, attach(HOST_A)).await.unwrap();
                bench.call_as(PREPARED, attach(HOST_B)).await.unwrap();
            }
            _ => {}
        }
        bench
    }

    async fn run(self, bench: &Fixture) -> Result<(), Error> {
        let from_snapshot = |size_gib| CreateVolumeFromSnapshot {
            name: own("volume-2"),
            size_gib,
            source_volume: own("volume-1"),
            snapshot: own("snapshot-1"),
            ..CreateVolumeFromSnapshot::default()
        };
        let clone = |size_gib| CreateClonedVolume {
            name: own("volume-2"),
            size_gib,
            source_volume: own("volume-1"),
            ..CreateClonedVolume::default()
        };
        let detach = |initiator: OneOrEvery| TerminateConnection {
            volume: own("volume-1"),
            initiator,
            still_attached: None,
        };
        match self {
            Life::Setup | Life::SetupWithChap | Life::SetupAgain | Life::SetupChanged => {
                bench.call_as(ID, DoSetup {}).await.map(|_| ())
            }
            Life::Check => bench.call_as(ID, CheckForSetupError {}).await.map(|_| ()),
            Life::Stats => bench.call_as(ID, GetVolumeStats {}).await.map(|_| ()),
            Life::GetVolume => {
                let get = GetVolume {
                    name: own("volume-1"),
                };
                bench.call_as(ID, get).await.map(|_| ())
            }
            Life::ListVolumes => {
                let list = ListVolumes::default();
                bench.call_as(ID, list).await.map(|_| ())
            }
            Life::ListSnapshots => {
                let list = ListSnapshots {
                    volume: "volume-1".into(),
                    ..ListSnapshots::default()
                };
                bench.call_as(ID, list).await.map(|_| ())
            }
            Life::CreateVolume => {
                let volume = CreateVolume {
                    name: own("volume-1"),
                    size_gib: 1,
                    ..CreateVolume::default()
                };
                bench.call_as(ID, volume).await.map(|_| ())
            }
            Life::CreateSnapshot => {
                let snapshot = CreateSnapshot {
                    volume: own("volume-1"),
                    name: own("snapshot-1"),
                };
                bench.call_as(ID, snapshot).await.map(|_| ())
            }
            Life::FromSnapshot => bench.call_as(ID, from_snapshot(1)).await.map(|_| ()),
            Life::FromSnapshotLarger => bench.call_as(ID, from_snapshot(3)).await.map(|_| ()),
            Life::Clone => bench.call_as(ID, clone(1)).await.map(|_| ()),
            Life::CloneLarger => bench.call_as(ID, clone(3)).await.map(|_| ()),
            Life::Extend => {
                let extend = ExtendVolume {
                    name: own("volume-1"),
                    size_gib: 4,
                };
                bench.call_as(ID, extend).await.map(|_| ())
            }
            Life::Attach | Life::AttachSecond => {
                let attach = InitializeConnection {
                    volume: own("volume-1"),
                    initiator: own(HOST_A),
                    ..InitializeConnection::default()
                };
                bench.call_as(ID, attach).await.map(|_| ())
            }
            Life::Detach => bench.call_as(ID, detach(HOST_A.into())).await.map(|_| ()),
            Life::DetachAll => bench
                .call_as(ID, detach(OneOrEvery::Every))
                .await
                .map(|_| ()),
            Life::DeleteVolume => {
                let delete = DeleteVolume {
                    name: own("volume-1"),
                };
                bench.call_as(ID, delete).await.map(|_| ())
            }
            Life::DeleteClone => {
                let delete = DeleteVolume {
                    name: own("volume-2"),
                };
                bench.call_as(ID, delete).await.map(|_| ())
            }
            Life::DeleteSnapshot => {
                let delete = DeleteSnapshot {
                    volume: own("volume-1"),
                    name: own("snapshot-1"),
                };
                bench.call_as(ID, delete).await.map(|_| ())
            }
        }
    }
}
