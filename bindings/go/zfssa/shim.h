/* What Go cannot do itself. None of it calls Go. */

#ifndef ZFSSAGO_SHIM_H
#define ZFSSAGO_SHIM_H

#include <stddef.h>

#include "zfssa.h"

/* A copy of a file descriptor, closed by exec; -1 on failure. */
int zfssago_dup(int fd);

/* Sends the log of a driver to a socket that keeps messages apart, one record each, without
 * ever waiting. The socket is closed when the log ends; on failure it is left alone. */
zfssa_status_t zfssago_set_log(zfssa_driver_t *driver, uint32_t level, int fd, zfssa_error_t **err);

/* Overwrites memory that held a text and frees it. */
void zfssago_wipe(char *text, size_t length);

#endif
