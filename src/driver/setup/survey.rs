//! Survey of everything on the appliance that a backend needs, and what it needs.

use futures_util::future::join_all;

use crate::appliance::{
    Appliance, Initiator, InitiatorGroup, NewProperty, Odd, Pool, Project, ProjectRef, Property,
    Target, TargetGroup, Version,
};
use crate::config::Config;
use crate::driver::backend::Driver;
use crate::error::Result;
use crate::scope::Scope;

/// Custom properties that every volume carries.
const PROPERTIES: &[NewProperty] = &[
    NewProperty {
        property: "cinder_managed",
        kind: "Boolean",
        description: "Managed by Cinder",
    },
    NewProperty {
        property: "zfssa_operation",
        kind: "String",
        description: "The operation of libzfssa that made the share",
    },
    NewProperty {
        property: "zfssa_since",
        kind: "String",
        description: "When the share became a volume, in seconds since 1970",
    },
    NewProperty {
        property: "zfssa_delete_with_clones",
        kind: "String",
        description: "Deletion of the volume while it has clones: refuse or defer",
    },
];

/// Custom properties of cached images.
const CACHE_PROPERTIES: &[NewProperty] = &[
    NewProperty {
        property: "image_id",
        kind: "String",
        description: "OpenStack image ID",
    },
    NewProperty {
        property: "updated_at",
        kind: "String",
        description: "Most recent updated time of image",
    },
];

/// The custom properties that the configuration needs.
pub(in crate::driver) fn properties(
    config: &Config,
) -> impl Iterator<Item = &'static NewProperty> + use<> {
    let cache: &[NewProperty] = if config.local_cache {
        CACHE_PROPERTIES
    } else {
        &[]
    };
    PROPERTIES.iter().chain(cache)
}

/// The projects that the configuration needs.
pub(in crate::driver) fn projects(config: &Config) -> impl Iterator<Item = &str> {
    let cache = config.local_cache.then_some(config.cache_project.as_str());
    std::iter::once(config.project.as_str()).chain(cache)
}

/// All objects on the appliance that the backend needs, as far as they could be read.
pub(in crate::driver) struct Survey {
    pub(in crate::driver) version: Result<Version>,
    pub(in crate::driver) pool: Result<Pool>,
    /// In the order of [`projects`].
    pub(in crate::driver) projects: Vec<Result<Option<Project>>>,
    pub(in crate::driver) schema: Result<Vec<Property>>,
    pub(in crate::driver) initiators: Result<Vec<Initiator>>,
    pub(in crate::driver) initiator_groups: Result<Vec<InitiatorGroup>>,
    pub(in crate::driver) targets: Result<Vec<Target>>,
    pub(in crate::driver) target_groups: Result<Vec<TargetGroup>>,
}

/// The same, all of it read.
pub(in crate::driver) struct Found {
    pub(in crate::driver) version: Version,
    pub(in crate::driver) pool: Pool,
    pub(in crate::driver) projects: Vec<Option<Project>>,
    pub(in crate::driver) schema: Vec<Property>,
    pub(in crate::driver) initiators: Vec<Initiator>,
    pub(in crate::driver) initiator_groups: Vec<InitiatorGroup>,
    pub(in crate::driver) targets: Vec<Target>,
    pub(in crate::driver) target_groups: Vec<TargetGroup>,
}

impl Survey {
    /// Reads everything at once.
    pub(in crate::driver) async fn of(driver: &Driver, scope: &Scope) -> Survey {
        let appliance: &Appliance = driver.appliance();
        let pool = driver.place().pool;
        let looks = projects(driver.config()).map(|project| {
            let place = ProjectRef { pool, project };
            appliance.find_project(scope, place)
        });
        let (version, found, projects, schema, initiators, groups, targets, target_groups) = tokio::join!(
            appliance.version(scope),
            appliance.pool(scope, pool),
            join_all(looks),
            appliance.schema(scope),
            appliance.initiators(scope),
            appliance.initiator_groups(scope),
            appliance.targets(scope),
            appliance.target_groups(scope),
        );
        let found = found.map_err(|error| {
            if error.is_not_found() {
                error.with_context(format!(
                    "the appliance has no pool {pool}; check zfssa_pool"
                ))
            } else {
                error
            }
        });
        let config = driver.config();
        // The configured objects must be readable, others need not be.
        let one_of = |odd: &Odd, mut names: Box<dyn Iterator<Item = &str> + '_>| {
            let named = |own: &str| names.any(|name| name.eq_ignore_ascii_case(own));
            odd.name().is_some_and(named)
        };
        let iqns = || {
            let groups = config.initiator_groups.iter();
            groups.flat_map(|group| group.initiators.iter().map(|one| one.iqn.as_str()))
        };
        let group_names = || {
            let groups = config.initiator_groups.iter().map(|group| &group.name);
            groups.chain(&config.initiator_group).map(String::as_str)
        };
        let target = || std::iter::once(config.target_group.as_str());
        let schema = schema.and_then(|list| {
            list.unless(|odd| one_of(odd, Box::new(properties(config).map(|one| one.property))))
        });
        let initiators =
            initiators.and_then(|list| list.unless(|odd| one_of(odd, Box::new(iqns()))));
        let groups =
            groups.and_then(|list| list.unless(|odd| one_of(odd, Box::new(group_names()))));
        let targets = targets.and_then(|list| list.unless(|odd| one_of(odd, Box::new(target()))));
        let target_groups =
            target_groups.and_then(|list| list.unless(|odd| one_of(odd, Box::new(target()))));
        Survey {
            version,
            pool: found,
            projects,
            schema,
            initiators,
            initiator_groups: groups,
            targets,
            target_groups,
        }
    }

    /// The complete survey, or the error of the part that could not be read. Only a 404 means that
    /// an object is missing; nothing is created after a failed read.
    pub(in crate::driver) fn found(self) -> Result<Found> {
        Ok(Found {
            // The version first: if the appliance does not answer, its error is the clearest.
            version: self.version?,
            pool: self.pool?,
            projects: self.projects.into_iter().collect::<Result<_>>()?,
            schema: self.schema?,
            initiators: self.initiators?,
            initiator_groups: self.initiator_groups?,
            targets: self.targets?,
            target_groups: self.target_groups?,
        })
    }
}
