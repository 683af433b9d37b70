/* A host that may start no more threads, on a simulated appliance.
 *
 * The library starts its threads with this program's pthread_create(), which can be told to refuse
 * as the system does when there are too many: RLIMIT_NPROC itself does not bind the superuser, and
 * counts what other programs of the user do. What goes to stderr is kept in a file, since nothing
 * on it may tell of a panic. CONFIG is the backend's file. */

#include "test.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <sys/stat.h>

/* How many threads may still be started; a negative number: any. */
static atomic_int allowed = -1;
static atomic_int refused;

/* That of a sanitizer, where the program runs under one. */
extern int __interceptor_pthread_create(pthread_t *, const pthread_attr_t *, void *(*)(void *),
                                        void *) __attribute__((weak));

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                   void *argument)
{
    typedef int (*create_t)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    static _Atomic(create_t) real;
    create_t create = atomic_load(&real);
    if (create == NULL) {
        create = __interceptor_pthread_create;
        if (create == NULL)
            create = (create_t)dlsym(RTLD_NEXT, "pthread_create");
        atomic_store(&real, create);
    }
    int left = atomic_load(&allowed);
    while (left >= 0) {
        if (left == 0) {
            atomic_fetch_add(&refused, 1);
            return EAGAIN;
        }
        if (atomic_compare_exchange_weak(&allowed, &left, left - 1))
            break;
    }
    return create(thread, attributes, run, argument);
}

static FILE *said;
static int terminal;

/* Copies what was said to where it should have gone, and fails when it tells of a panic. */
static void tell(void)
{
    static char line[1 << 16];
    int panicked = 0;
    rewind(said);
    while (fgets(line, sizeof line, said) != NULL) {
        dprintf(terminal, "%s", line);
        panicked |= strstr(line, "panicked") != NULL;
    }
    if (panicked)
        _exit(1);
}

static void listen(void)
{
    said = tmpfile();
    terminal = dup(STDERR_FILENO);
    CHECK(said != NULL && terminal >= 0);
    CHECK(dup2(fileno(said), STDERR_FILENO) >= 0);
    setvbuf(stderr, NULL, _IONBF, 0);
    CHECK(atexit(tell) == 0);
}

static int threads(void)
{
    DIR *tasks = opendir("/proc/self/task");
    CHECK(tasks != NULL);
    int count = 0;
    for (const struct dirent *entry; (entry = readdir(tasks)) != NULL;)
        count += entry->d_name[0] != '.';
    closedir(tasks);
    return count;
}

static void *nothing(void *argument)
{
    return argument;
}

/* The threads of a program in which the library has none. A sanitizer starts one of its own with
 * the first thread of the program, so there has to be one. */
static int threads_of_host(void)
{
    static int count;
    if (count == 0) {
        pthread_t first;
        CHECK(pthread_create(&first, NULL, nothing, NULL) == 0);
        CHECK(pthread_join(first, NULL) == 0);
        count = threads();
    }
    return count;
}

static char directory[64] = "/tmp/zfssa-test-threads-XXXXXX";

/* A backend that needs every kind of thread: its journals are on the disk, its hosts are names. */
static zfssa_status_t open_driver(zfssa_driver_t **driver, zfssa_error_t **error)
{
    zfssa_config_t *config = NULL;
    OK(zfssa_config_new(&config, &err));
    OK(zfssa_config_load_toml(config, CONFIG, NULL, &err));
    OK(zfssa_config_set(config, "san_ip", "localhost", &err));
    OK(zfssa_config_set(config, "zfssa_target_portal", "localhost:3260", &err));
    OK(zfssa_config_set(config, "zfssa_state_dir", directory, &err));
    OK(zfssa_config_set(config, "zfssa_worker_threads", "3", &err));
    const zfssa_status_t status = zfssa_driver_new(config, driver, error);
    zfssa_config_free(config);
    return status;
}

static void begin(void)
{
    listen();
    CHECK(mkdtemp(directory) != NULL);
    CHECK(threads_of_host() >= 1);
}

static void close_driver(zfssa_driver_t *driver)
{
    OK(zfssa_driver_close(driver, ZFSSA_CLOSE_DRAIN, at_most(20000), &err));
    zfssa_driver_free(driver);
    EVENTUALLY(zfssa_objects_alive() == 0);
    EVENTUALLY(threads() <= threads_of_host());
}

static void every_thread_of_the_engine_may_be_refused(void)
{
    begin();
    int started = 0;
    for (;; started++) {
        zfssa_driver_t *driver = NULL;
        zfssa_error_t *error = NULL;
        atomic_store(&allowed, started);
        atomic_store(&refused, 0);
        const zfssa_status_t status = open_driver(&driver, &error);
        atomic_store(&allowed, -1);
        if (status == ZFSSA_OK) {
            CHECK(atomic_load(&refused) == 0);
            finish(echo(driver, 0, NULL), ZFSSA_OK);
            close_driver(driver);
            break;
        }
        CHECK(atomic_load(&refused) > 0);
        CHECK(status == ZFSSA_E_LOCAL_IO && driver == NULL);
        CHECK(strstr(zfssa_error_info(error)->text, "thread zfssa-") != NULL);
        zfssa_error_free(error);
        EVENTUALLY(zfssa_objects_alive() == 0);
        EVENTUALLY(threads() <= threads_of_host());
    }
    /* The reaper, the dispatcher, three of the engine, and those for files and names. */
    CHECK(started > 5);
    rmdir(directory);
}

static void delete(zfssa_driver_t *driver, const char *volume)
{
    zfssa_delete_volume_args_t args;
    memset(&args, 0, sizeof args);
    args.size = sizeof args;
    args.name = volume;
    zfssa_ticket_t ticket;
    OK(zfssa_delete_volume(driver, &args, NULL, &ticket, &err));
    finish(ticket, ZFSSA_OK);
}

static void operations_start_no_thread(void)
{
    begin();
    zfssa_driver_t *driver = NULL;
    OK(open_driver(&driver, &err));
    log_everything(driver);
    atomic_store(&allowed, 0);
    zfssa_ticket_t ticket;

    zfssa_do_setup_args_t setup = {.size = sizeof setup};
    OK(zfssa_do_setup(driver, &setup, NULL, &ticket, &err));
    finish(ticket, ZFSSA_OK);

    zfssa_create_volume_args_t create;
    memset(&create, 0, sizeof create);
    create.size = sizeof create;
    create.name = "volume-source";
    create.size_gib = 1;
    OK(zfssa_create_volume(driver, &create, NULL, &ticket, &err));
    finish(ticket, ZFSSA_OK);
    zfssa_create_cloned_volume_args_t clone;
    memset(&clone, 0, sizeof clone);
    clone.size = sizeof clone;
    clone.name = "volume-clone";
    clone.source_volume = "volume-source";
    clone.size_gib = 2;
    OK(zfssa_create_cloned_volume(driver, &clone, NULL, &ticket, &err));
    finish(ticket, ZFSSA_OK);

    char path[64] = "/tmp/zfssa-test-qemu-XXXXXX";
    const int fd = mkstemp(path);
    CHECK(fd >= 0);
    dprintf(fd, "#!/bin/sh\nif [ \"$1\" = info ]; then echo '{}'; fi\ncat >/dev/null\n");
    CHECK(fchmod(fd, 0700) == 0 && close(fd) == 0);
    zfssa_clone_image_args_t args = image("threads", "volume-image");
    args.image_path = "/image";
    args.image_format = "raw";
    args.qemu_img = path;
    OK(zfssa_clone_image(driver, &args, NULL, &ticket, &err));
    finish(ticket, ZFSSA_OK);
    unlink(path);

    delete(driver, "volume-image");
    delete(driver, "volume-clone");
    delete(driver, "volume-source");
    CHECK(atomic_load(&refused) == 0);
    atomic_store(&allowed, -1);
    close_driver(driver);
    /* No journal is left. */
    CHECK(rmdir(directory) == 0);
}

int main(int argc, char **argv)
{
#define CASE(name) {#name, name}
    static const test_case_t cases[] = {
        CASE(every_thread_of_the_engine_may_be_refused),
        CASE(operations_start_no_thread),
        {NULL, NULL},
    };
    return run_case(cases, argc, argv);
}
