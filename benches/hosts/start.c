/* Cold start and memory of an idle driver.
 *
 *     start CONFIG.toml     times a driver from zfssa_driver_new() to its first answer, and prints
 *                           threads and memory of the process with the idle driver, as JSON
 *
 * Compiled with BARE it is a C program without the library, which prints its memory alone. */

#ifndef BARE
#include "zfssa.h"
#endif

#include "host.h"

int main(int argc, char **argv)
{
#ifdef BARE
    (void)argc;
    (void)argv;
    now();
    printf("{\"rss_kib\":%ld}\n", process_status("VmRSS"));
#else
    zfssa_config_t *config;
    zfssa_driver_t *driver = NULL;
    zfssa_result_t *result = NULL;
    zfssa_error_t *error = NULL;
    zfssa_ticket_t ticket = 0;
    double start, created, answered;
    long created_kib;

    if (argc != 2)
        fail("usage: start CONFIG.toml");
    config = config_of(argv[1]);
    start = now();
    must(zfssa_driver_new(config, &driver, &error), error);
    created = now();
    created_kib = process_status("VmRSS");
    must(zfssa_get_volume_stats(driver, NULL, NULL, &ticket, &error), error);
    must(zfssa_ticket_wait(ticket, -1, &result, &error), error);
    answered = now();
    if (zfssa_result_status(result) != ZFSSA_OK)
        fail(zfssa_error_info(zfssa_result_error(result))->text);
    zfssa_result_free(result);
    zfssa_config_free(config);
    printf("{\"new_ms\":%.3f,\"answer_ms\":%.3f,\"threads\":%ld,\"new_kib\":%ld,\"rss_kib\":%ld}\n",
           (created - start) * 1e3, (answered - start) * 1e3, process_status("Threads"),
           created_kib, process_status("VmRSS"));
    zfssa_driver_free(driver);
#endif
    return 0;
}
