//! Properties of LUNs: the backend's defaults, and the extra specs of volume types.

pub(super) mod delete_with_clones;
pub(super) mod optional;
pub(super) mod properties;
