/* Code generated from docs/abi/zfssa.json by internal/gen; DO NOT EDIT. */

//go:build zfssa_dlopen

/* Hidden, because a program that exports its symbols would otherwise replace the library's own
 * functions by these, and the library would call itself in an infinite recursion. */
#pragma GCC visibility push(hidden)
#include "zfssa_dl.h"
#include "shim.h"

const zfssa_vtable_t *zfssago_table;

const char* zfssa_version(void)
{
    return zfssago_table->version();
}

uint32_t zfssa_abi_version(void)
{
    return zfssago_table->abi_version();
}

uint64_t zfssa_objects_alive(void)
{
    return zfssago_table->objects_alive();
}

const char* zfssa_status_name(zfssa_status_t status)
{
    return zfssago_table->status_name(status);
}

const char* zfssa_status_description(zfssa_status_t status)
{
    return zfssago_table->status_description(status);
}

uint32_t zfssa_status_retryable(zfssa_status_t status)
{
    return zfssago_table->status_retryable(status);
}

const char* zfssa_outcome_name(zfssa_outcome_t outcome)
{
    return zfssago_table->outcome_name(outcome);
}

const zfssa_error_info_t* zfssa_error_info(const zfssa_error_t* error)
{
    return zfssago_table->error_info(error);
}

const char* zfssa_error_json(const zfssa_error_t* error, uint64_t* length)
{
    return zfssago_table->error_json(error, length);
}

void zfssa_error_free(zfssa_error_t* error)
{
    zfssago_table->error_free(error);
}

zfssa_status_t zfssa_config_new(zfssa_config_t** config, zfssa_error_t** err)
{
    return zfssago_table->config_new(config, err);
}

zfssa_status_t zfssa_config_set(zfssa_config_t* config, const char* name, const char* value, zfssa_error_t** err)
{
    return zfssago_table->config_set(config, name, value, err);
}

zfssa_status_t zfssa_config_load_cinder_conf(zfssa_config_t* config, const char* path, const char* section, zfssa_error_t** err)
{
    return zfssago_table->config_load_cinder_conf(config, path, section, err);
}

zfssa_status_t zfssa_config_load_toml(zfssa_config_t* config, const char* path, const char* section, zfssa_error_t** err)
{
    return zfssago_table->config_load_toml(config, path, section, err);
}

zfssa_status_t zfssa_config_parse_cinder_conf(zfssa_config_t* config, const char* conf, const char* section, zfssa_error_t** err)
{
    return zfssago_table->config_parse_cinder_conf(config, conf, section, err);
}

zfssa_status_t zfssa_config_parse_toml(zfssa_config_t* config, const char* toml, const char* section, zfssa_error_t** err)
{
    return zfssago_table->config_parse_toml(config, toml, section, err);
}

zfssa_status_t zfssa_config_validate(const zfssa_config_t* config, zfssa_error_t** err)
{
    return zfssago_table->config_validate(config, err);
}

void zfssa_config_free(zfssa_config_t* config)
{
    zfssago_table->config_free(config);
}

uint32_t zfssa_option_count(void)
{
    return zfssago_table->option_count();
}

const zfssa_option_t* zfssa_option_at(uint32_t index)
{
    return zfssago_table->option_at(index);
}

zfssa_status_t zfssa_driver_new(const zfssa_config_t* config, zfssa_driver_t** driver, zfssa_error_t** err)
{
    return zfssago_table->driver_new(config, driver, err);
}

zfssa_status_t zfssa_driver_close(zfssa_driver_t* driver, uint32_t how, int64_t timeout_ms, zfssa_error_t** err)
{
    return zfssago_table->driver_close(driver, how, timeout_ms, err);
}

void zfssa_driver_free(zfssa_driver_t* driver)
{
    zfssago_table->driver_free(driver);
}

zfssa_status_t zfssa_ticket_wait(zfssa_ticket_t ticket, int64_t timeout_ms, zfssa_result_t** result, zfssa_error_t** err)
{
    return zfssago_table->ticket_wait(ticket, timeout_ms, result, err);
}

zfssa_status_t zfssa_ticket_cancel(zfssa_ticket_t ticket, zfssa_error_t** err)
{
    return zfssago_table->ticket_cancel(ticket, err);
}

zfssa_status_t zfssa_ticket_abandon(zfssa_ticket_t ticket, zfssa_error_t** err)
{
    return zfssago_table->ticket_abandon(ticket, err);
}

zfssa_status_t zfssa_result_status(const zfssa_result_t* result)
{
    return zfssago_table->result_status(result);
}

const zfssa_error_t* zfssa_result_error(const zfssa_result_t* result)
{
    return zfssago_table->result_error(result);
}

const char* zfssa_result_operation(const zfssa_result_t* result)
{
    return zfssago_table->result_operation(result);
}

zfssa_ticket_t zfssa_result_ticket(const zfssa_result_t* result)
{
    return zfssago_table->result_ticket(result);
}

uint64_t zfssa_result_user_data(const zfssa_result_t* result)
{
    return zfssago_table->result_user_data(result);
}

const char* zfssa_result_traceparent(const zfssa_result_t* result)
{
    return zfssago_table->result_traceparent(result);
}

uint32_t zfssa_result_requests(const zfssa_result_t* result)
{
    return zfssago_table->result_requests(result);
}

uint64_t zfssa_result_elapsed_us(const zfssa_result_t* result)
{
    return zfssago_table->result_elapsed_us(result);
}

const char* zfssa_result_json(const zfssa_result_t* result, uint64_t* length)
{
    return zfssago_table->result_json(result, length);
}

void zfssa_result_free(zfssa_result_t* result)
{
    zfssago_table->result_free(result);
}

zfssa_status_t zfssa_queue_new(zfssa_queue_t** queue, zfssa_error_t** err)
{
    return zfssago_table->queue_new(queue, err);
}

zfssa_status_t zfssa_queue_next(zfssa_queue_t* queue, zfssa_event_t* events, uint32_t event_size, uint32_t max, int64_t timeout_ms, uint32_t* count, zfssa_error_t** err)
{
    return zfssago_table->queue_next(queue, events, event_size, max, timeout_ms, count, err);
}

zfssa_status_t zfssa_queue_fd(zfssa_queue_t* queue, int32_t* fd, zfssa_error_t** err)
{
    return zfssago_table->queue_fd(queue, fd, err);
}

zfssa_status_t zfssa_queue_wake(zfssa_queue_t* queue, zfssa_error_t** err)
{
    return zfssago_table->queue_wake(queue, err);
}

void zfssa_queue_free(zfssa_queue_t* queue)
{
    zfssago_table->queue_free(queue);
}

const zfssa_progress_t* zfssa_result_progress(const zfssa_result_t* result)
{
    return zfssago_table->result_progress(result);
}

zfssa_status_t zfssa_transfer_finish(zfssa_ticket_t ticket, zfssa_status_t status, const char* message, zfssa_error_t** err)
{
    return zfssago_table->transfer_finish(ticket, status, message, err);
}

zfssa_status_t zfssa_driver_set_log(zfssa_driver_t* driver, uint32_t level, zfssa_log_t function, void* context, zfssa_drop_t drop, zfssa_error_t** err)
{
    return zfssago_table->driver_set_log(driver, level, function, context, drop, err);
}

zfssa_status_t zfssa_driver_set_log_queue(zfssa_driver_t* driver, uint32_t level, zfssa_queue_t* queue, uint64_t user_data, zfssa_error_t** err)
{
    return zfssago_table->driver_set_log_queue(driver, level, queue, user_data, err);
}

const zfssa_log_list_t* zfssa_result_log(const zfssa_result_t* result)
{
    return zfssago_table->result_log(result);
}

zfssa_status_t zfssa_driver_metrics(zfssa_driver_t* driver, zfssa_metrics_t** metrics, zfssa_error_t** err)
{
    return zfssago_table->driver_metrics(driver, metrics, err);
}

const zfssa_metric_values_t* zfssa_metrics_values(const zfssa_metrics_t* metrics)
{
    return zfssago_table->metrics_values(metrics);
}

const char* zfssa_metrics_prometheus(const zfssa_metrics_t* metrics, uint64_t* length)
{
    return zfssago_table->metrics_prometheus(metrics, length);
}

void zfssa_metrics_free(zfssa_metrics_t* metrics)
{
    zfssago_table->metrics_free(metrics);
}

zfssa_status_t zfssa_echo(zfssa_driver_t* driver, const zfssa_echo_args_t* args, const zfssa_call_t* call, zfssa_ticket_t* ticket, zfssa_error_t** err)
{
    return zfssago_table->echo(driver, args, call, ticket, err);
}

const zfssa_echo_reply_t* zfssa_result_echo(const zfssa_result_t* result)
{
    return zfssago_table->result_echo(result);
}

zfssa_status_t zfssa_get_certificate(zfssa_driver_t* driver, const zfssa_get_certificate_args_t* args, const zfssa_call_t* call, zfssa_ticket_t* ticket, zfssa_error_t** err)
{
    return zfssago_table->get_certificate(driver, args, call, ticket, err);
}

const zfssa_certificate_t* zfssa_result_certificate(const zfssa_result_t* result)
{
    return zfssago_table->result_certificate(result);
}

zfssa_status_t zfssa_check_for_setup_error(zfssa_driver_t* driver, const zfssa_check_for_setup_error_args_t* args, const zfssa_call_t* call, zfssa_ticket_t* ticket, zfssa_error_t** err)
{
    return zfssago_table->check_for_setup_error(driver, args, call, ticket, err);
}

const zfssa_check_report_t* zfssa_result_check_report(const zfssa_result_t* result)
{
    return zfssago_table->result_check_report(result);
}

zfssa_status_t zfssa_do_setup(zfssa_driver_t* driver, const zfssa_do_setup_args_t* args, const zfssa_call_t* call, zfssa_ticket_t* ticket, zfssa_error_t** err)
{
    return zfssago_table->do_setup(driver, args, call, ticket, err);
}

const zfssa_setup_report_t* zfssa_result_setup_report(const zfssa_result_t* result)
{
    return zfssago_table->result_setup_report(result);
}

zfssa_status_t zfssa_get_volume_stats(zfssa_driver_t* driver, const zfssa_get_volume_stats_args_t* args, const zfssa_call_t* call, zfssa_ticket_t* ticket, zfssa_error_t** err)
{
    return zfssago_table->get_volume_stats(driver, args, call, ticket, err);
}

const zfssa_volume_stats_t* zfssa_result_volume_stats(const zfssa_result_t* result)
{
    return zfssago_table->result_volume_stats(result);
}

zfssa_status_t zfssa_create_volume(zfssa_driver_t* driver, const zfssa_create_volume_args_t* args, const zfssa_call_t* call, zfssa_ticket_t* ticket, zfssa_error_t** err)
{
    return zfssago_table->create_volume(driver, args, call, ticket, err);
}

const zfssa_volume_t* zfssa_result_volume(const zfssa_result_t* result)
{
    return zfssago_table->result_volume(result);
}

zfssa_status_t zfssa_delete_volume(zfssa_driver_t* driver, const zfssa_delete_volume_args_t* args, const zfssa_call_t* call, zfssa_ticket_t* ticket, zfssa_error_t** err)
{
    return zfssago_table->delete_volume(driver, args, call, ticket, err);
}

const zfssa_delete_report_t* zfssa_result_delete_report(const zfssa_result_t* result)
{
    return zfssago_table->result_delete_report(result);
}

zfssa_status_t zfssa_extend_volume(zfssa_driver_t* driver, const zfssa_extend_volume_args_t* args, const zfssa_call_t* call, zfssa_ticket_t* ticket, zfssa_error_t** err)
{
    return zfssago_table->extend_volume(driver, args, call, ticket, err);
}

zfssa_status_t zfssa_get_volume(zfssa_driver_t* driver, const zfssa_get_volume_args_t* args, const zfssa_call_t* call, zfssa_ticket_t* ticket, zfssa_error_t** err)
{
    return zfssago_table->get_volume(driver, args, call, ticket, err);
}

zfssa_status_t zfssa_list_volumes(zfssa_driver_t* driver, const zfssa_list_volumes_args_t* args, const zfssa_call_t* call, zfssa_ticket_t* ticket, zfssa_error_t** err)
{
    return zfssago_table->list_volumes(driver, args, call, ticket, err);
}

const zfssa_volumes_t* zfssa_result_volumes(const zfssa_result_t* result)
{
    return zfssago_table->result_volumes(result);
}

zfssa_status_t zfssa_create_snapshot(zfssa_driver_t* driver, const zfssa_create_snapshot_args_t* args, const zfssa_call_t* call, zfssa_ticket_t* ticket, zfssa_error_t** err)
{
    return zfssago_table->create_snapshot(driver, args, call, ticket, err);
}

const zfssa_snapshot_t* zfssa_result_snapshot(const zfssa_result_t* result)
{
    return zfssago_table->result_snapshot(result);
}

zfssa_status_t zfssa_delete_snapshot(zfssa_driver_t* driver, const zfssa_delete_snapshot_args_t* args, const zfssa_call_t* call, zfssa_ticket_t* ticket, zfssa_error_t** err)
{
    return zfssago_table->delete_snapshot(driver, args, call, ticket, err);
}

zfssa_status_t zfssa_list_snapshots(zfssa_driver_t* driver, const zfssa_list_snapshots_args_t* args, const zfssa_call_t* call, zfssa_ticket_t* ticket, zfssa_error_t** err)
{
    return zfssago_table->list_snapshots(driver, args, call, ticket, err);
}

const zfssa_snapshots_t* zfssa_result_snapshots(const zfssa_result_t* result)
{
    return zfssago_table->result_snapshots(result);
}

zfssa_status_t zfssa_revert_to_snapshot(zfssa_driver_t* driver, const zfssa_revert_to_snapshot_args_t* args, const zfssa_call_t* call, zfssa_ticket_t* ticket, zfssa_error_t** err)
{
    return zfssago_table->revert_to_snapshot(driver, args, call, ticket, err);
}

zfssa_status_t zfssa_create_volume_from_snapshot(zfssa_driver_t* driver, const zfssa_create_volume_from_snapshot_args_t* args, const zfssa_call_t* call, zfssa_ticket_t* ticket, zfssa_error_t** err)
{
    return zfssago_table->create_volume_from_snapshot(driver, args, call, ticket, err);
}

zfssa_status_t zfssa_create_cloned_volume(zfssa_driver_t* driver, const zfssa_create_cloned_volume_args_t* args, const zfssa_call_t* call, zfssa_ticket_t* ticket, zfssa_error_t** err)
{
    return zfssago_table->create_cloned_volume(driver, args, call, ticket, err);
}

zfssa_status_t zfssa_clone_image(zfssa_driver_t* driver, const zfssa_clone_image_args_t* args, const zfssa_call_t* call, zfssa_ticket_t* ticket, zfssa_error_t** err)
{
    return zfssago_table->clone_image(driver, args, call, ticket, err);
}

const zfssa_cloned_image_t* zfssa_result_cloned_image(const zfssa_result_t* result)
{
    return zfssago_table->result_cloned_image(result);
}

zfssa_status_t zfssa_initialize_connection(zfssa_driver_t* driver, const zfssa_initialize_connection_args_t* args, const zfssa_call_t* call, zfssa_ticket_t* ticket, zfssa_error_t** err)
{
    return zfssago_table->initialize_connection(driver, args, call, ticket, err);
}

const zfssa_connection_t* zfssa_result_connection(const zfssa_result_t* result)
{
    return zfssago_table->result_connection(result);
}

zfssa_status_t zfssa_terminate_connection(zfssa_driver_t* driver, const zfssa_terminate_connection_args_t* args, const zfssa_call_t* call, zfssa_ticket_t* ticket, zfssa_error_t** err)
{
    return zfssago_table->terminate_connection(driver, args, call, ticket, err);
}

const zfssa_detach_report_t* zfssa_result_detach_report(const zfssa_result_t* result)
{
    return zfssago_table->result_detach_report(result);
}

zfssa_status_t zfssa_create_export(zfssa_driver_t* driver, const zfssa_create_export_args_t* args, const zfssa_call_t* call, zfssa_ticket_t* ticket, zfssa_error_t** err)
{
    return zfssago_table->create_export(driver, args, call, ticket, err);
}

zfssa_status_t zfssa_ensure_export(zfssa_driver_t* driver, const zfssa_ensure_export_args_t* args, const zfssa_call_t* call, zfssa_ticket_t* ticket, zfssa_error_t** err)
{
    return zfssago_table->ensure_export(driver, args, call, ticket, err);
}

zfssa_status_t zfssa_remove_export(zfssa_driver_t* driver, const zfssa_remove_export_args_t* args, const zfssa_call_t* call, zfssa_ticket_t* ticket, zfssa_error_t** err)
{
    return zfssago_table->remove_export(driver, args, call, ticket, err);
}

zfssa_status_t zfssa_get_manageable_volumes(zfssa_driver_t* driver, const zfssa_get_manageable_volumes_args_t* args, const zfssa_call_t* call, zfssa_ticket_t* ticket, zfssa_error_t** err)
{
    return zfssago_table->get_manageable_volumes(driver, args, call, ticket, err);
}

const zfssa_manageable_list_t* zfssa_result_manageable_list(const zfssa_result_t* result)
{
    return zfssago_table->result_manageable_list(result);
}

zfssa_status_t zfssa_manage_existing_get_size(zfssa_driver_t* driver, const zfssa_manage_existing_get_size_args_t* args, const zfssa_call_t* call, zfssa_ticket_t* ticket, zfssa_error_t** err)
{
    return zfssago_table->manage_existing_get_size(driver, args, call, ticket, err);
}

const zfssa_existing_size_t* zfssa_result_existing_size(const zfssa_result_t* result)
{
    return zfssago_table->result_existing_size(result);
}

zfssa_status_t zfssa_manage_existing(zfssa_driver_t* driver, const zfssa_manage_existing_args_t* args, const zfssa_call_t* call, zfssa_ticket_t* ticket, zfssa_error_t** err)
{
    return zfssago_table->manage_existing(driver, args, call, ticket, err);
}

const zfssa_manage_report_t* zfssa_result_manage_report(const zfssa_result_t* result)
{
    return zfssago_table->result_manage_report(result);
}

zfssa_status_t zfssa_unmanage(zfssa_driver_t* driver, const zfssa_unmanage_args_t* args, const zfssa_call_t* call, zfssa_ticket_t* ticket, zfssa_error_t** err)
{
    return zfssago_table->unmanage(driver, args, call, ticket, err);
}

const zfssa_unmanage_report_t* zfssa_result_unmanage_report(const zfssa_result_t* result)
{
    return zfssago_table->result_unmanage_report(result);
}

zfssa_status_t zfssa_get_manageable_snapshots(zfssa_driver_t* driver, const zfssa_get_manageable_snapshots_args_t* args, const zfssa_call_t* call, zfssa_ticket_t* ticket, zfssa_error_t** err)
{
    return zfssago_table->get_manageable_snapshots(driver, args, call, ticket, err);
}

zfssa_status_t zfssa_manage_existing_snapshot_get_size(zfssa_driver_t* driver, const zfssa_manage_existing_snapshot_get_size_args_t* args, const zfssa_call_t* call, zfssa_ticket_t* ticket, zfssa_error_t** err)
{
    return zfssago_table->manage_existing_snapshot_get_size(driver, args, call, ticket, err);
}

zfssa_status_t zfssa_manage_existing_snapshot(zfssa_driver_t* driver, const zfssa_manage_existing_snapshot_args_t* args, const zfssa_call_t* call, zfssa_ticket_t* ticket, zfssa_error_t** err)
{
    return zfssago_table->manage_existing_snapshot(driver, args, call, ticket, err);
}

const zfssa_managed_snapshot_t* zfssa_result_managed_snapshot(const zfssa_result_t* result)
{
    return zfssago_table->result_managed_snapshot(result);
}

zfssa_status_t zfssa_unmanage_snapshot(zfssa_driver_t* driver, const zfssa_unmanage_snapshot_args_t* args, const zfssa_call_t* call, zfssa_ticket_t* ticket, zfssa_error_t** err)
{
    return zfssago_table->unmanage_snapshot(driver, args, call, ticket, err);
}

zfssa_status_t zfssa_retype(zfssa_driver_t* driver, const zfssa_retype_args_t* args, const zfssa_call_t* call, zfssa_ticket_t* ticket, zfssa_error_t** err)
{
    return zfssago_table->retype(driver, args, call, ticket, err);
}

const zfssa_retype_report_t* zfssa_result_retype_report(const zfssa_result_t* result)
{
    return zfssago_table->result_retype_report(result);
}

zfssa_status_t zfssa_migrate_volume(zfssa_driver_t* driver, const zfssa_migrate_volume_args_t* args, const zfssa_call_t* call, zfssa_ticket_t* ticket, zfssa_error_t** err)
{
    return zfssago_table->migrate_volume(driver, args, call, ticket, err);
}

const zfssa_migration_t* zfssa_result_migration(const zfssa_result_t* result)
{
    return zfssago_table->result_migration(result);
}

zfssa_status_t zfssa_update_migrated_volume(zfssa_driver_t* driver, const zfssa_update_migrated_volume_args_t* args, const zfssa_call_t* call, zfssa_ticket_t* ticket, zfssa_error_t** err)
{
    return zfssago_table->update_migrated_volume(driver, args, call, ticket, err);
}

const zfssa_migrated_volume_t* zfssa_result_migrated_volume(const zfssa_result_t* result)
{
    return zfssago_table->result_migrated_volume(result);
}

zfssa_status_t zfssa_update_provider_info(zfssa_driver_t* driver, const zfssa_update_provider_info_args_t* args, const zfssa_call_t* call, zfssa_ticket_t* ticket, zfssa_error_t** err)
{
    return zfssago_table->update_provider_info(driver, args, call, ticket, err);
}

const zfssa_provider_info_t* zfssa_result_provider_info(const zfssa_result_t* result)
{
    return zfssago_table->result_provider_info(result);
}

zfssa_status_t zfssa_create_group(zfssa_driver_t* driver, const zfssa_create_group_args_t* args, const zfssa_call_t* call, zfssa_ticket_t* ticket, zfssa_error_t** err)
{
    return zfssago_table->create_group(driver, args, call, ticket, err);
}

zfssa_status_t zfssa_update_group(zfssa_driver_t* driver, const zfssa_update_group_args_t* args, const zfssa_call_t* call, zfssa_ticket_t* ticket, zfssa_error_t** err)
{
    return zfssago_table->update_group(driver, args, call, ticket, err);
}

zfssa_status_t zfssa_delete_group(zfssa_driver_t* driver, const zfssa_delete_group_args_t* args, const zfssa_call_t* call, zfssa_ticket_t* ticket, zfssa_error_t** err)
{
    return zfssago_table->delete_group(driver, args, call, ticket, err);
}

const zfssa_group_delete_report_t* zfssa_result_group_delete_report(const zfssa_result_t* result)
{
    return zfssago_table->result_group_delete_report(result);
}

zfssa_status_t zfssa_create_group_snapshot(zfssa_driver_t* driver, const zfssa_create_group_snapshot_args_t* args, const zfssa_call_t* call, zfssa_ticket_t* ticket, zfssa_error_t** err)
{
    return zfssago_table->create_group_snapshot(driver, args, call, ticket, err);
}

zfssa_status_t zfssa_delete_group_snapshot(zfssa_driver_t* driver, const zfssa_delete_group_snapshot_args_t* args, const zfssa_call_t* call, zfssa_ticket_t* ticket, zfssa_error_t** err)
{
    return zfssago_table->delete_group_snapshot(driver, args, call, ticket, err);
}

zfssa_status_t zfssa_create_group_from_src(zfssa_driver_t* driver, const zfssa_create_group_from_src_args_t* args, const zfssa_call_t* call, zfssa_ticket_t* ticket, zfssa_error_t** err)
{
    return zfssago_table->create_group_from_src(driver, args, call, ticket, err);
}

zfssa_status_t zfssa_recover(zfssa_driver_t* driver, const zfssa_recover_args_t* args, const zfssa_call_t* call, zfssa_ticket_t* ticket, zfssa_error_t** err)
{
    return zfssago_table->recover(driver, args, call, ticket, err);
}

const zfssa_recover_report_t* zfssa_result_recover_report(const zfssa_result_t* result)
{
    return zfssago_table->result_recover_report(result);
}

zfssa_status_t zfssa_audit(zfssa_driver_t* driver, const zfssa_audit_args_t* args, const zfssa_call_t* call, zfssa_ticket_t* ticket, zfssa_error_t** err)
{
    return zfssago_table->audit(driver, args, call, ticket, err);
}

const zfssa_audit_report_t* zfssa_result_audit_report(const zfssa_result_t* result)
{
    return zfssago_table->result_audit_report(result);
}

zfssa_status_t zfssa_create_api_token(zfssa_driver_t* driver, const zfssa_create_api_token_args_t* args, const zfssa_call_t* call, zfssa_ticket_t* ticket, zfssa_error_t** err)
{
    return zfssago_table->create_api_token(driver, args, call, ticket, err);
}

const zfssa_api_token_t* zfssa_result_api_token(const zfssa_result_t* result)
{
    return zfssago_table->result_api_token(result);
}

#pragma GCC visibility pop
