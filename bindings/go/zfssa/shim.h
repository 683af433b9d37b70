/* C helpers for cgo. None of them calls Go. */

#ifndef ZFSSAGO_SHIM_H
#define ZFSSAGO_SHIM_H

#include <stddef.h>

#include "zfssa.h"

/* Duplicates a file descriptor with FD_CLOEXEC; returns -1 on failure. */
int zfssago_dup(int fd);

/* Sends each log record of a driver as one message to the SOCK_SEQPACKET socket `fd`, without
 * blocking. On success it takes ownership of the socket and closes it when the log ends; on failure
 * the caller still owns it. */
zfssa_status_t zfssago_set_log(zfssa_driver_t *driver, uint32_t level, int fd, zfssa_error_t **err);

/* Overwrites `length` bytes of `text` with zeros and frees it. */
void zfssago_wipe(char *text, size_t length);

#endif
