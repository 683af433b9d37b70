/* Time limits and cancellation: both let an operation undo what it did, and then tell how it
 * ended.
 *
 *     cancel_and_deadline CONFIG.toml NAME
 *
 * To be run against an appliance that is slow to make volumes.
 */

#include <stdio.h>

#include "example.h"
#include "zfssa.h"

/* The outcome is what counts: it says whether there is anything to look after. */
static void tell(const char *step, zfssa_ticket_t ticket)
{
    zfssa_result_t *result = wait_for(step, ticket);
    const zfssa_error_info_t *info = zfssa_error_info(zfssa_result_error(result));

    if (info == NULL)
        printf("%s: was quicker\n", step);
    else
        printf("%s: %s, outcome %s\n", step, zfssa_status_name(info->status),
               zfssa_outcome_name(info->outcome));
    zfssa_result_free(result);
}

int main(int argc, char **argv)
{
    zfssa_create_volume_args_t arguments = {0};
    zfssa_call_t call = {0};
    zfssa_driver_t *driver;
    zfssa_result_t *result = NULL;
    zfssa_error_t *error = NULL;
    zfssa_ticket_t ticket = 0;
    zfssa_status_t status;

    if (argc != 3) {
        fprintf(stderr, "usage: %s CONFIG.toml NAME\n", argv[0]);
        return 2;
    }
    driver = open_driver(argv[1]);
    arguments.size = sizeof arguments;
    arguments.name = argv[2];
    arguments.size_gib = 1;

    /* A limit for the whole operation: login, every retry, every poll. */
    call.size = sizeof call;
    call.timeout_ms = 200;
    check("create_volume", zfssa_create_volume(driver, &arguments, &call, &ticket, &error), error);
    tell("deadline", ticket);

    /* A limit of the wait is another thing: the operation goes on, and so does its ticket. */
    call.timeout_ms = -1;
    check("create_volume", zfssa_create_volume(driver, &arguments, &call, &ticket, &error), error);
    status = zfssa_wait(ticket, 100, &result, &error);
    printf("wait: %s\n", zfssa_status_name(status));
    zfssa_error_free(error);
    error = NULL;

    /* Cancelling returns at once; the operation ends when it has undone its steps. */
    check("cancel", zfssa_cancel(ticket, &error), error);
    tell("cancel", ticket);

    close_driver(driver);
    return 0;
}
