/* iSCSI initiator in user space: reads and writes a volume with libiscsi. */
#ifndef ISCSI_BYTES_H
#define ISCSI_BYTES_H

#include <stddef.h>
#include <stdint.h>

#include "zfssa.h"

/* Writes `length` bytes, a multiple of 512, at the start of the volume of a connection. Returns 0,
 * or -1 after it has printed the error. */
int iscsi_write_bytes(const char *initiator, const zfssa_connection_t *connection,
                      const unsigned char *bytes, size_t length);

/* Reads `length` bytes, a multiple of 512, from the start of the volume of a connection. Returns 0,
 * or -1 after it has printed the error. */
int iscsi_read_bytes(const char *initiator, const zfssa_connection_t *connection,
                     unsigned char *bytes, size_t length);

/* Returns 1 if the host can log in to the target and read the volume, otherwise 0. */
int iscsi_reaches(const char *initiator, const zfssa_connection_t *connection);

#endif
