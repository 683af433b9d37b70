//! Facts about data, over real iSCSI: each is observed, and a data plane that answers otherwise is
//! found.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::TcpListener;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use support::{Fixture, options_at, path_text, until};
use zfssa::ops::DoSetup;
use zfssa_appliance::data_plane::{DataPlaneOptions, TgtdDataPlane};
use zfssa_appliance::storage::{DataPlane, LunBytes, Presentation, TargetView};
use zfssa_appliance::{Fault, FaultKind, Options};

use crate::bench::{Bench, Ran};
use crate::verify::{Verified, verified};

/// CHAP secret of the target.
const TARGET_SECRET: &str = "CANARYtarget-5";

/// Rows that need a target that asks for CHAP.
const OF_CHAP: &[&str] = &["data_chap_missing", "data_chap_wrong", "data_chap_target"];

/// An appliance with a data plane and further options of the backend, set up.
async fn bench_with(plane: Arc<dyn DataPlane>, portal: &str, further: &[(&str, &str)]) -> Bench {
    let options = Options {
        data_plane: Some(plane),
        ..Options::default()
    };
    let fixture = Fixture::raw(options, |config| {
        config.set("zfssa_target_portal", portal);
        for (name, value) in further {
            config.set(name, value);
        }
    })
    .await;
    fixture.driver.call(DoSetup {}).await.unwrap();
    let bench = Bench::of(fixture);
    let port = bench.fixture.appliance.port();
    let mut options = options_at(port, bench.fixture.ca.path());
    options.retain(|(name, _)| *name != "zfssa_target_portal");
    options.push(("zfssa_target_portal", portal.to_owned()));
    let state = bench.fixture.dir.path().join("state");
    options.push(("zfssa_state_dir", path_text(&state).to_owned()));
    options.extend(
        further
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned())),
    );
    bench.write_profile("default", &options);
    bench
}

fn plane() -> (Arc<TgtdDataPlane>, String) {
    let plane = TgtdDataPlane::start(DataPlaneOptions::default()).unwrap();
    let portal = plane.portal().to_string();
    (plane, portal)
}

/// Names of the facts about data in a state.
fn of_data<'a>(verified: &'a Verified, state: &str) -> Vec<&'a str> {
    let mut names = verified.in_state(state);
    names.retain(|name| name.starts_with("data_"));
    names
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_fact_is_observed_and_nothing_is_left() {
    let (plane, portal) = plane();
    let bench = bench_with(plane, &portal, &[]).await;
    let verified = verified(&bench, &["--data"]);
    assert_eq!(of_data(&verified, "not_probed"), OF_CHAP);
    assert!(
        of_data(&verified, "undetermined").is_empty(),
        "{}",
        verified.report
    );
    assert!(verified.differing("fact").is_empty(), "{}", verified.report);
    assert!(verified.differing("knob").is_empty(), "{}", verified.report);
    assert!(of_data(&verified, "observed").len() > 20);
    let text = &verified.ran.stdout;
    for word in [portal.as_str(), "127.0.0.1", "iqn.", "600144"] {
        assert!(!text.contains(word), "{word} is in {text}");
    }
}

/// The target asks for CHAP, and proves its own account.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chap_is_examined_where_the_target_asks_for_it() {
    let (plane, portal) = plane();
    let chap = [
        ("zfssa_target_user", "target"),
        ("zfssa_target_password", TARGET_SECRET),
    ];
    let bench = bench_with(plane, &portal, &chap).await;
    let verified = verified(&bench, &["--data"]);
    assert!(
        of_data(&verified, "not_probed").is_empty(),
        "{}",
        verified.report
    );
    assert!(
        of_data(&verified, "undetermined").is_empty(),
        "{}",
        verified.report
    );
    assert!(verified.differing("fact").is_empty(), "{}", verified.report);
    assert!(!verified.ran.stderr.contains(TARGET_SECRET));
}

/// A way in which a data plane answers wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Wrong {
    /// LUNs have the next number.
    Number,
    /// LUNs have another identifier and serial number.
    Identifier,
    /// A LUN that grew keeps its size.
    Size,
    /// A snapshot is not taken: its clone has zeroes.
    Clone,
    /// A rollback does nothing.
    Rollback,
    /// Every host sees what any host sees.
    Masking,
    /// A LUN that a host has seen stays visible to it.
    Stale,
}

/// A data plane that answers wrong in one way.
struct Odd {
    plane: Arc<TgtdDataPlane>,
    wrong: Wrong,
    /// LUNs that were shown, by target and initiator.
    shown: Mutex<BTreeMap<View, BTreeSet<(u32, String)>>>,
}

/// A target, and an initiator of it or all others.
type View = (String, Option<String>);

impl Odd {
    /// Adds the LUNs that a host saw before.
    fn keep(&self, iqn: &str, target: &mut TargetView) {
        let mut shown = self.shown.lock().unwrap();
        for (host, luns) in &target.views {
            let kept = shown.entry((iqn.to_owned(), host.clone())).or_default();
            kept.extend(luns.iter().cloned());
        }
        let of_target = shown.iter().filter(|((target, _), _)| target == iqn);
        let views =
            of_target.map(|((_, host), luns)| (host.clone(), luns.iter().cloned().collect()));
        target.views = views.collect();
    }

    fn guid(&self, guid: &str) -> String {
        match self.wrong {
            Wrong::Identifier => guid.replacen("600144F0", "600144F1", 1),
            _ => guid.to_owned(),
        }
    }

    fn bytes(&self, lun: &LunBytes) -> LunBytes {
        LunBytes {
            guid: self.guid(&lun.guid),
            ..lun.clone()
        }
    }
}

impl DataPlane for Odd {
    fn lun_created(&self, lun: &LunBytes) {
        self.plane.lun_created(&self.bytes(lun));
    }

    fn lun_resized(&self, guid: &str, volsize: u64) {
        if self.wrong != Wrong::Size {
            self.plane.lun_resized(&self.guid(guid), volsize);
        }
    }

    fn lun_deleted(&self, guid: &str) {
        self.plane.lun_deleted(&self.guid(guid));
    }

    fn snapshot_taken(&self, lun: &str, snapshot: &str) {
        self.plane.snapshot_taken(&self.guid(lun), snapshot);
    }

    fn snapshot_deleted(&self, snapshot: &str) {
        self.plane.snapshot_deleted(snapshot);
    }

    fn cloned(&self, snapshot: &str, clone: &LunBytes) {
        match self.wrong {
            Wrong::Clone => self.plane.lun_created(clone),
            _ => self.plane.cloned(snapshot, &self.bytes(clone)),
        }
    }

    fn rolled_back(&self, lun: &str, snapshot: &str) {
        if self.wrong != Wrong::Rollback {
            self.plane.rolled_back(&self.guid(lun), snapshot);
        }
    }

    fn replicated(&self, source: &str, copy: &LunBytes) {
        self.plane.replicated(source, &self.bytes(copy));
    }

    fn presentation_changed(&self, presentation: &Presentation) {
        let mut told = presentation.clone();
        for (iqn, target) in &mut told.targets {
            if self.wrong == Wrong::Stale {
                self.keep(iqn, target);
            }
            for (number, guid) in target.views.values_mut().flatten() {
                *number += u32::from(self.wrong == Wrong::Number);
                *guid = self.guid(guid);
            }
            if self.wrong == Wrong::Masking {
                let mut all: Vec<(u32, String)> =
                    target.views.values().flatten().cloned().collect();
                all.sort();
                all.dedup();
                target.views = [(None, all)].into();
            }
        }
        self.plane.presentation_changed(&told);
    }

    fn settled(&self) -> Pin<Box<dyn Future<Output = io::Result<()>> + Send + '_>> {
        self.plane.settled()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_data_plane_that_answers_wrong_is_found() {
    for (wrong, differing) in [
        (Wrong::Number, &["data_number"][..]),
        (Wrong::Identifier, &["data_identifier"]),
        (Wrong::Size, &["data_grown"]),
        (Wrong::Clone, &["data_clone"]),
        (Wrong::Rollback, &["data_rolled_back"]),
        (Wrong::Masking, &["data_other_sees"]),
        (Wrong::Stale, &["data_masked_sense", "data_masked_sees"]),
    ] {
        let (plane, portal) = plane();
        let shown = Mutex::default();
        let odd = Arc::new(Odd {
            plane,
            wrong,
            shown,
        });
        let bench = bench_with(odd, &portal, &[]).await;
        let verified = verified(&bench, &["--data"]);
        assert_eq!(verified.differing("fact"), differing, "{wrong:?}");
        let undetermined = of_data(&verified, "undetermined");
        // A LUN with another identifier may be another program's, so its data are not touched.
        let is_touched = wrong != Wrong::Identifier;
        assert_eq!(
            undetermined.contains(&"data_read_back"),
            !is_touched,
            "{wrong:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_library_is_named_with_its_package() {
    let bench = Bench::ready().await;
    let before = bench.fixture.state();
    bench.fixture.appliance.clear_trace();
    let other = env!("CARGO_BIN_EXE_zfssa");
    for file in ["/no/such/libiscsi.so", other] {
        let ran = bench.run(&["verify", "--data", "--libiscsi", file]);
        assert_eq!(ran.code, 1, "{ran:?}");
        assert!(
            ran.stderr.contains("install the package libiscsi7"),
            "{ran:?}"
        );
        assert!(ran.stderr.contains(file), "{ran:?}");
    }
    assert_eq!(bench.fixture.state(), before);
    assert!(bench.fixture.appliance.trace().is_empty());
}

/// A portal that takes connections and never answers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ctrl_c_during_a_login_removes_everything() {
    let (plane, _) = plane();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let portal = silent.local_addr().unwrap().to_string();
    let bench = bench_with(plane, &portal, &[]).await;
    let before = bench.fixture.state();
    let child = bench.start(&["verify", "--data"]);
    let connected = tokio::task::spawn_blocking(move || silent.accept().unwrap());
    let _connection = connected.await.unwrap();
    assert_ne!(bench.fixture.state(), before);
    let pid = rustix::process::Pid::from_raw(child.id() as i32).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let ran = Ran::of(&["verify"], child.wait_with_output().unwrap());
    assert_eq!(ran.code, 14, "{ran:?}");
    assert_eq!(bench.fixture.state(), before);
}

/// The LUN is being made larger while a host is logged in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ctrl_c_during_a_session_removes_everything() {
    let (plane, portal) = plane();
    let bench = bench_with(plane.clone(), &portal, &[]).await;
    let before = bench.fixture.state();
    let appliance = &bench.fixture.appliance;
    let hang = Fault::new(FaultKind::Hang { ms: None }).on("PUT", "/luns/verify-data$");
    let hang = appliance.faults().push(hang);
    let child = bench.start(&["verify", "--data"]);
    assert!(until(|| appliance.faults().fired(hang) == 1).await);
    let pid = rustix::process::Pid::from_raw(child.id() as i32).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let ran = Ran::of(&["verify"], child.wait_with_output().unwrap());
    assert_eq!(ran.code, 14, "{ran:?}");
    assert_eq!(bench.fixture.state(), before);
    let names = std::fs::read_dir(plane.directory()).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let bytes = names.filter(|name| name.starts_with("lun-") || name.starts_with("snapshot-"));
    assert_eq!(bytes.count(), 0);
}

/// The run is killed while its initiators are registered; their names follow from the project's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_run_leaves_initiators_that_are_removed_by_name() {
    let (plane, portal) = plane();
    let chap = [
        ("zfssa_target_user", "target"),
        ("zfssa_target_password", TARGET_SECRET),
    ];
    let bench = bench_with(plane, &portal, &chap).await;
    let before = bench.fixture.state();
    let appliance = &bench.fixture.appliance;
    let hang = Fault::new(FaultKind::Hang { ms: None }).on("PUT", "/luns/verify-data$");
    let hang = appliance.faults().push(hang);
    let arguments = ["verify", "--data", "--operation-id", "killed-data"];
    let mut child = bench.start(&arguments);
    assert!(until(|| appliance.faults().fired(hang) == 1).await);
    child.kill().unwrap();
    child.wait().unwrap();
    appliance.release();
    let left = bench.fixture.state().to_string();
    assert!(left.contains("zfssa-verify-killed-data-other"), "{left}");
    bench.done(&["verify", "--remove", "zfssa-verify-killed-data", "--yes"]);
    assert_eq!(bench.fixture.state(), before);
}

/// A refused connection leaves the rows without a value, and the others have theirs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_portal_that_refuses_connections_is_reported() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap();
    let portal = closed.local_addr().unwrap().to_string();
    drop(closed);
    let (plane, _) = plane();
    let bench = bench_with(plane, &portal, &[]).await;
    let verified = verified(&bench, &["--data"]);
    assert_eq!(verified.finding("data_login")["value"], "no connection");
    assert_eq!(verified.differing("fact"), ["data_login"]);
    let finding = verified.finding("data_read_back");
    assert_eq!(finding["state"], "undetermined", "{finding}");
    assert_eq!(verified.finding("cascade")["state"], "observed");
}
