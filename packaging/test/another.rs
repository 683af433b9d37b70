//! Another archive of Rust, as a host may link one beside libzfssa's.

#[unsafe(no_mangle)]
pub extern "C" fn another_archive_catches(number: i32) -> i32 {
    let caught = std::panic::catch_unwind(|| std::panic::resume_unwind(Box::new(number)));
    match caught {
        Ok(()) => -1,
        Err(thrown) => thrown.downcast_ref::<i32>().copied().unwrap_or(-2),
    }
}
