//! Stress test of "exactly one completion", from many threads and with operations that panic.

use std::ffi::c_void;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::config::ConfigBuilder;
use crate::driver::{Driver, Operation};
use crate::error::{Error, Outcome, Result, Status};
use crate::ffi::driver::{DriverObject, RunningDriver};
use crate::ffi::exports::call::{self, zfssa_call_t};
use crate::ffi::exports::driver::{ZFSSA_CLOSE_DRAIN, zfssa_driver_close, zfssa_driver_free};
use crate::ffi::exports::queue::{
    zfssa_event_t, zfssa_queue_free, zfssa_queue_new, zfssa_queue_next,
};
use crate::ffi::exports::result::{zfssa_result_free, zfssa_result_status, zfssa_result_user_data};
use crate::ffi::exports::ticket::{zfssa_ticket_abandon, zfssa_ticket_cancel, zfssa_ticket_wait};
use crate::ffi::guard::Out;
use crate::ffi::operations::echo::{zfssa_echo, zfssa_echo_args_t};
use crate::ffi::process::handle;
use crate::ffi::types::{zfssa_driver_t, zfssa_queue_t, zfssa_result_t, zfssa_ticket_t};
use crate::scope::Scope;

fn driver() -> Arc<DriverObject> {
    let config = ConfigBuilder::from_pairs([
        ("san_ip", "127.0.0.1"),
        ("san_password", "secret"),
        ("zfssa_pool", "pool"),
        ("zfssa_project", "project"),
        ("zfssa_initiator_group", "group"),
        ("zfssa_target_portal", "127.0.0.1"),
        ("zfssa_target_interfaces", "net0"),
        ("zfssa_worker_threads", "2"),
    ]);
    Arc::new(RunningDriver::begin(config.build().unwrap()).unwrap())
}

const THREADS: u64 = 8;
const EACH: u64 = 1500;
const ALL: u64 = THREADS * EACH;

/// Result of every operation, by its `user_data`.
static COMPLETIONS: [AtomicU32; ALL as usize] = [const { AtomicU32::new(0) }; ALL as usize];
static DROPS: AtomicU64 = AtomicU64::new(0);
/// Tickets that any thread may cancel.
static TARGETS: [AtomicU64; 64] = [const { AtomicU64::new(0) }; 64];

/// Numbers without a pattern, the same at every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

unsafe fn count(result: *mut zfssa_result_t) {
    unsafe {
        let status = zfssa_result_status(result);
        assert!(
            status == 0 || status == Status::Cancelled.code(),
            "{status}"
        );
        COMPLETIONS[zfssa_result_user_data(result) as usize].fetch_add(1, Ordering::Relaxed);
        zfssa_result_free(result);
    }
}

unsafe extern "C" fn on_completion(_: *mut c_void, result: *mut zfssa_result_t) {
    unsafe { count(result) };
}

unsafe extern "C" fn on_drop(_: *mut c_void) {
    DROPS.fetch_add(1, Ordering::Relaxed);
}

/// One thread: submits to every kind of place, waits, cancels its own and others' operations,
/// detaches. Returns the number of callbacks and of detached operations.
fn submit_all(thread: u64, driver: usize, queue: usize) -> (u64, u64) {
    let (driver, queue) = (driver as *mut zfssa_driver_t, queue as *mut zfssa_queue_t);
    let mut dice = Dice(thread * 7919 + 1);
    let mut waiting: Vec<zfssa_ticket_t> = Vec::new();
    let (mut callbacks, mut detached) = (0, 0);
    for number in thread * EACH..(thread + 1) * EACH {
        // SAFETY: all zero is a valid structure of both kinds; everything else is a local.
        unsafe {
            let mut args: zfssa_echo_args_t = std::mem::zeroed();
            args.size = size_of::<zfssa_echo_args_t>() as u32;
            args.delay_ms = dice.roll(3);
            let mut call: zfssa_call_t = std::mem::zeroed();
            call.size = size_of::<zfssa_call_t>() as u32;
            call.user_data = number;
            let place = dice.roll(4);
            match place {
                0 => call.queue = queue,
                1 => {
                    call.callback = Some(on_completion);
                    call.drop = Some(on_drop);
                    callbacks += 1;
                }
                _ => {}
            }
            let mut ticket = 0;
            let none = std::ptr::null_mut();
            assert_eq!(zfssa_echo(driver, &args, &call, &mut ticket, none), 0);
            TARGETS[dice.roll(64) as usize].store(ticket, Ordering::Relaxed);
            match place {
                2 => waiting.push(ticket),
                3 => {
                    assert_eq!(zfssa_ticket_abandon(ticket, none), 0);
                    assert_eq!(zfssa_ticket_abandon(ticket, none), Status::Stale.code());
                    detached += 1;
                }
                _ => {}
            }
            if dice.roll(3) == 0 {
                let target = TARGETS[dice.roll(64) as usize].load(Ordering::Relaxed);
                let expected = if target == 0 { Status::Stale.code() } else { 0 };
                assert_eq!(zfssa_ticket_cancel(target, none), expected);
            }
            if dice.roll(5) == 0 {
                waiting.drain(..).for_each(wait);
            }
        }
    }
    waiting.drain(..).for_each(wait);
    (callbacks, detached)
}

fn wait(ticket: zfssa_ticket_t) {
    // SAFETY: the place for the result is a local.
    unsafe {
        let (mut result, none) = (std::ptr::null_mut(), std::ptr::null_mut());
        assert_eq!(zfssa_ticket_wait(ticket, -1, &mut result, none), 0);
        count(result);
        assert_eq!(
            zfssa_ticket_wait(ticket, 0, &mut result, none),
            Status::Stale.code()
        );
    }
}

fn drain(queue: usize, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        // SAFETY: all zero is a valid event, and there is room for as many as are asked for.
        unsafe {
            let mut events: [zfssa_event_t; 4] = std::mem::zeroed();
            let (mut taken, none) = (0, std::ptr::null_mut());
            let (queue, size) = (
                queue as *mut zfssa_queue_t,
                size_of::<zfssa_event_t>() as u32,
            );
            zfssa_queue_next(queue, events.as_mut_ptr(), size, 4, 10, &mut taken, none);
            events[..taken as usize]
                .iter()
                .for_each(|event| count(event.result));
        }
    }
}

#[test]
fn every_operation_completes_once() {
    let object: *mut zfssa_driver_t = handle::give(driver());
    let mut queue = std::ptr::null_mut();
    // SAFETY: the place for the queue is a local.
    unsafe { zfssa_queue_new(&mut queue, std::ptr::null_mut()) };
    let stop = AtomicBool::new(false);
    let (driver, queue) = (object.addr(), queue.addr());

    let (mut callbacks, mut detached) = (0, 0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| drain(queue, &stop));
        }
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| scope.spawn(move || submit_all(thread, driver, queue)))
            .collect();
        for thread in threads {
            let (own_callbacks, own_detached) = thread.join().unwrap();
            callbacks += own_callbacks;
            detached += own_detached;
        }
        // SAFETY: the error is not asked for.
        let closed =
            unsafe { zfssa_driver_close(object, ZFSSA_CLOSE_DRAIN, 30_000, std::ptr::null_mut()) };
        assert_eq!(closed, 0);
        let end = Instant::now() + Duration::from_secs(30);
        let completed = || {
            COMPLETIONS
                .iter()
                .filter(|n| n.load(Ordering::Relaxed) > 0)
                .count()
        };
        while DROPS.load(Ordering::Relaxed) < callbacks || (completed() as u64) < ALL - detached {
            assert!(Instant::now() < end, "{} of {ALL} completed", completed());
            std::thread::sleep(Duration::from_millis(1));
        }
        stop.store(true, Ordering::Relaxed);
    });
    let counts = |wanted| {
        COMPLETIONS
            .iter()
            .filter(|n| n.load(Ordering::Relaxed) == wanted)
            .count() as u64
    };
    assert_eq!((counts(1), counts(0)), (ALL - detached, detached));
    assert_eq!(DROPS.load(Ordering::Relaxed), callbacks);
    // SAFETY: both were given above.
    unsafe {
        zfssa_driver_free(object);
        zfssa_queue_free(queue as *mut zfssa_queue_t);
    }
}

/// Panics, after it sent so many requests.
struct Boom(u32);

impl Operation for Boom {
    const NAME: &'static str = "boom";
    const CONTRACT: crate::driver::Contract =
        crate::driver::Contract::of(crate::driver::Changes::Nothing);
    type Output = ();

    fn resource(&self) -> String {
        String::new()
    }

    async fn run(self, _: &Driver, scope: &Scope) -> Result<()> {
        (0..self.0).for_each(|_| scope.count_request());
        tokio::task::yield_now().await;
        panic!("the test wants it");
    }
}

fn outcome_of(driver: &DriverObject, operation: impl Operation) -> Error {
    let (mut ticket, mut result) = (0, std::ptr::null_mut());
    // SAFETY: no call structure, and places that are locals.
    unsafe {
        let out = Out::new(&mut ticket, "ticket", 0).unwrap();
        driver
            .submit(
                operation,
                call::read(std::ptr::null()).unwrap(),
                &out,
                |_, _| {},
            )
            .unwrap();
        assert_eq!(
            zfssa_ticket_wait(ticket, 10_000, &mut result, std::ptr::null_mut()),
            0
        );
    }
    let object = handle::take(result).unwrap();
    object.failure().unwrap().clone()
}

#[test]
fn an_operation_that_panics_completes_and_its_driver_goes_on() {
    let driver = driver();
    let unsent = outcome_of(&driver, Boom(0));
    assert_eq!(
        (unsent.status(), unsent.outcome()),
        (Status::Internal, Outcome::None)
    );
    let sent = outcome_of(&driver, Boom(2));
    assert_eq!(
        (sent.status(), sent.outcome()),
        (Status::Internal, Outcome::Unknown)
    );
    assert_eq!(sent.operation(), Some("boom"));

    let echo = crate::driver::Echo {
        fail_with: Some(Status::Busy),
        ..Default::default()
    };
    assert_eq!(outcome_of(&driver, echo).status(), Status::Busy);
}

/// What an operation's future holds stays in memory while it is in flight.
#[test]
fn futures_are_small() {
    fn size<O: Operation>(driver: &Driver, operation: O, scope: &Scope) -> usize {
        size_of_val(&driver.run(operation, scope))
    }
    let object = driver();
    let driver = object.engine();
    let scope = driver.scope(crate::driver::Call::default());
    let sizes = [
        (
            "create_volume",
            size(driver, crate::driver::CreateVolume::default(), &scope),
        ),
        (
            "create_cloned_volume",
            size(driver, crate::driver::CreateClonedVolume::default(), &scope),
        ),
        (
            "initialize_connection",
            size(
                driver,
                crate::driver::InitializeConnection::default(),
                &scope,
            ),
        ),
        (
            "do_setup",
            size(driver, crate::driver::DoSetup::default(), &scope),
        ),
    ];
    for (name, size) in sizes {
        println!("{name}: {size} bytes");
        assert!(size <= 12 * 1024, "{name}: {size} bytes");
    }
}
