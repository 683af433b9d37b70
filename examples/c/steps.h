/* Helpers of the demo programs: run an operation, print its duration and number of requests. */
#ifndef STEPS_H
#define STEPS_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "example.h"
#include "zfssa.h"

/* Waits for an operation and prints its line. Exits on failure. The caller frees the result. */
static inline zfssa_result_t *finish(const char *step, zfssa_ticket_t ticket)
{
    zfssa_result_t *result = wait_for(step, ticket);

    if (zfssa_result_status(result) != ZFSSA_OK)
        fail(step, zfssa_result_error(result));
    printf("  %-28s %8.1f ms  %2" PRIu32 " requests\n", step,
           (double)zfssa_result_elapsed_us(result) / 1000.0, zfssa_result_requests(result));
    return result;
}

/* Submits an operation and waits for it. Sets the member `size` of the arguments. */
#define RUN(step, function, driver, arguments) run_##function(step, driver, arguments)

#define DEFINE_RUN(function, type)                                                                 \
    static inline zfssa_result_t *run_##function(const char *step, zfssa_driver_t *driver,         \
                                                 type arguments)                                   \
    {                                                                                              \
        zfssa_ticket_t ticket = 0;                                                                 \
        zfssa_error_t *error = NULL;                                                               \
                                                                                                   \
        arguments.size = sizeof arguments;                                                         \
        check(step, function(driver, &arguments, NULL, &ticket, &error), error);                   \
        return finish(step, ticket);                                                               \
    }

DEFINE_RUN(zfssa_delete_volume, zfssa_delete_volume_args_t)
DEFINE_RUN(zfssa_initialize_connection, zfssa_initialize_connection_args_t)
DEFINE_RUN(zfssa_terminate_connection, zfssa_terminate_connection_args_t)

static inline zfssa_result_t *attach(zfssa_driver_t *driver, const char *volume,
                                     const char *initiator)
{
    zfssa_initialize_connection_args_t arguments = {0};

    arguments.volume = volume;
    arguments.initiator = initiator;
    return RUN("initialize_connection", zfssa_initialize_connection, driver, arguments);
}

static inline void detach(zfssa_driver_t *driver, const char *volume, const char *initiator)
{
    zfssa_terminate_connection_args_t arguments = {0};

    arguments.volume = volume;
    arguments.initiator = initiator;
    zfssa_result_free(RUN("terminate_connection", zfssa_terminate_connection, driver, arguments));
}

static inline void delete_volume(zfssa_driver_t *driver, const char *name)
{
    zfssa_delete_volume_args_t arguments = {0};

    arguments.name = name;
    zfssa_result_free(RUN("delete_volume", zfssa_delete_volume, driver, arguments));
}

/* Prints the line of an iSCSI step. Exits if it has failed. */
static inline void iscsi_step(const char *step, int failed)
{
    if (failed) {
        fprintf(stderr, "%s failed\n", step);
        exit(1);
    }
    printf("  %-28s %8s     over iSCSI\n", step, "");
}

#endif
