/* iSCSI initiator in user space, with libiscsi. */

#include "iscsi_bytes.h"

#include <stdio.h>
#include <string.h>

#include <iscsi/iscsi.h>
#include <iscsi/scsi-lowlevel.h>

enum { BLOCK = 512, PIECE = 64 * 1024, SECONDS = 20 };

/*
 * The LU number in libiscsi's form: libiscsi puts it into the LUN field of a command as it is, so a
 * number above 255 needs the bits of flat addressing (SAM-5, 4.7.7.5), 0x4000.
 */
static int wire_lun(const zfssa_connection_t *connection)
{
    int lun = (int)connection->target_lun;

    return lun > 255 ? lun + 0x4000 : lun;
}

static struct iscsi_context *log_in(const char *initiator, const zfssa_connection_t *connection,
                                    int quiet)
{
    struct iscsi_context *iscsi = iscsi_create_context(initiator);

    if (iscsi == NULL)
        return NULL;
    iscsi_set_timeout(iscsi, SECONDS);
    iscsi_set_noautoreconnect(iscsi, 1);
    iscsi_set_targetname(iscsi, connection->target_iqn);
    iscsi_set_session_type(iscsi, ISCSI_SESSION_NORMAL);
    if (connection->auth_method != NULL)
        iscsi_set_initiator_username_pwd(iscsi, connection->auth_username,
                                         connection->auth_password);
    /* Mutual CHAP: the target must authenticate itself too. */
    if (connection->target_auth_method != NULL)
        iscsi_set_target_username_pwd(iscsi, connection->target_auth_username,
                                      connection->target_auth_password);
    if (iscsi_full_connect_sync(iscsi, connection->target_portal,
                                wire_lun(connection)) != 0) {
        if (!quiet)
            fprintf(stderr, "iSCSI login to %s: %s\n", connection->target_portal,
                    iscsi_get_error(iscsi));
        iscsi_destroy_context(iscsi);
        return NULL;
    }
    return iscsi;
}

static void log_out(struct iscsi_context *iscsi)
{
    iscsi_logout_sync(iscsi);
    iscsi_destroy_context(iscsi);
}

/* Writes if `out` is set, otherwise reads, with one command for each PIECE bytes. */
static int transfer(const char *initiator, const zfssa_connection_t *connection,
                    unsigned char *bytes, size_t length, int out, int quiet)
{
    struct iscsi_context *iscsi = log_in(initiator, connection, quiet);
    int lun = wire_lun(connection);
    size_t done = 0;

    if (iscsi == NULL)
        return -1;
    while (done < length) {
        uint32_t piece = (uint32_t)(length - done < PIECE ? length - done : PIECE);
        uint64_t block = done / BLOCK;
        struct scsi_task *task =
            out ? iscsi_write16_sync(iscsi, lun, block, bytes + done, piece, BLOCK, 0, 0, 0, 0, 0)
                : iscsi_read16_sync(iscsi, lun, block, piece, BLOCK, 0, 0, 0, 0, 0);

        if (task == NULL || task->status != SCSI_STATUS_GOOD ||
            (!out && task->datain.size != (int)piece)) {
            if (!quiet)
                fprintf(stderr, "iSCSI %s at block %llu: %s\n", out ? "write" : "read",
                        (unsigned long long)block, iscsi_get_error(iscsi));
            scsi_free_scsi_task(task);
            iscsi_destroy_context(iscsi);
            return -1;
        }
        if (!out)
            memcpy(bytes + done, task->datain.data, piece);
        scsi_free_scsi_task(task);
        done += piece;
    }
    log_out(iscsi);
    return 0;
}

int iscsi_write_bytes(const char *initiator, const zfssa_connection_t *connection,
                      const unsigned char *bytes, size_t length)
{
    /* libiscsi does not declare the buffer of a write as const. */
    return transfer(initiator, connection, (unsigned char *)bytes, length, 1, 0);
}

int iscsi_read_bytes(const char *initiator, const zfssa_connection_t *connection,
                     unsigned char *bytes, size_t length)
{
    return transfer(initiator, connection, bytes, length, 0, 0);
}

int iscsi_reaches(const char *initiator, const zfssa_connection_t *connection)
{
    unsigned char block[BLOCK];

    return transfer(initiator, connection, block, sizeof block, 0, 1) == 0;
}
