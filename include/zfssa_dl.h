/* zfssa_dl.h: the functions of zfssa.h in one table, for hosts that load the library with
 * dlopen(). One dlsym() for zfssa_get_vtable is enough.
 *
 * Generated from the library's sources by tests/header; do not edit. */
#ifndef ZFSSA_DL_H
#define ZFSSA_DL_H

#include "zfssa.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Table of all functions, by name without the prefix, in the order of their introduction. Later
 * versions append functions; `size` tells how many there are.
 */
typedef struct zfssa_vtable_t zfssa_vtable_t;

struct zfssa_vtable_t {
    /** Bytes of the table. */
    uint32_t size;
    /** As zfssa_abi_version(). */
    uint32_t abi;
    const char *(*version)(void);
    uint32_t (*abi_version)(void);
    uint64_t (*objects_alive)(void);
    const zfssa_error_info_t *(*error_info)(const zfssa_error_t *error);
    const char *(*error_json)(const zfssa_error_t *error, uint64_t *length);
    void (*error_free)(zfssa_error_t *error);
    const char *(*status_name)(zfssa_status_t status);
    const char *(*status_description)(zfssa_status_t status);
    uint32_t (*status_retryable)(zfssa_status_t status);
    const char *(*outcome_name)(zfssa_outcome_t outcome);
    zfssa_status_t (*config_new)(zfssa_config_t **config, zfssa_error_t **err);
    zfssa_status_t (*config_set)(zfssa_config_t *config, const char *name, const char *value,
                                 zfssa_error_t **err);
    zfssa_status_t (*config_load_toml)(zfssa_config_t *config, const char *path,
                                       const char *section, zfssa_error_t **err);
    zfssa_status_t (*config_load_cinder_conf)(zfssa_config_t *config, const char *path,
                                              const char *section, zfssa_error_t **err);
    zfssa_status_t (*config_parse_toml)(zfssa_config_t *config, const char *toml,
                                        const char *section, zfssa_error_t **err);
    zfssa_status_t (*config_parse_cinder_conf)(zfssa_config_t *config, const char *conf,
                                               const char *section, zfssa_error_t **err);
    zfssa_status_t (*config_validate)(const zfssa_config_t *config, zfssa_error_t **err);
    void (*config_free)(zfssa_config_t *config);
    uint32_t (*option_count)(void);
    const zfssa_option_t *(*option_at)(uint32_t index);
    zfssa_status_t (*driver_new)(const zfssa_config_t *config, zfssa_driver_t **driver,
                                 zfssa_error_t **err);
    zfssa_status_t (*driver_close)(zfssa_driver_t *driver, uint32_t how, int64_t timeout_ms,
                                   zfssa_error_t **err);
    void (*driver_free)(zfssa_driver_t *driver);
    zfssa_status_t (*driver_set_log)(zfssa_driver_t *driver, uint32_t level, zfssa_log_t function,
                                     void *context, zfssa_drop_t drop, zfssa_error_t **err);
    zfssa_status_t (*queue_new)(zfssa_queue_t **queue, zfssa_error_t **err);
    zfssa_status_t (*queue_next)(zfssa_queue_t *queue, zfssa_event_t *events, uint32_t event_size,
                                 uint32_t max, int64_t timeout_ms, uint32_t *count,
                                 zfssa_error_t **err);
    zfssa_status_t (*queue_fd)(zfssa_queue_t *queue, int32_t *fd, zfssa_error_t **err);
    zfssa_status_t (*queue_wake)(zfssa_queue_t *queue, zfssa_error_t **err);
    void (*queue_free)(zfssa_queue_t *queue);
    zfssa_status_t (*ticket_wait)(zfssa_ticket_t ticket, int64_t timeout_ms,
                                  zfssa_result_t **result, zfssa_error_t **err);
    zfssa_status_t (*ticket_cancel)(zfssa_ticket_t ticket, zfssa_error_t **err);
    zfssa_status_t (*ticket_abandon)(zfssa_ticket_t ticket, zfssa_error_t **err);
    zfssa_status_t (*result_status)(const zfssa_result_t *result);
    const zfssa_error_t *(*result_error)(const zfssa_result_t *result);
    const char *(*result_operation)(const zfssa_result_t *result);
    zfssa_ticket_t (*result_ticket)(const zfssa_result_t *result);
    uint64_t (*result_user_data)(const zfssa_result_t *result);
    uint32_t (*result_requests)(const zfssa_result_t *result);
    uint64_t (*result_elapsed_us)(const zfssa_result_t *result);
    const char *(*result_json)(const zfssa_result_t *result, uint64_t *length);
    void (*result_free)(zfssa_result_t *result);
    zfssa_status_t (*echo)(zfssa_driver_t *driver, const zfssa_echo_args_t *args,
                           const zfssa_call_t *call, zfssa_ticket_t *ticket, zfssa_error_t **err);
    const zfssa_echo_reply_t *(*result_echo)(const zfssa_result_t *result);
    zfssa_status_t (*do_setup)(zfssa_driver_t *driver, const zfssa_do_setup_args_t *args,
                               const zfssa_call_t *call, zfssa_ticket_t *ticket,
                               zfssa_error_t **err);
    zfssa_status_t (*check_for_setup_error)(zfssa_driver_t *driver,
                                            const zfssa_check_for_setup_error_args_t *args,
                                            const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                            zfssa_error_t **err);
    zfssa_status_t (*get_certificate)(zfssa_driver_t *driver,
                                      const zfssa_get_certificate_args_t *args,
                                      const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                      zfssa_error_t **err);
    const zfssa_setup_report_t *(*result_setup_report)(const zfssa_result_t *result);
    const zfssa_check_report_t *(*result_check_report)(const zfssa_result_t *result);
    const zfssa_certificate_t *(*result_certificate)(const zfssa_result_t *result);
    zfssa_status_t (*create_volume)(zfssa_driver_t *driver, const zfssa_create_volume_args_t *args,
                                    const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                    zfssa_error_t **err);
    zfssa_status_t (*delete_volume)(zfssa_driver_t *driver, const zfssa_delete_volume_args_t *args,
                                    const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                    zfssa_error_t **err);
    zfssa_status_t (*extend_volume)(zfssa_driver_t *driver, const zfssa_extend_volume_args_t *args,
                                    const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                    zfssa_error_t **err);
    zfssa_status_t (*get_volume)(zfssa_driver_t *driver, const zfssa_get_volume_args_t *args,
                                 const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                 zfssa_error_t **err);
    zfssa_status_t (*list_volumes)(zfssa_driver_t *driver, const zfssa_list_volumes_args_t *args,
                                   const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                   zfssa_error_t **err);
    const zfssa_volume_t *(*result_volume)(const zfssa_result_t *result);
    const zfssa_volumes_t *(*result_volumes)(const zfssa_result_t *result);
    const zfssa_delete_report_t *(*result_delete_report)(const zfssa_result_t *result);
    zfssa_status_t (*create_snapshot)(zfssa_driver_t *driver,
                                      const zfssa_create_snapshot_args_t *args,
                                      const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                      zfssa_error_t **err);
    zfssa_status_t (*delete_snapshot)(zfssa_driver_t *driver,
                                      const zfssa_delete_snapshot_args_t *args,
                                      const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                      zfssa_error_t **err);
    zfssa_status_t (*list_snapshots)(zfssa_driver_t *driver,
                                     const zfssa_list_snapshots_args_t *args,
                                     const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                     zfssa_error_t **err);
    const zfssa_snapshot_t *(*result_snapshot)(const zfssa_result_t *result);
    const zfssa_snapshots_t *(*result_snapshots)(const zfssa_result_t *result);
    zfssa_status_t (*create_volume_from_snapshot)(
            zfssa_driver_t *driver, const zfssa_create_volume_from_snapshot_args_t *args,
            const zfssa_call_t *call, zfssa_ticket_t *ticket, zfssa_error_t **err);
    zfssa_status_t (*create_cloned_volume)(zfssa_driver_t *driver,
                                           const zfssa_create_cloned_volume_args_t *args,
                                           const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                           zfssa_error_t **err);
    zfssa_status_t (*initialize_connection)(zfssa_driver_t *driver,
                                            const zfssa_initialize_connection_args_t *args,
                                            const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                            zfssa_error_t **err);
    zfssa_status_t (*terminate_connection)(zfssa_driver_t *driver,
                                           const zfssa_terminate_connection_args_t *args,
                                           const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                           zfssa_error_t **err);
    const zfssa_connection_t *(*result_connection)(const zfssa_result_t *result);
    const zfssa_detach_report_t *(*result_detach_report)(const zfssa_result_t *result);
    zfssa_status_t (*create_export)(zfssa_driver_t *driver, const zfssa_create_export_args_t *args,
                                    const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                    zfssa_error_t **err);
    zfssa_status_t (*remove_export)(zfssa_driver_t *driver, const zfssa_remove_export_args_t *args,
                                    const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                    zfssa_error_t **err);
    zfssa_status_t (*ensure_export)(zfssa_driver_t *driver, const zfssa_ensure_export_args_t *args,
                                    const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                    zfssa_error_t **err);
    zfssa_status_t (*get_volume_stats)(zfssa_driver_t *driver,
                                       const zfssa_get_volume_stats_args_t *args,
                                       const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                       zfssa_error_t **err);
    const zfssa_volume_stats_t *(*result_volume_stats)(const zfssa_result_t *result);
    const zfssa_vtable_t *(*get_vtable)(uint32_t abi_major, uint32_t min_size);
    zfssa_status_t (*manage_existing)(zfssa_driver_t *driver,
                                      const zfssa_manage_existing_args_t *args,
                                      const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                      zfssa_error_t **err);
    zfssa_status_t (*manage_existing_get_size)(zfssa_driver_t *driver,
                                               const zfssa_manage_existing_get_size_args_t *args,
                                               const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                               zfssa_error_t **err);
    zfssa_status_t (*unmanage)(zfssa_driver_t *driver, const zfssa_unmanage_args_t *args,
                               const zfssa_call_t *call, zfssa_ticket_t *ticket,
                               zfssa_error_t **err);
    const zfssa_manage_report_t *(*result_manage_report)(const zfssa_result_t *result);
    const zfssa_existing_size_t *(*result_existing_size)(const zfssa_result_t *result);
    const zfssa_unmanage_report_t *(*result_unmanage_report)(const zfssa_result_t *result);
    zfssa_status_t (*manage_existing_snapshot)(zfssa_driver_t *driver,
                                               const zfssa_manage_existing_snapshot_args_t *args,
                                               const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                               zfssa_error_t **err);
    zfssa_status_t (*manage_existing_snapshot_get_size)(
            zfssa_driver_t *driver, const zfssa_manage_existing_snapshot_get_size_args_t *args,
            const zfssa_call_t *call, zfssa_ticket_t *ticket, zfssa_error_t **err);
    zfssa_status_t (*unmanage_snapshot)(zfssa_driver_t *driver,
                                        const zfssa_unmanage_snapshot_args_t *args,
                                        const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                        zfssa_error_t **err);
    const zfssa_managed_snapshot_t *(*result_managed_snapshot)(const zfssa_result_t *result);
    zfssa_status_t (*get_manageable_volumes)(zfssa_driver_t *driver,
                                             const zfssa_get_manageable_volumes_args_t *args,
                                             const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                             zfssa_error_t **err);
    zfssa_status_t (*get_manageable_snapshots)(zfssa_driver_t *driver,
                                               const zfssa_get_manageable_snapshots_args_t *args,
                                               const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                               zfssa_error_t **err);
    const zfssa_manageable_list_t *(*result_manageable_list)(const zfssa_result_t *result);
    zfssa_status_t (*recover)(zfssa_driver_t *driver, const zfssa_recover_args_t *args,
                              const zfssa_call_t *call, zfssa_ticket_t *ticket,
                              zfssa_error_t **err);
    const zfssa_recover_report_t *(*result_recover_report)(const zfssa_result_t *result);
    zfssa_status_t (*revert_to_snapshot)(zfssa_driver_t *driver,
                                         const zfssa_revert_to_snapshot_args_t *args,
                                         const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                         zfssa_error_t **err);
    zfssa_status_t (*retype)(zfssa_driver_t *driver, const zfssa_retype_args_t *args,
                             const zfssa_call_t *call, zfssa_ticket_t *ticket, zfssa_error_t **err);
    const zfssa_retype_report_t *(*result_retype_report)(const zfssa_result_t *result);
    zfssa_status_t (*update_provider_info)(zfssa_driver_t *driver,
                                           const zfssa_update_provider_info_args_t *args,
                                           const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                           zfssa_error_t **err);
    zfssa_status_t (*update_migrated_volume)(zfssa_driver_t *driver,
                                             const zfssa_update_migrated_volume_args_t *args,
                                             const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                             zfssa_error_t **err);
    const zfssa_provider_info_t *(*result_provider_info)(const zfssa_result_t *result);
    const zfssa_migrated_volume_t *(*result_migrated_volume)(const zfssa_result_t *result);
    zfssa_status_t (*create_group)(zfssa_driver_t *driver, const zfssa_create_group_args_t *args,
                                   const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                   zfssa_error_t **err);
    zfssa_status_t (*update_group)(zfssa_driver_t *driver, const zfssa_update_group_args_t *args,
                                   const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                   zfssa_error_t **err);
    zfssa_status_t (*delete_group)(zfssa_driver_t *driver, const zfssa_delete_group_args_t *args,
                                   const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                   zfssa_error_t **err);
    zfssa_status_t (*create_group_snapshot)(zfssa_driver_t *driver,
                                            const zfssa_create_group_snapshot_args_t *args,
                                            const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                            zfssa_error_t **err);
    zfssa_status_t (*delete_group_snapshot)(zfssa_driver_t *driver,
                                            const zfssa_delete_group_snapshot_args_t *args,
                                            const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                            zfssa_error_t **err);
    zfssa_status_t (*create_group_from_src)(zfssa_driver_t *driver,
                                            const zfssa_create_group_from_src_args_t *args,
                                            const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                            zfssa_error_t **err);
    const zfssa_group_delete_report_t *(*result_group_delete_report)(const zfssa_result_t *result);
    zfssa_status_t (*audit)(zfssa_driver_t *driver, const zfssa_audit_args_t *args,
                            const zfssa_call_t *call, zfssa_ticket_t *ticket, zfssa_error_t **err);
    const zfssa_audit_report_t *(*result_audit_report)(const zfssa_result_t *result);
    const zfssa_progress_t *(*result_progress)(const zfssa_result_t *result);
    zfssa_status_t (*migrate_volume)(zfssa_driver_t *driver,
                                     const zfssa_migrate_volume_args_t *args,
                                     const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                     zfssa_error_t **err);
    const zfssa_migration_t *(*result_migration)(const zfssa_result_t *result);
    zfssa_status_t (*clone_image)(zfssa_driver_t *driver, const zfssa_clone_image_args_t *args,
                                  const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                  zfssa_error_t **err);
    const zfssa_cloned_image_t *(*result_cloned_image)(const zfssa_result_t *result);
    zfssa_status_t (*transfer_finish)(zfssa_ticket_t ticket, zfssa_status_t status,
                                      const char *message, zfssa_error_t **err);
    zfssa_status_t (*driver_set_log_queue)(zfssa_driver_t *driver, uint32_t level,
                                           zfssa_queue_t *queue, uint64_t user_data,
                                           zfssa_error_t **err);
    const zfssa_log_list_t *(*result_log)(const zfssa_result_t *result);
    zfssa_status_t (*create_api_token)(zfssa_driver_t *driver,
                                       const zfssa_create_api_token_args_t *args,
                                       const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                       zfssa_error_t **err);
    const zfssa_api_token_t *(*result_api_token)(const zfssa_result_t *result);
    zfssa_status_t (*driver_metrics)(zfssa_driver_t *driver, zfssa_metrics_t **metrics,
                                     zfssa_error_t **err);
    const zfssa_metric_values_t *(*metrics_values)(const zfssa_metrics_t *metrics);
    const char *(*metrics_prometheus)(const zfssa_metrics_t *metrics, uint64_t *length);
    void (*metrics_free)(zfssa_metrics_t *metrics);
    const char *(*result_traceparent)(const zfssa_result_t *result);
};

/**
 * Returns the function table, for hosts that load the library with dlopen(). The table is static.
 *
 * `abi_major`: ZFSSA_ABI_MAJOR. `min_size`: bytes of the table that the host needs, such as
 * sizeof(zfssa_vtable_t). Returns NULL if the library has another major version or a shorter table.
 */
const zfssa_vtable_t *zfssa_get_vtable(uint32_t abi_major, uint32_t min_size);

#ifdef __cplusplus
}
#endif

#endif /* ZFSSA_DL_H */
