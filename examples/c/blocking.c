/* Blocking calls: create, extend and delete a volume, one operation after another.
 *
 *     blocking CONFIG.toml NAME
 */

#include <inttypes.h>
#include <stdio.h>

#include "example.h"
#include "zfssa.h"

/* Waits for an operation and exits if it has failed. */
static zfssa_result_t *done(const char *step, zfssa_ticket_t ticket)
{
    zfssa_result_t *result = wait_for(step, ticket);

    if (zfssa_result_status(result) != ZFSSA_OK)
        fail(step, zfssa_result_error(result));
    return result;
}

int main(int argc, char **argv)
{
    zfssa_create_volume_args_t create = {0};
    zfssa_extend_volume_args_t extend = {0};
    zfssa_delete_volume_args_t delete = {0};
    zfssa_driver_t *driver;
    zfssa_error_t *error = NULL;
    zfssa_ticket_t ticket = 0;
    zfssa_result_t *result;

    if (argc != 3) {
        fprintf(stderr, "usage: %s CONFIG.toml NAME\n", argv[0]);
        return 2;
    }
    driver = open_driver(argv[1]);

    create.size = sizeof create;
    create.name = argv[2];
    create.size_gib = 1;
    check("create_volume", zfssa_create_volume(driver, &create, NULL, &ticket, &error), error);
    result = done("create_volume", ticket);
    printf("made %s\n", zfssa_result_volume(result)->name);
    zfssa_result_free(result);

    extend.size = sizeof extend;
    extend.name = argv[2];
    extend.size_gib = 3;
    check("extend_volume", zfssa_extend_volume(driver, &extend, NULL, &ticket, &error), error);
    result = done("extend_volume", ticket);
    printf("grown to %" PRIu64 " GiB\n", zfssa_result_volume(result)->size_bytes >> 30);
    zfssa_result_free(result);

    delete.size = sizeof delete;
    delete.name = argv[2];
    check("delete_volume", zfssa_delete_volume(driver, &delete, NULL, &ticket, &error), error);
    result = done("delete_volume", ticket);
    printf("deleted %s\n", argv[2]);
    zfssa_result_free(result);

    close_driver(driver);
    return 0;
}
