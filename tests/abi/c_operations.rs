//! Every operation through the C ABI, on a simulated appliance.

use support::resetting_proxy::Resetting;
use support::{HOST_A, HOST_B, PASSWORD, POOL, PROJECT, TARGET_CHAP};
use zfssa::driver::{DoSetup, Driver};
use zfssa_appliance::{Appliance, Fault, FaultKind, Options, Release};

#[test]
fn operations() {
    run("operations", |appliance| {
        appliance.tune(|knobs| knobs.release = Release::Os88);
        appliance.port()
    });
}

/// Images: what is left in the project of cached images is nothing.
#[test]
fn images() {
    let appliance = run("images", Appliance::port);
    let pools = &appliance.state()["pools"][POOL]["projects"];
    for project in [PROJECT, "os-cinder-cache"] {
        let luns = pools[project]["luns"].as_object();
        assert_eq!(luns.map(|luns| luns.len()), Some(0), "{project}: {luns:?}");
    }
}

/// A process that may start no thread: an error of the driver's beginning, and of no operation.
#[test]
fn threads() {
    run("threads", Appliance::port);
}

/// The ends of hosts with a thousand operations in flight.
#[test]
fn many() {
    // As in many.c.
    const ANSWERED: u64 = 32;
    let appliance = run("many", |appliance| {
        set_up(appliance);
        for case in ["exit", "free-and-exit", "close", "free", "callback"] {
            let lun = format!("/luns/unanswered-{case}($|\\?)");
            let hang = Fault::new(FaultKind::Hang { ms: None }).on("GET", &lun);
            appliance.faults().push(hang.nth(ANSWERED + 1).forever());
        }
        appliance.port()
    });
    for hang in appliance.faults().report() {
        assert!(hang.matched >= ANSWERED, "{hang:?}: nothing was under way");
    }
}

/// A connection that is reset while it is written to.
#[test]
fn resets() {
    let mut proxy = None;
    run("resets", |appliance| {
        let started = Resetting::start(appliance.port(), 50);
        proxy.insert(started).port
    });
    let resets = proxy.unwrap().resets();
    println!("{resets} connections were reset");
    assert!(resets > 100, "only {resets} connections were reset");
}

/// Prepares an appliance for hosts that begin all at once.
fn set_up(appliance: &Appliance) {
    let ca = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(ca.path(), appliance.ca_pem()).unwrap();
    let config = support::config_for(appliance, ca.path()).build().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let driver = Driver::new(config).unwrap();
    runtime.block_on(driver.call(DoSetup {})).unwrap();
}

/// Runs the cases of a program whose backend is a simulated appliance, reached at the port that
/// `prepare` gives.
fn run(program: &str, prepare: impl FnOnce(&Appliance) -> u16) -> Appliance {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let options = Options {
        password: PASSWORD.to_owned(),
        ..Options::default()
    };
    let appliance = runtime.block_on(Appliance::start(options)).unwrap();
    let port = prepare(&appliance);
    let directory = tempfile::tempdir().unwrap();
    let ca = directory.path().join("ca.pem");
    std::fs::write(&ca, appliance.ca_pem()).unwrap();
    let config = directory.path().join("backend.toml");
    std::fs::write(&config, backend(port, ca.to_str().unwrap())).unwrap();

    let source = directory.path().join(format!("{program}_here.c"));
    let include = format!("#define CONFIG {config:?}\n#include \"{program}.c\"\n");
    std::fs::write(&source, include).unwrap();
    support::c_harness::run_source(&source);
    appliance
}

fn backend(port: u16, ca: &str) -> String {
    format!(
        "san_ip = '127.0.0.1'
         san_api_port = {port}
         san_login = 'root'
         san_password = '{PASSWORD}'
         zfssa_pool = '{POOL}'
         zfssa_project = '{PROJECT}'
         zfssa_target_portal = '127.0.0.1:3260'
         zfssa_target_interfaces = ['ixgbe0']
         zfssa_target_user = 'target'
         zfssa_target_password = '{TARGET_CHAP}'
         zfssa_tls_mode = 'ca'
         zfssa_tls_ca_file = '{ca}'
         zfssa_lun_sparse = true
         [zfssa_initiator_config]
         host-a = [{{ iqn = '{HOST_A}', user = '', password = '' }}]
         host-b = [{{ iqn = '{HOST_B}', user = '', password = '' }}]
        "
    )
}
