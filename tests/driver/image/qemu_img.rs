//! A real image of each format goes through `qemu-img` and iSCSI, with CHAP, onto the cache's LUN,
//! and the volume that is cloned from it holds the image's bytes.

use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use support::{Fixture, HOST_A};
use zfssa::driver::{
    Call, CloneImage, DoSetup, InitializeConnection, Progress, ProgressStep, QemuImg,
};
use zfssa_appliance::Options;
use zfssa_appliance::data_plane::{DataPlaneOptions, TgtdDataPlane};

const MIB: usize = 1 << 20;
/// How much of the volume is read back.
const READ: usize = 64 * MIB;
const SECRET: &str = "CANARYhost-03";

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

fn clone_image(image: &Path, format: &str) -> CloneImage {
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
            format: format.into(),
            initiator: HOST_A.into(),
            program: "qemu-img".into(),
        }),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_volume_from_a_qcow2_holds_its_bytes() {
    a_volume_holds_the_bytes_of("qcow2").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_volume_from_a_vmdk_holds_its_bytes() {
    a_volume_holds_the_bytes_of("vmdk").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_volume_from_a_raw_image_holds_its_bytes() {
    a_volume_holds_the_bytes_of("raw").await;
}

async fn a_volume_holds_the_bytes_of(format: &str) {
    let plane = TgtdDataPlane::start(DataPlaneOptions::default()).unwrap();
    let portal = plane.portal().to_string();
    let options = Options {
        data_plane: Some(plane.clone()),
        ..Options::default()
    };
    let bench = Fixture::raw(options, |config| {
        config.set("zfssa_target_portal", &portal);
        let initiators = format!(
            "{{'host-a': [{{'iqn': '{HOST_A}', 'user': 'chap-a', 'password': '{SECRET}'}}]}}"
        );
        config.set("zfssa_initiator_config", &initiators);
    })
    .await;
    bench.driver.call(DoSetup {}).await.unwrap();
    let files = tempfile::tempdir().unwrap();
    let at = |name: &str| files.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(at("raw"), pattern()).unwrap();
    let (raw, image) = (at("raw"), at("image,with=signs"));
    let made = qemu_img(&["convert", "-f", "raw", "-O", format, &raw, &image]);
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
    let cloned = bench
        .driver
        .run(clone_image(image.as_ref(), format), &scope)
        .await;
    let cloned = cloned.unwrap();
    assert!(cloned.transferred);
    assert_eq!(cloned.volume.unwrap().size_bytes, 2 << 30);
    let told: Vec<ProgressStep> = told.lock().unwrap().clone();
    let transfer: Vec<f64> = told
        .iter()
        .filter(|step| step.name == "transfer")
        .map(ProgressStep::percent)
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
    let auth = connection.auth.as_ref().expect("CHAP");
    assert_eq!(
        (auth.username.as_str(), auth.password.expose()),
        ("chap-a", SECRET)
    );
    let secret = at("chap");
    std::fs::write(&secret, SECRET).unwrap();
    let source = format!(
        "driver=raw,size={READ},file.driver=iscsi,file.transport=tcp,file.portal={},\
         file.target={},file.lun={},file.initiator-name={HOST_A},file.user=chap-a,\
         file.password-secret=chap",
        connection.target_portal, connection.target_iqn, connection.target_lun
    );
    let (back, chap) = (at("back"), format!("secret,id=chap,file={secret}"));
    assert!(qemu_img(&[
        "convert",
        "--object",
        &chap,
        "--image-opts",
        &source,
        "-O",
        "raw",
        &back
    ]));
    let back = std::fs::read(back).unwrap();
    assert_eq!(back.len(), READ);
    assert!(back[..24 * MIB] == pattern(), "the bytes differ");
    assert!(back[24 * MIB..].iter().all(|byte| *byte == 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_image_that_refers_to_another_file_is_refused() {
    let bench = Fixture::ready().await;
    let before = bench.state();
    let files = tempfile::tempdir().unwrap();
    let at = |name: &str| files.path().join(name).to_str().unwrap().to_owned();
    let (secret, image) = (at("secret"), at("image"));
    std::fs::write(&secret, pattern()).unwrap();
    let made = qemu_img(&["create", "-f", "qcow2", "-b", &secret, "-F", "raw", &image]);
    assert!(made);
    let image = clone_image(image.as_ref(), "qcow2");
    let error = bench.driver.call(image).await.unwrap_err();
    assert!(error.to_string().contains("a backing file"), "{error}");
    assert_eq!(bench.state(), before);
}
