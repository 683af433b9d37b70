/* The log function: what it gets, and that a replaced one is never called again. The log on a
 * queue: its events come before the completion, are bounded, and end with the queue. */

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

enum { FROM_DRIVER = 11, FROM_CALL = 12 };

static zfssa_queue_t *new_queue(void)
{
    zfssa_queue_t *queue = NULL;
    OK(zfssa_queue_new(&queue, &err));
    return queue;
}

static zfssa_event_t next(zfssa_queue_t *queue, uint32_t kind)
{
    zfssa_event_t event;
    uint32_t count = 0;
    OK(zfssa_queue_next(queue, &event, sizeof event, 1, at_most(10000), &count, &err));
    CHECK(count == 1 && event.kind == kind);
    return event;
}

static void nothing_left(zfssa_queue_t *queue)
{
    zfssa_event_t event;
    uint32_t count = 1;
    OK(zfssa_queue_next(queue, &event, sizeof event, 1, 0, &count, &err));
    CHECK(count == 0);
}

/* Runs an operation whose completion goes to the queue. */
static zfssa_event_t echo_on(zfssa_driver_t *driver, zfssa_queue_t *queue)
{
    zfssa_call_t call;
    memset(&call, 0, sizeof call);
    call.size = sizeof call;
    call.queue = queue;
    call.user_data = FROM_CALL;
    call.traceparent = TRACEPARENT;
    echo(driver, 0, &call);
    OK(zfssa_driver_close(driver, ZFSSA_CLOSE_DRAIN, at_most(10000), &err));
    const zfssa_event_t log = next(queue, ZFSSA_EV_LOG);
    const zfssa_event_t completion = next(queue, ZFSSA_EV_COMPLETION);
    CHECK(completion.user_data == FROM_CALL && zfssa_result_log(completion.result) == NULL);
    zfssa_result_free(completion.result);
    return log;
}

static void a_queue_gets_the_records_before_the_completion(void)
{
    static sink_t replaced;
    zfssa_driver_t *driver = test_driver();
    zfssa_queue_t *queue = new_queue();
    OK(zfssa_driver_set_log(driver, ZFSSA_LOG_INFO, on_record, &replaced, on_drop, &err));
    OK(zfssa_driver_set_log_queue(driver, ZFSSA_LOG_INFO, queue, FROM_DRIVER, &err));
    CHECK(atomic_load(&replaced.dropped) == 1);
    const zfssa_event_t event = echo_on(driver, queue);
    CHECK(event.user_data == FROM_DRIVER && event.ticket == 0 && event.flags == 0);
    CHECK(zfssa_result_status(event.result) == ZFSSA_OK);
    CHECK(strcmp(zfssa_result_operation(event.result), "log") == 0);
    CHECK(zfssa_result_echo(event.result) == NULL);
    const zfssa_log_list_t *list = zfssa_result_log(event.result);
    CHECK(list != NULL && list->size == sizeof *list && list->count > 0);
    sink_t sink;
    memset(&sink, 0, sizeof sink);
    for (uint32_t i = 0; i < list->count; i++)
        on_record(&sink, list->records[i]);
    CHECK(strcmp(list->records[list->count - 1]->message, "done") == 0);
    CHECK(strcmp(list->records[list->count - 1]->operation, "echo") == 0);
    CHECK(strstr(list->records[list->count - 1]->fields, "\"trace_id\":\"" TRACE_ID "\"") != NULL);
    CHECK(zfssa_result_traceparent(event.result) == NULL);
    const char *json = zfssa_result_json(event.result, NULL);
    CHECK(strncmp(json, "[{\"level\":3,\"time_ns\":", 22) == 0);
    nothing_left(queue);
    zfssa_result_free(event.result);
    zfssa_driver_free(driver);
    zfssa_queue_free(queue);
    CHECK(zfssa_objects_alive() == 0);
}

static void a_queue_that_is_replaced_gets_no_more(void)
{
    zfssa_driver_t *driver = test_driver();
    zfssa_queue_t *first = new_queue(), *second = new_queue();
    OK(zfssa_driver_set_log_queue(driver, ZFSSA_LOG_INFO, first, FROM_DRIVER, &err));
    finish(echo(driver, 0, NULL), ZFSSA_OK);
    OK(zfssa_driver_set_log_queue(driver, ZFSSA_LOG_INFO, second, FROM_DRIVER, &err));
    finish(echo(driver, 0, NULL), ZFSSA_OK);
    OK(zfssa_driver_set_log_queue(driver, ZFSSA_LOG_OFF, second, FROM_DRIVER, &err));
    finish(echo(driver, 0, NULL), ZFSSA_OK);
    zfssa_queue_t *queues[] = {first, second};
    for (int i = 0; i < 2; i++) {
        /* What was on it remains. */
        const zfssa_event_t event = next(queues[i], ZFSSA_EV_LOG);
        CHECK(zfssa_result_log(event.result)->count == 1);
        zfssa_result_free(event.result);
        nothing_left(queues[i]);
        zfssa_queue_free(queues[i]);
    }
    zfssa_driver_free(driver);
}

static void what_a_queue_loses_is_counted(void)
{
    enum { COUNT = 1200 };
    zfssa_driver_t *driver = test_driver();
    zfssa_queue_t *queue = new_queue();
    OK(zfssa_driver_set_log_queue(driver, ZFSSA_LOG_INFO, queue, FROM_DRIVER, &err));
    for (int i = 0; i < COUNT; i++)
        finish(echo(driver, 0, NULL), ZFSSA_OK);
    zfssa_event_t event = next(queue, ZFSSA_EV_LOG);
    CHECK(zfssa_result_log(event.result)->count == 1024);
    zfssa_result_free(event.result);
    nothing_left(queue);
    finish(echo(driver, 0, NULL), ZFSSA_OK);
    event = next(queue, ZFSSA_EV_LOG);
    CHECK(zfssa_result_log(event.result)->count == 1);
    CHECK(zfssa_result_log(event.result)->records[0]->lost == COUNT - 1024);
    zfssa_result_free(event.result);
    zfssa_driver_free(driver);
    zfssa_queue_free(queue);
}

static void a_queue_may_be_freed_before_the_driver(void)
{
    zfssa_driver_t *driver = test_driver();
    zfssa_queue_t *queue = new_queue();
    OK(zfssa_driver_set_log_queue(driver, ZFSSA_LOG_INFO, queue, FROM_DRIVER, &err));
    finish(echo(driver, 0, NULL), ZFSSA_OK);
    zfssa_queue_free(queue);
    finish(echo(driver, 0, NULL), ZFSSA_OK);
    EXPECT(ZFSSA_E_INVALID_ARGUMENT,
           zfssa_driver_set_log_queue(driver, ZFSSA_LOG_INFO, queue, FROM_DRIVER, &err));
    queue = new_queue();
    EXPECT(ZFSSA_E_INVALID_ARGUMENT,
           zfssa_driver_set_log_queue(driver, 6, queue, FROM_DRIVER, &err));
    EXPECT(ZFSSA_E_INVALID_ARGUMENT,
           zfssa_driver_set_log_queue(NULL, ZFSSA_LOG_INFO, queue, FROM_DRIVER, &err));
    EXPECT(ZFSSA_E_INVALID_ARGUMENT,
           zfssa_driver_set_log_queue(driver, ZFSSA_LOG_OFF, NULL, FROM_DRIVER, &err));
    CHECK(zfssa_result_log(NULL) == NULL);
    zfssa_driver_free(driver);
    zfssa_queue_free(queue);
    CHECK(zfssa_objects_alive() == 0);
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
        CASE(a_queue_gets_the_records_before_the_completion),
        CASE(a_queue_that_is_replaced_gets_no_more),
        CASE(what_a_queue_loses_is_counted),
        CASE(a_queue_may_be_freed_before_the_driver),
        {NULL, NULL},
    };
    return run_case(cases, argc, argv);
}
