/* One volume's whole life: made, attached, written to over real iSCSI, snapshotted, cloned, the
 * clone attached and read, everything detached and deleted.
 *
 *     volume_life CONFIG.toml INITIATOR        the whole life
 *     volume_life CONFIG.toml --setup          only what the backend needs on the appliance
 *
 * Each step prints how long it took and how many requests it sent. Exit status 0 when all steps
 * succeeded and the clone held the bytes that were written. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "iscsi_bytes.h"
#include "zfssa.h"

enum { MEGABYTE = 1024 * 1024 };

static const char *volume_name = "volume-3c9f4a52-1f0e-4e64-9f0e-d1b1f7f0a001";
static const char *snapshot_name = "snapshot-3c9f4a52-1f0e-4e64-9f0e-d1b1f7f0a002";
static const char *clone_name = "volume-3c9f4a52-1f0e-4e64-9f0e-d1b1f7f0a003";

/* Says what went wrong and what became of the appliance, and ends the program: what a real host
 * would do with the outcome is its own business. */
static void fail(const char *step, const zfssa_error_t *error)
{
    const zfssa_error_info_t *info = zfssa_error_info(error);

    if (info != NULL)
        fprintf(stderr, "%s: %s (%s, outcome %s)\n", step, info->message,
                zfssa_status_name(info->status), zfssa_outcome_name(info->outcome));
    else
        fprintf(stderr, "%s failed\n", step);
    exit(1);
}

static void check(const char *step, zfssa_status_t status, zfssa_error_t *error)
{
    if (status != ZFSSA_OK)
        fail(step, error);
}

/* Waits for an operation, prints its line, and returns its result, which the caller frees. */
static zfssa_result_t *finish(const char *step, zfssa_ticket_t ticket)
{
    zfssa_result_t *result = NULL;
    zfssa_error_t *error = NULL;

    check(step, zfssa_wait(ticket, -1, &result, &error), error);
    if (zfssa_result_status(result) != ZFSSA_OK)
        fail(step, zfssa_result_error(result));
    printf("  %-28s %8.1f ms  %2" PRIu32 " requests\n", step,
           (double)zfssa_result_elapsed_us(result) / 1000.0, zfssa_result_requests(result));
    return result;
}

/* Submits an operation and waits for it. The arguments' `size` is set here. */
#define RUN(step, function, driver, arguments)                                                   \
    run_##function(step, driver, arguments)

#define DEFINE_RUN(function, type)                                                               \
    static zfssa_result_t *run_##function(const char *step, zfssa_driver_t *driver,             \
                                          type arguments)                                        \
    {                                                                                            \
        zfssa_ticket_t ticket = 0;                                                               \
        zfssa_error_t *error = NULL;                                                             \
                                                                                                 \
        arguments.size = sizeof arguments;                                                       \
        check(step, function(driver, &arguments, NULL, &ticket, &error), error);                 \
        return finish(step, ticket);                                                             \
    }

DEFINE_RUN(zfssa_create_volume, zfssa_create_volume_args_t)
DEFINE_RUN(zfssa_delete_volume, zfssa_delete_volume_args_t)
DEFINE_RUN(zfssa_create_snapshot, zfssa_create_snapshot_args_t)
DEFINE_RUN(zfssa_delete_snapshot, zfssa_delete_snapshot_args_t)
DEFINE_RUN(zfssa_create_volume_from_snapshot, zfssa_create_volume_from_snapshot_args_t)
DEFINE_RUN(zfssa_initialize_connection, zfssa_initialize_connection_args_t)
DEFINE_RUN(zfssa_terminate_connection, zfssa_terminate_connection_args_t)

static void set_up(zfssa_driver_t *driver)
{
    zfssa_ticket_t ticket = 0;
    zfssa_error_t *error = NULL;
    zfssa_result_t *result;
    const zfssa_setup_report_t *report;
    uint32_t i;

    check("do_setup", zfssa_do_setup(driver, NULL, NULL, &ticket, &error), error);
    result = finish("do_setup", ticket);
    report = zfssa_result_setup_report(result);
    for (i = 0; i < report->changes_count; i++)
        printf("      %s\n", report->changes[i]);
    zfssa_result_free(result);

    check("check_for_setup_error",
          zfssa_check_for_setup_error(driver, NULL, NULL, &ticket, &error), error);
    zfssa_result_free(finish("check_for_setup_error", ticket));
}

static void statistics(zfssa_driver_t *driver)
{
    zfssa_ticket_t ticket = 0;
    zfssa_error_t *error = NULL;

    check("get_volume_stats", zfssa_get_volume_stats(driver, NULL, NULL, &ticket, &error), error);
    zfssa_result_free(finish("get_volume_stats", ticket));
}

static void detach(zfssa_driver_t *driver, const char *step, const char *volume,
                   const char *initiator)
{
    zfssa_terminate_connection_args_t arguments = {0};

    arguments.volume = volume;
    arguments.initiator = initiator;
    zfssa_result_free(RUN(step, zfssa_terminate_connection, driver, arguments));
}

static void delete_volume(zfssa_driver_t *driver, const char *step, const char *name)
{
    zfssa_delete_volume_args_t arguments = {0};

    arguments.name = name;
    zfssa_result_free(RUN(step, zfssa_delete_volume, driver, arguments));
}

static zfssa_result_t *attach(zfssa_driver_t *driver, const char *step, const char *volume,
                              const char *initiator)
{
    zfssa_initialize_connection_args_t arguments = {0};

    arguments.volume = volume;
    arguments.initiator = initiator;
    return RUN(step, zfssa_initialize_connection, driver, arguments);
}

/* Bytes that no two blocks share. */
static void fill(unsigned char *bytes, size_t length)
{
    uint64_t state = 0x9e3779b97f4a7c15u;
    size_t i;

    for (i = 0; i < length; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        bytes[i] = (unsigned char)(state >> 56);
    }
}

static void iscsi_step(const char *step, int failed)
{
    if (failed) {
        fprintf(stderr, "%s failed\n", step);
        exit(1);
    }
    printf("  %-28s %8s     over iSCSI\n", step, "");
}

static void life(zfssa_driver_t *driver, const char *initiator)
{
    unsigned char *written = malloc(MEGABYTE);
    unsigned char *read_back = malloc(MEGABYTE);
    zfssa_create_volume_args_t create = {0};
    zfssa_create_snapshot_args_t snapshot = {0};
    zfssa_delete_snapshot_args_t unsnapshot = {0};
    zfssa_create_volume_from_snapshot_args_t clone = {0};
    zfssa_result_t *attached;
    zfssa_result_t *attached_clone;
    const zfssa_connection_t *connection;

    if (written == NULL || read_back == NULL)
        exit(1);
    fill(written, MEGABYTE);

    create.name = volume_name;
    create.size_gib = 1;
    zfssa_result_free(RUN("create_volume", zfssa_create_volume, driver, create));

    attached = attach(driver, "initialize_connection", volume_name, initiator);
    connection = zfssa_result_connection(attached);
    printf("      %s, %s, LUN %" PRIu32 "\n", connection->target_portal, connection->target_iqn,
           connection->target_lun);
    iscsi_step("write 1 MiB", iscsi_write_bytes(initiator, connection, written, MEGABYTE));

    snapshot.volume = volume_name;
    snapshot.name = snapshot_name;
    zfssa_result_free(RUN("create_snapshot", zfssa_create_snapshot, driver, snapshot));
    memset(read_back, 0, MEGABYTE);
    iscsi_step("overwrite the source", iscsi_write_bytes(initiator, connection, read_back, MEGABYTE));

    clone.name = clone_name;
    clone.size_gib = 2;
    clone.source_volume = volume_name;
    clone.snapshot = snapshot_name;
    zfssa_result_free(RUN("create_volume_from_snapshot", zfssa_create_volume_from_snapshot, driver,
                          clone));
    attached_clone = attach(driver, "initialize_connection", clone_name, initiator);
    iscsi_step("read 1 MiB of the clone",
               iscsi_read_bytes(initiator, zfssa_result_connection(attached_clone), read_back,
                                MEGABYTE));
    if (memcmp(written, read_back, MEGABYTE) != 0) {
        fprintf(stderr, "the clone holds other bytes than were written\n");
        exit(1);
    }
    printf("      the clone holds the bytes that were written, all 1048576 of them\n");

    statistics(driver);
    detach(driver, "terminate_connection", clone_name, initiator);
    detach(driver, "terminate_connection", volume_name, initiator);
    iscsi_step("the host is cut off", iscsi_reaches(initiator, connection));
    delete_volume(driver, "delete_volume", clone_name);
    unsnapshot.volume = volume_name;
    unsnapshot.name = snapshot_name;
    zfssa_result_free(RUN("delete_snapshot", zfssa_delete_snapshot, driver, unsnapshot));
    delete_volume(driver, "delete_volume", volume_name);

    zfssa_result_free(attached);
    zfssa_result_free(attached_clone);
    free(written);
    free(read_back);
}

int main(int argc, char **argv)
{
    zfssa_config_t *config = NULL;
    zfssa_driver_t *driver = NULL;
    zfssa_error_t *error = NULL;

    if (argc != 3) {
        fprintf(stderr, "usage: %s CONFIG.toml INITIATOR|--setup\n", argv[0]);
        return 2;
    }
    check("config_new", zfssa_config_new(&config, &error), error);
    check("config_load_toml", zfssa_config_load_toml(config, argv[1], NULL, &error), error);
    check("driver_new", zfssa_driver_new(config, &driver, &error), error);
    zfssa_config_free(config);

    set_up(driver);
    if (strcmp(argv[2], "--setup") != 0)
        life(driver, argv[2]);

    check("driver_close", zfssa_driver_close(driver, ZFSSA_CLOSE_DRAIN, 10000, &error), error);
    zfssa_driver_free(driver);
    return 0;
}
