/* What the examples share: a driver from a file, and words for what failed. */
#ifndef EXAMPLE_H
#define EXAMPLE_H

#include <stdio.h>
#include <stdlib.h>

#include "zfssa.h"

/* Says what went wrong and whether the appliance was changed, and ends the program. */
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

static inline void check(const char *step, zfssa_status_t status, zfssa_error_t *error)
{
    if (status != ZFSSA_OK)
        fail(step, error);
}

/* Waits for an operation. The caller frees the result, which may be that of a failure. */
static inline zfssa_result_t *wait_for(const char *step, zfssa_ticket_t ticket)
{
    zfssa_result_t *result = NULL;
    zfssa_error_t *error = NULL;

    check(step, zfssa_wait(ticket, -1, &result, &error), error);
    return result;
}

/* A driver with the options of a TOML file. */
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

/* The same, with all that it needs made on the appliance. */
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

/* Lets what is in flight end, logs out, and frees the driver. */
static inline void close_driver(zfssa_driver_t *driver)
{
    zfssa_error_t *error = NULL;

    check("driver_close", zfssa_driver_close(driver, ZFSSA_CLOSE_DRAIN, 30000, &error), error);
    zfssa_driver_free(driver);
}

#endif
