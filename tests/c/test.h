/* What the C tests share: checks that say what failed, and a driver that needs no appliance.
 *
 * Every test is a program: `program case`, or `program` for the list of its cases. It exits with
 * 0, or prints what failed and exits with 1. */

#ifndef ZFSSA_TEST_H
#define ZFSSA_TEST_H

#define _GNU_SOURCE

#include <inttypes.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "zfssa.h"

#define CHECK(condition)                                                                    \
    do {                                                                                    \
        if (!(condition)) {                                                                 \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                 \
            exit(1);                                                                        \
        }                                                                                   \
    } while (0)

/* The call must give this status; prints the error when it does not. */
#define EXPECT(wanted, call)                                                                \
    do {                                                                                    \
        zfssa_error_t *err = NULL;                                                          \
        const zfssa_status_t status_ = (call);                                              \
        if (status_ != (wanted)) {                                                          \
            const zfssa_error_info_t *info_ = zfssa_error_info(err);                        \
            fprintf(stderr, "%s:%d: %s\n    gave %s: %s\n", __FILE__, __LINE__, #call,      \
                    zfssa_status_name(status_), info_ ? info_->text : "no error");          \
            exit(1);                                                                        \
        }                                                                                   \
        CHECK((err == NULL) == (status_ == ZFSSA_OK));                                      \
        zfssa_error_free(err);                                                              \
    } while (0)

#define OK(call) EXPECT(ZFSSA_OK, call)

typedef struct {
    const char *name;
    void (*run)(void);
} test_case_t;

/* Runs the case that the command line names. */
__attribute__((unused)) static int run_case(const test_case_t *cases, int argc, char **argv)
{
    for (const test_case_t *test = cases; test->name != NULL; test++) {
        if (argc < 2)
            puts(test->name);
        else if (strcmp(argv[1], test->name) == 0) {
            test->run();
            return 0;
        }
    }
    return argc < 2 ? 0 : 2;
}

/* A limit of time, in milliseconds: longer under a tool that makes everything slow, which sets
 * ZFSSA_TEST_SLOW to a factor. */
static inline int64_t at_most(int64_t ms)
{
    const char *factor = getenv("ZFSSA_TEST_SLOW");
    return factor != NULL ? ms * atoi(factor) : ms;
}

/* A configuration that is whole, of an appliance that is not there. */
static inline zfssa_config_t *test_config(void)
{
    static const char *const options[][2] = {
        {"san_ip", "127.0.0.1"},
        {"san_api_port", "1"},
        {"san_login", "user"},
        {"san_password", "password"},
        {"zfssa_pool", "pool"},
        {"zfssa_project", "project"},
        {"zfssa_initiator_group", "group"},
        {"zfssa_target_portal", "127.0.0.1:3260"},
        {"zfssa_target_interfaces", "net0"},
        {"zfssa_tls_mode", "insecure"},
    };
    zfssa_config_t *config = NULL;
    OK(zfssa_config_new(&config, &err));
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        OK(zfssa_config_set(config, options[i][0], options[i][1], &err));
    return config;
}

static inline zfssa_driver_t *test_driver(void)
{
    zfssa_driver_t *driver = NULL;
    zfssa_config_t *config = test_config();
    OK(zfssa_driver_new(config, &driver, &err));
    zfssa_config_free(config);
    return driver;
}

/* Requests that were logged, logins among them. */
static atomic_int requests_logged, logins_logged;

static inline void print_record(void *context, const zfssa_log_record_t *record)
{
    (void)context;
    if (strcmp(record->target, "zfssa::rest") == 0 && strstr(record->fields, "\"request\"") != NULL) {
        atomic_fetch_add(&requests_logged, 1);
        atomic_fetch_add(&logins_logged, strstr(record->fields, "\"the login\"") != NULL);
    }
    fprintf(stderr, "log %" PRIu32 " %s: %s %s %s %s %s lost %" PRIu64 "\n", record->level,
            record->target, record->message, record->fields,
            record->operation != NULL ? record->operation : "-",
            record->resource != NULL ? record->resource : "-",
            record->operation_id != NULL ? record->operation_id : "-", record->lost);
}

/* Prints all that the engine has to say, which is searched for secrets. */
static inline void log_everything(zfssa_driver_t *driver)
{
    OK(zfssa_driver_set_log(driver, ZFSSA_LOG_TRACE, print_record, NULL, NULL, &err));
}

/* A trace context of W3C Trace Context, and the id of its trace. */
#define TRACE_ID "4bf92f3577b34da6a3ce929d0e0e4736"
#define TRACEPARENT "00-" TRACE_ID "-00f067aa0ba902b7-01"

/* Whether a result has this trace context. */
static inline int is_traced(const zfssa_result_t *result)
{
    const char *traceparent = zfssa_result_traceparent(result);
    return traceparent != NULL && strcmp(traceparent, TRACEPARENT) == 0;
}

/* Submits an echo that takes so long. */
static inline zfssa_ticket_t echo(zfssa_driver_t *driver, uint64_t delay_ms,
                                  const zfssa_call_t *call)
{
    zfssa_echo_args_t args;
    memset(&args, 0, sizeof args);
    args.size = sizeof args;
    args.message = "hello";
    args.delay_ms = delay_ms;
    zfssa_ticket_t ticket = 0;
    OK(zfssa_echo(driver, &args, call, &ticket, &err));
    CHECK(ticket != 0);
    return ticket;
}

/* A host of the configuration that the tests on a simulated appliance get. */
#define HOST "iqn.2004-10.org.example:host-a"

/* A volume of 1 GiB from an image of 1 MiB. */
static inline zfssa_clone_image_args_t image(const char *image_id, const char *volume)
{
    zfssa_clone_image_args_t args;
    memset(&args, 0, sizeof args);
    args.size = sizeof args;
    args.name = volume;
    args.size_gib = 1;
    args.image_id = image_id;
    args.image_updated_at = "2024-01-01";
    args.image_virtual_size = 1 << 20;
    args.initiator = HOST;
    return args;
}

/* Takes a result, checks how the operation ended, and frees it. */
static inline void finish(zfssa_ticket_t ticket, zfssa_status_t wanted)
{
    zfssa_result_t *result = NULL;
    OK(zfssa_ticket_wait(ticket, at_most(10000), &result, &err));
    if (zfssa_result_status(result) != wanted)
        fprintf(stderr, "%s: %s\n", zfssa_result_operation(result),
                zfssa_result_json(result, NULL));
    CHECK(zfssa_result_status(result) == wanted);
    zfssa_result_free(result);
}

/* Milliseconds on a clock that only goes forward. */
static inline int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static inline void sleep_ms(long ms)
{
    const struct timespec time = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&time, NULL);
}

/* Waits until the condition holds; fails after ten seconds. */
#define EVENTUALLY(condition)                                                               \
    do {                                                                                    \
        const int64_t end_ = now_ms() + at_most(10000);                                              \
        while (!(condition)) {                                                              \
            CHECK(now_ms() < end_);                                                         \
            sleep_ms(1);                                                                    \
        }                                                                                   \
    } while (0)

#endif
