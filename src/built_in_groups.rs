//! Names of the appliance's built-in groups.

/// The built-in group of all initiators, and that of all targets.
pub const DEFAULT_GROUP: &str = "default";

/// The built-in initiator group of a masked LUN, which is presented to no host.
pub const MASK_ALL: &str = "com.sun.ms.vss.hg.maskAll";
