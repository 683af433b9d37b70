/* Everything about operations that needs no appliance: the three places of completion, time
 * limits, cancelling, detaching, and what is refused. */

#include "test.h"
#include "zfssa_dl.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stddef.h>

static zfssa_call_t call_with(int64_t timeout_ms)
{
    zfssa_call_t call;
    memset(&call, 0, sizeof call);
    call.size = sizeof call;
    call.timeout_ms = timeout_ms;
    return call;
}

/* Waiting. */

static void wait_takes_the_result(void)
{
    zfssa_driver_t *driver = test_driver();
    const zfssa_ticket_t ticket = echo(driver, 0, NULL);
    zfssa_result_t *result = NULL;
    OK(zfssa_ticket_wait(ticket, at_most(10000), &result, &err));

    CHECK(zfssa_result_status(result) == ZFSSA_OK);
    CHECK(zfssa_result_error(result) == NULL);
    CHECK(strcmp(zfssa_result_operation(result), "echo") == 0);
    CHECK(zfssa_result_ticket(result) == ticket);
    CHECK(zfssa_result_requests(result) == 0);
    CHECK(strcmp(zfssa_result_echo(result)->message, "hello") == 0);
    CHECK(zfssa_result_volume(result) == NULL);
    uint64_t length = 0;
    const char *json = zfssa_result_json(result, &length);
    CHECK(strcmp(json, "{\"message\":\"hello\"}") == 0 && length == strlen(json));

    zfssa_result_t *second = result;
    EXPECT(ZFSSA_E_STALE, zfssa_ticket_wait(ticket, 0, &second, &err));
    CHECK(second == NULL);

    /* A result outlives its driver. */
    zfssa_driver_free(driver);
    CHECK(strcmp(zfssa_result_echo(result)->message, "hello") == 0);
    zfssa_result_free(result);
    CHECK(zfssa_result_echo(result) == NULL);
    zfssa_result_free(result);
    CHECK(zfssa_objects_alive() == 0);
}

static void wait_ends_before_the_operation(void)
{
    zfssa_driver_t *driver = test_driver();
    const zfssa_ticket_t ticket = echo(driver, 300, NULL);
    zfssa_result_t *result = NULL;
    EXPECT(ZFSSA_E_TIMED_OUT, zfssa_ticket_wait(ticket, 0, &result, &err));
    const int64_t start = now_ms();
    EXPECT(ZFSSA_E_TIMED_OUT, zfssa_ticket_wait(ticket, 50, &result, &err));
    CHECK(now_ms() - start >= 50 && now_ms() - start < at_most(250));
    OK(zfssa_ticket_wait(ticket, -1, &result, &err));
    CHECK(zfssa_result_elapsed_us(result) >= 300000);
    zfssa_result_free(result);
    zfssa_driver_free(driver);
}

static void a_failure_is_a_result(void)
{
    zfssa_driver_t *driver = test_driver();
    zfssa_echo_args_t args;
    memset(&args, 0, sizeof args);
    args.size = sizeof args;
    args.message = "as wished";
    args.fail_with = ZFSSA_E_VOLUME_BUSY;
    zfssa_ticket_t ticket = 0;
    OK(zfssa_echo(driver, &args, NULL, &ticket, &err));
    zfssa_result_t *result = NULL;
    OK(zfssa_ticket_wait(ticket, at_most(10000), &result, &err));
    CHECK(zfssa_result_status(result) == ZFSSA_E_VOLUME_BUSY);
    CHECK(zfssa_result_echo(result) == NULL);

    const zfssa_error_t *error = zfssa_result_error(result);
    const zfssa_error_info_t *info = zfssa_error_info(error);
    CHECK(info->status == ZFSSA_E_VOLUME_BUSY && info->outcome == ZFSSA_OUTCOME_NONE);
    CHECK(strcmp(info->message, "as wished") == 0);
    CHECK(strcmp(info->operation, "echo") == 0);
    CHECK(strstr(zfssa_result_json(result, NULL), "\"VOLUME_BUSY\"") != NULL);
    CHECK(zfssa_result_error(result) == error);

    /* It is the result's: freeing it does nothing, freeing the result does. */
    zfssa_error_free((zfssa_error_t *)(uintptr_t)error);
    CHECK(zfssa_error_info(error) == info);
    zfssa_result_free(result);
    CHECK(zfssa_error_info(error) == NULL);
    zfssa_driver_free(driver);
    CHECK(zfssa_objects_alive() == 0);
}

/* Queues. */

static int readable(int fd)
{
    struct pollfd poller = {fd, POLLIN, 0};
    CHECK(poll(&poller, 1, 0) >= 0);
    return poller.revents == POLLIN;
}

static void queue_delivers(void)
{
    enum { COUNT = 1000 };
    static unsigned char seen[COUNT];
    zfssa_driver_t *driver = test_driver();
    zfssa_queue_t *queue = NULL;
    OK(zfssa_queue_new(&queue, &err));
    zfssa_call_t call = call_with(0);
    call.queue = queue;
    for (unsigned i = 0; i < COUNT; i++) {
        call.user_data = i;
        echo(driver, i % 7, &call);
    }
    for (unsigned taken = 0; taken < COUNT;) {
        zfssa_event_t events[16];
        uint32_t count = 0;
        OK(zfssa_queue_next(queue, events, sizeof *events, 16, at_most(10000), &count, &err));
        CHECK(count > 0 && count <= 16);
        for (uint32_t i = 0; i < count; i++, taken++) {
            CHECK(events[i].kind == ZFSSA_EV_COMPLETION);
            CHECK(zfssa_result_ticket(events[i].result) == events[i].ticket);
            CHECK(zfssa_result_user_data(events[i].result) == events[i].user_data);
            CHECK(zfssa_result_status(events[i].result) == ZFSSA_OK);
            CHECK(seen[events[i].user_data]++ == 0);
            zfssa_result_free(events[i].result);
        }
    }
    zfssa_event_t event;
    uint32_t count = 1;
    OK(zfssa_queue_next(queue, &event, sizeof event, 1, 20, &count, &err));
    CHECK(count == 0);

    /* A ticket of a queue is not to be waited for. */
    const zfssa_ticket_t ticket = echo(driver, 50, &call);
    zfssa_result_t *result = NULL;
    EXPECT(ZFSSA_E_STALE, zfssa_ticket_wait(ticket, at_most(10000), &result, &err));
    EXPECT(ZFSSA_E_STALE, zfssa_ticket_abandon(ticket, &err));
    zfssa_driver_free(driver);
    zfssa_queue_free(queue);
}

static void queue_outlives_the_driver(void)
{
    zfssa_driver_t *driver = test_driver();
    zfssa_queue_t *queue = NULL;
    OK(zfssa_queue_new(&queue, &err));
    zfssa_call_t call = call_with(0);
    call.queue = queue;
    echo(driver, 100000, &call);
    zfssa_driver_free(driver);
    zfssa_event_t event;
    uint32_t count = 0;
    OK(zfssa_queue_next(queue, &event, sizeof event, 1, at_most(10000), &count, &err));
    CHECK(count == 1 && zfssa_result_status(event.result) == ZFSSA_E_SHUTDOWN);
    zfssa_result_free(event.result);
    zfssa_queue_free(queue);
    EXPECT(ZFSSA_E_INVALID_ARGUMENT, zfssa_queue_wake(queue, &err));
    CHECK(zfssa_objects_alive() == 0);
}

/* The descriptor that it has now: those of files that are gone are given again. */
static int next_descriptor(void)
{
    const int fd = dup(0);
    CHECK(fd >= 0);
    close(fd);
    return fd;
}

static void a_freed_queue_leaves_no_descriptor(void)
{
    const int before = next_descriptor();
    for (int i = 0; i < 3; i++) {
        zfssa_queue_t *queue = NULL;
        int32_t fd = -1;
        OK(zfssa_queue_new(&queue, &err));
        OK(zfssa_queue_fd(queue, &fd, &err));
        CHECK(fd == before);
        zfssa_queue_free(queue);
        CHECK(next_descriptor() == before);
    }
}

static void queue_may_go_first(void)
{
    zfssa_driver_t *driver = test_driver();
    zfssa_queue_t *queue = NULL;
    OK(zfssa_queue_new(&queue, &err));
    zfssa_call_t call = call_with(0);
    call.queue = queue;
    echo(driver, 0, &call);
    echo(driver, 50, &call);
    sleep_ms(20);
    zfssa_queue_free(queue);
    zfssa_ticket_t ticket = 0;
    EXPECT(ZFSSA_E_INVALID_ARGUMENT, zfssa_echo(driver, NULL, &call, &ticket, &err));
    OK(zfssa_driver_close(driver, ZFSSA_CLOSE_DRAIN, at_most(10000), &err));
    zfssa_driver_free(driver);
    CHECK(zfssa_objects_alive() == 0);
}

static void *free_soon(void *queue)
{
    sleep_ms(50);
    zfssa_queue_free(queue);
    return NULL;
}

static void queue_freed_under_a_waiter(void)
{
    zfssa_queue_t *queue = NULL;
    OK(zfssa_queue_new(&queue, &err));
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, free_soon, queue) == 0);
    zfssa_event_t event;
    uint32_t count = 0;
    EXPECT(ZFSSA_E_CLOSED,
           zfssa_queue_next(queue, &event, sizeof event, 1, at_most(10000), &count, &err));
    pthread_join(thread, NULL);
}

static void fd_is_readable_iff_not_empty(void)
{
    zfssa_driver_t *driver = test_driver();
    zfssa_queue_t *queue = NULL;
    OK(zfssa_queue_new(&queue, &err));
    zfssa_call_t call = call_with(0);
    call.queue = queue;
    /* Asked for on a queue that is not empty, it is readable at once. */
    OK(zfssa_queue_wake(queue, &err));
    int32_t fd = -1, again = -1;
    OK(zfssa_queue_fd(queue, &fd, &err));
    OK(zfssa_queue_fd(queue, &again, &err));
    CHECK(fd >= 0 && fd == again);
    CHECK((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
    CHECK((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    CHECK(readable(fd));
    /* A second wake-up is the first one still. */
    OK(zfssa_queue_wake(queue, &err));
    zfssa_event_t events[4];
    uint32_t count = 0;
    OK(zfssa_queue_next(queue, events, sizeof *events, 4, 0, &count, &err));
    CHECK(count == 1 && events[0].kind == ZFSSA_EV_WAKE && events[0].result == NULL);
    CHECK(!readable(fd));

    for (int round = 0; round < 100; round++) {
        for (int i = 0; i < 3; i++)
            echo(driver, 0, &call);
        for (int taken = 0; taken < 3;) {
            struct pollfd poller = {fd, POLLIN, 0};
            CHECK(poll(&poller, 1, 10000) == 1);
            OK(zfssa_queue_next(queue, events, sizeof *events, 1, 0, &count, &err));
            CHECK(count == 1);
            zfssa_result_free(events[0].result);
            taken++;
        }
        CHECK(!readable(fd));
    }
    zfssa_queue_free(queue);
    CHECK(fcntl(fd, F_GETFD) == -1 && errno == EBADF);
    zfssa_driver_free(driver);
}

static void events_may_be_larger(void)
{
    struct {
        zfssa_event_t event;
        uint64_t later;
    } events[3];
    zfssa_queue_t *queue = NULL;
    OK(zfssa_queue_new(&queue, &err));
    OK(zfssa_queue_wake(queue, &err));
    memset(events, 0xff, sizeof events);
    uint32_t count = 0;
    OK(zfssa_queue_next(queue, &events[0].event, sizeof *events, 2, 0, &count, &err));
    CHECK(count == 1 && events[0].event.kind == ZFSSA_EV_WAKE && events[0].later == 0);
    CHECK(events[1].later == UINT64_MAX);
    EXPECT(ZFSSA_E_INVALID_ARGUMENT,
           zfssa_queue_next(queue, &events[0].event, 8, 2, 0, &count, &err));
    EXPECT(ZFSSA_E_INVALID_ARGUMENT,
           zfssa_queue_next(queue, &events[0].event, sizeof *events, 0, 0, &count, &err));
    zfssa_queue_free(queue);
}

/* Callbacks. */

typedef struct {
    pthread_mutex_t lock;
    int completed, dropped;
    zfssa_status_t status;
    char thread[16];
} note_t;

static note_t note = {PTHREAD_MUTEX_INITIALIZER, 0, 0, 0, ""};

static void on_completion(void *context, zfssa_result_t *result)
{
    note_t *into = context;
    pthread_mutex_lock(&into->lock);
    CHECK(into->dropped == 0);
    into->completed++;
    into->status = zfssa_result_status(result);
    pthread_getname_np(pthread_self(), into->thread, sizeof into->thread);
    pthread_mutex_unlock(&into->lock);
    zfssa_result_free(result);
}

static void on_drop(void *context)
{
    note_t *into = context;
    pthread_mutex_lock(&into->lock);
    CHECK(into->completed == 1);
    into->dropped++;
    pthread_mutex_unlock(&into->lock);
}

static int dropped(void)
{
    pthread_mutex_lock(&note.lock);
    const int count = note.dropped;
    pthread_mutex_unlock(&note.lock);
    return count;
}

static void callback_is_told(void)
{
    zfssa_driver_t *driver = test_driver();
    zfssa_call_t call = call_with(0);
    call.callback = on_completion;
    call.drop = on_drop;
    call.context = &note;
    echo(driver, 10, &call);
    EVENTUALLY(dropped() == 1);
    CHECK(note.completed == 1 && note.status == ZFSSA_OK);
    CHECK(strcmp(note.thread, "zfssa-cb") == 0);
    zfssa_driver_free(driver);
}

static void a_refused_call_takes_nothing(void)
{
    zfssa_driver_t *driver = test_driver();
    zfssa_queue_t *queue = NULL;
    OK(zfssa_queue_new(&queue, &err));
    zfssa_ticket_t ticket = 1;
    zfssa_call_t call = call_with(0);
    call.callback = on_completion;
    call.drop = on_drop;
    call.context = &note;

    call.queue = queue;
    EXPECT(ZFSSA_E_INVALID_ARGUMENT, zfssa_echo(driver, NULL, &call, &ticket, &err));
    CHECK(ticket == 0);
    call.queue = NULL;
    call.flags = 2;
    EXPECT(ZFSSA_E_UNSUPPORTED, zfssa_echo(driver, NULL, &call, &ticket, &err));
    call.flags = 0;
    call.timeout_ms = -2;
    EXPECT(ZFSSA_E_INVALID_ARGUMENT, zfssa_echo(driver, NULL, &call, &ticket, &err));
    call.timeout_ms = 0;
    call.operation_id = "";
    EXPECT(ZFSSA_E_INVALID_ARGUMENT, zfssa_echo(driver, NULL, &call, &ticket, &err));
    call.operation_id = NULL;
    call.size = 4;
    EXPECT(ZFSSA_E_INVALID_ARGUMENT, zfssa_echo(driver, NULL, &call, &ticket, &err));
    call.size = sizeof call;
    EXPECT(ZFSSA_E_INVALID_ARGUMENT, zfssa_echo(driver, NULL, &call, NULL, &err));
    EXPECT(ZFSSA_E_INVALID_ARGUMENT, zfssa_echo(NULL, NULL, &call, &ticket, &err));
    call.callback = NULL;
    EXPECT(ZFSSA_E_INVALID_ARGUMENT, zfssa_echo(driver, NULL, &call, &ticket, &err));
    call.callback = on_completion;

    OK(zfssa_driver_close(driver, ZFSSA_CLOSE_DRAIN, at_most(10000), &err));
    EXPECT(ZFSSA_E_CLOSED, zfssa_echo(driver, NULL, &call, &ticket, &err));
    zfssa_driver_free(driver);
    EXPECT(ZFSSA_E_INVALID_ARGUMENT, zfssa_echo(driver, NULL, &call, &ticket, &err));
    sleep_ms(50);
    CHECK(note.completed == 0 && note.dropped == 0);
    zfssa_queue_free(queue);
}

/* Time limits, cancelling, detaching. */

/* The value comes back with the result, and a wrong one is refused before anything happens. */
static void a_trace_goes_with_the_call(void)
{
    zfssa_driver_t *driver = test_driver();
    zfssa_call_t call = call_with(0);
    call.traceparent = TRACEPARENT;
    zfssa_result_t *result = NULL;
    OK(zfssa_ticket_wait(echo(driver, 0, &call), at_most(10000), &result, &err));
    CHECK(is_traced(result));
    zfssa_result_free(result);
    CHECK(zfssa_result_traceparent(result) == NULL);
    CHECK(zfssa_result_traceparent(NULL) == NULL);

    /* The structure of a host that does not know the member. */
    call.size = offsetof(zfssa_call_t, traceparent);
    OK(zfssa_ticket_wait(echo(driver, 0, &call), at_most(10000), &result, &err));
    CHECK(zfssa_result_traceparent(result) == NULL);
    zfssa_result_free(result);

    static const char *const wrong[] = {
        "",
        "rubbish",
        "00-" TRACE_ID "-00F067AA0BA902B7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-" TRACE_ID "-0000000000000000-01",
        "ff-" TRACE_ID "-00f067aa0ba902b7-01",
        TRACEPARENT "-01",
    };
    call.size = sizeof call;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        zfssa_error_t *error = NULL;
        zfssa_ticket_t ticket = 0;
        call.traceparent = wrong[i];
        CHECK(zfssa_echo(driver, NULL, &call, &ticket, &error) == ZFSSA_E_INVALID_ARGUMENT);
        const char *message = zfssa_error_info(error)->message;
        CHECK(ticket == 0 && strncmp(message, "traceparent is \"", 16) == 0);
        CHECK(strstr(message, wrong[i]) != NULL && strstr(message, ": give 00-<") != NULL);
        zfssa_error_free(error);
    }
    zfssa_driver_free(driver);
    CHECK(zfssa_objects_alive() == 0);
}

static void the_deadline_ends_it(void)
{
    zfssa_driver_t *driver = test_driver();
    const zfssa_call_t call = call_with(50);
    const int64_t start = now_ms();
    finish(echo(driver, 60000, &call), ZFSSA_E_DEADLINE);
    CHECK(now_ms() - start >= 50 && now_ms() - start < at_most(5000));
    const zfssa_call_t endless = call_with(-1);
    finish(echo(driver, 10, &endless), ZFSSA_OK);
    const zfssa_call_t age = call_with(INT64_MAX);
    finish(echo(driver, 10, &age), ZFSSA_OK);
    zfssa_driver_free(driver);
}

static void cancel_ends_it(void)
{
    zfssa_driver_t *driver = test_driver();
    const zfssa_ticket_t ticket = echo(driver, 60000, NULL);
    OK(zfssa_ticket_cancel(ticket, &err));
    OK(zfssa_ticket_cancel(ticket, &err));
    finish(ticket, ZFSSA_E_CANCELLED);
    /* Too late does no harm; what was never a ticket is told. */
    OK(zfssa_ticket_cancel(ticket, &err));
    EXPECT(ZFSSA_E_STALE, zfssa_ticket_cancel(0, &err));
    EXPECT(ZFSSA_E_STALE, zfssa_ticket_cancel(1, &err));
    EXPECT(ZFSSA_E_STALE, zfssa_ticket_cancel(ticket + 1, &err));
    EXPECT(ZFSSA_E_STALE, zfssa_ticket_cancel(UINT64_MAX, &err));
    zfssa_driver_free(driver);
}

static void detach_gives_up_the_result(void)
{
    zfssa_driver_t *driver = test_driver();
    zfssa_result_t *result = NULL;
    const zfssa_ticket_t running = echo(driver, 50, NULL);
    OK(zfssa_ticket_abandon(running, &err));
    EXPECT(ZFSSA_E_STALE, zfssa_ticket_abandon(running, &err));
    EXPECT(ZFSSA_E_STALE, zfssa_ticket_wait(running, at_most(10000), &result, &err));
    const zfssa_ticket_t done = echo(driver, 0, NULL);
    sleep_ms(20);
    OK(zfssa_ticket_abandon(done, &err));
    EXPECT(ZFSSA_E_STALE, zfssa_ticket_wait(done, at_most(10000), &result, &err));
    const zfssa_ticket_t endless = echo(driver, 60000, NULL);
    OK(zfssa_ticket_abandon(endless, &err));
    OK(zfssa_ticket_cancel(endless, &err));
    OK(zfssa_driver_close(driver, ZFSSA_CLOSE_DRAIN, at_most(10000), &err));
    zfssa_driver_free(driver);
    CHECK(zfssa_objects_alive() == 0);
}

/* Back-pressure. */

static void too_many_are_refused(void)
{
    zfssa_config_t *config = test_config();
    zfssa_driver_t *driver = NULL;
    OK(zfssa_config_set(config, "zfssa_max_in_flight", "3", &err));
    OK(zfssa_driver_new(config, &driver, &err));
    zfssa_config_free(config);
    zfssa_ticket_t tickets[3], refused = 0;
    for (int i = 0; i < 3; i++)
        tickets[i] = echo(driver, 0, NULL);
    EXPECT(ZFSSA_E_AGAIN, zfssa_echo(driver, NULL, NULL, &refused, &err));
    /* A result that is not taken keeps its place. */
    sleep_ms(50);
    EXPECT(ZFSSA_E_AGAIN, zfssa_echo(driver, NULL, NULL, &refused, &err));
    finish(tickets[0], ZFSSA_OK);
    finish(echo(driver, 0, NULL), ZFSSA_OK);
    zfssa_driver_free(driver);
    finish(tickets[1], ZFSSA_OK);
    finish(tickets[2], ZFSSA_OK);
}

/* Configurations. */

static void all_problems_at_once(void)
{
    zfssa_config_t *config = NULL;
    OK(zfssa_config_new(&config, &err));
    OK(zfssa_config_set(config, "san_ip", "127.0.0.1", &err));
    OK(zfssa_config_set(config, "san_password", "canary", &err));
    OK(zfssa_config_set(config, "zfssa_max_in_flight", "none", &err));
    OK(zfssa_config_set(config, "zfssa_pol", "typo", &err));
    zfssa_error_t *err = NULL;
    CHECK(zfssa_config_validate(config, &err) == ZFSSA_E_CONFIG);
    const zfssa_error_info_t *info = zfssa_error_info(err);
    CHECK(info->causes_count >= 4);
    CHECK(strstr(info->text, "zfssa_pol") != NULL);
    CHECK(strstr(zfssa_error_json(err, NULL), "zfssa_max_in_flight") != NULL);
    CHECK(strstr(zfssa_error_json(err, NULL), "canary") == NULL);
    zfssa_error_free(err);
    zfssa_driver_t *driver = NULL;
    CHECK(zfssa_driver_new(config, &driver, NULL) == ZFSSA_E_CONFIG && driver == NULL);
    zfssa_config_free(config);
    CHECK(zfssa_objects_alive() == 0);
}

static void versions_agree(void)
{
    CHECK(strcmp(zfssa_version(), ZFSSA_VERSION) == 0);
    CHECK(zfssa_abi_version() == (ZFSSA_ABI_MAJOR << 16 | ZFSSA_ABI_MINOR));
    const zfssa_vtable_t *table = zfssa_get_vtable(ZFSSA_ABI_MAJOR, sizeof *table);
    CHECK(table != NULL && table->size == sizeof *table);
    CHECK(table->abi == zfssa_abi_version());
    CHECK(table->echo == zfssa_echo && table->get_vtable == zfssa_get_vtable);
    CHECK(strcmp(zfssa_option_at(0)->name, "san_ip") == 0);
}

int main(int argc, char **argv)
{
#define CASE(name) {#name, name}
    static const test_case_t cases[] = {
        CASE(wait_takes_the_result),
        CASE(wait_ends_before_the_operation),
        CASE(a_failure_is_a_result),
        CASE(queue_delivers),
        CASE(queue_outlives_the_driver),
        CASE(a_freed_queue_leaves_no_descriptor),
        CASE(queue_may_go_first),
        CASE(queue_freed_under_a_waiter),
        CASE(fd_is_readable_iff_not_empty),
        CASE(events_may_be_larger),
        CASE(callback_is_told),
        CASE(a_refused_call_takes_nothing),
        CASE(a_trace_goes_with_the_call),
        CASE(the_deadline_ends_it),
        CASE(cancel_ends_it),
        CASE(detach_gives_up_the_result),
        CASE(too_many_are_refused),
        CASE(all_problems_at_once),
        CASE(versions_agree),
        {NULL, NULL},
    };
    return run_case(cases, argc, argv);
}
