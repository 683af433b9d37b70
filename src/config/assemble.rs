//! From gathered texts to a checked [`Config`].

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::secret::Secret;

use super::builder::Entry;
use super::error::{ConfigError, ConfigErrors};
use super::values::{addresses, migration_destinations};
use super::{initiator_access, tls, values};
use crate::config::config::*;
use crate::config::lun_properties::{Compression, Logbias, LunProperties};
use crate::config::option_spec::OptionSpec;
use crate::config::options::{OPTIONS, find};

/// Checks every value and every pair of values that can contradict each other.
pub(super) fn config(
    entries: &BTreeMap<&'static str, Entry>,
    errors: Vec<ConfigError>,
    warnings: Vec<String>,
) -> Result<Config, ConfigErrors> {
    let mut input = Input {
        entries,
        errors,
        warnings,
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
            errors.sort_by_key(|error| match error.option.as_str() {
                "" => 0,
                name => place(name).map_or(usize::MAX, |place| place + 1),
            });
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
    let password = input.secret("san_password");
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
    coordination(input);
    let volume_backend_name = input.optional("volume_backend_name", |_, text| {
        values::line(text).map(str::to_owned)
    });
    let reserved_percentage = input.integer("reserved_percentage");
    let ratio = input.read("max_over_subscription_ratio", |_, text| values::ratio(text));
    let report_discard_supported = input.boolean("report_discard_supported");

    let access = access?;
    Some(Config {
        appliance: Endpoint {
            host: host?,
            port: port?,
        },
        login: login?,
        password: password?,
        pool: pool?,
        project: project?,
        local_cache: local_cache?,
        cache_project: cache_project?,
        lun: lun?,
        initiator_groups: access.groups,
        initiator_group: access.group,
        default_group: access.default_group,
        target_group: target_group?,
        target_chap: target_chap?,
        target_portals: target_portals?,
        target_interfaces: target_interfaces?,
        replication_ip: replication_ip?,
        migration_destinations: migration_destinations?,
        manage_policy: manage_policy?,
        online_extend: online_extend?,
        tls: tls?,
        api_version: api_version?,
        timeouts: timeouts?,
        limits: limits?,
        state_dir: state_dir?,
        lock_dir: lock_dir?.unwrap_or_default(),
        coordination_url: None,
        volume_backend_name: volume_backend_name?,
        reserved_percentage: reserved_percentage?,
        max_over_subscription_ratio: ratio?.map_or(OverSubscription::Auto, OverSubscription::Ratio),
        report_discard_supported: report_discard_supported?,
        warnings: Vec::new(),
    })
}

fn destinations(input: &mut Input<'_>) -> Option<Vec<Destination>> {
    const NAME: &str = "zfssa_migration_destinations";
    let Some(text) = input.given(NAME).cloned() else {
        return Some(Vec::new());
    };
    match migration_destinations::read(&text) {
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
    Some(LunProperties {
        volblocksize: volblocksize?,
        sparse: sparse?,
        compression: compression?,
        logbias: logbias?,
    })
}

fn timeouts(input: &mut Input<'_>) -> Option<Timeouts> {
    let mut seconds = |name| input.integer(name).map(Duration::from_secs);
    let connect = seconds("zfssa_connect_timeout");
    let request = seconds("zfssa_rest_timeout");
    let operation = seconds("zfssa_operation_timeout");
    let undo = seconds("zfssa_undo_timeout");
    let late_request = seconds("zfssa_late_request_timeout");
    let made = Timeouts {
        connect: connect?,
        request: request?,
        operation: operation?,
        undo: undo?,
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
    let worker_threads = input.integer("zfssa_worker_threads");
    Some(Limits {
        max_connections: max_connections?,
        max_in_flight: max_in_flight?,
        max_attempts: max_attempts?,
        worker_threads: worker_threads?,
    })
}

/// The URL is refused rather than passed over: whoever sets it relies on locks
/// that this version would not take.
fn coordination(input: &mut Input<'_>) {
    const NAME: &str = "zfssa_coordination_url";
    if input
        .optional(NAME, |spec, text| addresses::url(text, spec.choices))
        .flatten()
        .is_some()
    {
        input.error(NAME, "is reserved for a later version", "leave it out");
    }
}

/// The gathered texts, and what was found wrong with them.
pub(super) struct Input<'a> {
    entries: &'a BTreeMap<&'static str, Entry>,
    pub(super) errors: Vec<ConfigError>,
    pub(super) warnings: Vec<String>,
}

impl Input<'_> {
    /// The text of an option as the host gave it; `None` when it is missing or
    /// empty.
    pub(super) fn given(&self, name: &str) -> Option<&Zeroizing<String>> {
        let entry = self.entries.get(name)?;
        (!entry.text.trim().is_empty()).then_some(&entry.text)
    }

    /// Whether the option was given in a form that could not even be gathered;
    /// to call it missing as well would mislead.
    pub(super) fn failed(&self, name: &str) -> bool {
        self.errors.iter().any(|error| error.option == name)
    }

    /// Records an error about an option, with its value and place.
    pub(super) fn error(
        &mut self,
        name: &str,
        problem: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        let mut error = ConfigError::new(name, problem, remedy);
        if let (Some(spec), Some(entry)) = (find(name), self.entries.get(name)) {
            error = error.at(entry.location.clone());
            if self.given(name).is_some() {
                error = if entry.hidden {
                    error.hidden_value()
                } else {
                    error.value_of(spec, entry.text.trim())
                };
            }
        }
        self.errors.push(error);
    }

    /// The option's value, or its default; `Some(None)` when there is neither
    /// and none is required, `None` when it is wrong.
    pub(super) fn optional<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&'static OptionSpec, &str) -> Result<T, String>,
    ) -> Option<Option<T>> {
        let spec = find(name).expect("the name of an option in the table");
        // Blanks around a value never mean anything, save in a password.
        let text = match self.given(name) {
            Some(text) if spec.secret => text.as_str(),
            Some(text) => text.trim(),
            None => spec.default.unwrap_or_default(),
        };
        if text.is_empty() {
            if spec.required && self.failed(name) {
                return None;
            }
            if spec.required {
                let remedy = format!("set it to {}", spec.allowed());
                self.error(name, "is required and not set", remedy);
                return None;
            }
            return Some(None);
        }
        match read(spec, text) {
            Ok(value) => Some(Some(value)),
            Err(problem) => {
                self.error(name, problem, format!("use {}", spec.allowed()));
                None
            }
        }
    }

    /// The value of an option that is required or has a default.
    fn read<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&'static OptionSpec, &str) -> Result<T, String>,
    ) -> Option<T> {
        self.optional(name, read).flatten()
    }

    /// The table's ranges fit the types of the fields; a test sees to it.
    fn integer<T: TryFrom<i64>>(&mut self, name: &'static str) -> Option<T> {
        self.read(name, |spec, text| {
            T::try_from(values::integer(spec, text)?).map_err(|_| "is out of range".into())
        })
    }

    fn boolean(&mut self, name: &'static str) -> Option<bool> {
        self.read(name, |_, text| values::boolean(text))
    }

    pub(super) fn choice(&mut self, name: &'static str) -> Option<&'static str> {
        self.read(name, values::choice)
    }

    fn name(&mut self, name: &'static str) -> Option<String> {
        self.read(name, |_, text| values::name(text).map(str::to_owned))
    }

    pub(super) fn path(&mut self, name: &'static str) -> Option<Option<PathBuf>> {
        self.optional(name, |_, text| values::path(text))
    }

    fn secret(&mut self, name: &'static str) -> Option<Secret> {
        self.read(name, |_, text| values::line(text).map(Secret::from))
    }

    /// The items of a list, each once.
    pub(super) fn items<T: PartialEq>(
        &mut self,
        name: &'static str,
        item: impl Fn(&str) -> Result<T, String>,
        none: &str,
    ) -> Option<Vec<T>> {
        self.read(name, |_, text| {
            let mut items = Vec::new();
            for part in values::list(text) {
                let item = item(part)?;
                if !items.contains(&item) {
                    items.push(item);
                }
            }
            if items.is_empty() {
                Err(none.into())
            } else {
                Ok(items)
            }
        })
    }
}
