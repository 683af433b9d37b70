/* Life cycle of a volume: create, attach, write over iSCSI, snapshot, clone, read the clone, and
 * delete.
 *
 *     volume_life CONFIG.toml INITIATOR        the whole life cycle
 *     volume_life CONFIG.toml --setup          only the setup of the appliance
 *
 * Each step prints its duration and its number of requests. The exit status is 0 if all steps
 * succeeded and the clone contained the data that was written. */

#include <string.h>

#include "iscsi_bytes.h"
#include "steps.h"

enum { MEGABYTE = 1024 * 1024 };

static const char *volume_name = "volume-3c9f4a52-1f0e-4e64-9f0e-d1b1f7f0a001";
static const char *snapshot_name = "snapshot-3c9f4a52-1f0e-4e64-9f0e-d1b1f7f0a002";
static const char *clone_name = "volume-3c9f4a52-1f0e-4e64-9f0e-d1b1f7f0a003";

DEFINE_RUN(zfssa_create_volume, zfssa_create_volume_args_t)
DEFINE_RUN(zfssa_create_snapshot, zfssa_create_snapshot_args_t)
DEFINE_RUN(zfssa_delete_snapshot, zfssa_delete_snapshot_args_t)
DEFINE_RUN(zfssa_create_volume_from_snapshot, zfssa_create_volume_from_snapshot_args_t)

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

/* Fills a buffer with pseudo-random data, so that all blocks differ. */
static void fill(unsigned char *bytes, size_t length)
{
    uint64_t state = 0x9e3779b97f4a7c15u;
    size_t i;

    for (i = 0; i < length; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        bytes[i] = (unsigned char)(state >> 56);
    }
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

    attached = attach(driver, volume_name, initiator);
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
    attached_clone = attach(driver, clone_name, initiator);
    iscsi_step("read 1 MiB of the clone",
               iscsi_read_bytes(initiator, zfssa_result_connection(attached_clone), read_back,
                                MEGABYTE));
    if (memcmp(written, read_back, MEGABYTE) != 0) {
        fprintf(stderr, "the clone holds other bytes than were written\n");
        exit(1);
    }
    printf("      the clone holds the bytes that were written, all 1048576 of them\n");

    statistics(driver);
    detach(driver, clone_name, initiator);
    detach(driver, volume_name, initiator);
    iscsi_step("the host is cut off", iscsi_reaches(initiator, connection));
    delete_volume(driver, clone_name);
    unsnapshot.volume = volume_name;
    unsnapshot.name = snapshot_name;
    zfssa_result_free(RUN("delete_snapshot", zfssa_delete_snapshot, driver, unsnapshot));
    delete_volume(driver, volume_name);

    zfssa_result_free(attached);
    zfssa_result_free(attached_clone);
    free(written);
    free(read_back);
}

int main(int argc, char **argv)
{
    zfssa_driver_t *driver;

    if (argc != 3) {
        fprintf(stderr, "usage: %s CONFIG.toml INITIATOR|--setup\n", argv[0]);
        return 2;
    }
    driver = new_driver(argv[1]);
    set_up(driver);
    if (strcmp(argv[2], "--setup") != 0)
        life(driver, argv[2]);
    close_driver(driver);
    return 0;
}
