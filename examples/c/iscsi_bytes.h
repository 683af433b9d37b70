/* A host's side of a connection: real bytes over real iSCSI, in user space, with libiscsi. */
#ifndef ISCSI_BYTES_H
#define ISCSI_BYTES_H

#include <stddef.h>
#include <stdint.h>

#include "zfssa.h"

/* Writes `length` bytes at the start of the volume behind a connection. `length` is a multiple
 * of 512. 0, or -1 with the reason on standard error. */
int iscsi_write_bytes(const char *initiator, const zfssa_connection_t *connection,
                      const unsigned char *bytes, size_t length);

/* Reads them back. 0, or -1 with the reason on standard error. */
int iscsi_read_bytes(const char *initiator, const zfssa_connection_t *connection,
                     unsigned char *bytes, size_t length);

/* Whether the host can still log in to the volume and read it: 1, or 0. */
int iscsi_reaches(const char *initiator, const zfssa_connection_t *connection);

#endif
