/* The set-up of a block of C that is no whole program: a driver on which `volume-1` exists. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "example.h"
#include "zfssa.h"

int main(int argc, char **argv)
{
    zfssa_driver_t *driver = open_driver(argv[argc - 1]);
    zfssa_error_t *error = NULL;
    zfssa_create_volume_args_t create = {0};
    zfssa_ticket_t ticket = 0;

    create.size = sizeof create;
    create.name = "volume-1";
    create.size_gib = 1;
    check("create_volume", zfssa_create_volume(driver, &create, NULL, &ticket, &error), error);
    zfssa_result_free(wait_for("create_volume", ticket));
    {
SNIPPET
    }
    zfssa_driver_free(driver);
    return 0;
}
