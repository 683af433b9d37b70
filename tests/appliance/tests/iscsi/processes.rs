//! What runs where.

use std::path::Path;

/// The processes that work in a directory or below it.
pub fn processes_in(directory: &Path) -> Vec<u32> {
    let all = std::fs::read_dir("/proc").unwrap();
    let numbers = all.filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok());
    numbers
        .filter(|process| {
            std::fs::read_link(format!("/proc/{process}/cwd"))
                .is_ok_and(|folder| folder.starts_with(directory))
        })
        .collect()
}
