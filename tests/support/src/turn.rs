//! Turns of the tests that load the machine.
//!
//! Side by side such tests would take each other's requests past their timeouts, so each has the
//! process for itself, but for the tests that load nothing. A turn lasts until it is dropped.

use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

static TURN: RwLock<()> = RwLock::const_new(());

/// The turn of a test that loads the machine.
pub async fn heavy_turn() -> RwLockWriteGuard<'static, ()> {
    TURN.write().await
}

/// The same outside of a runtime.
pub fn heavy_turn_blocking() -> RwLockWriteGuard<'static, ()> {
    TURN.blocking_write()
}

/// The turn of tests that mostly wait, and load the machine together.
pub async fn shared_turn() -> RwLockReadGuard<'static, ()> {
    TURN.read().await
}
