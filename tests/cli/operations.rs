//! Every operation of the engine through the command, and the shape of its JSON.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;
use support::{HOST_A, path_text, repository};
use zfssa::ops::OPERATIONS;

use crate::bench::Bench;
use crate::shape::shape;

/// Each operation with the arguments of a command that runs it. Some make the objects of others.
/// FILES is a directory of the test.
const COMMANDS: &[(&str, &str)] = &[
    ("do_setup", "setup"),
    ("check_for_setup_error", "check"),
    ("get_certificate", "certificate"),
    ("get_volume_stats", "stats"),
    ("create_volume", "volume create volume-a 1"),
    ("get_volume", "volume show volume-a"),
    ("list_volumes", "volume ls"),
    ("extend_volume", "volume extend volume-a 2"),
    ("create_snapshot", "snapshot create volume-a snapshot-1"),
    ("list_snapshots", "snapshot ls"),
    ("revert_to_snapshot", "volume revert volume-a snapshot-1"),
    (
        "create_volume_from_snapshot",
        "snapshot clone volume-a snapshot-1 volume-b",
    ),
    ("create_cloned_volume", "volume clone volume-a volume-c"),
    (
        "initialize_connection",
        "volume attach volume-a --initiator HOST",
    ),
    (
        "terminate_connection",
        "volume detach volume-a --initiator HOST",
    ),
    (
        "retype",
        "volume retype volume-a --extra-spec zfssa:compression=lzjb",
    ),
    ("create_snapshot", "snapshot create volume-c snapshot-3"),
    ("unmanage_snapshot", "snapshot unmanage volume-c snapshot-3"),
    (
        "manage_existing_snapshot_get_size",
        "snapshot manage-size volume-c unmanaged-snapshot-3",
    ),
    ("get_manageable_snapshots", "snapshot manageable"),
    (
        "manage_existing_snapshot",
        "snapshot manage volume-c unmanaged-snapshot-3 snapshot-3",
    ),
    ("delete_snapshot", "snapshot delete volume-c snapshot-3"),
    ("create_volume", "volume create volume-e 1"),
    ("unmanage", "volume unmanage volume-e"),
    (
        "manage_existing_get_size",
        "volume manage-size --source-name unmanaged-volume-e",
    ),
    ("get_manageable_volumes", "volume manageable"),
    (
        "manage_existing",
        "volume manage volume-e --source-name unmanaged-volume-e",
    ),
    ("update_migrated_volume", "volume rename volume-e volume-f"),
    ("update_provider_info", "cinder provider-info 1=volume-a"),
    (
        "create_group_snapshot",
        "group snapshot snapshot-g volume-c volume-f",
    ),
    (
        "delete_group_snapshot",
        "group delete-snapshot snapshot-g volume-c volume-f",
    ),
    (
        "create_group_from_src",
        "group clone volume-c=volume-x volume-f=volume-y",
    ),
    ("delete_group", "group delete volume-x volume-y"),
    ("migrate_volume", "migrate volume-f --to other"),
    ("delete_volume", "volume delete volume-c"),
    (
        "clone_image",
        "volume from-image volume-i 2 --image FILES/disk.raw --format raw --initiator HOST",
    ),
    ("audit", "audit"),
    ("recover", "recover"),
    (
        "create_api_token",
        "token create command --file FILES/token",
    ),
    ("create_export", "cinder create-export volume-a"),
    ("ensure_export", "cinder ensure-export volume-a"),
    ("remove_export", "cinder remove-export volume-a"),
    ("create_group", "cinder create-group group-1"),
    ("update_group", "cinder update-group group-1 --add volume-a"),
    ("echo", "cinder echo hello"),
];

/// A failure of the first operation in the log, so that `zfssa watch` has every member.
const FAILED: &str = r#"{"time":"2026-03-04T05:06:07Z","msg":"failed","target":"zfssa","operation":"audit","error":"(BUSY, outcome NONE)"}
{"msg":"answered","target":"zfssa","request":"GET storage/pools","status":503}
"#;

/// Commands of which nothing but their form for people is of interest.
const SHAPES: &str = "tests/cli/shapes.json";

/// Puts a program in place of `qemu-img`, which transfers no byte: there is no data plane.
fn fake_qemu_img(files: &std::path::Path) {
    let program = files.join("qemu-img");
    let text = "#!/bin/sh\nif [ \"$1\" = info ]; then echo '{\"virtual-size\": 1048576}'; fi\n";
    std::fs::write(&program, text).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    std::fs::write(files.join("disk.raw"), "disk").unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_operation_has_a_command() {
    let bench = Bench::pair().await;
    // The release that has tokens.
    let appliance = &bench.fixture.appliance;
    appliance.tune(|knobs| knobs.release = zfssa_appliance::Release::Os88);
    let files = bench.home.path();
    fake_qemu_img(files);
    let path = format!("{}:{}", path_text(files), std::env::var("PATH").unwrap());
    let mut shapes = BTreeMap::new();
    let log = files.join("log");
    let mut lines = FAILED.to_owned();
    for (operation, arguments) in COMMANDS {
        let arguments = arguments.replace("FILES", path_text(files));
        let arguments = arguments.replace("HOST", HOST_A);
        let mut words: Vec<&str> = arguments.split(' ').collect();
        words.extend(["--yes", "--verbose", "--output", "json"]);
        let output = bench.command(&words).env("PATH", &path).output().unwrap();
        let ran = crate::bench::Ran::of(&words, output);
        assert_eq!(ran.code, 0, "{arguments}: {}", ran.stderr);
        let is_end = |line: &str| {
            let line = serde_json::from_str::<Value>(line).unwrap_or_default();
            line["operation"] == *operation && line["msg"] == "done"
        };
        assert!(
            ran.stderr.lines().any(is_end),
            "{arguments}: {}",
            ran.stderr
        );
        lines += &ran.stderr;
        let result: Value = serde_json::from_str(&ran.stdout).unwrap();
        shapes.insert(*operation, shape(&result));
    }
    std::fs::write(&log, lines).unwrap();
    let watched = bench.done(&["watch", path_text(&log), "--output", "json"]);
    shapes.insert(
        "zfssa watch",
        shape(&serde_json::from_str(&watched).unwrap()),
    );
    let engine: BTreeSet<&str> = OPERATIONS.iter().map(|one| one.name).collect();
    let commands: BTreeSet<&str> = COMMANDS.iter().map(|(name, _)| *name).collect();
    assert_eq!(commands, engine, "each operation has a command");
    compare_shapes(&shapes);
}

/// Programs read the JSON: no member goes, and none changes its type.
fn compare_shapes(shapes: &BTreeMap<&str, Value>) {
    let now = serde_json::to_string_pretty(shapes).unwrap() + "\n";
    let file = repository(SHAPES);
    if std::env::var_os("ZFSSA_BLESS").is_some() {
        std::fs::write(&file, &now).unwrap();
    }
    let then = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(now, then, "{SHAPES} is stale: ZFSSA_BLESS=1 writes it");
}

#[test]
fn the_page_names_the_command_of_each_operation() {
    let page = std::fs::read_to_string(repository("docs/command.md")).unwrap();
    for operation in OPERATIONS {
        let row = format!("| [`{0}`](operations.md#{0}) | `zfssa ", operation.name);
        let command = page
            .split(&row)
            .nth(1)
            .and_then(|rest| rest.split('`').next());
        let command = command.unwrap_or_else(|| panic!("docs/command.md has no row {row}"));
        let runs = |(name, arguments): &(&str, &str)| {
            *name == operation.name && format!("{arguments} ").starts_with(&format!("{command} "))
        };
        assert!(COMMANDS.iter().any(runs), "{}: {command}", operation.name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_run_changes_nothing_and_names_the_change() {
    let bench = Bench::pair().await;
    for arguments in [
        "volume create volume-a 1",
        "snapshot create volume-a snapshot-1",
    ] {
        bench.done(&arguments.split(' ').collect::<Vec<_>>());
    }
    let before = bench.fixture.state();
    for (arguments, plan) in [
        ("setup", "would create the project, target and groups"),
        (
            "volume create volume-b 1",
            "would create volume volume-b of 1 GiB in project cinder",
        ),
        (
            "volume clone volume-a volume-b",
            "would create volume volume-b of 1 GiB from volume-a",
        ),
        ("volume delete volume-a", "would delete volume-a"),
        (
            "volume extend volume-a 2",
            "would extend volume volume-a to 2 GiB",
        ),
        (
            "volume revert volume-a snapshot-1",
            "would revert volume volume-a",
        ),
        (
            "volume retype volume-a",
            "would change the properties of volume volume-a",
        ),
        (
            "volume attach volume-a --initiator iqn.a:b",
            "would present volume volume-a to iqn.a:b",
        ),
        (
            "volume detach volume-a --all-hosts",
            "would hide volume volume-a from every host",
        ),
        (
            "volume manage volume-b --source-name x",
            "would make LUN x volume volume-b",
        ),
        ("volume unmanage volume-a", "would release volume volume-a"),
        (
            "volume rename volume-a volume-b",
            "would rename volume volume-a to volume-b",
        ),
        (
            "snapshot create volume-a snapshot-2",
            "would take snapshot snapshot-2",
        ),
        (
            "snapshot delete volume-a snapshot-1",
            "would delete snapshot snapshot-1",
        ),
        (
            "snapshot clone volume-a snapshot-1 volume-b",
            "would create volume volume-b",
        ),
        (
            "snapshot manage volume-a x snapshot-2",
            "would rename snapshot x",
        ),
        (
            "snapshot unmanage volume-a snapshot-1",
            "would release snapshot snapshot-1",
        ),
        (
            "group snapshot snapshot-2 volume-a",
            "would take snapshot snapshot-2 of volume-a",
        ),
        (
            "group delete-snapshot snapshot-1 volume-a",
            "would delete snapshot snapshot-1",
        ),
        ("group clone volume-a=volume-b", "would create volume-b"),
        ("group delete volume-a", "would delete volume-a"),
        (
            "migrate volume-a --to other",
            "would move volume volume-a to backend other",
        ),
        ("recover", "would finish or roll back"),
        (
            "token create command --file /x",
            "would create API token command",
        ),
    ] {
        let mut words: Vec<&str> = arguments.split(' ').collect();
        words.push("--dry-run");
        let said = bench.done(&words);
        assert!(said.starts_with(plan), "{arguments}: {said}");
        assert!(
            said.ends_with("nothing was changed\n"),
            "{arguments}: {said}"
        );
    }
    assert_eq!(bench.fixture.state(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tables_are_for_people() {
    let bench = Bench::ready().await;
    assert_eq!(bench.done(&["volume", "ls"]), "there are no volumes\n");
    let made = bench.done(&["volume", "create", "volume-a", "10"]);
    assert_eq!(made, "created volume volume-a of 10 GiB\n");
    let again = bench.done(&["volume", "create", "volume-a", "10"]);
    assert_eq!(
        again,
        "volume volume-a of 10 GiB was there: nothing was changed\n"
    );
    let listed = bench.done(&["volume", "ls"]);
    let row: Vec<&str> = listed.lines().nth(1).unwrap().split_whitespace().collect();
    assert_eq!(row[..3], ["volume-a", "10", "GiB"]);
    let yaml = bench.done(&["volume", "ls", "--output", "yaml"]);
    assert!(yaml.contains("size_bytes: 10737418240"), "{yaml}");
    let deleted = bench.done(&["volume", "delete", "--yes", "volume-a", "volume-b"]);
    assert_eq!(
        deleted,
        "deleted volume volume-a\nvolume volume-b did not exist\n"
    );
}
