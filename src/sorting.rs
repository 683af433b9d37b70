//! Stable sorting that is compiled once.
//!
//! The standard library's sort takes some 5 kB of machine code for each type and order.

use std::cmp::Ordering;

/// Sorts like [`slice::sort_by`].
pub(crate) fn sort_by<T>(items: &mut [T], compare: impl Fn(&T, &T) -> Ordering) {
    let positions = sorted_positions(items.len(), &|a, b| compare(&items[a], &items[b]));
    arrange(items, positions);
}

/// Sorts like [`slice::sort_by_cached_key`]: each key is made once.
pub(crate) fn sort_by_cached_text<T>(items: &mut [T], text: impl Fn(&T) -> String) {
    let texts: Vec<String> = items.iter().map(text).collect();
    let positions = sorted_positions(items.len(), &|a, b| texts[a].cmp(&texts[b]));
    arrange(items, positions);
}

/// The indices below `length` in the order of `compare`.
fn sorted_positions(length: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut positions: Vec<usize> = (0..length).collect();
    positions.sort_by(|a, b| compare(*a, *b));
    positions
}

/// Puts the item of index `positions[at]` at `at`, for every `at`: each cycle of the permutation is
/// followed once.
fn arrange<T>(items: &mut [T], mut positions: Vec<usize>) {
    for start in 0..items.len() {
        let mut at = start;
        loop {
            let from = std::mem::replace(&mut positions[at], at);
            if from == start {
                break;
            }
            items.swap(at, from);
            at = from;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_order_is_that_of_the_standard_library(
            keys in prop::collection::vec(0..20_u8, 0..60),
        ) {
            let items: Vec<(u8, usize)> =
                keys.into_iter().enumerate().map(|(at, key)| (key, at)).collect();
            let mut wanted = items.clone();
            wanted.sort_by_key(|(key, _)| *key);
            let mut sorted = items.clone();
            sort_by(&mut sorted, |(a, _), (b, _)| a.cmp(b));
            prop_assert_eq!(&sorted, &wanted);
            let mut sorted = items;
            sort_by_cached_text(&mut sorted, |(key, _)| format!("{key:02}"));
            prop_assert_eq!(&sorted, &wanted);
        }
    }
}
