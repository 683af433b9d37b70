//! All functions in one table, for hosts that load the library with dlopen().
//!
//! The header's `zfssa_vtable_t` is made from this list and the functions' own prototypes, so
//! that no signature is written twice.

use super::version::{ZFSSA_ABI_MAJOR, ZFSSA_ABI_MINOR};
use super::{
    config, driver, error, image_transfer, log, metrics, options, progress, queue, result, ticket,
    version,
};
use crate::ffi::guard;
use crate::ffi::operations::{
    api_token, attach, echo, group, image, manage, migrate, setup, stats, upkeep, volume,
};

/// A function; the header says of which type.
type Slot = *const ();

/// How many functions there are.
const SLOTS: usize = 120;

/// Table of all functions, by name without the prefix, in the order of their introduction. Later
/// versions append functions; `size` tells how many there are.
#[repr(C)]
pub struct zfssa_vtable_t {
    size: u32,
    abi: u32,
    slots: [Slot; SLOTS],
}

// SAFETY: it is never changed, and functions are code.
unsafe impl Sync for zfssa_vtable_t {}

/// Every function, in the order in which they were introduced. Append only.
static TABLE: zfssa_vtable_t = zfssa_vtable_t {
    size: size_of::<zfssa_vtable_t>() as u32,
    abi: ZFSSA_ABI_MAJOR << 16 | ZFSSA_ABI_MINOR,
    slots: [
        version::zfssa_version as Slot,
        version::zfssa_abi_version as Slot,
        version::zfssa_objects_alive as Slot,
        error::zfssa_error_info as Slot,
        error::zfssa_error_json as Slot,
        error::zfssa_error_free as Slot,
        error::zfssa_status_name as Slot,
        error::zfssa_status_description as Slot,
        error::zfssa_status_retryable as Slot,
        error::zfssa_outcome_name as Slot,
        config::zfssa_config_new as Slot,
        config::zfssa_config_set as Slot,
        config::zfssa_config_load_toml as Slot,
        config::zfssa_config_load_cinder_conf as Slot,
        config::zfssa_config_parse_toml as Slot,
        config::zfssa_config_parse_cinder_conf as Slot,
        config::zfssa_config_validate as Slot,
        config::zfssa_config_free as Slot,
        options::zfssa_option_count as Slot,
        options::zfssa_option_at as Slot,
        driver::zfssa_driver_new as Slot,
        driver::zfssa_driver_close as Slot,
        driver::zfssa_driver_free as Slot,
        log::zfssa_driver_set_log as Slot,
        queue::zfssa_queue_new as Slot,
        queue::zfssa_queue_next as Slot,
        queue::zfssa_queue_fd as Slot,
        queue::zfssa_queue_wake as Slot,
        queue::zfssa_queue_free as Slot,
        ticket::zfssa_ticket_wait as Slot,
        ticket::zfssa_ticket_cancel as Slot,
        ticket::zfssa_ticket_abandon as Slot,
        result::zfssa_result_status as Slot,
        result::zfssa_result_error as Slot,
        result::zfssa_result_operation as Slot,
        result::zfssa_result_ticket as Slot,
        result::zfssa_result_user_data as Slot,
        result::zfssa_result_requests as Slot,
        result::zfssa_result_elapsed_us as Slot,
        result::zfssa_result_json as Slot,
        result::zfssa_result_free as Slot,
        echo::zfssa_echo as Slot,
        echo::zfssa_result_echo as Slot,
        setup::zfssa_do_setup as Slot,
        setup::zfssa_check_for_setup_error as Slot,
        setup::zfssa_get_certificate as Slot,
        setup::zfssa_result_setup_report as Slot,
        setup::zfssa_result_check_report as Slot,
        setup::zfssa_result_certificate as Slot,
        volume::volumes::zfssa_create_volume as Slot,
        volume::volumes::zfssa_delete_volume as Slot,
        volume::volumes::zfssa_extend_volume as Slot,
        volume::volumes::zfssa_get_volume as Slot,
        volume::volumes::zfssa_list_volumes as Slot,
        volume::views::zfssa_result_volume as Slot,
        volume::views::zfssa_result_volumes as Slot,
        volume::views::zfssa_result_delete_report as Slot,
        volume::snapshots::zfssa_create_snapshot as Slot,
        volume::snapshots::zfssa_delete_snapshot as Slot,
        volume::snapshots::zfssa_list_snapshots as Slot,
        volume::snapshots::zfssa_result_snapshot as Slot,
        volume::snapshots::zfssa_result_snapshots as Slot,
        volume::clones::zfssa_create_volume_from_snapshot as Slot,
        volume::clones::zfssa_create_cloned_volume as Slot,
        attach::connections::zfssa_initialize_connection as Slot,
        attach::connections::zfssa_terminate_connection as Slot,
        attach::connections::zfssa_result_connection as Slot,
        attach::connections::zfssa_result_detach_report as Slot,
        attach::exports::zfssa_create_export as Slot,
        attach::exports::zfssa_remove_export as Slot,
        attach::exports::zfssa_ensure_export as Slot,
        stats::zfssa_get_volume_stats as Slot,
        stats::zfssa_result_volume_stats as Slot,
        zfssa_get_vtable as Slot,
        manage::volumes::zfssa_manage_existing as Slot,
        manage::volumes::zfssa_manage_existing_get_size as Slot,
        manage::volumes::zfssa_unmanage as Slot,
        manage::volumes::zfssa_result_manage_report as Slot,
        manage::volumes::zfssa_result_existing_size as Slot,
        manage::volumes::zfssa_result_unmanage_report as Slot,
        manage::snapshots::zfssa_manage_existing_snapshot as Slot,
        manage::snapshots::zfssa_manage_existing_snapshot_get_size as Slot,
        manage::snapshots::zfssa_unmanage_snapshot as Slot,
        manage::snapshots::zfssa_result_managed_snapshot as Slot,
        manage::candidates::zfssa_get_manageable_volumes as Slot,
        manage::candidates::zfssa_get_manageable_snapshots as Slot,
        manage::candidates::zfssa_result_manageable_list as Slot,
        upkeep::recover::zfssa_recover as Slot,
        upkeep::recover::zfssa_result_recover_report as Slot,
        volume::revert::zfssa_revert_to_snapshot as Slot,
        volume::retype::zfssa_retype as Slot,
        volume::retype::zfssa_result_retype_report as Slot,
        manage::provider_info::zfssa_update_provider_info as Slot,
        manage::provider_info::zfssa_update_migrated_volume as Slot,
        manage::provider_info::zfssa_result_provider_info as Slot,
        manage::provider_info::zfssa_result_migrated_volume as Slot,
        group::groups::zfssa_create_group as Slot,
        group::groups::zfssa_update_group as Slot,
        group::groups::zfssa_delete_group as Slot,
        group::snapshots::zfssa_create_group_snapshot as Slot,
        group::snapshots::zfssa_delete_group_snapshot as Slot,
        group::groups::zfssa_create_group_from_src as Slot,
        group::deletion_report::zfssa_result_group_delete_report as Slot,
        upkeep::audit::zfssa_audit as Slot,
        upkeep::audit::zfssa_result_audit_report as Slot,
        progress::zfssa_result_progress as Slot,
        migrate::zfssa_migrate_volume as Slot,
        migrate::zfssa_result_migration as Slot,
        image::zfssa_clone_image as Slot,
        image::zfssa_result_cloned_image as Slot,
        image_transfer::zfssa_transfer_finish as Slot,
        log::zfssa_driver_set_log_queue as Slot,
        log::zfssa_result_log as Slot,
        api_token::zfssa_create_api_token as Slot,
        api_token::zfssa_result_api_token as Slot,
        metrics::zfssa_driver_metrics as Slot,
        metrics::zfssa_metrics_values as Slot,
        metrics::zfssa_metrics_prometheus as Slot,
        metrics::zfssa_metrics_free as Slot,
        result::zfssa_result_traceparent as Slot,
    ],
};

/// Returns the function table, for hosts that load the library with dlopen(). The table is static.
///
/// `abi_major`: ZFSSA_ABI_MAJOR. `min_size`: bytes of the table that the host needs, such as
/// sizeof(zfssa_vtable_t). Returns NULL if the library has another major version or a shorter
/// table.
#[unsafe(no_mangle)]
pub extern "C" fn zfssa_get_vtable(abi_major: u32, min_size: u32) -> *const zfssa_vtable_t {
    guard::value(std::ptr::null(), || {
        let fits = abi_major == ZFSSA_ABI_MAJOR && min_size <= TABLE.size;
        fits.then_some(std::ptr::from_ref(&TABLE))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_serves_only_those_it_can() {
        let size = size_of::<zfssa_vtable_t>() as u32;
        assert!(!zfssa_get_vtable(ZFSSA_ABI_MAJOR, 0).is_null());
        assert!(!zfssa_get_vtable(ZFSSA_ABI_MAJOR, size).is_null());
        assert!(zfssa_get_vtable(ZFSSA_ABI_MAJOR, size + 1).is_null());
        assert!(zfssa_get_vtable(ZFSSA_ABI_MAJOR + 1, 0).is_null());
        assert!(zfssa_get_vtable(0, 0).is_null());
    }
}
