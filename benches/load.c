/* Load through the C ABI.
 *
 *     load CONFIG.toml burst COUNT PREFIX    COUNT create_volume in flight at once
 *     load CONFIG.toml series COUNT PREFIX   COUNT create_volume one after another
 *
 * Prints `seconds=… bytes_each=…`. */

#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "zfssa.h"

static void must(zfssa_status_t status, zfssa_error_t *error)
{
    if (status == ZFSSA_OK)
        return;
    fprintf(stderr, "%s\n", error != NULL ? zfssa_error_info(error)->text : "an error");
    exit(1);
}

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static size_t allocated(void)
{
    const struct mallinfo2 info = mallinfo2();

    return info.uordblks + info.hblkhd;
}

static zfssa_ticket_t create(zfssa_driver_t *driver, const char *prefix, long number,
                             const zfssa_call_t *call)
{
    zfssa_create_volume_args_t args;
    zfssa_ticket_t ticket = 0;
    zfssa_error_t *error = NULL;
    char name[64];

    snprintf(name, sizeof name, "volume-%s-%ld", prefix, number);
    memset(&args, 0, sizeof args);
    args.size = sizeof args;
    args.name = name;
    args.size_gib = 1;
    must(zfssa_create_volume(driver, &args, call, &ticket, &error), error);
    return ticket;
}

static void check(zfssa_result_t *result)
{
    if (zfssa_result_status(result) != ZFSSA_OK) {
        fprintf(stderr, "%s\n", zfssa_error_info(zfssa_result_error(result))->text);
        exit(1);
    }
    zfssa_result_free(result);
}

/* Set-up and login are over before anything is measured. */
static void set_up(zfssa_driver_t *driver)
{
    zfssa_ticket_t ticket = 0;
    zfssa_result_t *result = NULL;
    zfssa_error_t *error = NULL;

    must(zfssa_do_setup(driver, NULL, NULL, &ticket, &error), error);
    must(zfssa_ticket_wait(ticket, -1, &result, &error), error);
    check(result);
}

static void series(zfssa_driver_t *driver, const char *prefix, long count)
{
    long i;

    for (i = 0; i < count; i++) {
        zfssa_result_t *result = NULL;
        zfssa_error_t *error = NULL;

        must(zfssa_ticket_wait(create(driver, prefix, i, NULL), -1, &result, &error), error);
        check(result);
    }
}

static size_t burst(zfssa_driver_t *driver, const char *prefix, long count)
{
    zfssa_queue_t *queue = NULL;
    zfssa_error_t *error = NULL;
    zfssa_call_t call;
    size_t before = allocated();
    size_t in_flight;
    long i;

    must(zfssa_queue_new(&queue, &error), error);
    memset(&call, 0, sizeof call);
    call.size = sizeof call;
    call.timeout_ms = -1;
    call.queue = queue;
    for (i = 0; i < count; i++)
        create(driver, prefix, i, &call);
    in_flight = (allocated() - before) / (size_t)count;
    for (i = 0; i < count;) {
        zfssa_event_t events[64];
        uint32_t taken = 0;
        uint32_t event;

        must(zfssa_queue_next(queue, events, sizeof *events, 64, -1, &taken, &error), error);
        for (event = 0; event < taken; event++)
            check(events[event].result);
        i += taken;
    }
    zfssa_queue_free(queue);
    return in_flight;
}

int main(int argc, char **argv)
{
    zfssa_config_t *config = NULL;
    zfssa_driver_t *driver = NULL;
    zfssa_error_t *error = NULL;
    size_t bytes_each = 0;
    double start;

    if (argc != 5) {
        fprintf(stderr, "usage: %s CONFIG.toml burst|series COUNT PREFIX\n", argv[0]);
        return 2;
    }
    must(zfssa_config_new(&config, &error), error);
    must(zfssa_config_load_toml(config, argv[1], NULL, &error), error);
    must(zfssa_driver_new(config, &driver, &error), error);
    zfssa_config_free(config);
    set_up(driver);

    start = now();
    if (strcmp(argv[2], "burst") == 0)
        bytes_each = burst(driver, argv[4], atol(argv[3]));
    else
        series(driver, argv[4], atol(argv[3]));
    printf("seconds=%.3f bytes_each=%zu\n", now() - start, bytes_each);
    zfssa_driver_free(driver);
    return 0;
}
