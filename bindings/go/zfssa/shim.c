/* C helpers for cgo: duplicated file descriptors, wiped strings, and the log callback. */

#define _GNU_SOURCE

#include "shim.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int zfssago_dup(int fd)
{
    return fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

void zfssago_wipe(char *text, size_t length)
{
    volatile char *bytes = text;

    while (length-- > 0)
        *bytes++ = 0;
    free(text);
}

/* RECORD: maximum size of a message in bytes; ABSENT: length that stands for a NULL string. */
enum { RECORD = 65536, ABSENT = 0xffffffffu };

struct log {
    int fd;
    uint64_t lost;
    unsigned char record[RECORD];
};

static size_t put(struct log *log, size_t at, const void *bytes, size_t length)
{
    memcpy(log->record + at, bytes, length);
    return at + length;
}

/* Appends a length and the bytes of a string, truncated to the space left. */
static size_t put_text(struct log *log, size_t at, const char *text)
{
    uint32_t length = ABSENT;
    size_t room = RECORD - at;

    if (room < sizeof length)
        return at;
    room -= sizeof length;
    if (text != NULL) {
        size_t bytes = strlen(text);
        length = (uint32_t)(bytes < room ? bytes : room);
    }
    at = put(log, at, &length, sizeof length);
    return text != NULL ? put(log, at, text, length) : at;
}

/* Log callback. The library calls it on its own thread, for one record at a time. */
static void take_record(void *context, const zfssa_log_record_t *record)
{
    struct log *log = context;
    uint64_t lost = record->lost + log->lost;
    size_t length = 0;

    length = put(log, length, &record->level, sizeof record->level);
    length = put(log, length, &record->time_ns, sizeof record->time_ns);
    length = put(log, length, &lost, sizeof lost);
    length = put_text(log, length, record->operation);
    length = put_text(log, length, record->resource);
    length = put_text(log, length, record->operation_id);
    length = put_text(log, length, record->target);
    length = put_text(log, length, record->message);
    length = put_text(log, length, record->fields);
    if (send(log->fd, log->record, length, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
        log->lost = lost + 1;
    else
        log->lost = 0;
}

static void drop_log(void *context)
{
    struct log *log = context;

    close(log->fd);
    free(log);
}

zfssa_status_t zfssago_set_log(zfssa_driver_t *driver, uint32_t level, int fd, zfssa_error_t **err)
{
    struct log *log = calloc(1, sizeof *log);
    zfssa_status_t status;

    if (log == NULL)
        return ZFSSA_E_LOCAL_IO;
    log->fd = fd;
    status = zfssa_driver_set_log(driver, level, take_record, log, drop_log, err);
    if (status != ZFSSA_OK)
        free(log);
    return status;
}
