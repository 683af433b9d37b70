//! Assembly of a checked [`Config`] from the values that were gathered.

use std::time::Duration;

use super::error::{ConfigError, ConfigErrors};
use super::gathered::Gathered;
use super::input::Input;
use super::values::{addresses, migration_destinations};
use super::{coordination, initiator_access, tls, values};
use crate::config::config::*;
use crate::config::lun::delete_with_clones::DeleteWithClones;
use crate::config::lun::optional::{LunProperty, PropertyValue, PropertyValues};
use crate::config::lun::properties::{Compression, Logbias, LunProperties};
use crate::config::options::OPTIONS;
use crate::secret::Secret;
use crate::sorting::sort_by;

/// Checks every value and every pair of values that can contradict each other.
pub(super) fn config(gathered: &Gathered) -> Result<Config, ConfigErrors> {
    let mut input = Input {
        entries: &gathered.entries,
        errors: gathered.errors.clone(),
        warnings: gathered.warnings.clone(),
    };
    for spec in OPTIONS {
        if let Some(instead) = spec.deprecated.filter(|_| input.given(spec.name).is_some()) {
            input
                .warnings
                .push(format!("{} is deprecated; use {instead}", spec.name));
        }
    }
    let made = assemble(&mut input);
    let Input {
        mut errors,
        warnings,
        ..
    } = input;
    match made {
        Some(config) if errors.is_empty() => Ok(Config { warnings, ..config }),
        _ => {
            let place = |name: &str| OPTIONS.iter().position(|spec| spec.name == name);
            // Whole files first, then the options as in the table, then names
            // that are not in it.
            let rank = |error: &ConfigError| match error.option.as_str() {
                "" => 0,
                name => place(name).map_or(usize::MAX, |place| place + 1),
            };
            sort_by(&mut errors, |a, b| rank(a).cmp(&rank(b)));
            Err(ConfigErrors(errors))
        }
    }
}

/// `None` only where an error has been recorded.
fn assemble(input: &mut Input<'_>) -> Option<Config> {
    // Each value is read before any `?`, so that all errors are found.
    let host = input.read("san_ip", |_, text| addresses::host(text));
    let port = input.integer("san_api_port");
    let login = input.read("san_login", |_, text| {
        values::login(text).map(str::to_owned)
    });
    let credentials = credentials(input);
    let pool = input.name("zfssa_pool");
    let project = input.name("zfssa_project");
    let local_cache = input.boolean("zfssa_enable_local_cache");
    let cache_project = input.name("zfssa_cache_project");
    if local_cache == Some(true) && project.is_some() && project == cache_project {
        input.error(
            "zfssa_cache_project",
            "is the project of the volumes, whose snapshots the cache would take for its own",
            "name another project, or set zfssa_enable_local_cache = false",
        );
    }
    let lun = lun(input);
    let access = initiator_access::read(input);
    let target_group = input.name("zfssa_target_group");
    let target_chap = initiator_access::chap(input, "zfssa_target_user", "zfssa_target_password");
    let target_portals = input.items("zfssa_target_portal", addresses::portal, "holds no portal");
    let target_interfaces = input.items(
        "zfssa_target_interfaces",
        |text| {
            values::name(text)
                .map(str::to_owned)
                .map_err(|problem| format!("holds a name that {problem}"))
        },
        "holds no interface",
    );
    let replication_ip = input.optional("zfssa_replication_ip", |_, text| addresses::host(text));
    let migration_destinations = destinations(input);
    let manage_policy = input
        .choice("zfssa_manage_policy")
        .map(|choice| match choice {
            "strict" => ManagePolicy::Strict,
            _ => ManagePolicy::Loose,
        });
    let delete_with_clones = input
        .choice("zfssa_delete_with_clones")
        .and_then(DeleteWithClones::from_choice);
    let online_extend = input.boolean("zfssa_online_extend");
    let tls = tls::read(input);
    let api_version = input
        .choice("zfssa_api_version")
        .map(|choice| match choice {
            "v1" => ApiVersion::V1,
            "v2" => ApiVersion::V2,
            _ => ApiVersion::Auto,
        });
    let timeouts = timeouts(input);
    let limits = limits(input);
    let state_dir = input.path("zfssa_state_dir");
    let lock_dir = input.optional("zfssa_lock_dir", |_, text| match text {
        "none" => Ok(LockDir::Nowhere),
        path => values::path(path).map(LockDir::At),
    });
    let appliance = host.zip(port).map(|(host, port)| Endpoint { host, port });
    let coordination = coordination::read(input, appliance.as_ref(), timeouts.as_ref());
    let volume_backend_name = input.optional("volume_backend_name", |_, text| {
        values::line(text).map(str::to_owned)
    });
    let reserved_percentage = input.integer("reserved_percentage");
    let ratio = input.read("max_over_subscription_ratio", |_, text| values::ratio(text));
    let report_discard_supported = input.boolean("report_discard_supported");

    let access = access?;
    Some(Config {
        appliance: appliance?,
        login: login?,
        credentials: credentials?,
        pool: pool?,
        project: project?,
        local_cache: local_cache?,
        cache_project: cache_project?,
        lun: lun?,
        initiator_groups: access.groups,
        initiator_group: access.group,
        default_group: access.default_group,
        register_hosts: access.register_hosts,
        unregister_hosts: access.unregister_hosts,
        registered_chap: access.registered_chap,
        target_group: target_group?,
        target_chap: target_chap?,
        target_portals: target_portals?,
        target_interfaces: target_interfaces?,
        replication_ip: replication_ip?,
        migration_destinations: migration_destinations?,
        manage_policy: manage_policy?,
        delete_with_clones: delete_with_clones?,
        online_extend: online_extend?,
        tls: tls?,
        api_version: api_version?,
        timeouts: timeouts?,
        limits: limits?,
        state_dir: state_dir?,
        lock_dir: lock_dir?.unwrap_or_default(),
        coordination: coordination?,
        volume_backend_name: volume_backend_name?,
        reserved_percentage: reserved_percentage?,
        max_over_subscription_ratio: ratio?.map_or(OverSubscription::Auto, OverSubscription::Ratio),
        report_discard_supported: report_discard_supported?,
        warnings: Vec::new(),
    })
}

/// The password or the token file. Both are refused: with a rule of precedence, one of them would
/// stay in the configuration unused and unnoticed.
fn credentials(input: &mut Input<'_>) -> Option<Credentials> {
    const PASSWORD: &str = "san_password";
    const TOKEN: &str = "zfssa_token_file";
    let password = input.optional(PASSWORD, |_, text| values::line(text).map(Secret::from));
    let token_file = input.path(TOKEN);
    match (password?, token_file?) {
        (Some(password), None) => Some(Credentials::Password(password)),
        (None, Some(path)) => Some(Credentials::TokenFile(path)),
        (None, None) => {
            if !input.failed(PASSWORD) && !input.failed(TOKEN) {
                input.error(
                    PASSWORD,
                    "is not set, and neither is zfssa_token_file",
                    "set one of the two",
                );
            }
            None
        }
        (Some(_), Some(_)) => {
            input.error(
                TOKEN,
                "and san_password are both set, and only one can be used",
                "remove san_password, or remove zfssa_token_file",
            );
            None
        }
    }
}

fn destinations(input: &mut Input<'_>) -> Option<Vec<Destination>> {
    const NAME: &str = "zfssa_migration_destinations";
    let Some(document) = input.document(NAME) else {
        return Some(Vec::new());
    };
    match document.and_then(migration_destinations::read) {
        Ok(destinations) => Some(destinations),
        Err(problems) => {
            for (problem, remedy) in problems {
                input.error(NAME, problem, remedy);
            }
            None
        }
    }
}

fn lun(input: &mut Input<'_>) -> Option<LunProperties> {
    let volblocksize = input.read("zfssa_lun_volblocksize", values::block_size);
    let sparse = input.boolean("zfssa_lun_sparse");
    let compression = input
        .choice("zfssa_lun_compression")
        .and_then(Compression::from_choice);
    let logbias = input
        .choice("zfssa_lun_logbias")
        .and_then(Logbias::from_choice);
    let optional = optional(input);
    Some(LunProperties {
        volblocksize: volblocksize?,
        sparse: sparse?,
        compression: compression?,
        logbias: logbias?,
        optional: optional?,
        delete_with_clones: None,
    })
}

fn optional(input: &mut Input<'_>) -> Option<PropertyValues> {
    let read: Vec<_> = LunProperty::ALL
        .iter()
        .map(|property| {
            let value = input.optional(property.option(), PropertyValue::parse);
            value.map(|value| value.map(|value| (*property, value)))
        })
        .collect();
    let values: Option<Vec<_>> = read.into_iter().collect();
    let values: PropertyValues = values?.into_iter().flatten().collect();
    // A key without encryption is the key of volume types that encrypt.
    if values.encrypts() && values.get(LunProperty::Keyname).is_none() {
        input.error(
            LunProperty::Encryption.option(),
            "needs a key",
            format!(
                "name a key of the key store with {}",
                LunProperty::Keyname.option()
            ),
        );
        return None;
    }
    Some(values)
}

fn timeouts(input: &mut Input<'_>) -> Option<Timeouts> {
    let mut seconds = |name| input.integer(name).map(Duration::from_secs);
    let connect = seconds("zfssa_connect_timeout");
    let request = seconds("zfssa_rest_timeout");
    let operation = seconds("zfssa_operation_timeout");
    let rollback = seconds("zfssa_rollback_timeout");
    let late_request = seconds("zfssa_late_request_timeout");
    let made = Timeouts {
        connect: connect?,
        request: request?,
        operation: operation?,
        rollback: rollback?,
        late_request: late_request?,
    };
    if made.request > made.operation {
        input.warnings.push(
            "zfssa_rest_timeout is longer than zfssa_operation_timeout, which ends requests first"
                .into(),
        );
    }
    Some(made)
}

fn limits(input: &mut Input<'_>) -> Option<Limits> {
    let max_connections = input.integer("zfssa_max_connections");
    let max_in_flight = input.integer("zfssa_max_in_flight");
    let max_attempts = input.integer("zfssa_max_attempts");
    let max_list_items = input.integer("zfssa_max_list_items");
    let worker_threads = input.integer("zfssa_worker_threads");
    Some(Limits {
        max_connections: max_connections?,
        max_in_flight: max_in_flight?,
        max_attempts: max_attempts?,
        max_list_items: max_list_items?,
        worker_threads: worker_threads?,
    })
}
