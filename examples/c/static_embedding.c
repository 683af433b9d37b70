/* Static linking: the program needs no shared libzfssa at run time.
 *
 *     cc static_embedding.c $(pkg-config --cflags --libs zfssa-static)
 *     static_embedding CONFIG.toml
 *
 * The program adds an option to those of the file, and sends the log to standard output.
 */

#include <semaphore.h>
#include <stdio.h>

#include "example.h"
#include "zfssa.h"

struct log {
    FILE *file;
    sem_t ended;
};

static void on_log(void *context, const zfssa_log_record_t *record)
{
    struct log *log = context;

    fprintf(log->file, "log: %s: %s\n", record->operation != NULL ? record->operation : "-",
            record->message);
}

/* Runs after the last record of the driver. */
static void on_log_end(void *context)
{
    struct log *log = context;

    sem_post(&log->ended);
}

int main(int argc, char **argv)
{
    zfssa_config_t *config = NULL;
    zfssa_driver_t *driver = NULL;
    zfssa_error_t *error = NULL;
    zfssa_ticket_t ticket = 0;
    zfssa_result_t *result;
    struct log log = {.file = stdout};

    if (argc != 2) {
        fprintf(stderr, "usage: %s CONFIG.toml\n", argv[0]);
        return 2;
    }
    /* With static linking the header and the library are of the same release. */
    printf("libzfssa %s\n", zfssa_version());
    check("config_new", zfssa_config_new(&config, &error), error);
    check("config_load_toml", zfssa_config_load_toml(config, argv[1], NULL, &error), error);
    check("config_set",
          zfssa_config_set(config, "volume_backend_name", "embedded", &error), error);
    check("driver_new", zfssa_driver_new(config, &driver, &error), error);
    zfssa_config_free(config);
    sem_init(&log.ended, 0, 0);
    check("set_log",
          zfssa_driver_set_log(driver, ZFSSA_LOG_INFO, on_log, &log, on_log_end, &error), error);

    check("do_setup", zfssa_do_setup(driver, NULL, NULL, &ticket, &error), error);
    result = wait_for("do_setup", ticket);
    if (zfssa_result_status(result) != ZFSSA_OK)
        fail("do_setup", zfssa_result_error(result));
    zfssa_result_free(result);

    check("get_volume_stats", zfssa_get_volume_stats(driver, NULL, NULL, &ticket, &error), error);
    result = wait_for("get_volume_stats", ticket);
    if (zfssa_result_status(result) != ZFSSA_OK)
        fail("get_volume_stats", zfssa_result_error(result));
    printf("%s: %.0f GiB free in %s\n", zfssa_result_volume_stats(result)->volume_backend_name,
           zfssa_result_volume_stats(result)->free_capacity_gb,
           zfssa_result_volume_stats(result)->pool_name);
    zfssa_result_free(result);

    close_driver(driver);
    /* Records arrive on a thread of the library, the last ones after the driver was freed. */
    while (sem_wait(&log.ended) != 0)
        continue;
    sem_destroy(&log.ended);
    return 0;
}
