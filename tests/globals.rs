//! What belongs to the whole process belongs to the host: after a driver set up, worked, failed
//! and ended, the default provider of TLS, the default subscriber of `tracing` and the hook of
//! panics are what they were.
//!
//! A process of its own, with one test: the others of this crate set a subscriber.

use std::ffi::{CString, c_char, c_void};
use std::panic::PanicHookInfo;
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use zfssa as _;
use zfssa_appliance::{Appliance, Options};

const PASSWORD: &str = "CANARY-password-91ce";

#[repr(C)]
struct NameArgs {
    size: u32,
    flags: u32,
    name: *const c_char,
}

type Place = *mut *mut c_void;

unsafe extern "C" {
    fn zfssa_config_new(config: Place, err: Place) -> i32;
    fn zfssa_config_parse_toml(
        config: *mut c_void,
        toml: *const c_char,
        section: *const c_char,
        err: Place,
    ) -> i32;
    fn zfssa_config_free(config: *mut c_void);
    fn zfssa_driver_new(config: *const c_void, driver: Place, err: Place) -> i32;
    fn zfssa_driver_free(driver: *mut c_void);
    fn zfssa_driver_set_log(
        driver: *mut c_void,
        level: u32,
        function: Option<unsafe extern "C" fn(*mut c_void, *const c_void)>,
        context: *mut c_void,
        drop: Option<unsafe extern "C" fn(*mut c_void)>,
        err: Place,
    ) -> i32;
    fn zfssa_do_setup(
        driver: *mut c_void,
        args: *const c_void,
        call: *const c_void,
        ticket: *mut u64,
        err: Place,
    ) -> i32;
    fn zfssa_get_volume(
        driver: *mut c_void,
        args: *const NameArgs,
        call: *const c_void,
        ticket: *mut u64,
        err: Place,
    ) -> i32;
    fn zfssa_wait(ticket: u64, timeout_ms: i64, result: Place, err: Place) -> i32;
    fn zfssa_result_status(result: *const c_void) -> i32;
    fn zfssa_result_free(result: *mut c_void);
}

static RECORDS: AtomicUsize = AtomicUsize::new(0);

unsafe extern "C" fn on_record(_context: *mut c_void, _record: *const c_void) {
    RECORDS.fetch_add(1, Ordering::Relaxed);
}

fn wait(ticket: u64) -> i32 {
    let mut result = null_mut();
    // SAFETY: as the header asks; the result is this function's and is freed once.
    unsafe {
        assert_eq!(zfssa_wait(ticket, 60_000, &mut result, null_mut()), 0);
        let status = zfssa_result_status(result);
        zfssa_result_free(result);
        status
    }
}

/// A driver's life through the C ABI, with all of its log.
fn a_life(toml: &str) {
    let toml = CString::new(toml).unwrap();
    let (mut config, mut driver) = (null_mut(), null_mut());
    // SAFETY: as the header asks: texts end with NUL, places are writable, `err` may be NULL.
    unsafe {
        assert_eq!(zfssa_config_new(&mut config, null_mut()), 0);
        let parsed = zfssa_config_parse_toml(config, toml.as_ptr(), null(), null_mut());
        assert_eq!(parsed, 0);
        assert_eq!(zfssa_driver_new(config, &mut driver, null_mut()), 0);
        zfssa_config_free(config);
        let set = zfssa_driver_set_log(driver, 5, Some(on_record), null_mut(), None, null_mut());
        assert_eq!(set, 0);
        let mut ticket = 0;
        let submitted = zfssa_do_setup(driver, null(), null(), &mut ticket, null_mut());
        assert_eq!((submitted, wait(ticket)), (0, 0));
        let args = NameArgs {
            size: size_of::<NameArgs>() as u32,
            flags: 0,
            name: c"volume-1".as_ptr(),
        };
        let submitted = zfssa_get_volume(driver, &args, null(), &mut ticket, null_mut());
        assert_eq!(submitted, 0);
        assert!(wait(ticket) < 0, "there is no such volume");
        zfssa_driver_free(driver);
    }
}

fn engine_threads() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    tasks
        .filter_map(|task| std::fs::read_to_string(task.unwrap().path().join("comm")).ok())
        .filter(|name| name.starts_with("zfssa-"))
        .count()
}

static PANICS: AtomicUsize = AtomicUsize::new(0);

fn on_panic(_: &PanicHookInfo<'_>) {
    PANICS.fetch_add(1, Ordering::Relaxed);
}

#[test]
fn nothing_global_is_touched() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(on_panic));
    let appliance = Appliance::start_blocking(Options {
        password: PASSWORD.to_owned(),
        ..Options::default()
    })
    .unwrap();
    let mut ca = tempfile::NamedTempFile::new().unwrap();
    std::io::Write::write_all(&mut ca, appliance.ca_pem().as_bytes()).unwrap();
    a_life(&format!(
        "san_ip = '127.0.0.1'
         san_api_port = {}
         san_login = 'root'
         san_password = '{PASSWORD}'
         zfssa_pool = 'pool-0'
         zfssa_project = 'cinder'
         zfssa_initiator_group = 'default'
         zfssa_target_portal = '127.0.0.1:3260'
         zfssa_target_interfaces = ['ixgbe0']
         zfssa_tls_mode = 'ca'
         zfssa_tls_ca_file = '{}'",
        appliance.port(),
        ca.path().display()
    ));
    let until = Instant::now() + Duration::from_secs(60);
    while engine_threads() > 0 {
        assert!(Instant::now() < until, "the engine does not end");
        std::thread::sleep(Duration::from_millis(1));
    }

    // The hook is still this test's, and was not needed until now.
    let unwound = std::panic::catch_unwind(|| panic!("the test wants it"));
    std::panic::set_hook(before);
    assert!(unwound.is_err());
    assert_eq!(PANICS.load(Ordering::Relaxed), 1);

    assert!(rustls::crypto::CryptoProvider::get_default().is_none());
    // The first to set a default subscriber is the host.
    let host = tracing::subscriber::set_global_default(tracing_subscriber::registry());
    assert!(host.is_ok(), "there is a default subscriber already");

    assert!(RECORDS.load(Ordering::Relaxed) > 0, "nothing was logged");
}
