/* Volumes from images, with each way of transfer, on a simulated appliance.
 *
 * Each case has images and volumes of its own and leaves nothing. CONFIG is the backend's file. */

#include "test.h"

#include <poll.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define NEVER (-1)

static zfssa_driver_t *driver;
static zfssa_queue_t *queue;

static void begin(void)
{
    zfssa_config_t *config = NULL;
    OK(zfssa_config_new(&config, &err));
    OK(zfssa_config_load_toml(config, CONFIG, NULL, &err));
    OK(zfssa_driver_new(config, &driver, &err));
    zfssa_config_free(config);
    log_everything(driver);
    OK(zfssa_queue_new(&queue, &err));
    zfssa_do_setup_args_t args;
    memset(&args, 0, sizeof args);
    args.size = sizeof args;
    zfssa_ticket_t ticket;
    OK(zfssa_do_setup(driver, &args, NULL, &ticket, &err));
    finish(ticket, ZFSSA_OK);
}

static void end(void)
{
    OK(zfssa_driver_close(driver, ZFSSA_CLOSE_DRAIN, at_most(10000), &err));
    zfssa_driver_free(driver);
    zfssa_queue_free(queue);
    EVENTUALLY(zfssa_objects_alive() == 0);
}

static zfssa_call_t on_queue(void)
{
    zfssa_call_t call;
    memset(&call, 0, sizeof call);
    call.size = sizeof call;
    call.timeout_ms = NEVER;
    call.queue = queue;
    call.user_data = 42;
    call.traceparent = TRACEPARENT;
    return call;
}

static zfssa_ticket_t submit(const zfssa_clone_image_args_t *args, const zfssa_call_t *call)
{
    zfssa_ticket_t ticket = 0;
    OK(zfssa_clone_image(driver, args, call, &ticket, &err));
    return ticket;
}

/* The next event, which must be of this kind and of this operation. */
static zfssa_result_t *next(uint32_t kind, zfssa_ticket_t ticket)
{
    zfssa_event_t event;
    uint32_t count = 0;
    OK(zfssa_queue_next(queue, &event, sizeof event, 1, at_most(20000), &count, &err));
    CHECK(count == 1);
    CHECK(event.kind == kind);
    CHECK(event.ticket == ticket && event.user_data == 42 && event.result != NULL);
    CHECK(is_traced(event.result));
    return event.result;
}

/* Takes the offer of a transfer and looks at what it says. */
static void take_offer(zfssa_ticket_t ticket)
{
    zfssa_result_t *offer = next(ZFSSA_EV_TRANSFER, ticket);
    CHECK(zfssa_result_ticket(offer) == ticket && zfssa_result_status(offer) == ZFSSA_OK);
    const zfssa_connection_t *connection = zfssa_result_connection(offer);
    CHECK(connection != NULL && connection->changed == 1);
    CHECK(strncmp(connection->target_iqn, "iqn.", 4) == 0);
    CHECK(strcmp(connection->target_portal, "127.0.0.1:3260") == 0);
    CHECK(connection->auth_password != NULL);
    CHECK(strstr(zfssa_result_json(offer, NULL), connection->auth_password) == NULL);
    CHECK(zfssa_result_cloned_image(offer) == NULL);
    zfssa_result_free(offer);
}

/* The end of an operation that failed and left nothing. */
static void rolled_back(zfssa_result_t *result, zfssa_status_t status, const char *words)
{
    CHECK(zfssa_result_status(result) == status);
    const zfssa_error_info_t *info = zfssa_error_info(zfssa_result_error(result));
    CHECK(info->outcome == ZFSSA_OUTCOME_ROLLED_BACK);
    if (strstr(info->text, words) == NULL) {
        fprintf(stderr, "%s\n", info->text);
        exit(1);
    }
    zfssa_result_free(result);
}

static void cloned(zfssa_result_t *result, const char *volume, uint32_t transferred)
{
    if (zfssa_result_status(result) != ZFSSA_OK) {
        fprintf(stderr, "%s\n", zfssa_error_info(zfssa_result_error(result))->text);
        exit(1);
    }
    const zfssa_cloned_image_t *view = zfssa_result_cloned_image(result);
    CHECK(view->size == sizeof *view && view->transferred == transferred);
    CHECK(strcmp(view->volume->name, volume) == 0 && view->declined[0] == '\0');
    CHECK(strncmp(view->cache_entry, "os-cache-vol-", 13) == 0);
    zfssa_result_free(result);
}

static void delete(const char *volume)
{
    zfssa_delete_volume_args_t args;
    memset(&args, 0, sizeof args);
    args.size = sizeof args;
    args.name = volume;
    zfssa_ticket_t ticket;
    OK(zfssa_delete_volume(driver, &args, NULL, &ticket, &err));
    finish(ticket, ZFSSA_OK);
}

static void an_event_is_answered_once(void)
{
    begin();
    const zfssa_call_t call = on_queue();
    zfssa_clone_image_args_t args = image("event", "volume-event-1");
    zfssa_ticket_t ticket = submit(&args, &call);
    take_offer(ticket);
    EXPECT(ZFSSA_E_INVALID_ARGUMENT, zfssa_transfer_finish(ticket, -9999, NULL, &err));
    OK(zfssa_transfer_finish(ticket, ZFSSA_OK, NULL, &err));
    EXPECT(ZFSSA_E_STALE, zfssa_transfer_finish(ticket, ZFSSA_OK, NULL, &err));
    cloned(next(ZFSSA_EV_COMPLETION, ticket), "volume-event-1", 1);
    EXPECT(ZFSSA_E_STALE, zfssa_transfer_finish(ticket, ZFSSA_OK, NULL, &err));
    EXPECT(ZFSSA_E_STALE, zfssa_transfer_finish(12345, ZFSSA_OK, NULL, &err));
    /* The second volume is a clone: no event asks for the image. */
    args.name = "volume-event-2";
    ticket = submit(&args, &call);
    cloned(next(ZFSSA_EV_COMPLETION, ticket), "volume-event-2", 0);
    delete("volume-event-1");
    delete("volume-event-2");
    end();
}

static void progress_comes_with_it(void)
{
    begin();
    zfssa_call_t call = on_queue();
    call.flags = ZFSSA_CALL_PROGRESS;
    const zfssa_clone_image_args_t args = image("progress", "volume-progress");
    const zfssa_ticket_t ticket = submit(&args, &call);
    int steps = 0, asked = 0, during = 0;
    for (;;) {
        zfssa_event_t event;
        uint32_t count = 0;
        OK(zfssa_queue_next(queue, &event, sizeof event, 1, at_most(20000), &count, &err));
        CHECK(count == 1 && event.ticket == ticket);
        if (event.kind == ZFSSA_EV_PROGRESS) {
            const zfssa_progress_t *progress = zfssa_result_progress(event.result);
            CHECK(progress->step[0] != '\0' && progress->done <= progress->total);
            during += strcmp(progress->step, "transfer") == 0;
            steps++;
        }
        if (event.kind == ZFSSA_EV_TRANSFER) {
            CHECK(!asked++);
            OK(zfssa_transfer_finish(ticket, ZFSSA_OK, NULL, &err));
        }
        if (event.kind == ZFSSA_EV_COMPLETION) {
            cloned(event.result, "volume-progress", 1);
            break;
        }
        zfssa_result_free(event.result);
    }
    CHECK(asked == 1 && steps >= 2 && during >= 1);
    delete("volume-progress");
    end();
}

static void a_refusal_rolls_back(void)
{
    begin();
    const zfssa_call_t call = on_queue();
    const zfssa_clone_image_args_t args = image("refused", "volume-refused");
    zfssa_ticket_t ticket = submit(&args, &call);
    take_offer(ticket);
    OK(zfssa_transfer_finish(ticket, ZFSSA_E_LOCAL_IO, "the disk is\nfull", &err));
    rolled_back(next(ZFSSA_EV_COMPLETION, ticket), ZFSSA_E_TRANSFER, "the disk is");
    ticket = submit(&args, &call);
    take_offer(ticket);
    OK(zfssa_transfer_finish(ticket, ZFSSA_E_CANCELLED, NULL, &err));
    rolled_back(next(ZFSSA_EV_COMPLETION, ticket), ZFSSA_E_TRANSFER, "CANCELLED");
    end();
}

static void a_cancel_ends_the_transfer(void)
{
    begin();
    const zfssa_call_t call = on_queue();
    const zfssa_clone_image_args_t args = image("cancel", "volume-cancel");
    const zfssa_ticket_t ticket = submit(&args, &call);
    take_offer(ticket);
    OK(zfssa_ticket_cancel(ticket, &err));
    rolled_back(next(ZFSSA_EV_COMPLETION, ticket), ZFSSA_E_CANCELLED, "");
    EXPECT(ZFSSA_E_STALE, zfssa_transfer_finish(ticket, ZFSSA_OK, NULL, &err));
    end();
}

static void the_deadline_ends_the_transfer(void)
{
    begin();
    zfssa_call_t call = on_queue();
    call.timeout_ms = at_most(3000);
    const zfssa_clone_image_args_t args = image("deadline", "volume-deadline");
    const zfssa_ticket_t ticket = submit(&args, &call);
    take_offer(ticket);
    rolled_back(next(ZFSSA_EV_COMPLETION, ticket), ZFSSA_E_DEADLINE, "");
    EXPECT(ZFSSA_E_STALE, zfssa_transfer_finish(ticket, ZFSSA_OK, NULL, &err));
    end();
}

/* Nobody can answer an event that went with its queue: without a time limit, the operation ends
 * all the same. */
static void the_queue_goes_with_the_offer(void)
{
    begin();
    int32_t fd = -1;
    OK(zfssa_queue_fd(queue, &fd, &err));
    const zfssa_call_t call = on_queue();
    const zfssa_clone_image_args_t args = image("queue", "volume-queue");
    (void)submit(&args, &call);
    struct pollfd look = {fd, POLLIN, 0};
    CHECK(poll(&look, 1, (int)at_most(20000)) == 1);
    zfssa_queue_free(queue);
    queue = NULL;
    OK(zfssa_driver_close(driver, ZFSSA_CLOSE_DRAIN, at_most(20000), &err));
    end();
}

/* An event that was taken is answered although the queue is gone. */
static void the_queue_goes_after_the_offer(void)
{
    begin();
    const zfssa_call_t call = on_queue();
    const zfssa_clone_image_args_t args = image("queue-2", "volume-queue-2");
    const zfssa_ticket_t ticket = submit(&args, &call);
    take_offer(ticket);
    zfssa_queue_free(queue);
    queue = NULL;
    OK(zfssa_transfer_finish(ticket, ZFSSA_OK, NULL, &err));
    int deleted = 0;
    /* It completes unseen; deleting waits for the lock on the volume, or finds none yet. */
    while (!deleted) {
        zfssa_delete_volume_args_t delete_args;
        memset(&delete_args, 0, sizeof delete_args);
        delete_args.size = sizeof delete_args;
        delete_args.name = "volume-queue-2";
        zfssa_ticket_t deleting;
        zfssa_result_t *result = NULL;
        OK(zfssa_delete_volume(driver, &delete_args, NULL, &deleting, &err));
        OK(zfssa_ticket_wait(deleting, at_most(20000), &result, &err));
        CHECK(zfssa_result_status(result) == ZFSSA_OK);
        deleted = zfssa_result_delete_report(result)->existed != 0;
        zfssa_result_free(result);
    }
    end();
}

static void the_driver_goes_during_the_transfer(void)
{
    begin();
    const zfssa_call_t call = on_queue();
    const zfssa_clone_image_args_t args = image("driver", "volume-driver");
    const zfssa_ticket_t ticket = submit(&args, &call);
    take_offer(ticket);
    zfssa_driver_free(driver);
    rolled_back(next(ZFSSA_EV_COMPLETION, ticket), ZFSSA_E_SHUTDOWN, "");
    EXPECT(ZFSSA_E_STALE, zfssa_transfer_finish(ticket, ZFSSA_OK, NULL, &err));
    zfssa_queue_free(queue);
    EVENTUALLY(zfssa_objects_alive() == 0);
}

static void fork_leaves_the_word_to_the_parent(void)
{
    begin();
    const zfssa_call_t call = on_queue();
    const zfssa_clone_image_args_t args = image("fork", "volume-fork");
    const zfssa_ticket_t ticket = submit(&args, &call);
    take_offer(ticket);
    const pid_t child = fork();
    if (child == 0)
        _exit(zfssa_transfer_finish(ticket, ZFSSA_OK, NULL, NULL) == ZFSSA_E_FORKED ? 0 : 1);
    int status = -1;
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    OK(zfssa_transfer_finish(ticket, ZFSSA_OK, NULL, &err));
    cloned(next(ZFSSA_EV_COMPLETION, ticket), "volume-fork", 1);
    delete("volume-fork");
    end();
}

/* Functions of the host's. */

typedef struct {
    pthread_mutex_t lock;
    int asked, dropped;
    zfssa_ticket_t ticket;
    zfssa_status_t answer; /* what to say at once; 1: nothing */
} note_t;

static note_t note = {PTHREAD_MUTEX_INITIALIZER, 0, 0, 0, 1};

static int count_of(const int *counter)
{
    pthread_mutex_lock(&note.lock);
    const int count = *counter;
    pthread_mutex_unlock(&note.lock);
    return count;
}

static void on_transfer(void *context, zfssa_result_t *result)
{
    note_t *into = context;
    char thread[16];
    pthread_getname_np(pthread_self(), thread, sizeof thread);
    CHECK(strcmp(thread, "zfssa-cb") == 0);
    CHECK(zfssa_result_connection(result) != NULL);
    const zfssa_ticket_t ticket = zfssa_result_ticket(result);
    zfssa_result_free(result);
    pthread_mutex_lock(&into->lock);
    CHECK(into->dropped == 0);
    into->asked++;
    into->ticket = ticket;
    const zfssa_status_t answer = into->answer;
    pthread_mutex_unlock(&into->lock);
    if (answer <= 0)
        OK(zfssa_transfer_finish(ticket, answer, "said at once", &err));
}

static void on_drop(void *context)
{
    note_t *into = context;
    pthread_mutex_lock(&into->lock);
    into->dropped++;
    pthread_mutex_unlock(&into->lock);
}

static zfssa_clone_image_args_t by_function(const char *image_id, const char *volume)
{
    zfssa_clone_image_args_t args = image(image_id, volume);
    args.transfer = on_transfer;
    args.transfer_context = &note;
    args.transfer_drop = on_drop;
    return args;
}

static zfssa_result_t *wait_for(zfssa_ticket_t ticket)
{
    zfssa_result_t *result = NULL;
    OK(zfssa_ticket_wait(ticket, at_most(20000), &result, &err));
    return result;
}

static void a_function_is_asked_and_answers_later(void)
{
    begin();
    zfssa_clone_image_args_t args = by_function("function", "volume-function-1");
    zfssa_ticket_t ticket = submit(&args, NULL);
    EVENTUALLY(count_of(&note.asked) == 1);
    CHECK(note.ticket == ticket);
    OK(zfssa_transfer_finish(ticket, ZFSSA_OK, NULL, &err));
    cloned(wait_for(ticket), "volume-function-1", 1);
    EVENTUALLY(count_of(&note.dropped) == 1);
    /* The cache has it: the function is not asked, and given up. */
    note.dropped = 0;
    args.name = "volume-function-2";
    cloned(wait_for(submit(&args, NULL)), "volume-function-2", 0);
    EVENTUALLY(count_of(&note.dropped) == 1);
    CHECK(note.asked == 1);
    delete("volume-function-1");
    delete("volume-function-2");
    end();
}

static void a_function_answers_at_once(void)
{
    begin();
    note.answer = ZFSSA_E_LOCAL_IO;
    const zfssa_clone_image_args_t args = by_function("at-once", "volume-at-once");
    rolled_back(wait_for(submit(&args, NULL)), ZFSSA_E_TRANSFER, "said at once");
    EVENTUALLY(count_of(&note.dropped) == 1);
    note.answer = ZFSSA_OK;
    note.dropped = 0;
    cloned(wait_for(submit(&args, NULL)), "volume-at-once", 1);
    EVENTUALLY(count_of(&note.dropped) == 1);
    CHECK(note.asked == 2);
    delete("volume-at-once");
    end();
}

static void the_driver_goes_while_a_function_owes_an_answer(void)
{
    begin();
    const zfssa_clone_image_args_t args = by_function("owes", "volume-owes");
    const zfssa_ticket_t ticket = submit(&args, NULL);
    EVENTUALLY(count_of(&note.asked) == 1);
    zfssa_driver_free(driver);
    rolled_back(wait_for(ticket), ZFSSA_E_SHUTDOWN, "");
    EVENTUALLY(count_of(&note.dropped) == 1);
    zfssa_queue_free(queue);
    EVENTUALLY(zfssa_objects_alive() == 0);
}

/* Files. */

/* A program in the place of qemu-img: says that the image stands alone, and then does `script`. */
static const char *program(char *path, const char *script)
{
    snprintf(path, 64, "/tmp/zfssa-test-qemu-XXXXXX");
    const int fd = mkstemp(path);
    CHECK(fd >= 0);
    dprintf(fd, "#!/bin/sh\nif [ \"$1\" = info ]; then echo '{}'; exit 0; fi\n%s\n", script);
    CHECK(fchmod(fd, 0700) == 0 && close(fd) == 0);
    return path;
}

static void a_file_is_written_by_the_library(void)
{
    begin();
    char path[64];
    zfssa_clone_image_args_t args = image("file", "volume-file");
    args.image_path = "/image";
    args.image_format = "raw";
    args.qemu_img = program(path, "cat > /dev/null; printf '    (50.00/100%%)\\r'");
    cloned(wait_for(submit(&args, NULL)), "volume-file", 1);
    delete("volume-file");
    unlink(path);
    args.qemu_img = program(path, "cat > /dev/null; echo 'no such target' >&2; exit 1");
    rolled_back(wait_for(submit(&args, NULL)), ZFSSA_E_TRANSFER, "no such target");
    unlink(path);
    args.qemu_img = "/nonexistent/qemu-img";
    rolled_back(wait_for(submit(&args, NULL)), ZFSSA_E_TRANSFER, "cannot be started");
    end();
}

static void what_does_not_fit_is_refused(void)
{
    begin();
    const zfssa_call_t call = on_queue();
    const zfssa_clone_image_args_t plain = image("bad", "volume-bad");
    zfssa_ticket_t ticket = 0;
#define REFUSED(call_, change)                                                              \
    do {                                                                                    \
        zfssa_clone_image_args_t args = plain;                                              \
        change;                                                                             \
        EXPECT(ZFSSA_E_INVALID_ARGUMENT,                                                    \
               zfssa_clone_image(driver, &args, call_, &ticket, &err));                     \
        CHECK(ticket == 0);                                                                 \
    } while (0)
    REFUSED(NULL, (void)args); /* nobody would transfer */
    REFUSED(&call, args.image_virtual_size = 0);
    REFUSED(&call, args.image_format = "raw");
    REFUSED(&call, args.qemu_img = "qemu-img");
    REFUSED(&call, args.transfer_drop = on_drop);
    REFUSED(&call, args.image_path = "/image");
    REFUSED(&call, args.image_path = "image"; args.image_format = "raw");
    REFUSED(&call, args.image_path = "/image"; args.image_format = "qed");
    REFUSED(&call, args.image_path = "/image"; args.image_format = "raw";
            args.transfer = on_transfer; args.transfer_drop = on_drop);
    EXPECT(ZFSSA_E_CLOSED, (zfssa_driver_close(driver, ZFSSA_CLOSE_DRAIN, at_most(10000), NULL),
                            zfssa_clone_image(driver,
                                              &(zfssa_clone_image_args_t){
                                                  .size = sizeof plain,
                                                  .name = "volume-bad",
                                                  .size_gib = 1,
                                                  .image_id = "bad",
                                                  .image_updated_at = "x",
                                                  .image_virtual_size = 1,
                                                  .initiator = HOST,
                                                  .transfer = on_transfer,
                                                  .transfer_context = &note,
                                                  .transfer_drop = on_drop,
                                              },
                                              NULL, &ticket, &err)));
    end();
    CHECK(note.asked == 0 && note.dropped == 0);
}

int main(int argc, char **argv)
{
#define CASE(name) {#name, name}
    static const test_case_t cases[] = {
        CASE(an_event_is_answered_once),
        CASE(progress_comes_with_it),
        CASE(a_refusal_rolls_back),
        CASE(a_cancel_ends_the_transfer),
        CASE(the_deadline_ends_the_transfer),
        CASE(the_queue_goes_with_the_offer),
        CASE(the_queue_goes_after_the_offer),
        CASE(the_driver_goes_during_the_transfer),
        CASE(fork_leaves_the_word_to_the_parent),
        CASE(a_function_is_asked_and_answers_later),
        CASE(a_function_answers_at_once),
        CASE(the_driver_goes_while_a_function_owes_an_answer),
        CASE(a_file_is_written_by_the_library),
        CASE(what_does_not_fit_is_refused),
        {NULL, NULL},
    };
    return run_case(cases, argc, argv);
}
