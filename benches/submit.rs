//! What an operation costs that sends nothing: from submission to the result in hand, through the
//! C ABI, beside a bare hop to a tokio task and back.

use std::ffi::{c_char, c_void};
use std::ptr::{null, null_mut};
use std::sync::LazyLock;
use std::sync::mpsc;

use zfssa as _;

/// Operations in flight at once, where there are several.
const BATCH: usize = 64;

#[repr(C)]
struct EchoArgs {
    size: u32,
    flags: u32,
    message: *const c_char,
    delay_ms: u64,
    fail_with: i32,
    reserved: u32,
}

unsafe extern "C" {
    fn zfssa_config_new(config: *mut *mut c_void, err: *mut *mut c_void) -> i32;
    fn zfssa_config_set(
        config: *mut c_void,
        name: *const c_char,
        value: *const c_char,
        err: *mut *mut c_void,
    ) -> i32;
    fn zfssa_driver_new(
        config: *const c_void,
        driver: *mut *mut c_void,
        err: *mut *mut c_void,
    ) -> i32;
    fn zfssa_echo(
        driver: *mut c_void,
        args: *const EchoArgs,
        call: *const c_void,
        ticket: *mut u64,
        err: *mut *mut c_void,
    ) -> i32;
    fn zfssa_ticket_wait(
        ticket: u64,
        timeout_ms: i64,
        result: *mut *mut c_void,
        err: *mut *mut c_void,
    ) -> i32;
    fn zfssa_result_free(result: *mut c_void);
}

struct Driver(*mut c_void);

// SAFETY: the header lets any thread use a driver.
unsafe impl Send for Driver {}
// SAFETY: as above.
unsafe impl Sync for Driver {}

static DRIVER: LazyLock<Driver> = LazyLock::new(|| {
    let options = [
        (c"san_ip", c"127.0.0.1"),
        (c"san_login", c"user"),
        (c"san_password", c"password"),
        (c"zfssa_pool", c"pool"),
        (c"zfssa_project", c"project"),
        (c"zfssa_initiator_group", c"group"),
        (c"zfssa_target_portal", c"127.0.0.1:3260"),
        (c"zfssa_target_interfaces", c"net0"),
        (c"zfssa_tls_mode", c"insecure"),
    ];
    let (mut config, mut driver) = (null_mut(), null_mut());
    // SAFETY: as the header asks: texts end with NUL, places are writable, `err` may be NULL.
    unsafe {
        assert_eq!(zfssa_config_new(&mut config, null_mut()), 0);
        for (name, value) in options {
            let set = zfssa_config_set(config, name.as_ptr(), value.as_ptr(), null_mut());
            assert_eq!(set, 0);
        }
        assert_eq!(zfssa_driver_new(config, &mut driver, null_mut()), 0);
    }
    Driver(driver)
});

fn submit() -> u64 {
    let args = EchoArgs {
        size: size_of::<EchoArgs>() as u32,
        flags: 0,
        message: c"hello".as_ptr(),
        delay_ms: 0,
        fail_with: 0,
        reserved: 0,
    };
    let mut ticket = 0;
    // SAFETY: as the header asks; NULL stands for the defaults.
    let status = unsafe { zfssa_echo(DRIVER.0, &args, null(), &mut ticket, null_mut()) };
    assert_eq!(status, 0);
    ticket
}

fn take(ticket: u64) {
    let mut result = null_mut();
    // SAFETY: as the header asks; the result is this function's and is freed once.
    unsafe {
        assert_eq!(zfssa_ticket_wait(ticket, -1, &mut result, null_mut()), 0);
        zfssa_result_free(result);
    }
}

#[divan::bench]
fn abi_one(bencher: divan::Bencher) {
    bencher.bench_local(|| take(submit()));
}

#[divan::bench]
fn abi_batch(bencher: divan::Bencher) {
    bencher
        .counter(divan::counter::ItemsCount::new(BATCH))
        .bench_local(|| {
            let tickets: Vec<u64> = (0..BATCH).map(|_| submit()).collect();
            tickets.into_iter().for_each(take);
        });
}

static RUNTIME: LazyLock<tokio::runtime::Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .build()
        .expect("a runtime")
});

fn hop() -> mpsc::Receiver<()> {
    let (sender, receiver) = mpsc::sync_channel(1);
    RUNTIME.spawn(async move { sender.send(()) });
    receiver
}

#[divan::bench]
fn bare_one(bencher: divan::Bencher) {
    bencher.bench_local(|| hop().recv());
}

#[divan::bench]
fn bare_batch(bencher: divan::Bencher) {
    bencher
        .counter(divan::counter::ItemsCount::new(BATCH))
        .bench_local(|| {
            let hops: Vec<_> = (0..BATCH).map(|_| hop()).collect();
            hops.iter()
                .for_each(|hop| hop.recv().expect("the task ends"));
        });
}

fn main() {
    divan::main();
}
