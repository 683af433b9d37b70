/* How the library behaves as a guest in a process: forks, signals, threads, exits, and calls
 * from inside its own callbacks. */

#include "test.h"

#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>

enum { MANY = 1000 };

static zfssa_call_t a_call(void)
{
    zfssa_call_t call;
    memset(&call, 0, sizeof call);
    call.size = sizeof call;
    return call;
}

/* Runs `child` in a forked process; it must end by itself and with 0. */
static void in_child(void (*child)(void))
{
    const pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        alarm((unsigned)(at_most(20000) / 1000));
        child();
        exit(0);
    }
    int status = -1;
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* Forks. */

static struct {
    zfssa_driver_t *driver;
    zfssa_queue_t *queue;
    zfssa_config_t *config;
    zfssa_result_t *result;
    zfssa_ticket_t ticket;
} inherited;

static void own_driver_works(void)
{
    zfssa_driver_t *driver = test_driver();
    finish(echo(driver, 5, NULL), ZFSSA_OK);
    CHECK(driver != inherited.driver);
    zfssa_driver_free(driver);
}

static void inherited_objects_are_refused(void)
{
    const int64_t start = now_ms();
    zfssa_ticket_t ticket = 0;
    zfssa_result_t *result = NULL;
    zfssa_driver_t *driver = NULL;
    zfssa_event_t event;
    uint32_t count = 0;
    int32_t fd = 0;
    EXPECT(ZFSSA_E_FORKED, zfssa_echo(inherited.driver, NULL, NULL, &ticket, &err));
    EXPECT(ZFSSA_E_FORKED, zfssa_driver_close(inherited.driver, ZFSSA_CLOSE_CANCEL, -1, &err));
    EXPECT(ZFSSA_E_FORKED, zfssa_driver_set_log(inherited.driver, 0, NULL, NULL, NULL, &err));
    EXPECT(ZFSSA_E_FORKED, zfssa_ticket_wait(inherited.ticket, -1, &result, &err));
    EXPECT(ZFSSA_E_FORKED, zfssa_ticket_cancel(inherited.ticket, &err));
    EXPECT(ZFSSA_E_FORKED, zfssa_ticket_abandon(inherited.ticket, &err));
    EXPECT(ZFSSA_E_FORKED, zfssa_queue_next(inherited.queue, &event, sizeof event, 1, -1, &count, &err));
    EXPECT(ZFSSA_E_FORKED, zfssa_queue_wake(inherited.queue, &err));
    EXPECT(ZFSSA_E_FORKED, zfssa_queue_fd(inherited.queue, &fd, &err));
    EXPECT(ZFSSA_E_FORKED, zfssa_driver_new(inherited.config, &driver, &err));
    EXPECT(ZFSSA_E_FORKED, zfssa_config_validate(inherited.config, &err));
    CHECK(zfssa_result_status(inherited.result) == ZFSSA_E_FORKED);
    CHECK(zfssa_result_echo(inherited.result) == NULL);
    zfssa_result_free(inherited.result);
    zfssa_queue_free(inherited.queue);
    zfssa_config_free(inherited.config);
    zfssa_driver_free(inherited.driver);
    CHECK(now_ms() - start < at_most(100));
}

static void child_and_grandchild(void)
{
    inherited_objects_are_refused();
    own_driver_works();
    in_child(own_driver_works);
}

static void make_objects(void)
{
    inherited.config = test_config();
    inherited.driver = test_driver();
    OK(zfssa_queue_new(&inherited.queue, &err));
    inherited.ticket = echo(inherited.driver, 200, NULL);
    const zfssa_ticket_t ticket = echo(inherited.driver, 0, NULL);
    OK(zfssa_ticket_wait(ticket, at_most(10000), &inherited.result, &err));
}

static void fork_child_is_told(void)
{
    make_objects();
    in_child(inherited_objects_are_refused);
    in_child(own_driver_works);
    in_child(child_and_grandchild);
    /* The parent goes on. */
    CHECK(strcmp(zfssa_result_echo(inherited.result)->message, "hello") == 0);
    finish(inherited.ticket, ZFSSA_OK);
    finish(echo(inherited.driver, 0, NULL), ZFSSA_OK);
    zfssa_result_free(inherited.result);
    zfssa_queue_free(inherited.queue);
    zfssa_config_free(inherited.config);
    zfssa_driver_free(inherited.driver);
    CHECK(zfssa_objects_alive() == 0);
}

static void exit_at_once(void)
{
    exit(0);
}

static void fork_child_may_just_exit(void)
{
    make_objects();
    for (int i = 0; i < MANY; i++)
        echo(inherited.driver, 60000, NULL);
    in_child(exit_at_once);
    finish(inherited.ticket, ZFSSA_OK);
}

static atomic_int stop;

static void *submit_until_stopped(void *driver)
{
    while (!atomic_load(&stop))
        finish(echo(driver, 0, NULL), ZFSSA_OK);
    return NULL;
}

static void fork_while_others_submit(void)
{
    zfssa_driver_t *driver = test_driver();
    pthread_t threads[3];
    for (int i = 0; i < 3; i++)
        CHECK(pthread_create(&threads[i], NULL, submit_until_stopped, driver) == 0);
    for (int i = 0; i < 50; i++)
        in_child(own_driver_works);
    atomic_store(&stop, 1);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    zfssa_driver_free(driver);
}

static atomic_int forked;

static void fork_here(void *context, zfssa_result_t *result)
{
    (void)context;
    zfssa_result_free(result);
    in_child(own_driver_works);
    atomic_store(&forked, 1);
}

static void fork_inside_a_callback(void)
{
    zfssa_driver_t *driver = test_driver();
    zfssa_call_t call = a_call();
    call.callback = fork_here;
    echo(driver, 0, &call);
    EVENTUALLY(atomic_load(&forked));
    zfssa_driver_free(driver);
}

/* Signals and threads. */

/* Calls `look` with the status file of each engine thread; gives their number. */
static int engine_threads(void (*look)(const char *name, const char *status))
{
    int count = 0;
    DIR *tasks = opendir("/proc/self/task");
    CHECK(tasks != NULL);
    for (struct dirent *entry; (entry = readdir(tasks)) != NULL;) {
        char path[300], status[4096], name[64] = "";
        snprintf(path, sizeof path, "/proc/self/task/%s/status", entry->d_name);
        FILE *file = entry->d_name[0] == '.' ? NULL : fopen(path, "r");
        if (file == NULL)
            continue;
        status[fread(status, 1, sizeof status - 1, file)] = '\0';
        fclose(file);
        sscanf(status, "Name:\t%63s", name);
        if (strncmp(name, "zfssa-", 6) == 0) {
            count++;
            if (look != NULL)
                look(name, status);
        }
    }
    closedir(tasks);
    return count;
}

static char names[512];
static int masks_are_right;

static void note_name_and_mask(const char *name, const char *status)
{
    strcat(strcat(names, name), " ");
    const char *line = strstr(status, "SigBlk:");
    CHECK(line != NULL);
    const unsigned long long mask = strtoull(line + strlen("SigBlk:"), NULL, 16);
    static const int synchronous[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT};
    for (int signal = 1; signal < 32; signal++) {
        int wanted = signal != SIGKILL && signal != SIGSTOP;
        for (size_t i = 0; i < sizeof synchronous / sizeof *synchronous; i++)
            wanted &= signal != synchronous[i];
        masks_are_right &= ((mask >> (signal - 1)) & 1) == (unsigned)wanted;
    }
}

/* Threads give themselves a name and a mask after they have begun. */
static int engine_has_its_threads(void)
{
    names[0] = '\0';
    masks_are_right = 1;
    engine_threads(note_name_and_mask);
    return masks_are_right && strstr(names, "zfssa-io-0") != NULL &&
           strstr(names, "zfssa-io-1") != NULL && strstr(names, "zfssa-cb") != NULL &&
           strstr(names, "zfssa-reap") != NULL;
}

static void do_nothing(void *context, zfssa_result_t *result)
{
    (void)context;
    zfssa_result_free(result);
}

static void masks_and_names_of_threads(void)
{
    struct sigaction before[32], after;
    for (int signal = 1; signal < 32; signal++)
        sigaction(signal, NULL, &before[signal]);
    sigset_t mask;
    CHECK(engine_threads(NULL) == 0);

    zfssa_config_t *config = test_config();
    zfssa_driver_t *driver = NULL;
    OK(zfssa_config_set(config, "zfssa_worker_threads", "2", &err));
    /* A name makes the engine's blocking pool look it up. */
    OK(zfssa_config_set(config, "san_ip", "nowhere.invalid", &err));
    OK(zfssa_driver_new(config, &driver, &err));
    zfssa_config_free(config);
    zfssa_call_t call = a_call();
    call.callback = do_nothing;
    call.timeout_ms = 300;
    zfssa_ticket_t ticket = 0;
    OK(zfssa_list_volumes(driver, NULL, &call, &ticket, &err));
    OK(zfssa_list_volumes(driver, NULL, NULL, &ticket, &err));
    EVENTUALLY(engine_has_its_threads());

    CHECK(pthread_sigmask(SIG_BLOCK, NULL, &mask) == 0);
    for (int signal = 1; signal < 32; signal++) {
        CHECK(sigismember(&mask, signal) == 0);
        sigaction(signal, NULL, &after);
        CHECK(before[signal].sa_handler == after.sa_handler);
    }
    /* The engine ends with its last driver. */
    zfssa_driver_free(driver);
    EVENTUALLY(engine_threads(NULL) == 0);
    finish(ticket, ZFSSA_E_SHUTDOWN);
    /* And begins again. */
    own_driver_works();
    EVENTUALLY(engine_threads(NULL) == 0);
}

/* Ends. */

static void exit_with_work_in_flight(void)
{
    zfssa_driver_t *driver = test_driver();
    zfssa_call_t call = a_call();
    call.callback = do_nothing;
    for (int i = 0; i < MANY; i++) {
        echo(driver, 60000, NULL);
        echo(driver, (uint64_t)i % 20, &call);
    }
    exit(0);
}

static void return_with_work_in_flight(void)
{
    zfssa_driver_t *driver = test_driver();
    for (int i = 0; i < MANY; i++)
        echo(driver, (uint64_t)i % 20, NULL);
    zfssa_driver_free(driver);
}

static atomic_int completed, given_up;

static void count_completion(void *context, zfssa_result_t *result)
{
    (void)context;
    const zfssa_status_t status = zfssa_result_status(result);
    CHECK(status == ZFSSA_OK || status == ZFSSA_E_SHUTDOWN);
    atomic_fetch_add(&completed, 1);
    zfssa_result_free(result);
}

static void count_drop(void *context)
{
    (void)context;
    atomic_fetch_add(&given_up, 1);
}

static zfssa_driver_t *with_many_in_flight(uint64_t delay_ms)
{
    zfssa_driver_t *driver = test_driver();
    zfssa_call_t call = a_call();
    call.callback = count_completion;
    call.drop = count_drop;
    for (int i = 0; i < MANY; i++)
        echo(driver, delay_ms, &call);
    return driver;
}

static void all_were_told(void)
{
    EVENTUALLY(atomic_load(&given_up) == MANY);
    sleep_ms(20);
    CHECK(atomic_load(&completed) == MANY && atomic_load(&given_up) == MANY);
    EVENTUALLY(engine_threads(NULL) == 0);
    CHECK(zfssa_objects_alive() == 0);
}

static void close_drains(void)
{
    zfssa_driver_t *driver = with_many_in_flight(200);
    EXPECT(ZFSSA_E_TIMED_OUT, zfssa_driver_close(driver, ZFSSA_CLOSE_DRAIN, 0, &err));
    EXPECT(ZFSSA_E_TIMED_OUT, zfssa_driver_close(driver, ZFSSA_CLOSE_DRAIN, 20, &err));
    OK(zfssa_driver_close(driver, ZFSSA_CLOSE_DRAIN, at_most(10000), &err));
    OK(zfssa_driver_close(driver, ZFSSA_CLOSE_CANCEL, 0, &err));
    zfssa_driver_free(driver);
    all_were_told();
}

static void close_cancels(void)
{
    zfssa_driver_t *driver = with_many_in_flight(60000);
    EXPECT(ZFSSA_E_TIMED_OUT, zfssa_driver_close(driver, ZFSSA_CLOSE_DRAIN, 20, &err));
    OK(zfssa_driver_close(driver, ZFSSA_CLOSE_CANCEL, at_most(10000), &err));
    zfssa_driver_free(driver);
    all_were_told();
}

static void free_cancels_and_does_not_wait(void)
{
    zfssa_driver_t *driver = with_many_in_flight(60000);
    const int64_t start = now_ms();
    zfssa_driver_free(driver);
    CHECK(now_ms() - start < at_most(100));
    zfssa_driver_free(driver);
    all_were_told();
}

static void free_driver(void *driver, zfssa_result_t *result)
{
    zfssa_result_free(result);
    zfssa_driver_free(driver);
    atomic_fetch_add(&completed, 1);
}

static void free_inside_a_callback(void)
{
    zfssa_driver_t *driver = test_driver();
    zfssa_call_t call = a_call();
    call.callback = free_driver;
    call.context = driver;
    const zfssa_ticket_t other = echo(driver, 60000, NULL);
    echo(driver, 10, &call);
    EVENTUALLY(atomic_load(&completed) == 1);
    finish(other, ZFSSA_E_SHUTDOWN);
    EVENTUALLY(engine_threads(NULL) == 0);
    CHECK(zfssa_objects_alive() == 0);
}

static void a_driver_that_cannot_be_made_leaves_nothing(void)
{
    zfssa_config_t *config = test_config();
    OK(zfssa_config_set(config, "zfssa_tls_mode", "ca", &err));
    OK(zfssa_config_set(config, "zfssa_tls_ca_file", "/nowhere/ca.pem", &err));
    zfssa_driver_t *driver = NULL;
    zfssa_error_t *err = NULL;
    CHECK(zfssa_driver_new(config, &driver, &err) != ZFSSA_OK);
    CHECK(driver == NULL && strstr(zfssa_error_info(err)->text, "/nowhere/ca.pem") != NULL);
    zfssa_error_free(err);
    zfssa_config_free(config);
    EVENTUALLY(engine_threads(NULL) == 0);
    CHECK(zfssa_objects_alive() == 0);
}

/* Calls from inside a callback. */

static struct {
    zfssa_driver_t *driver;
    zfssa_queue_t *queue;
    zfssa_ticket_t endless;
} outside;

static void block_here(void *context, zfssa_result_t *result)
{
    (void)context;
    zfssa_result_free(result);
    zfssa_event_t event;
    uint32_t count = 0;
    result = NULL;
    EXPECT(ZFSSA_E_WOULD_DEADLOCK, zfssa_ticket_wait(outside.endless, -1, &result, &err));
    EXPECT(ZFSSA_E_WOULD_DEADLOCK, zfssa_ticket_wait(outside.endless, 5, &result, &err));
    EXPECT(ZFSSA_E_TIMED_OUT, zfssa_ticket_wait(outside.endless, 0, &result, &err));
    EXPECT(ZFSSA_E_WOULD_DEADLOCK,
           zfssa_queue_next(outside.queue, &event, sizeof event, 1, -1, &count, &err));
    OK(zfssa_queue_next(outside.queue, &event, sizeof event, 1, 0, &count, &err));
    CHECK(count == 0);
    EXPECT(ZFSSA_E_WOULD_DEADLOCK,
           zfssa_driver_close(outside.driver, ZFSSA_CLOSE_CANCEL, 100, &err));
    /* Submitting, cancelling and freeing are fine. */
    zfssa_call_t call = a_call();
    call.callback = count_completion;
    call.drop = count_drop;
    echo(outside.driver, 1, &call);
    OK(zfssa_ticket_cancel(outside.endless, &err));
    zfssa_queue_free(outside.queue);
}

static void blocking_inside_a_callback(void)
{
    outside.driver = test_driver();
    OK(zfssa_queue_new(&outside.queue, &err));
    outside.endless = echo(outside.driver, 60000, NULL);
    zfssa_call_t call = a_call();
    call.callback = block_here;
    echo(outside.driver, 0, &call);
    EVENTUALLY(atomic_load(&given_up) == 1);
    finish(outside.endless, ZFSSA_E_CANCELLED);
    zfssa_driver_free(outside.driver);
    EVENTUALLY(engine_threads(NULL) == 0);
    CHECK(zfssa_objects_alive() == 0);
}

/* A callback that takes its time holds up callbacks and nothing else. */

static int gate[2];
static atomic_int at_the_gate;

static void wait_at_the_gate(void *context, zfssa_result_t *result)
{
    (void)context;
    zfssa_result_free(result);
    atomic_store(&at_the_gate, 1);
    char byte;
    CHECK(read(gate[0], &byte, 1) == 1);
    atomic_store(&at_the_gate, 0);
}

static void a_callback_that_blocks_holds_up_callbacks_alone(void)
{
    CHECK(pipe(gate) == 0);
    zfssa_queue_t *queue = NULL;
    zfssa_driver_t *driver = test_driver();
    OK(zfssa_queue_new(&queue, &err));
    zfssa_call_t call = a_call();
    call.callback = wait_at_the_gate;
    echo(driver, 0, &call);
    EVENTUALLY(atomic_load(&at_the_gate));
    /* One more, which has to wait for it. */
    call.callback = count_completion;
    call.drop = count_drop;
    echo(driver, 0, &call);

    zfssa_call_t queued = a_call();
    queued.queue = queue;
    for (int i = 0; i < 100; i++) {
        finish(echo(driver, (uint64_t)i % 3, NULL), ZFSSA_OK);
        zfssa_event_t event;
        uint32_t count = 0;
        const zfssa_ticket_t ticket = echo(driver, (uint64_t)i % 3, &queued);
        OK(zfssa_queue_next(queue, &event, sizeof event, 1, at_most(10000), &count, &err));
        CHECK(count == 1 && event.ticket == ticket);
        zfssa_result_free(event.result);
    }
    const zfssa_ticket_t endless = echo(driver, 60000, NULL);
    OK(zfssa_ticket_cancel(endless, &err));
    finish(endless, ZFSSA_E_CANCELLED);
    /* Another driver begins and ends meanwhile, and this one ends but for its callbacks. */
    own_driver_works();
    OK(zfssa_driver_close(driver, ZFSSA_CLOSE_DRAIN, at_most(10000), &err));
    CHECK(atomic_load(&at_the_gate) && atomic_load(&completed) == 0);

    CHECK(write(gate[1], "", 1) == 1);
    EVENTUALLY(atomic_load(&given_up) == 1);
    CHECK(atomic_load(&completed) == 1);
    zfssa_queue_free(queue);
    zfssa_driver_free(driver);
    EVENTUALLY(engine_threads(NULL) == 0);
    CHECK(zfssa_objects_alive() == 0);
}

int main(int argc, char **argv)
{
#define CASE(name) {#name, name}
    static const test_case_t cases[] = {
        CASE(fork_child_is_told),
        CASE(fork_child_may_just_exit),
        CASE(fork_while_others_submit),
        CASE(fork_inside_a_callback),
        CASE(masks_and_names_of_threads),
        CASE(exit_with_work_in_flight),
        CASE(return_with_work_in_flight),
        CASE(close_drains),
        CASE(close_cancels),
        CASE(free_cancels_and_does_not_wait),
        CASE(free_inside_a_callback),
        CASE(a_driver_that_cannot_be_made_leaves_nothing),
        CASE(blocking_inside_a_callback),
        CASE(a_callback_that_blocks_holds_up_callbacks_alone),
        {NULL, NULL},
    };
    return run_case(cases, argc, argv);
}
