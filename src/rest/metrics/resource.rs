//! Kinds of REST resources, for metrics.

/// Kind of the resource that a request is sent to. A label of metrics, so the set is fixed and
/// holds no name of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Resource {
    /// Sessions: login and logout.
    Access,
    /// A clone that is made of a snapshot.
    Clone,
    /// A file system, which a replicated LUN is until it is severed.
    Filesystem,
    /// The chassis and the cluster.
    Hardware,
    /// An initiator.
    Initiator,
    /// An initiator group.
    InitiatorGroup,
    /// A LUN.
    Lun,
    /// Any other resource.
    Other,
    /// A pool.
    Pool,
    /// A project.
    Project,
    /// A replication action or package.
    Replication,
    /// The rollback of a LUN to a snapshot.
    Rollback,
    /// The schema of custom properties.
    Schema,
    /// A service of the appliance, such as iSCSI.
    Service,
    /// A snapshot.
    Snapshot,
    /// The appliance itself, such as its version.
    System,
    /// A target.
    Target,
    /// A target group.
    TargetGroup,
    /// An API token of a user.
    Token,
    /// A user.
    User,
}

impl Resource {
    /// Every kind, in the order of their numbers.
    pub const ALL: [Resource; 20] = [
        Resource::Access,
        Resource::Clone,
        Resource::Filesystem,
        Resource::Hardware,
        Resource::Initiator,
        Resource::InitiatorGroup,
        Resource::Lun,
        Resource::Other,
        Resource::Pool,
        Resource::Project,
        Resource::Replication,
        Resource::Rollback,
        Resource::Schema,
        Resource::Service,
        Resource::Snapshot,
        Resource::System,
        Resource::Target,
        Resource::TargetGroup,
        Resource::Token,
        Resource::User,
    ];

    /// The value of the label.
    pub fn name(self) -> &'static str {
        match self {
            Resource::Access => "access",
            Resource::Clone => "clone",
            Resource::Filesystem => "filesystem",
            Resource::Hardware => "hardware",
            Resource::Initiator => "initiator",
            Resource::InitiatorGroup => "initiator_group",
            Resource::Lun => "lun",
            Resource::Other => "other",
            Resource::Pool => "pool",
            Resource::Project => "project",
            Resource::Replication => "replication",
            Resource::Rollback => "rollback",
            Resource::Schema => "schema",
            Resource::Service => "service",
            Resource::Snapshot => "snapshot",
            Resource::System => "system",
            Resource::Target => "target",
            Resource::TargetGroup => "target_group",
            Resource::Token => "token",
            Resource::User => "user",
        }
    }

    /// The resource below this one, behind words of the API. The last word that names a kind
    /// decides. Replication has `targets` of its own.
    pub(in crate::rest) fn below(self, words: &str) -> Resource {
        words.split('/').fold(self, |above, word| match word {
            _ if above == Resource::Replication => above,
            "clone" => Resource::Clone,
            "filesystems" => Resource::Filesystem,
            "initiators" => Resource::Initiator,
            "initiator-groups" => Resource::InitiatorGroup,
            "luns" => Resource::Lun,
            "pools" => Resource::Pool,
            "projects" => Resource::Project,
            "replication" => Resource::Replication,
            "rollback" => Resource::Rollback,
            "schema" => Resource::Schema,
            "snapshots" => Resource::Snapshot,
            "target-groups" => Resource::TargetGroup,
            "targets" => Resource::Target,
            "tokens" => Resource::Token,
            _ => above,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_that_of_the_numbers_and_of_the_names() {
        for (number, resource) in Resource::ALL.into_iter().enumerate() {
            assert_eq!(resource as usize, number);
        }
        assert!(Resource::ALL.is_sorted_by_key(|resource| resource.name()));
    }
}
