/* The log function: what it gets, and that a replaced one is never called again. */

#include "test.h"

#include <pthread.h>
#include <stdatomic.h>

typedef struct {
    atomic_int records, lost, running, dropped, retired;
} sink_t;

static void on_record(void *context, const zfssa_log_record_t *record)
{
    sink_t *sink = context;
    atomic_store(&sink->running, 1);
    CHECK(!atomic_load(&sink->retired) && !atomic_load(&sink->dropped));
    CHECK(record->size == sizeof *record);
    CHECK(record->level >= ZFSSA_LOG_ERROR && record->level <= ZFSSA_LOG_INFO);
    CHECK(record->time_ns > 0 && record->message != NULL && record->fields[0] == '{');
    CHECK(strncmp(record->target, "zfssa", 5) == 0);
    if (record->operation != NULL) {
        CHECK(strcmp(record->operation, "echo") == 0);
        CHECK(record->operation_id != NULL && record->resource == NULL);
    }
    atomic_fetch_add(&sink->records, 1);
    atomic_fetch_add(&sink->lost, (int)record->lost);
    atomic_store(&sink->running, 0);
}

static void on_drop(void *context)
{
    sink_t *sink = context;
    atomic_fetch_add(&sink->dropped, 1);
}

static void records_arrive(void)
{
    static sink_t sink;
    zfssa_driver_t *driver = test_driver();
    finish(echo(driver, 0, NULL), ZFSSA_OK);
    OK(zfssa_driver_set_log(driver, ZFSSA_LOG_INFO, on_record, &sink, on_drop, &err));
    finish(echo(driver, 0, NULL), ZFSSA_OK);
    EVENTUALLY(atomic_load(&sink.records) > 0);
    OK(zfssa_driver_set_log(driver, ZFSSA_LOG_OFF, NULL, NULL, NULL, &err));
    CHECK(atomic_load(&sink.dropped) == 1);
    const int records = atomic_load(&sink.records);
    finish(echo(driver, 0, NULL), ZFSSA_OK);
    sleep_ms(20);
    CHECK(atomic_load(&sink.records) == records);
    zfssa_driver_free(driver);
}

static void the_context_goes_with_the_driver(void)
{
    static sink_t sink;
    zfssa_driver_t *driver = test_driver();
    OK(zfssa_driver_set_log(driver, ZFSSA_LOG_INFO, on_record, &sink, on_drop, &err));
    finish(echo(driver, 0, NULL), ZFSSA_OK);
    zfssa_driver_free(driver);
    EVENTUALLY(atomic_load(&sink.dropped) == 1);
    CHECK(atomic_load(&sink.records) > 0);
}

static void a_refused_function_is_not_taken(void)
{
    static sink_t sink;
    zfssa_driver_t *driver = test_driver();
    EXPECT(ZFSSA_E_INVALID_ARGUMENT,
           zfssa_driver_set_log(driver, 6, on_record, &sink, on_drop, &err));
    EXPECT(ZFSSA_E_INVALID_ARGUMENT,
           zfssa_driver_set_log(driver, ZFSSA_LOG_INFO, NULL, &sink, on_drop, &err));
    EXPECT(ZFSSA_E_INVALID_ARGUMENT,
           zfssa_driver_set_log(NULL, ZFSSA_LOG_INFO, on_record, &sink, on_drop, &err));
    zfssa_driver_free(driver);
    EXPECT(ZFSSA_E_INVALID_ARGUMENT,
           zfssa_driver_set_log(driver, ZFSSA_LOG_INFO, on_record, &sink, on_drop, &err));
    sleep_ms(50);
    CHECK(atomic_load(&sink.dropped) == 0);
}

static atomic_int stop;

static void *make_noise(void *driver)
{
    while (!atomic_load(&stop))
        finish(echo(driver, 0, NULL), ZFSSA_OK);
    return NULL;
}

/* Long enough that it is running when it is replaced. */
static void dawdle(void *context, const zfssa_log_record_t *record)
{
    atomic_store(&((sink_t *)context)->running, 1);
    sleep_ms(1);
    on_record(context, record);
}

static void a_replaced_function_is_never_called(void)
{
    static sink_t sinks[300];
    zfssa_driver_t *driver = test_driver();
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        CHECK(pthread_create(&threads[i], NULL, make_noise, driver) == 0);
    for (int i = 0; i < 300; i++) {
        OK(zfssa_driver_set_log(driver, ZFSSA_LOG_INFO, dawdle, &sinks[i], on_drop, &err));
        if (i > 0) {
            CHECK(!atomic_load(&sinks[i - 1].running));
            CHECK(atomic_load(&sinks[i - 1].dropped) == 1);
            atomic_store(&sinks[i - 1].retired, 1);
        }
        sleep_ms(i % 3);
    }
    atomic_store(&stop, 1);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    zfssa_driver_free(driver);
    EVENTUALLY(atomic_load(&sinks[299].dropped) == 1);
}

static zfssa_driver_t *shared;
static sink_t successor;

static void replace_self(void *context, const zfssa_log_record_t *record)
{
    (void)record;
    sink_t *sink = context;
    CHECK(atomic_fetch_add(&sink->records, 1) == 0);
    OK(zfssa_driver_set_log(shared, ZFSSA_LOG_INFO, on_record, &successor, on_drop, &err));
    CHECK(atomic_load(&sink->dropped) == 0);
}

static void a_function_replaces_itself(void)
{
    static sink_t sink;
    shared = test_driver();
    OK(zfssa_driver_set_log(shared, ZFSSA_LOG_INFO, replace_self, &sink, on_drop, &err));
    finish(echo(shared, 0, NULL), ZFSSA_OK);
    EVENTUALLY(atomic_load(&sink.dropped) == 1);
    finish(echo(shared, 0, NULL), ZFSSA_OK);
    EVENTUALLY(atomic_load(&successor.records) > 0);
    zfssa_driver_free(shared);
    EVENTUALLY(atomic_load(&successor.dropped) == 1);
}

static void take_long(void *context, const zfssa_log_record_t *record)
{
    on_record(context, record);
    while (!atomic_load(&stop))
        sleep_ms(1);
}

static void what_is_lost_is_counted(void)
{
    enum { COUNT = 3000 };
    static sink_t sink;
    static zfssa_ticket_t tickets[COUNT];
    zfssa_driver_t *driver = test_driver();
    OK(zfssa_driver_set_log(driver, ZFSSA_LOG_INFO, take_long, &sink, NULL, &err));
    for (int i = 0; i < COUNT; i++)
        tickets[i] = echo(driver, 0, NULL);
    for (int i = 0; i < COUNT; i++)
        finish(tickets[i], ZFSSA_OK);
    atomic_store(&stop, 1);
    EVENTUALLY(atomic_load(&sink.records) == 1 + 1024);
    finish(echo(driver, 0, NULL), ZFSSA_OK);
    EVENTUALLY(atomic_load(&sink.records) + atomic_load(&sink.lost) == COUNT + 1);
    CHECK(atomic_load(&sink.lost) == COUNT - 1 - 1024);
    zfssa_driver_free(driver);
}

int main(int argc, char **argv)
{
#define CASE(name) {#name, name}
    static const test_case_t cases[] = {
        CASE(records_arrive),
        CASE(the_context_goes_with_the_driver),
        CASE(a_refused_function_is_not_taken),
        CASE(a_replaced_function_is_never_called),
        CASE(a_function_replaces_itself),
        CASE(what_is_lost_is_counted),
        {NULL, NULL},
    };
    return run_case(cases, argc, argv);
}
