//! The transfer that is built in, with programs of the test's own in the place of `qemu-img`:
//! what they are told, and when they end. `image_bytes` has the real one.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use support::{Fixture, HOST_A, SOON, config_at, only_test, path_text, until};
use zfssa::config::ConfigBuilder;
use zfssa::driver::{
    Call, CloneImage, CreateClonedVolume, CreateVolume, DeleteVolume, DoSetup, Driver, QemuImg,
    Timeout,
};
use zfssa::error::{Outcome, Status};
use zfssa_appliance::Options;

const HOST_SECRET: &str = "CANARYhost-02";
const CHILD: &str = "ZFSSA_IMAGE_TRANSFER_CHILD";

fn with_chap(config: &mut ConfigBuilder) {
    let initiators = format!(
        "{{'host-a': [{{'iqn': '{HOST_A}', 'user': 'chap-a', 'password': '{HOST_SECRET}'}}]}}"
    );
    config.set("zfssa_initiator_config", &initiators);
}

/// A program that says that the image stands alone, and then does what a script says.
fn program(directory: &Path, script: &str) -> PathBuf {
    let path = directory.join("qemu-img");
    let text = format!("#!/bin/sh\nif [ \"$1\" = info ]; then echo '{{}}'; exit 0; fi\n{script}\n");
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
    path
}

/// A script that tells its process's number in a file, and goes on until it is ended, whoever reads
/// what it says.
fn endless(pid: &Path) -> String {
    let pid = path_text(pid);
    format!("echo $$ > {pid}.new; mv {pid}.new {pid}; exec sleep infinity")
}

fn from_image(program: PathBuf) -> CloneImage {
    CloneImage {
        name: "volume-1".into(),
        size_gib: 1,
        extra_specs: Vec::new(),
        image_id: "img-1".into(),
        image_updated_at: "v1".into(),
        image_virtual_size: 1,
        initiator: HOST_A.into(),
        transfer: Arc::new(QemuImg {
            image: "/images/one.qcow2".into(),
            format: "qcow2".into(),
            initiator: HOST_A.into(),
            program,
        }),
    }
}

async fn bench() -> Fixture {
    let bench = Fixture::raw(Options::default(), with_chap).await;
    bench.driver.call(DoSetup {}).await.unwrap();
    bench
}

/// The number that a script told, once it did.
async fn pid_in(path: &Path) -> u32 {
    assert!(until(|| path.exists()).await, "the program did not begin");
    let text = std::fs::read_to_string(path).unwrap();
    text.trim().parse().unwrap()
}

/// Whether a process runs; one that nobody has waited for yet does not.
fn runs(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"));
    stat.is_ok_and(|stat| !stat.rsplit(')').next().unwrap().starts_with(" Z"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_secret_is_read_from_standard_input_and_stands_nowhere() {
    let bench = bench().await;
    let files = tempfile::tempdir().unwrap();
    let seen = |what: &str| path_text(&files.path().join(what)).to_owned();
    let (arguments, input, command) = (seen("arguments"), seen("input"), seen("command"));
    // Files of other users cannot be read, the command line of any process can.
    let script = format!(
        "printf '%s\\n' \"$@\" > {arguments}; cat > {input}; cat /proc/$$/cmdline > {command}"
    );
    let made = bench
        .driver
        .call(from_image(program(files.path(), &script)))
        .await
        .unwrap();
    assert!(made.transferred);
    let read = |path: &str| std::fs::read_to_string(path).unwrap();
    assert_eq!(read(&input), HOST_SECRET);
    assert!(read(&arguments).contains("user=chap-a,password-secret=chap"));
    for shown in [read(&arguments), read(&command)] {
        assert!(!shown.contains(HOST_SECRET));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_transfer_ends_the_program() {
    let bench = bench().await;
    let before = bench.state();
    let files = tempfile::tempdir().unwrap();
    let file = files.path().join("pid");
    let call = Call::default();
    let cancel = call.cancel.clone();
    let scope = bench.driver.scope(call);
    let image = from_image(program(files.path(), &endless(&file)));
    let (result, pid) = tokio::join!(bench.driver.run(image, &scope), async {
        let pid = pid_in(&file).await;
        assert!(runs(pid));
        cancel.cancel();
        pid
    });
    let error = result.unwrap_err();
    assert_eq!(
        (error.status(), error.outcome()),
        (Status::Cancelled, Outcome::RolledBack)
    );
    assert!(until(|| !runs(pid)).await, "the program goes on");
    assert_eq!(bench.state(), before);
}

/// On a runtime with one thread for blocking work, which several transfers would use up.
#[test]
fn transfers_leave_the_threads_to_others() {
    const TRANSFERS: usize = 4;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(1)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let bench = bench().await;
        let source = CreateVolume {
            name: "volume-source".into(),
            size_gib: 1,
            ..CreateVolume::default()
        };
        bench.driver.call(source).await.unwrap();
        let before = bench.state();
        let files = tempfile::tempdir().unwrap();
        let mut calls = Vec::new();
        for number in 0..TRANSFERS {
            let directory = files.path().join(number.to_string());
            std::fs::create_dir(&directory).unwrap();
            let file = directory.join("pid");
            let image = CloneImage {
                name: format!("volume-{number}"),
                image_id: format!("img-{number}"),
                ..from_image(program(&directory, &endless(&file)))
            };
            let call = Call::default();
            let cancel = call.cancel.clone();
            let (driver, scope) = (bench.driver.clone(), bench.driver.scope(call));
            let running = tokio::spawn(async move { driver.run(image, &scope).await });
            calls.push((running, cancel, pid_in(&file).await));
        }
        // With a journal, and a limit that must reach it in any case.
        let call = Call {
            timeout: Timeout::After(SOON),
            ..Call::default()
        };
        let scope = bench.driver.scope(call);
        let clone = CreateClonedVolume {
            name: "volume-clone".into(),
            source_volume: "volume-source".into(),
            size_gib: 2,
            ..CreateClonedVolume::default()
        };
        let cloning = tokio::time::timeout(2 * SOON, bench.driver.run(clone, &scope));
        let cloned = cloning.await.expect("the limit did not reach the clone");
        cloned.unwrap();
        for (running, cancel, pid) in calls {
            cancel.cancel();
            let error = running.await.unwrap().unwrap_err();
            assert_eq!(
                (error.status(), error.outcome()),
                (Status::Cancelled, Outcome::RolledBack)
            );
            // Not even a zombie of it is left.
            let gone = || !Path::new(&format!("/proc/{pid}")).exists();
            assert!(until(gone).await, "the program is there");
        }
        let gone = DeleteVolume {
            name: "volume-clone".into(),
        };
        bench.driver.call(gone).await.unwrap();
        assert_eq!(bench.state(), before);
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_deadline_ends_the_program() {
    let bench = bench().await;
    let before = bench.state();
    let files = tempfile::tempdir().unwrap();
    let file = files.path().join("pid");
    let image = from_image(program(files.path(), &endless(&file)));
    let scope = bench.driver.scope(Call {
        timeout: Timeout::After(Duration::from_secs(3)),
        ..Call::default()
    });
    let (result, pid) = tokio::join!(bench.driver.run(image, &scope), pid_in(&file));
    let error = result.unwrap_err();
    assert_eq!(
        (error.status(), error.outcome()),
        (Status::Deadline, Outcome::RolledBack)
    );
    let gone = || !Path::new(&format!("/proc/{pid}")).exists();
    assert!(until(gone).await, "the program is there");
    assert_eq!(bench.state(), before);
}

/// It would stop when the pipe is full, and never end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_with_many_words_is_read_while_it_runs() {
    let bench = bench().await;
    let before = bench.state();
    let files = tempfile::tempdir().unwrap();
    let script = "yes 'a warning' | head -c 1000000 >&2; echo 'the last word' >&2; exit 1";
    let image = from_image(program(files.path(), script));
    let failing = tokio::time::timeout(SOON, bench.driver.call(image));
    let error = failing.await.expect("the program hangs").unwrap_err();
    assert_eq!(
        (error.status(), error.outcome()),
        (Status::Transfer, Outcome::RolledBack)
    );
    let text = format!("{error:?}");
    assert!(text.contains("the last word"), "{text}");
    assert!(!text.contains("a warning"), "{text}");
    assert_eq!(bench.state(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_program_dies_with_the_process() {
    let bench = bench().await;
    let files = tempfile::tempdir().unwrap();
    let file = files.path().join("pid");
    let program = program(files.path(), &endless(&file));
    let task = format!(
        "{}\n{}\n{}",
        bench.appliance.port(),
        path_text(bench.ca.path()),
        path_text(&program)
    );
    let mut process = Command::new(std::env::current_exe().unwrap())
        .args(only_test(module_path!(), "child"))
        .env(CHILD, task)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let pid = pid_in(&file).await;
    assert!(runs(pid));
    process.kill().unwrap();
    process.wait().unwrap();
    assert!(until(|| !runs(pid)).await, "the program goes on");
}

/// Not a test of its own: the process that is killed while its program writes.
#[test]
fn child() {
    let Ok(task) = std::env::var(CHILD) else {
        return;
    };
    let task: Vec<&str> = task.lines().collect();
    let mut config = config_at(task[0].parse().unwrap(), Path::new(task[1]));
    with_chap(&mut config);
    let driver = Driver::new(config.build().unwrap()).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime
        .block_on(driver.call(from_image(task[2].into())))
        .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_that_is_missing_is_named() {
    let bench = bench().await;
    let before = bench.state();
    let image = from_image("/nonexistent/qemu-img".into());
    let error = bench.driver.call(image).await.unwrap_err();
    assert_eq!(
        (error.status(), error.outcome()),
        (Status::Transfer, Outcome::RolledBack)
    );
    assert!(
        error.message().contains("/nonexistent/qemu-img"),
        "{error:?}"
    );
    assert_eq!(bench.state(), before);
}
