//! Order of the header: groups by subject, in each the functions in the order of their use.
//!
//! A type comes before the first function that needs it, so that an operation with its arguments,
//! its output and its accessor is one screen.

use std::collections::BTreeSet;

use super::facts;
use super::model::{Model, Parameter};

/// A group of the header: its title, and its functions and other items.
pub struct Group {
    title: &'static str,
    items: &'static [&'static str],
}

const fn group(title: &'static str, items: &'static [&'static str]) -> Group {
    Group { title, items }
}

/// The groups of `zfssa.h`. An item that ends in `_` is a prefix of constants that begin so.
pub const GROUPS: &[Group] = &[
    group(
        "Versions",
        &[
            "ZFSSA_ABI_",
            "zfssa_version",
            "zfssa_abi_version",
            "zfssa_objects_alive",
        ],
    ),
    group(
        "Types",
        &[
            "zfssa_config_t",
            "zfssa_driver_t",
            "zfssa_queue_t",
            "zfssa_result_t",
            "zfssa_error_t",
            "zfssa_metrics_t",
            "zfssa_ticket_t",
            "zfssa_pair_t",
        ],
    ),
    group("Limits", &["ZFSSA_MAX_"]),
    group(
        "Status codes",
        &[
            "zfssa_status_t",
            "ZFSSA_OK",
            "ZFSSA_E_",
            "zfssa_status_name",
            "zfssa_status_description",
            "zfssa_status_retryable",
            "zfssa_outcome_t",
            "ZFSSA_OUTCOME_",
            "zfssa_outcome_name",
        ],
    ),
    group(
        "Errors",
        &["zfssa_error_info", "zfssa_error_json", "zfssa_error_free"],
    ),
    group(
        "Configuration",
        &[
            "zfssa_config_new",
            "zfssa_config_set",
            "zfssa_config_load_cinder_conf",
            "zfssa_config_load_toml",
            "zfssa_config_parse_cinder_conf",
            "zfssa_config_parse_toml",
            "zfssa_config_validate",
            "zfssa_config_free",
        ],
    ),
    group(
        "Options",
        &[
            "ZFSSA_OPTION_",
            "ZFSSA_ORIGIN_",
            "zfssa_option_count",
            "zfssa_option_at",
        ],
    ),
    group(
        "Driver",
        &[
            "zfssa_driver_new",
            "ZFSSA_CLOSE_",
            "zfssa_driver_close",
            "zfssa_driver_free",
        ],
    ),
    group("Call", &["zfssa_call_t"]),
    group(
        "Tickets",
        &[
            "zfssa_ticket_wait",
            "zfssa_ticket_cancel",
            "zfssa_ticket_abandon",
        ],
    ),
    group(
        "Results",
        &[
            "zfssa_result_status",
            "zfssa_result_error",
            "zfssa_result_operation",
            "zfssa_result_ticket",
            "zfssa_result_user_data",
            "zfssa_result_traceparent",
            "zfssa_result_requests",
            "zfssa_result_elapsed_us",
            "zfssa_result_json",
            "zfssa_result_free",
        ],
    ),
    group(
        "Queues",
        &[
            "zfssa_queue_new",
            "zfssa_queue_next",
            "zfssa_queue_fd",
            "zfssa_queue_wake",
            "zfssa_queue_free",
        ],
    ),
    group("Progress", &["zfssa_result_progress"]),
    group("Image transfer", &["zfssa_transfer_finish"]),
    group(
        "Log",
        &[
            "zfssa_driver_set_log",
            "zfssa_driver_set_log_queue",
            "zfssa_result_log",
        ],
    ),
    group(
        "Metrics",
        &[
            "zfssa_driver_metrics",
            "zfssa_metrics_values",
            "zfssa_metrics_prometheus",
            "zfssa_metrics_free",
        ],
    ),
    group(
        "Setup",
        &[
            "zfssa_echo",
            "zfssa_get_certificate",
            "zfssa_check_for_setup_error",
            "zfssa_do_setup",
        ],
    ),
    group("Statistics", &["zfssa_get_volume_stats"]),
    group(
        "Volumes",
        &[
            "zfssa_create_volume",
            "zfssa_delete_volume",
            "zfssa_extend_volume",
            "zfssa_get_volume",
            "zfssa_list_volumes",
        ],
    ),
    group(
        "Snapshots",
        &[
            "zfssa_create_snapshot",
            "zfssa_delete_snapshot",
            "zfssa_list_snapshots",
            "zfssa_revert_to_snapshot",
        ],
    ),
    group(
        "Clones",
        &[
            "zfssa_create_volume_from_snapshot",
            "zfssa_create_cloned_volume",
            "zfssa_clone_image",
        ],
    ),
    group(
        "Connections",
        &[
            "zfssa_initialize_connection",
            "zfssa_terminate_connection",
            "zfssa_create_export",
            "zfssa_ensure_export",
            "zfssa_remove_export",
        ],
    ),
    group(
        "Existing volumes",
        &[
            "zfssa_get_manageable_volumes",
            "zfssa_manage_existing_get_size",
            "zfssa_manage_existing",
            "zfssa_unmanage",
        ],
    ),
    group(
        "Existing snapshots",
        &[
            "zfssa_get_manageable_snapshots",
            "zfssa_manage_existing_snapshot_get_size",
            "zfssa_manage_existing_snapshot",
            "zfssa_unmanage_snapshot",
        ],
    ),
    group(
        "Retype and migration",
        &[
            "zfssa_retype",
            "zfssa_migrate_volume",
            "zfssa_update_migrated_volume",
            "zfssa_update_provider_info",
        ],
    ),
    group(
        "Groups",
        &[
            "zfssa_create_group",
            "zfssa_update_group",
            "zfssa_delete_group",
            "zfssa_create_group_snapshot",
            "zfssa_delete_group_snapshot",
            "zfssa_create_group_from_src",
        ],
    ),
    group("Recovery and audit", &["zfssa_recover", "zfssa_audit"]),
    group("API tokens", &["zfssa_create_api_token"]),
];

/// Items of `zfssa_dl.h`.
pub const TABLE: &[&str] = &["zfssa_vtable_t", "zfssa_get_vtable"];

/// The items of a group in the order of the header.
pub struct Laid {
    pub title: &'static str,
    pub items: Vec<String>,
}

/// Every item of the model but those of the function table, in its group.
pub fn lay_out(model: &Model) -> Vec<Laid> {
    let mut walk = Walk {
        model,
        done: TABLE.iter().map(|name| (*name).to_owned()).collect(),
        items: Vec::new(),
    };
    let laid: Vec<Laid> = GROUPS
        .iter()
        .map(|group| {
            group.items.iter().for_each(|item| walk.add(item));
            assert!(!walk.items.is_empty(), "{} is empty", group.title);
            Laid {
                title: group.title,
                items: std::mem::take(&mut walk.items),
            }
        })
        .collect();
    for name in model.names() {
        assert!(
            walk.done.contains(name),
            "{name} is in no group of layout.rs"
        );
    }
    laid
}

struct Walk<'a> {
    model: &'a Model,
    done: BTreeSet<String>,
    items: Vec<String>,
}

impl Walk<'_> {
    /// Adds an item, with all that it needs before it.
    fn add(&mut self, name: &str) {
        if name.ends_with('_') {
            let constants = self.model.constants.iter().map(|constant| &constant.name);
            let family = constants.filter(|constant| constant.starts_with(name));
            family.for_each(|constant| self.push(constant));
        } else if let Some(structure) = self.model.structure(name) {
            for member in &structure.members {
                self.constants(structure, &member.name);
                self.needed(&member.kind);
            }
            self.push(name);
        } else if let Some(function) = self.model.function(name) {
            self.needed(&function.returns);
            self.all_needed(&function.parameters);
            self.push(name);
            if let Some(accessor) = &function.result {
                self.add(accessor);
            }
        } else if let Some(of) = self.model.types.iter().find(|of| of.name == name) {
            if let Some(parameters) = of.parameters() {
                self.all_needed(parameters);
            }
            self.push(name);
        } else {
            let known = self.model.names().any(|found| found == name);
            assert!(known, "layout.rs has {name}, and src/ffi has not");
            self.push(name);
        }
    }

    fn push(&mut self, name: &str) {
        if self.done.insert(name.to_owned()) {
            self.items.push(name.to_owned());
        }
    }

    fn all_needed(&mut self, parameters: &[Parameter]) {
        parameters.iter().for_each(|one| self.needed(&one.kind));
    }

    /// Adds the type that a declaration names.
    fn needed(&mut self, kind: &str) {
        let name = kind.trim_start_matches("const ");
        let name = name.split([' ', '*']).next().unwrap_or_default();
        if name.starts_with("zfssa_") && !self.done.contains(name) {
            self.add(name);
        }
    }

    /// Adds the constants that may stand in a member.
    fn constants(&mut self, structure: &super::model::Structure, member: &str) {
        let member = structure.members.iter().find(|found| found.name == member);
        let facts = facts::facts(self.model, structure, member.unwrap());
        if let Some(prefix) = facts.one_of {
            self.add(&prefix);
        }
        facts.flags.iter().for_each(|flag| self.push(flag));
    }
}
