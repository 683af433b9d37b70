/* Event loop with epoll: one thread, any number of operations in flight.
 *
 *     epoll_loop CONFIG.toml COUNT
 *
 * Creates COUNT volumes at once and deletes each as soon as it exists. The loop also serves a
 * timer, as it could serve sockets.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "example.h"
#include "zfssa.h"

enum { BATCH = 16 };

struct host {
    zfssa_driver_t *driver;
    zfssa_queue_t *queue;
    unsigned in_flight;
    unsigned made;
    unsigned deleted;
};

/* `user_data` identifies the volume; the completion event returns it. */
static zfssa_call_t call_for(const struct host *host, uint64_t number)
{
    zfssa_call_t call = {0};

    call.size = sizeof call;
    call.queue = host->queue;
    call.user_data = number;
    return call;
}

static void create(struct host *host, uint64_t number)
{
    zfssa_create_volume_args_t arguments = {0};
    const zfssa_call_t call = call_for(host, number);
    zfssa_error_t *error = NULL;
    zfssa_ticket_t ticket = 0;
    char name[32];

    snprintf(name, sizeof name, "volume-%" PRIu64, number);
    arguments.size = sizeof arguments;
    arguments.name = name;
    arguments.size_gib = 1;
    check("create_volume", zfssa_create_volume(host->driver, &arguments, &call, &ticket, &error),
          error);
    host->in_flight++;
}

static void delete(struct host *host, const char *name, uint64_t number)
{
    zfssa_delete_volume_args_t arguments = {0};
    const zfssa_call_t call = call_for(host, number);
    zfssa_error_t *error = NULL;
    zfssa_ticket_t ticket = 0;

    arguments.size = sizeof arguments;
    arguments.name = name;
    check("delete_volume", zfssa_delete_volume(host->driver, &arguments, &call, &ticket, &error),
          error);
    host->in_flight++;
}

static void completed(struct host *host, const zfssa_event_t *event)
{
    const char *operation = zfssa_result_operation(event->result);

    host->in_flight--;
    if (zfssa_result_status(event->result) != ZFSSA_OK)
        fail(operation, zfssa_result_error(event->result));
    if (strcmp(operation, "create_volume") == 0) {
        host->made++;
        delete(host, zfssa_result_volume(event->result)->name, event->user_data);
    } else {
        host->deleted++;
    }
}

/* Handles all available events without blocking. */
static void drain(struct host *host)
{
    zfssa_event_t events[BATCH];
    zfssa_error_t *error = NULL;
    uint32_t count, i;

    do {
        check("queue_next",
              zfssa_queue_next(host->queue, events, sizeof events[0], BATCH, 0, &count, &error),
              error);
        for (i = 0; i < count; i++) {
            /* Ignore events of other kinds, also of later versions. */
            if (events[i].kind == ZFSSA_EV_COMPLETION)
                completed(host, &events[i]);
            zfssa_result_free(events[i].result);
        }
    } while (count == BATCH);
}

static void watch(int epoll, int fd)
{
    struct epoll_event event = {0};

    event.events = EPOLLIN;
    event.data.fd = fd;
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
        perror("epoll_ctl");
        exit(1);
    }
}

int main(int argc, char **argv)
{
    const struct itimerspec every_second = {{1, 0}, {1, 0}};
    struct host host = {0};
    zfssa_error_t *error = NULL;
    uint64_t number, wanted;
    int32_t queue_fd = -1;
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

    if (argc != 3) {
        fprintf(stderr, "usage: %s CONFIG.toml COUNT\n", argv[0]);
        return 2;
    }
    wanted = strtoull(argv[2], NULL, 10);
    host.driver = open_driver(argv[1]);
    check("queue_new", zfssa_queue_new(&host.queue, &error), error);
    check("queue_fd", zfssa_queue_fd(host.queue, &queue_fd, &error), error);
    watch(epoll, queue_fd);
    watch(epoll, timer);
    timerfd_settime(timer, 0, &every_second, NULL);

    for (number = 1; number <= wanted; number++)
        create(&host, number);
    while (host.in_flight > 0) {
        struct epoll_event event;

        if (epoll_wait(epoll, &event, 1, -1) != 1)
            continue;
        if (event.data.fd == queue_fd) {
            drain(&host);
        } else {
            uint64_t ticks;

            if (read(timer, &ticks, sizeof ticks) == (ssize_t)sizeof ticks)
                fprintf(stderr, "%u in flight\n", host.in_flight);
        }
    }
    printf("made %u, deleted %u\n", host.made, host.deleted);

    close(timer);
    close(epoll);
    close_driver(host.driver);
    zfssa_queue_free(host.queue);
    return 0;
}
