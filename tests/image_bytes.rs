//! A real qcow2 image goes through `qemu-img` and iSCSI onto the cache's LUN, and the volume that
//! is cloned from it holds the image's bytes.

mod common;

use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use common::{Bench, HOST_A};
use zfssa::driver::{Call, CloneImage, DoSetup, InitializeConnection, Progress, QemuImg, Step};
use zfssa_appliance::Options;
use zfssa_appliance::data_plane::{DataPlaneOptions, TgtdDataPlane};

const MIB: usize = 1 << 20;

fn qemu_img(arguments: &[&str]) -> bool {
    let status = Command::new("qemu-img").args(arguments).output();
    status.expect("qemu-img runs").status.success()
}

/// Bytes that are not all alike, with a hole between them.
fn pattern() -> Vec<u8> {
    let mut bytes = vec![0; 24 * MIB];
    for (at, byte) in bytes.iter_mut().enumerate() {
        if !(4 * MIB..16 * MIB).contains(&at) {
            *byte = (at.wrapping_mul(2_654_435_761) >> 13) as u8;
        }
    }
    bytes
}

fn clone_image(image: &Path) -> CloneImage {
    CloneImage {
        name: "volume-1".into(),
        size_gib: 2,
        extra_specs: Vec::new(),
        image_id: "img-1".into(),
        image_updated_at: "v1".into(),
        image_virtual_size: 24 * MIB as u64,
        initiator: HOST_A.into(),
        transfer: Arc::new(QemuImg {
            image: image.to_owned(),
            format: "qcow2".into(),
            initiator: HOST_A.into(),
            program: "qemu-img".into(),
        }),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_volume_from_a_qcow2_holds_its_bytes() {
    let plane = TgtdDataPlane::start(DataPlaneOptions::default()).unwrap();
    let portal = plane.portal().to_string();
    let options = Options {
        data_plane: Some(plane.clone()),
        ..Options::default()
    };
    let bench = Bench::raw(options, |config| {
        config.set("zfssa_target_portal", &portal);
    })
    .await;
    bench.driver.call(DoSetup {}).await.unwrap();
    let files = tempfile::tempdir().unwrap();
    let at = |name: &str| files.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(at("raw"), pattern()).unwrap();
    let (raw, image) = (at("raw"), at("image,with=signs.qcow2"));
    let made = qemu_img(&["convert", "-f", "raw", "-O", "qcow2", &raw, &image]);
    assert!(made);

    let told = Arc::new(Mutex::new(Vec::new()));
    let progress = {
        let told = told.clone();
        Progress::told_to(move |step| told.lock().unwrap().push(step.clone()))
    };
    let scope = bench.driver.scope(Call {
        progress,
        ..Call::default()
    });
    let cloned = bench.driver.run(clone_image(image.as_ref()), &scope).await;
    let cloned = cloned.unwrap();
    assert!(cloned.transferred);
    let told: Vec<Step> = told.lock().unwrap().clone();
    let transfer: Vec<f64> = told
        .iter()
        .filter(|step| step.name == "transfer")
        .map(Step::percent)
        .collect();
    assert!(
        transfer.is_sorted() && transfer.last() == Some(&100.0),
        "{told:?}"
    );
    let mut names: Vec<&str> = told.iter().map(|step| step.name.as_str()).collect();
    names.dedup();
    assert!(
        names.starts_with(&["make_lun", "transfer", "hide", "take_snapshot"]),
        "{names:?}"
    );

    let attach = InitializeConnection {
        volume: "volume-1".into(),
        initiator: HOST_A.into(),
        ..InitializeConnection::default()
    };
    let connection = bench.driver.call(attach).await.unwrap();
    let source = format!(
        "driver=iscsi,transport=tcp,portal={},target={},lun={},initiator-name={HOST_A}",
        connection.target_portal, connection.target_iqn, connection.target_lun
    );
    let back = at("back");
    assert!(qemu_img(&[
        "convert",
        "--image-opts",
        &source,
        "-O",
        "raw",
        &back
    ]));
    let back = std::fs::read(back).unwrap();
    assert_eq!(back.len(), 2 << 30);
    assert!(back[..24 * MIB] == pattern(), "the bytes differ");
    assert!(back[24 * MIB..].iter().all(|byte| *byte == 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_image_that_refers_to_another_file_is_refused() {
    let bench = Bench::ready().await;
    let before = bench.state();
    let files = tempfile::tempdir().unwrap();
    let at = |name: &str| files.path().join(name).to_str().unwrap().to_owned();
    let (secret, image) = (at("secret"), at("image"));
    std::fs::write(&secret, pattern()).unwrap();
    let made = qemu_img(&["create", "-f", "qcow2", "-b", &secret, "-F", "raw", &image]);
    assert!(made);
    let image = clone_image(image.as_ref());
    let error = bench.driver.call(image).await.unwrap_err();
    assert!(error.to_string().contains("a backing file"), "{error}");
    assert_eq!(bench.state(), before);
}
