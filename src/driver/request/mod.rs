//! Parts of requests that several operations share: one object or all, and pages of a list.

pub(super) mod one_or_every;
pub(super) mod pages;
