//! Outcome of changes: lost answers, late requests, lists that are replaced as a whole, and proof
//! of absence.

pub(super) mod absence;
pub(super) mod late;
pub(super) mod read_back;
pub(super) mod rewrite;
