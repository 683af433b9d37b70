/* A thousand operations in flight on a simulated appliance, with requests under way, and then the
 * host ends, closes or frees. tests/abi/c_operations.rs sets the appliance up and lets it answer the
 * first ANSWERED GETs of a LUN whose name holds "unanswered", and none after them. CONFIG is the
 * backend's file. */

#include "test.h"

#ifndef CONFIG
#define CONFIG "backend.toml"
#endif

/* ANSWERED is more than there are connections: when so many were answered, requests that are not
 * going to be are under way on all the others. */
enum { MANY = 1000, ANSWERED = 32 };

static zfssa_driver_t *driver;
static zfssa_queue_t *queue;

/* How many operations ended so; each must end once. */
static int ended_ok, ended_shutdown;
static unsigned char seen[MANY];

static void begin(void)
{
    zfssa_config_t *config = NULL;
    OK(zfssa_config_new(&config, &err));
    OK(zfssa_config_load_toml(config, CONFIG, NULL, &err));
    OK(zfssa_driver_new(config, &driver, &err));
    zfssa_config_free(config);
    OK(zfssa_queue_new(&queue, &err));
}

static zfssa_call_t numbered(int number)
{
    zfssa_call_t call;
    memset(&call, 0, sizeof call);
    call.size = sizeof call;
    call.timeout_ms = -1;
    call.queue = queue;
    call.user_data = (uint64_t)number;
    return call;
}

static void take(int64_t timeout_ms)
{
    zfssa_event_t events[64];
    uint32_t count = 0;
    OK(zfssa_queue_next(queue, events, sizeof *events, 64, timeout_ms, &count, &err));
    CHECK(count > 0);
    for (uint32_t i = 0; i < count; i++) {
        CHECK(events[i].kind == ZFSSA_EV_COMPLETION && events[i].user_data < MANY);
        CHECK(!seen[events[i].user_data]++);
        const zfssa_status_t status = zfssa_result_status(events[i].result);
        ended_ok += status == ZFSSA_OK;
        ended_shutdown += status == ZFSSA_E_SHUTDOWN;
        zfssa_result_free(events[i].result);
    }
}

/* Makes a volume, and waits for it unless the call says where it completes. */
static void create(const char *name, const zfssa_call_t *call)
{
    zfssa_create_volume_args_t args;
    memset(&args, 0, sizeof args);
    args.size = sizeof args;
    args.name = name;
    args.size_gib = 1;
    zfssa_ticket_t ticket;
    OK(zfssa_create_volume(driver, &args, call, &ticket, &err));
    if (call == NULL)
        finish(ticket, ZFSSA_OK);
}

static int ended(void)
{
    return ended_ok + ended_shutdown;
}

/* Asks for a LUN a thousand times, until no answer comes any more. */
static void ask(const char *name)
{
    begin();
    create(name, NULL);
    zfssa_get_volume_args_t args;
    memset(&args, 0, sizeof args);
    args.size = sizeof args;
    args.name = name;
    for (int i = 0; i < MANY; i++) {
        const zfssa_call_t call = numbered(i);
        zfssa_ticket_t ticket;
        OK(zfssa_get_volume(driver, &args, &call, &ticket, &err));
    }
    while (ended() < ANSWERED)
        take(at_most(20000));
    CHECK(ended_ok == ANSWERED && ended() == ANSWERED);
}

/* All have ended, once, and nothing is left. */
static void all_ended(void)
{
    while (ended() < MANY)
        take(at_most(20000));
    zfssa_event_t event;
    uint32_t count = 1;
    OK(zfssa_queue_next(queue, &event, sizeof event, 1, 0, &count, &err));
    CHECK(count == 0);
    zfssa_queue_free(queue);
    EVENTUALLY(zfssa_objects_alive() == 0);
}

static void exit_with_requests_under_way(void)
{
    ask("unanswered-exit");
    exit(0);
}

static void free_and_exit_with_requests_under_way(void)
{
    ask("unanswered-free-and-exit");
    zfssa_driver_free(driver);
    exit(0);
}

static void close_cancels_requests_under_way(void)
{
    ask("unanswered-close");
    EXPECT(ZFSSA_E_TIMED_OUT, zfssa_driver_close(driver, ZFSSA_CLOSE_DRAIN, 20, &err));
    OK(zfssa_driver_close(driver, ZFSSA_CLOSE_CANCEL, at_most(30000), &err));
    zfssa_driver_free(driver);
    all_ended();
    CHECK(ended_ok == ANSWERED);
}

/* Freeing does not wait for what cannot end by itself. */
static void free_stops_requests_under_way(void)
{
    ask("unanswered-free");
    zfssa_driver_free(driver);
    all_ended();
    CHECK(ended_ok == ANSWERED);
}

/* A callback that frees the driver, whose other operations then end. */
static void free_in_callback(void *context, zfssa_result_t *result)
{
    (void)context;
    zfssa_result_free(result);
    zfssa_driver_free(driver);
}

static void a_callback_frees_with_requests_under_way(void)
{
    ask("unanswered-callback");
    zfssa_call_t call;
    memset(&call, 0, sizeof call);
    call.size = sizeof call;
    call.callback = free_in_callback;
    echo(driver, 0, &call);
    all_ended();
    CHECK(ended_ok == ANSWERED);
}

static void close_drains_changes(void)
{
    begin();
    for (int i = 0; i < MANY; i++) {
        char name[32];
        snprintf(name, sizeof name, "volume-drain-%d", i);
        const zfssa_call_t call = numbered(i);
        create(name, &call);
    }
    OK(zfssa_driver_close(driver, ZFSSA_CLOSE_DRAIN, at_most(60000), &err));
    zfssa_driver_free(driver);
    all_ended();
    CHECK(ended_ok == MANY);
}

int main(int argc, char **argv)
{
#define CASE(name) {#name, name}
    static const test_case_t cases[] = {
        CASE(exit_with_requests_under_way),
        CASE(free_and_exit_with_requests_under_way),
        CASE(close_cancels_requests_under_way),
        CASE(free_stops_requests_under_way),
        CASE(a_callback_frees_with_requests_under_way),
        CASE(close_drains_changes),
        {NULL, NULL},
    };
    return run_case(cases, argc, argv);
}
