//! Parts of the documentation that tests write, each between two marks of a page.

use std::fs;

use crate::repository;

/// Compares the part of a page between two marks with what it should be. Writes it where
/// `ZFSSA_BLESS` is set.
///
/// # Panics
///
/// If the page lacks a mark, or its part is stale.
pub fn check_part(page: &str, begin: &str, end: &str, wanted: &str) {
    let path = repository(page);
    let text = fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(begin).expect("the first mark");
    let (_, after) = rest.split_once(end).expect("the last mark");
    let whole = format!("{before}{begin}{wanted}{end}{after}");
    if std::env::var_os("ZFSSA_BLESS").is_some() {
        fs::write(&path, whole).unwrap();
    } else {
        assert_eq!(
            text, whole,
            "{page} is stale: ZFSSA_BLESS=1 writes its part"
        );
    }
}
