/* What an operation costs in memory and in time, with no appliance at the other end. Prints
 * the figures; fails only where a limit is broken. */

#include "test.h"

#include <arpa/inet.h>
#include <malloc.h>
#include <sys/socket.h>

enum { MANY = 10000, LARGEST = 16 * 1024 };

static size_t allocated(void)
{
    const struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

static void report(const char *what, size_t before, size_t after)
{
    const size_t each = (after - before) / MANY;
    printf("%s: %zu bytes each, %d in flight\n", what, each, MANY);
    CHECK(each <= LARGEST);
}

static void memory_of_an_echo(void)
{
    static zfssa_ticket_t tickets[MANY];
    zfssa_driver_t *driver = test_driver();
    finish(echo(driver, 0, NULL), ZFSSA_OK);
    const size_t before = allocated();
    for (int i = 0; i < MANY; i++)
        tickets[i] = echo(driver, 600000, NULL);
    sleep_ms(500);
    report("echo", before, allocated());
    zfssa_driver_free(driver);
    for (int i = 0; i < MANY; i++)
        finish(tickets[i], ZFSSA_E_SHUTDOWN);
}

/* An appliance that listens and never answers. */
static zfssa_driver_t *driver_of_silence(void)
{
    struct sockaddr_in address;
    socklen_t length = sizeof address;
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(bind(listener, (struct sockaddr *)&address, length) == 0 && listen(listener, 64) == 0);
    CHECK(getsockname(listener, (struct sockaddr *)&address, &length) == 0);
    char port[16];
    snprintf(port, sizeof port, "%d", ntohs(address.sin_port));
    zfssa_config_t *config = test_config();
    zfssa_driver_t *driver = NULL;
    OK(zfssa_config_set(config, "san_api_port", port, &err));
    OK(zfssa_driver_new(config, &driver, &err));
    zfssa_config_free(config);
    return driver;
}

static void memory_of_a_creation(void)
{
    static zfssa_ticket_t tickets[MANY];
    zfssa_driver_t *driver = driver_of_silence();
    finish(echo(driver, 0, NULL), ZFSSA_OK);
    const size_t before = allocated();
    for (int i = 0; i < MANY; i++) {
        char name[64];
        snprintf(name, sizeof name, "volume-%036d", i);
        zfssa_create_volume_args_t args;
        memset(&args, 0, sizeof args);
        args.size = sizeof args;
        args.name = name;
        args.size_gib = 1;
        OK(zfssa_create_volume(driver, &args, NULL, &tickets[i], &err));
    }
    sleep_ms(1000);
    report("create_volume", before, allocated());
    zfssa_driver_free(driver);
    for (int i = 0; i < MANY; i++)
        finish(tickets[i], ZFSSA_E_SHUTDOWN);
}

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void time_one_by_one(void)
{
    zfssa_driver_t *driver = test_driver();
    const int64_t start = now_ns();
    for (int i = 0; i < MANY; i++)
        finish(echo(driver, 0, NULL), ZFSSA_OK);
    printf("submit, wait, free: %" PRId64 " ns each\n", (now_ns() - start) / MANY);
    zfssa_driver_free(driver);
}

static void time_through_a_queue(void)
{
    zfssa_driver_t *driver = test_driver();
    zfssa_queue_t *queue = NULL;
    OK(zfssa_queue_new(&queue, &err));
    zfssa_call_t call;
    memset(&call, 0, sizeof call);
    call.size = sizeof call;
    call.queue = queue;
    const int64_t start = now_ns();
    for (int i = 0; i < MANY; i++)
        echo(driver, 0, &call);
    const int64_t submitted = now_ns();
    for (int taken = 0; taken < MANY;) {
        zfssa_event_t events[64];
        uint32_t count = 0;
        OK(zfssa_queue_next(queue, events, sizeof *events, 64, -1, &count, &err));
        taken += (int)count;
        for (uint32_t i = 0; i < count; i++)
            zfssa_result_free(events[i].result);
    }
    printf("submit: %" PRId64 " ns each; submit, queue, free: %" PRId64 " ns each\n",
           (submitted - start) / MANY, (now_ns() - start) / MANY);
    zfssa_queue_free(queue);
    zfssa_driver_free(driver);
}

int main(int argc, char **argv)
{
    static const test_case_t cases[] = {
        {"memory_of_an_echo", memory_of_an_echo},
        {"memory_of_a_creation", memory_of_a_creation},
        {"time_one_by_one", time_one_by_one},
        {"time_through_a_queue", time_through_a_queue},
        {NULL, NULL},
    };
    return run_case(cases, argc, argv);
}
