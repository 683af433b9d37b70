/* Completion callbacks, and the destructor of their context.
 *
 *     callbacks CONFIG.toml NAME
 *
 * The library calls callbacks one at a time, on a thread of its own. A callback may submit an
 * operation, as each step here does, but must not wait for one.
 */

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "example.h"
#include "zfssa.h"

/* Context of the callbacks. Each operation owns a reference until its destructor is called. */
struct journey {
    zfssa_driver_t *driver;
    const char *name;
    /* Protects the members below, for which main() waits. */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int contexts_dropped;
    int ended;
};

/* Destructor. */
static void dropped(void *context)
{
    struct journey *journey = context;

    pthread_mutex_lock(&journey->lock);
    journey->contexts_dropped++;
    pthread_cond_signal(&journey->changed);
    pthread_mutex_unlock(&journey->lock);
}

static zfssa_call_t call_for(struct journey *journey, zfssa_callback_t next)
{
    zfssa_call_t call = {0};

    call.size = sizeof call;
    call.callback = next;
    call.context = journey;
    call.drop = dropped;
    return call;
}

static void on_deleted(void *context, zfssa_result_t *result)
{
    struct journey *journey = context;

    if (zfssa_result_status(result) != ZFSSA_OK)
        fail("delete_volume", zfssa_result_error(result));
    printf("deleted %s\n", journey->name);
    zfssa_result_free(result);
    pthread_mutex_lock(&journey->lock);
    journey->ended = 1;
    pthread_mutex_unlock(&journey->lock);
}

static void on_created(void *context, zfssa_result_t *result)
{
    struct journey *journey = context;
    zfssa_delete_volume_args_t arguments = {0};
    const zfssa_call_t call = call_for(journey, on_deleted);
    zfssa_error_t *error = NULL;
    zfssa_ticket_t ticket = 0;

    if (zfssa_result_status(result) != ZFSSA_OK)
        fail("create_volume", zfssa_result_error(result));
    printf("made %s\n", zfssa_result_volume(result)->name);
    zfssa_result_free(result);

    arguments.size = sizeof arguments;
    arguments.name = journey->name;
    check("delete_volume",
          zfssa_delete_volume(journey->driver, &arguments, &call, &ticket, &error), error);
}

int main(int argc, char **argv)
{
    struct journey journey = {0};
    zfssa_create_volume_args_t arguments = {0};
    zfssa_call_t call;
    zfssa_error_t *error = NULL;
    zfssa_ticket_t ticket = 0;

    if (argc != 3) {
        fprintf(stderr, "usage: %s CONFIG.toml NAME\n", argv[0]);
        return 2;
    }
    pthread_mutex_init(&journey.lock, NULL);
    pthread_cond_init(&journey.changed, NULL);
    journey.driver = open_driver(argv[1]);
    journey.name = argv[2];

    arguments.size = sizeof arguments;
    arguments.name = journey.name;
    arguments.size_gib = 1;
    call = call_for(&journey, on_created);
    check("create_volume",
          zfssa_create_volume(journey.driver, &arguments, &call, &ticket, &error), error);

    /* The context may be freed once the destructor was called for each operation. */
    pthread_mutex_lock(&journey.lock);
    while (!journey.ended || journey.contexts_dropped < 2)
        pthread_cond_wait(&journey.changed, &journey.lock);
    pthread_mutex_unlock(&journey.lock);
    printf("contexts given up: %d\n", journey.contexts_dropped);

    close_driver(journey.driver);
    return 0;
}
