/* Events that tell how far an operation is. */

#include <poll.h>

#include "test.h"

static zfssa_call_t telling(zfssa_queue_t *queue)
{
    zfssa_call_t call;
    memset(&call, 0, sizeof call);
    call.size = sizeof call;
    call.flags = ZFSSA_CALL_PROGRESS;
    call.queue = queue;
    call.user_data = 7;
    call.traceparent = TRACEPARENT;
    return call;
}

static int readable(int fd)
{
    struct pollfd look = {fd, POLLIN, 0};
    return poll(&look, 1, 0) == 1;
}

static zfssa_queue_t *new_queue(void)
{
    zfssa_queue_t *queue = NULL;
    OK(zfssa_queue_new(&queue, &err));
    return queue;
}

/* What nobody took is replaced: the latest step and the completion are left, in that order. */
static void the_latest_is_told_before_the_completion(void)
{
    zfssa_driver_t *driver = test_driver();
    zfssa_queue_t *queue = new_queue();
    int32_t fd = -1;
    OK(zfssa_queue_fd(queue, &fd, &err));
    const zfssa_call_t call = telling(queue);
    const zfssa_ticket_t ticket = echo(driver, 0, &call);
    OK(zfssa_driver_close(driver, ZFSSA_CLOSE_DRAIN, at_most(10000), &err));
    zfssa_event_t events[8];
    uint32_t count = 0;
    CHECK(readable(fd));
    OK(zfssa_queue_next(queue, events, sizeof *events, 1, 0, &count, &err));
    CHECK(count == 1 && readable(fd));
    OK(zfssa_queue_next(queue, events + 1, sizeof *events, 7, 0, &count, &err));
    CHECK(count == 1 && !readable(fd));
    CHECK(events[0].kind == ZFSSA_EV_PROGRESS && events[1].kind == ZFSSA_EV_COMPLETION);
    for (int i = 0; i < 2; i++)
        CHECK(events[i].ticket == ticket && events[i].user_data == 7);
    for (int i = 0; i < 2; i++)
        CHECK(is_traced(events[i].result));
    const zfssa_progress_t *progress = zfssa_result_progress(events[0].result);
    CHECK(progress != NULL && progress->size == sizeof *progress);
    CHECK(strcmp(progress->step, "delay") == 0);
    CHECK(progress->done == 1 && progress->total == 1);
    CHECK(strcmp(zfssa_result_json(events[0].result, NULL),
                 "{\"step\":\"delay\",\"done\":1,\"total\":1}") == 0);
    CHECK(zfssa_result_status(events[0].result) == ZFSSA_OK);
    CHECK(strcmp(zfssa_result_operation(events[0].result), "echo") == 0);
    CHECK(zfssa_result_progress(events[1].result) == NULL);
    CHECK(zfssa_result_echo(events[0].result) == NULL);
    CHECK(zfssa_result_echo(events[1].result) != NULL);
    zfssa_result_free(events[0].result);
    zfssa_result_free(events[1].result);
    zfssa_queue_free(queue);
    zfssa_driver_free(driver);
    CHECK(zfssa_objects_alive() == 0);
}

/* Who looks while it runs is told, and told again of what comes after. */
static void each_step_is_told_to_who_looks(void)
{
    zfssa_driver_t *driver = test_driver();
    zfssa_queue_t *queue = new_queue();
    const zfssa_call_t call = telling(queue);
    const zfssa_ticket_t ticket = echo(driver, 3600000, &call);
    zfssa_event_t event;
    uint32_t count = 0;
    OK(zfssa_queue_next(queue, &event, sizeof event, 1, at_most(10000), &count, &err));
    CHECK(count == 1 && event.kind == ZFSSA_EV_PROGRESS);
    CHECK(zfssa_result_progress(event.result)->total == 0);
    zfssa_result_free(event.result);
    OK(zfssa_ticket_cancel(ticket, &err));
    OK(zfssa_queue_next(queue, &event, sizeof event, 1, at_most(10000), &count, &err));
    CHECK(count == 1 && event.kind == ZFSSA_EV_COMPLETION);
    CHECK(zfssa_result_status(event.result) == ZFSSA_E_CANCELLED);
    zfssa_result_free(event.result);
    zfssa_queue_free(queue);
    zfssa_driver_free(driver);
}

/* Without the flag there is the completion only; the flag without a queue is refused. */
static void it_is_asked_for(void)
{
    zfssa_driver_t *driver = test_driver();
    zfssa_queue_t *queue = new_queue();
    zfssa_call_t call = telling(queue);
    call.flags = 0;
    (void)echo(driver, 0, &call);
    zfssa_event_t event;
    uint32_t count = 0;
    OK(zfssa_queue_next(queue, &event, sizeof event, 1, at_most(10000), &count, &err));
    CHECK(count == 1 && event.kind == ZFSSA_EV_COMPLETION);
    zfssa_result_free(event.result);
    call = telling(NULL);
    zfssa_echo_args_t args;
    memset(&args, 0, sizeof args);
    args.size = sizeof args;
    zfssa_ticket_t ticket = 0;
    EXPECT(ZFSSA_E_INVALID_ARGUMENT, zfssa_echo(driver, &args, &call, &ticket, &err));
    CHECK(ticket == 0);
    call.flags = 2;
    EXPECT(ZFSSA_E_UNSUPPORTED, zfssa_echo(driver, &args, &call, &ticket, &err));
    zfssa_queue_free(queue);
    zfssa_driver_free(driver);
}

/* A queue that goes with a step on it frees it, and the operation goes on. */
static void the_queue_may_go_first(void)
{
    zfssa_driver_t *driver = test_driver();
    zfssa_queue_t *queue = new_queue();
    int32_t fd = -1;
    OK(zfssa_queue_fd(queue, &fd, &err));
    const zfssa_call_t call = telling(queue);
    (void)echo(driver, 20, &call);
    EVENTUALLY(readable(fd));
    zfssa_queue_free(queue);
    OK(zfssa_driver_close(driver, ZFSSA_CLOSE_DRAIN, at_most(10000), &err));
    zfssa_driver_free(driver);
    CHECK(zfssa_objects_alive() == 0);
}

int main(int argc, char **argv)
{
#define CASE(name) {#name, name}
    static const test_case_t cases[] = {
        CASE(the_latest_is_told_before_the_completion),
        CASE(each_step_is_told_to_who_looks),
        CASE(it_is_asked_for),
        CASE(the_queue_may_go_first),
        {NULL, NULL},
    };
    return run_case(cases, argc, argv);
}
