//! Memory of waiting operations, alone in its process because the allocator counts for all tests.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use support::transport::*;
use tokio::task::JoinSet;
use zfssa::rest::Request;
use zfssa_appliance::{Fault, FaultKind};

static LIVE: AtomicUsize = AtomicUsize::new(0);

struct Counting;

// SAFETY: every call goes to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const WAITING: usize = 10_000;

#[tokio::test]
async fn ten_thousand_waiting_operations_are_cheap() {
    let (appliance, settings) = appliance().await;
    appliance.faults().push(
        Fault::new(FaultKind::Hang { ms: None })
            .on("GET", "pools")
            .forever(),
    );
    let rest = rest(&settings);
    let (one, request) = (scope(), Request::get(pools()));
    let size = size_of_val(&rest.call(&one, &request));
    let before = LIVE.load(Ordering::Relaxed);
    let mut tasks = JoinSet::new();
    for _ in 0..WAITING {
        let rest = rest.clone();
        tasks.spawn(async move {
            let (scope, _) = within(Duration::from_secs(3600));
            rest.call(&scope, &Request::get(pools())).await.is_ok()
        });
    }
    while rest.metrics().in_flight < 16 || rest.metrics().requests < 17 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let each = (LIVE.load(Ordering::Relaxed) - before) / WAITING;
    println!("the future of a call has {size} bytes; each of {WAITING} that wait costs {each}");
    assert!(size < 1024, "{size}");
    assert!(each < 4096, "{each}");
}
