//! Waiting for what other processes and simulators do.

use std::time::{Duration, Instant};

/// Time that a test gives to what must end soon.
pub const SOON: Duration = Duration::from_secs(30);

/// Waits for what happens in another process or in the simulator.
pub async fn until(mut condition: impl FnMut() -> bool) -> bool {
    let wait = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(SOON, wait).await.is_ok()
}

/// The same outside of a runtime.
pub fn until_blocking(mut condition: impl FnMut() -> bool) -> bool {
    let begun = Instant::now();
    while !condition() {
        if begun.elapsed() > SOON {
            return false;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    true
}
