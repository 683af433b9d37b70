//! Every operation through the C ABI, on a simulated appliance.

mod c_harness;
mod common;

use common::{HOST_A, HOST_B, PASSWORD, POOL, PROJECT, TARGET_CHAP};
use zfssa_appliance::{Appliance, Options};

#[test]
fn operations() {
    run("operations");
}

/// Images: what is left in the project of cached images is nothing.
#[test]
fn images() {
    let appliance = run("images");
    let pools = &appliance.state()["pools"][POOL]["projects"];
    for project in [PROJECT, "os-cinder-cache"] {
        let luns = pools[project]["luns"].as_object();
        assert_eq!(luns.map(|luns| luns.len()), Some(0), "{project}: {luns:?}");
    }
}

/// Runs the cases of a program whose backend is a simulated appliance.
fn run(program: &str) -> Appliance {
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
    let directory = tempfile::tempdir().unwrap();
    let ca = directory.path().join("ca.pem");
    std::fs::write(&ca, appliance.ca_pem()).unwrap();
    let config = directory.path().join("backend.toml");
    std::fs::write(&config, backend(appliance.port(), ca.to_str().unwrap())).unwrap();

    let source = directory.path().join(format!("{program}_here.c"));
    let include = format!("#define CONFIG {config:?}\n#include \"{program}.c\"\n");
    std::fs::write(&source, include).unwrap();
    c_harness::run_source(&source);
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
