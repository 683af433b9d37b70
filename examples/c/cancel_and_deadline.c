/* Timeouts and cancellation: in both cases the operation rolls back and reports its outcome.
 *
 *     cancel_and_deadline CONFIG.toml NAME
 *
 * Run it against an appliance that takes more than 200 ms to create a volume.
 */

#include <stdio.h>

#include "example.h"
#include "zfssa.h"

/* Prints the outcome, which tells whether the operation changed the appliance. */
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

    /* Timeout of the whole operation, including login, retries and polling. */
    call.size = sizeof call;
    call.timeout_ms = 200;
    check("create_volume", zfssa_create_volume(driver, &arguments, &call, &ticket, &error), error);
    tell("deadline", ticket);

    /* Timeout of the wait alone: the operation continues, and its ticket stays valid. */
    call.timeout_ms = -1;
    check("create_volume", zfssa_create_volume(driver, &arguments, &call, &ticket, &error), error);
    status = zfssa_ticket_wait(ticket, 100, &result, &error);
    printf("wait: %s\n", zfssa_status_name(status));
    zfssa_error_free(error);
    error = NULL;

    /* Cancelling does not block; the operation completes after it has rolled back. */
    check("cancel", zfssa_ticket_cancel(ticket, &error), error);
    tell("cancel", ticket);

    close_driver(driver);
    return 0;
}
