/* Every operation through the C ABI, on a simulated appliance. tests/abi/c_operations.rs includes
 * this file and defines CONFIG as a file with the backend's options. */

#include "test.h"

#ifndef CONFIG
#define CONFIG "backend.toml"
#endif

static zfssa_driver_t *driver;

static void open_driver(void)
{
    zfssa_config_t *config = NULL;
    OK(zfssa_config_new(&config, &err));
    OK(zfssa_config_load_toml(config, CONFIG, NULL, &err));
    OK(zfssa_config_validate(config, &err));
    OK(zfssa_driver_new(config, &driver, &err));
    zfssa_config_free(config);
    log_everything(driver);
}

static void close_driver(void)
{
    OK(zfssa_driver_close(driver, ZFSSA_CLOSE_DRAIN, at_most(10000), &err));
    zfssa_driver_free(driver);
    CHECK(zfssa_objects_alive() == 0);
    EVENTUALLY(atomic_load(&requests_logged) > 100 && atomic_load(&logins_logged) > 0);
}

/* Waits for an operation, which must end so. */
static zfssa_result_t *result_of(zfssa_ticket_t ticket, zfssa_status_t wanted)
{
    zfssa_result_t *result = NULL;
    OK(zfssa_ticket_wait(ticket, at_most(60000), &result, &err));
    if (zfssa_result_status(result) != wanted) {
        fprintf(stderr, "%s: %s\n", zfssa_result_operation(result), zfssa_result_json(result, NULL));
        exit(1);
    }
    CHECK((zfssa_result_error(result) == NULL) == (wanted == ZFSSA_OK));
    return result;
}

/* Calls an operation with these members of its structure, and waits. */
#define DO(wanted, result, name, ...)                                                       \
    do {                                                                                    \
        const zfssa_##name##_args_t args_ = {.size = sizeof args_, __VA_ARGS__};            \
        zfssa_ticket_t ticket_ = 0;                                                         \
        OK(zfssa_##name(driver, &args_, NULL, &ticket_, &err));                             \
        result = result_of(ticket_, wanted);                                                \
        CHECK(strcmp(zfssa_result_operation(result), #name) == 0);                          \
    } while (0)

#define DONE(result) zfssa_result_free(result)

#define SAME(a, b) CHECK(strcmp(a, b) == 0)

static void set_up(void)
{
    zfssa_result_t *result;
    open_driver();

    DO(ZFSSA_OK, result, get_certificate, .flags = 0);
    CHECK(strlen(zfssa_result_certificate(result)->sha256) == 95);
    CHECK(strncmp(zfssa_result_certificate(result)->pem, "-----BEGIN CERTIFICATE", 22) == 0);
    DONE(result);

    DO(ZFSSA_E_SETUP_INCOMPLETE, result, check_for_setup_error, .flags = 0);
    CHECK(strstr(zfssa_error_info(zfssa_result_error(result))->message, "cinder") != NULL);
    CHECK(zfssa_result_check_report(result) == NULL);
    DONE(result);

    DO(ZFSSA_OK, result, do_setup, .flags = 0);
    const zfssa_setup_report_t *report = zfssa_result_setup_report(result);
    CHECK(report->size == sizeof *report);
    CHECK(report->changes_count > 0 && report->changes[0] != NULL);
    CHECK(report->target_portals_count == 1);
    SAME(report->target_portals[0], "127.0.0.1:3260");
    CHECK(strncmp(report->target_iqn, "iqn.", 4) == 0);
    CHECK(zfssa_result_requests(result) > 0 && zfssa_result_elapsed_us(result) > 0);
    DONE(result);

    DO(ZFSSA_OK, result, check_for_setup_error, .flags = 0);
    CHECK(zfssa_result_check_report(result) != NULL);
    DONE(result);

    static const char *const lost[] = {"an-operation-of-nobody"};
    DO(ZFSSA_OK, result, recover, .operations = lost, .operations_count = 1);
    CHECK(zfssa_result_recover_report(result)->recovered_count == 0);
    CHECK(zfssa_result_recover_report(result)->findings == NULL);
    DONE(result);
}

static void volumes(void)
{
    zfssa_result_t *result;
    const zfssa_pair_t specs[] = {
        {"zfssa:compression", "gzip"}, {"zfssa:volblocksize", "16k"}, {"other:key", "x"}};
    DO(ZFSSA_OK, result, create_volume, .name = "volume-1", .size_gib = 2, .extra_specs = specs,
       .extra_specs_count = 3);
    const zfssa_volume_t *volume = zfssa_result_volume(result);
    CHECK(volume->size == sizeof *volume && volume->created == 1 && volume->managed == 1);
    CHECK(volume->size_bytes == UINT64_C(2) << 30 && volume->block_size_bytes == 16384);
    SAME(volume->name, "volume-1");
    SAME(volume->compression, "gzip");
    SAME(volume->pool, "pool-0");
    CHECK(strlen(volume->guid) == 32 && volume->origin == NULL);
    CHECK(zfssa_result_volume(result) == volume && zfssa_result_volumes(result) == NULL);
    CHECK(strstr(zfssa_result_json(result, NULL), "\"name\":\"volume-1\"") != NULL);
    DONE(result);

    DO(ZFSSA_OK, result, create_volume, .name = "volume-1", .size_gib = 2, .extra_specs = specs,
       .extra_specs_count = 3);
    CHECK(zfssa_result_volume(result)->created == 0);
    DONE(result);
    DO(ZFSSA_E_VOLUME_EXISTS, result, create_volume, .name = "volume-1", .size_gib = 3);
    SAME(zfssa_error_info(zfssa_result_error(result))->resource, "volume-1");
    DONE(result);

    DO(ZFSSA_OK, result, extend_volume, .name = "volume-1", .size_gib = 3);
    CHECK(zfssa_result_volume(result)->size_bytes == UINT64_C(3) << 30);
    DONE(result);
    DO(ZFSSA_OK, result, get_volume, .name = "volume-1");
    CHECK(zfssa_result_volume(result)->size_bytes == UINT64_C(3) << 30);
    DONE(result);
    DO(ZFSSA_E_VOLUME_NOT_FOUND, result, get_volume, .name = "volume-0");
    DONE(result);

    DO(ZFSSA_OK, result, create_volume, .name = "volume-2", .size_gib = 1);
    DONE(result);
    DO(ZFSSA_OK, result, list_volumes, .prefix = "volume-");
    const zfssa_volumes_t *list = zfssa_result_volumes(result);
    CHECK(list->count == 2);
    SAME(list->volumes[0]->name, "volume-1");
    SAME(list->volumes[1]->name, "volume-2");
    DONE(result);
    DO(ZFSSA_OK, result, list_volumes, .prefix = "nothing");
    CHECK(zfssa_result_volumes(result)->count == 0);
    CHECK(zfssa_result_volumes(result)->next_marker == NULL);
    DONE(result);

    /* In pages: the marker of a page outlives it in a copy alone. */
    char marker[64] = "";
    const char *const names[] = {"volume-1", "volume-2"};
    for (int page = 0; page < 2; page++) {
        DO(ZFSSA_OK, result, list_volumes, .limit = 1, .marker = page == 0 ? NULL : marker);
        list = zfssa_result_volumes(result);
        CHECK(list->count == 1);
        SAME(list->volumes[0]->name, names[page]);
        CHECK((list->next_marker == NULL) == (page == 1));
        if (list->next_marker != NULL)
            snprintf(marker, sizeof marker, "%s", list->next_marker);
        DONE(result);
    }
}

static void snapshots_and_clones(void)
{
    zfssa_result_t *result;
    DO(ZFSSA_OK, result, create_snapshot, .volume = "volume-1", .name = "snapshot-1");
    const zfssa_snapshot_t *snapshot = zfssa_result_snapshot(result);
    CHECK(snapshot->created == 1 && snapshot->clones == 0);
    SAME(snapshot->volume, "volume-1");
    DONE(result);
    DO(ZFSSA_OK, result, list_snapshots, .volume = "volume-1");
    CHECK(zfssa_result_snapshots(result)->count == 1);
    SAME(zfssa_result_snapshots(result)->snapshots[0]->name, "snapshot-1");
    DONE(result);

    DO(ZFSSA_OK, result, create_volume_from_snapshot, .name = "volume-3", .size_gib = 4,
       .source_volume = "volume-1", .snapshot = "snapshot-1");
    const zfssa_volume_t *clone = zfssa_result_volume(result);
    CHECK(clone->origin != NULL && clone->size_bytes == UINT64_C(4) << 30);
    SAME(clone->origin->volume, "volume-1");
    SAME(clone->origin->snapshot, "snapshot-1");
    DONE(result);
    DO(ZFSSA_E_SNAPSHOT_BUSY, result, delete_snapshot, .volume = "volume-1", .name = "snapshot-1");
    DONE(result);
    DO(ZFSSA_E_VOLUME_BUSY, result, delete_volume, .name = "volume-1");
    CHECK(zfssa_error_info(zfssa_result_error(result))->outcome == ZFSSA_OUTCOME_NONE ||
          zfssa_error_info(zfssa_result_error(result))->outcome == ZFSSA_OUTCOME_REJECTED);
    DONE(result);

    DO(ZFSSA_OK, result, create_cloned_volume, .name = "volume-4", .id = "4", .size_gib = 1,
       .source_volume = "volume-2");
    SAME(zfssa_result_volume(result)->origin->volume, "volume-2");
    DONE(result);
}

static void connections(void)
{
    zfssa_result_t *result;
    DO(ZFSSA_OK, result, create_export, .volume = "volume-1");
    CHECK(zfssa_result_requests(result) == 0);
    DONE(result);
    DO(ZFSSA_OK, result, ensure_export, .volume = "volume-1");
    DONE(result);

    DO(ZFSSA_OK, result, initialize_connection, .volume = "volume-1", .volume_id = "1",
       .initiator = HOST, .host_name = "host-a", .flags = ZFSSA_INITIALIZE_EXCLUSIVE);
    const zfssa_connection_t *connection = zfssa_result_connection(result);
    CHECK(connection->changed == 1 && connection->paths_count == 1);
    SAME(connection->driver_volume_type, "iscsi");
    SAME(connection->volume_id, "1");
    SAME(connection->target_portals[0], connection->target_portal);
    SAME(connection->target_iqns[0], connection->target_iqn);
    CHECK(connection->target_luns[0] == connection->target_lun);
    /* The host needs the secret; nobody else gets to see it. */
    SAME(connection->auth_method, "CHAP");
    SAME(connection->auth_username, "target");
    SAME(connection->auth_password, "CANARYtarget-1");
    CHECK(strstr(zfssa_result_json(result, NULL), "CANARY") == NULL);
    CHECK(strstr(zfssa_result_json(result, NULL), "***") != NULL);
    DONE(result);
    DO(ZFSSA_E_INVALID_CONNECTOR, result, initialize_connection, .volume = "volume-1",
       .initiator = "iqn.2004-10.org.example:nobody");
    DONE(result);
    DO(ZFSSA_E_VOLUME_BUSY, result, initialize_connection, .volume = "volume-1",
       .initiator = "iqn.2004-10.org.example:host-b", .flags = ZFSSA_INITIALIZE_EXCLUSIVE);
    DONE(result);

    const char *const others[] = {"iqn.2004-10.org.example:host-b"};
    DO(ZFSSA_OK, result, terminate_connection, .volume = "volume-1", .initiator = HOST,
       .flags = ZFSSA_TERMINATE_STILL_ATTACHED, .still_attached = others,
       .still_attached_count = 1);
    CHECK(zfssa_result_detach_report(result)->changed == 1);
    CHECK(zfssa_result_detach_report(result)->still_presented == 0);
    DONE(result);
    DO(ZFSSA_OK, result, remove_export, .volume = "volume-1");
    DONE(result);

    /* An empty name is a host's mistake and not every host. */
    const zfssa_terminate_connection_args_t empty = {
        .size = sizeof empty, .volume = "volume-1", .initiator = ""};
    zfssa_ticket_t none = 0;
    EXPECT(ZFSSA_E_INVALID_ARGUMENT,
           zfssa_terminate_connection(driver, &empty, NULL, &none, &err));
    CHECK(none == 0);

    const zfssa_terminate_connection_args_t unclear = {
        .size = sizeof unclear, .volume = "volume-1", .still_attached = others,
        .still_attached_count = 1};
    zfssa_ticket_t ticket = 0;
    EXPECT(ZFSSA_E_INVALID_ARGUMENT,
           zfssa_terminate_connection(driver, &unclear, NULL, &ticket, &err));
}

static void management(void)
{
    zfssa_result_t *result;
    DO(ZFSSA_OK, result, unmanage, .name = "volume-3");
    SAME(zfssa_result_unmanage_report(result)->new_name, "unmanaged-volume-3");
    DONE(result);
    const zfssa_known_volume_t known[] = {{"1", "volume-1"}, {"2", "volume-2"}};
    const char *const keys[] = {"reference"}, *const directions[] = {"desc"};
    DO(ZFSSA_OK, result, get_manageable_volumes, .cinder_volumes = known,
       .cinder_volumes_count = 2, .sort_keys = keys, .sort_keys_count = 1,
       .sort_dirs = directions, .sort_dirs_count = 1, .limit = 3);
    const zfssa_manageable_list_t *list = zfssa_result_manageable_list(result);
    CHECK(list->count == 3 && list->total == 4);
    SAME(list->entries[0]->reference, "volume-4");
    SAME(list->entries[1]->cinder_id, "2");
    DONE(result);
    DO(ZFSSA_OK, result, manage_existing_get_size, .source_name = "unmanaged-volume-3");
    CHECK(zfssa_result_existing_size(result)->size_gib == 4);
    DONE(result);
    DO(ZFSSA_OK, result, manage_existing, .name = "volume-5", .source_name = "unmanaged-volume-3");
    SAME(zfssa_result_manage_report(result)->previous_name, "unmanaged-volume-3");
    SAME(zfssa_result_manage_report(result)->volume->name, "volume-5");
    DONE(result);

    DO(ZFSSA_OK, result, unmanage_snapshot, .volume = "volume-1", .name = "snapshot-1");
    SAME(zfssa_result_unmanage_report(result)->new_name, "unmanaged-snapshot-1");
    DONE(result);
    DO(ZFSSA_OK, result, get_manageable_snapshots, .marker = NULL);
    CHECK(zfssa_result_manageable_list(result)->total >= 1);
    DONE(result);
    DO(ZFSSA_OK, result, manage_existing_snapshot_get_size, .volume = "volume-1",
       .source_name = "unmanaged-snapshot-1");
    CHECK(zfssa_result_existing_size(result)->size_gib == 3);
    DONE(result);
    DO(ZFSSA_OK, result, manage_existing_snapshot, .volume = "volume-1", .name = "snapshot-6",
       .source_name = "unmanaged-snapshot-1");
    SAME(zfssa_result_managed_snapshot(result)->snapshot->name, "snapshot-6");
    DONE(result);
}

static void ends(void)
{
    zfssa_result_t *result;
    DO(ZFSSA_OK, result, get_volume_stats, .flags = 0);
    const zfssa_volume_stats_t *stats = zfssa_result_volume_stats(result);
    SAME(stats->vendor_name, "Oracle");
    SAME(stats->driver_version, ZFSSA_VERSION);
    CHECK(stats->total_volumes == 4 && stats->total_capacity_bytes > 0);
    CHECK(stats->total_capacity_gb > 0 && stats->multiattach == 1);
    CHECK(stats->clone_across_pools == 0 && stats->qos_support == 1);
    SAME(stats->backend_state, "up");
    SAME(stats->storage_protocol, "iSCSI");
    DONE(result);

    static const char *const names[] = {"volume-5", "volume-4", "volume-2"};
    for (int i = 0; i < 3; i++) {
        DO(ZFSSA_OK, result, delete_volume, .name = names[i]);
        CHECK(zfssa_result_delete_report(result)->existed == 1);
        DONE(result);
    }
    DO(ZFSSA_OK, result, delete_snapshot, .volume = "volume-1", .name = "snapshot-6");
    CHECK(zfssa_result_delete_report(result)->existed == 1);
    DONE(result);
    for (uint32_t existed = 2; existed-- > 0;) {
        DO(ZFSSA_OK, result, delete_volume, .name = "volume-1");
        CHECK(zfssa_result_delete_report(result)->existed == existed);
        DONE(result);
    }
    DO(ZFSSA_OK, result, list_volumes, .prefix = NULL);
    CHECK(zfssa_result_volumes(result)->count == 0);
    CHECK(zfssa_result_volumes(result)->volumes == NULL);
    DONE(result);
}

static void api_tokens(void)
{
    static const char *const file = CONFIG ".token";
    zfssa_result_t *result;
    char former[64] = "";
    for (uint32_t revoked = 0; revoked < 2; revoked++) {
        DO(ZFSSA_OK, result, create_api_token, .name = "host-1", .lifetime_s = 3600,
           .token_file = file);
        const zfssa_api_token_t *token = zfssa_result_api_token(result);
        CHECK(token->size == sizeof *token && strlen(token->id) == 36);
        SAME(token->token_file, file);
        CHECK(strlen(token->name) == strlen("host-1-01234567") && strlen(token->expiration) == 20);
        CHECK(token->revoked_count == revoked);
        CHECK(revoked == 0 || strcmp(token->revoked[0], former) == 0);
        CHECK(strlen(token->name) < sizeof former);
        strcpy(former, token->name);
        CHECK(strstr(zfssa_result_json(result, NULL), "CANARY") == NULL);
        DONE(result);
    }
    DO(ZFSSA_OK, result, create_api_token, .flags = ZFSSA_TOKEN_KEEP_FORMER, .name = "host-1",
       .lifetime_s = 3600, .token_file = file, .password = NULL);
    CHECK(zfssa_result_api_token(result)->revoked_count == 0);
    DONE(result);
    DO(ZFSSA_E_INVALID_ARGUMENT, result, create_api_token, .name = "host-1", .token_file = file);
    CHECK(strstr(zfssa_error_info(zfssa_result_error(result))->message, "60 to") != NULL);
    DONE(result);
}

/* What the operations before left in the metrics. */
static void metrics(void)
{
    zfssa_metrics_t *metrics = NULL;
    OK(zfssa_driver_metrics(driver, &metrics, &err));
    const zfssa_metric_values_t *values = zfssa_metrics_values(metrics);
    CHECK(values->logins == 1 && values->requests > 100 && values->requests_in_flight == 0);
    uint64_t requests = 0, creations = 0;
    for (uint32_t i = 0; i < values->durations_count; i++) {
        const zfssa_request_durations_t *one = values->durations[i];
        CHECK(one->size == sizeof *one && one->buckets_count > 0 && one->sum_us > 0);
        for (uint32_t at = 1; at < one->buckets_count; at++) {
            CHECK(one->bounds_us[at] > one->bounds_us[at - 1]);
            CHECK(one->buckets[at] >= one->buckets[at - 1]);
        }
        CHECK(one->buckets[one->buckets_count - 1] <= one->count);
        requests += one->count;
        if (strcmp(one->resource, "lun") == 0 && strcmp(one->verb, "POST") == 0)
            creations = one->count;
    }
    CHECK(requests == values->requests && creations > 0);
    const zfssa_lock_waits_t *waits = values->lock_waits;
    CHECK(waits->count > 0 && waits->buckets[waits->buckets_count - 1] <= waits->count);
    CHECK(strstr(zfssa_metrics_prometheus(metrics, NULL), "{resource=\"lun\",verb=\"POST\"") != NULL);
    zfssa_metrics_free(metrics);
}

static void a_life(void)
{
    set_up();
    volumes();
    snapshots_and_clones();
    connections();
    management();
    ends();
    metrics();
    api_tokens();
    close_driver();
}

int main(int argc, char **argv)
{
    static const test_case_t cases[] = {{"a_life", a_life}, {NULL, NULL}};
    return run_case(cases, argc, argv);
}
