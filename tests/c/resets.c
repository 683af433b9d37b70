/* A peer that resets every connection while requests go out on them. tests/abi/c_operations.rs puts a
 * proxy in front of the appliance that does it. CONFIG is the backend's file. */

#include "test.h"

#include <signal.h>

#ifndef CONFIG
#define CONFIG "backend.toml"
#endif

enum { AT_ONCE = 64, ROUNDS = 20 };

/* What is written to a connection that was reset raises SIGPIPE, which ends a process that does
 * not say otherwise. */
static void sigpipe_does_not_kill(void)
{
    CHECK(signal(SIGPIPE, SIG_DFL) == SIG_DFL);
    zfssa_config_t *config = NULL;
    zfssa_driver_t *driver = NULL;
    OK(zfssa_config_new(&config, &err));
    OK(zfssa_config_load_toml(config, CONFIG, NULL, &err));
    /* One thread writes to the connections in turn, so that it writes to some before it learns
     * that they were reset. */
    OK(zfssa_config_set(config, "zfssa_worker_threads", "1", &err));
    OK(zfssa_config_set(config, "zfssa_max_attempts", "3", &err));
    OK(zfssa_driver_new(config, &driver, &err));
    zfssa_config_free(config);
    zfssa_get_volume_args_t args;
    memset(&args, 0, sizeof args);
    args.size = sizeof args;
    args.name = "volume-1";
    for (int round = 0; round < ROUNDS; round++) {
        zfssa_ticket_t tickets[AT_ONCE];
        for (int i = 0; i < AT_ONCE; i++)
            OK(zfssa_get_volume(driver, &args, NULL, &tickets[i], &err));
        for (int i = 0; i < AT_ONCE; i++) {
            zfssa_result_t *result = NULL;
            OK(zfssa_ticket_wait(tickets[i], at_most(60000), &result, &err));
            const zfssa_status_t status = zfssa_result_status(result);
            /* The transport's or the appliance's word; none of the library's own. */
            CHECK(status <= -100);
            zfssa_result_free(result);
        }
    }
    zfssa_driver_free(driver);
}

int main(int argc, char **argv)
{
    static const test_case_t cases[] = {
        {"sigpipe_does_not_kill", sigpipe_does_not_kill},
        {NULL, NULL},
    };
    return run_case(cases, argc, argv);
}
