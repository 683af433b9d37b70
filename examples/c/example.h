/* Helpers of the examples: open a driver, wait for an operation, report an error. */
#ifndef EXAMPLE_H
#define EXAMPLE_H

#include <stdio.h>
#include <stdlib.h>

#include "zfssa.h"

/* Prints the status, the message and the outcome of an error, and exits. */
static inline void fail(const char *step, const zfssa_error_t *error)
{
    const zfssa_error_info_t *info = zfssa_error_info(error);

    if (info != NULL)
        fprintf(stderr, "%s: %s: %s (outcome %s)\n", step, zfssa_status_name(info->status),
                info->message, zfssa_outcome_name(info->outcome));
    else
        fprintf(stderr, "%s failed\n", step);
    exit(1);
}

/* Exits if a call has failed. */
static inline void check(const char *step, zfssa_status_t status, zfssa_error_t *error)
{
    if (status != ZFSSA_OK)
        fail(step, error);
}

/* Waits for an operation. The caller frees the result and checks its status. */
static inline zfssa_result_t *wait_for(const char *step, zfssa_ticket_t ticket)
{
    zfssa_result_t *result = NULL;
    zfssa_error_t *error = NULL;

    check(step, zfssa_ticket_wait(ticket, -1, &result, &error), error);
    return result;
}

/* Creates a driver with the options of a TOML file. */
static inline zfssa_driver_t *new_driver(const char *path)
{
    zfssa_config_t *config = NULL;
    zfssa_driver_t *driver = NULL;
    zfssa_error_t *error = NULL;

    check("config_new", zfssa_config_new(&config, &error), error);
    check("config_load_toml", zfssa_config_load_toml(config, path, NULL, &error), error);
    check("driver_new", zfssa_driver_new(config, &driver, &error), error);
    zfssa_config_free(config);
    return driver;
}

/* Creates a driver and sets up the appliance for it. */
static inline zfssa_driver_t *open_driver(const char *path)
{
    zfssa_driver_t *driver = new_driver(path);
    zfssa_error_t *error = NULL;
    zfssa_ticket_t ticket = 0;
    zfssa_result_t *result;

    check("do_setup", zfssa_do_setup(driver, NULL, NULL, &ticket, &error), error);
    result = wait_for("do_setup", ticket);
    if (zfssa_result_status(result) != ZFSSA_OK)
        fail("do_setup", zfssa_result_error(result));
    zfssa_result_free(result);
    return driver;
}

/* Waits for operations in flight, logs out, and frees the driver. */
static inline void close_driver(zfssa_driver_t *driver)
{
    zfssa_error_t *error = NULL;

    check("driver_close", zfssa_driver_close(driver, ZFSSA_CLOSE_DRAIN, 30000, &error), error);
    zfssa_driver_free(driver);
}

#endif
