//! Process-wide settings of a host, alone in its process because other tests set a subscriber.
//!
//! After a driver set up, worked, failed and ended, the default provider of TLS, the default
//! subscriber of `tracing` and the hook of panics are what they were.

use std::ffi::{CString, c_char, c_void};
use std::panic::PanicHookInfo;
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use zfssa::config::ConfigBuilder;
use zfssa::driver::{DoSetup, Driver};
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
    fn zfssa_ticket_wait(ticket: u64, timeout_ms: i64, result: Place, err: Place) -> i32;
    fn zfssa_result_status(result: *const c_void) -> i32;
    fn zfssa_result_free(result: *mut c_void);
}

/// The beginning of a record.
#[repr(C)]
struct Record {
    size: u32,
    level: u32,
}

/// Of requests.
const DEBUG: u32 = 4;
static REQUESTS: AtomicUsize = AtomicUsize::new(0);

unsafe extern "C" fn on_record(_context: *mut c_void, record: *const c_void) {
    // SAFETY: the library gives a record, which is good until this function returns.
    let record = unsafe { &*record.cast::<Record>() };
    REQUESTS.fetch_add(usize::from(record.level == DEBUG), Ordering::Relaxed);
}

/// A driver of the Rust API, whose host wants no log, works in the same process.
fn without_a_log(options: &[(&str, String)]) {
    let pairs = options.iter().map(|(name, value)| (*name, value.clone()));
    let config = ConfigBuilder::from_pairs(pairs).build().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let driver = Driver::new(config).unwrap();
    runtime.block_on(driver.call(DoSetup {})).unwrap();
}

fn wait(ticket: u64) -> i32 {
    let mut result = null_mut();
    // SAFETY: as the header asks; the result is this function's and is freed once.
    unsafe {
        assert_eq!(
            zfssa_ticket_wait(ticket, 60_000, &mut result, null_mut()),
            0
        );
        let status = zfssa_result_status(result);
        zfssa_result_free(result);
        status
    }
}

/// A driver's life through the C ABI, with all of its log, although what it logs was met first
/// where nobody wants it.
fn a_life(options: &[(&str, String)]) {
    let lines = options
        .iter()
        .map(|(name, value)| format!("{name} = '{value}'\n"));
    let toml = CString::new(lines.collect::<String>()).unwrap();
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
        without_a_log(options);
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
    a_life(&[
        ("san_ip", "127.0.0.1".to_owned()),
        ("san_api_port", appliance.port().to_string()),
        ("san_login", "root".to_owned()),
        ("san_password", PASSWORD.to_owned()),
        ("zfssa_pool", "pool-0".to_owned()),
        ("zfssa_project", "cinder".to_owned()),
        ("zfssa_initiator_group", "default".to_owned()),
        ("zfssa_target_portal", "127.0.0.1:3260".to_owned()),
        ("zfssa_target_interfaces", "ixgbe0".to_owned()),
        ("zfssa_tls_mode", "ca".to_owned()),
        ("zfssa_tls_ca_file", ca.path().display().to_string()),
    ]);
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

    let requests = REQUESTS.load(Ordering::Relaxed);
    assert!(requests > 1, "{requests} requests were logged");
}
