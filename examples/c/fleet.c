/* An agent that runs on several hosts at once: they attach and detach one volume, each for itself.
 *
 *     fleet CONFIG.toml VOLUME INITIATOR ROUNDS
 *
 * CONFIG.toml has zfssa_coordination_url, so that the hosts share their locks in etcd: none takes
 * the volume from another one, though the appliance takes the whole list of a LUN's initiator
 * groups at each change. The last round leaves the volume attached. */

#include <string.h>

#include "steps.h"

DEFINE_RUN(zfssa_create_volume, zfssa_create_volume_args_t)
DEFINE_RUN(zfssa_get_volume, zfssa_get_volume_args_t)

/* Whichever host comes first makes the volume; the others find it. */
static void create(zfssa_driver_t *driver, const char *name)
{
    zfssa_create_volume_args_t arguments = {0};

    arguments.name = name;
    arguments.size_gib = 1;
    zfssa_result_free(RUN("create_volume", zfssa_create_volume, driver, arguments));
}

/* Returns whether the volume is presented to the initiator group of a connection. */
static int is_presented(zfssa_driver_t *driver, const char *name,
                        const zfssa_connection_t *connection)
{
    zfssa_get_volume_args_t arguments = {0};
    zfssa_result_t *result;
    const zfssa_volume_t *volume;
    int presented = 0;
    uint32_t i;

    arguments.name = name;
    result = RUN("get_volume", zfssa_get_volume, driver, arguments);
    volume = zfssa_result_volume(result);
    for (i = 0; i < volume->initiator_groups_count; i++)
        if (strcmp(volume->initiator_groups[i], connection->initiator_groups[0]) == 0)
            presented = 1;
    zfssa_result_free(result);
    return presented;
}

int main(int argc, char **argv)
{
    zfssa_driver_t *driver;
    zfssa_result_t *attached;
    long round, rounds;

    if (argc != 5 || (rounds = strtol(argv[4], NULL, 10)) < 1) {
        fprintf(stderr, "usage: %s CONFIG.toml VOLUME INITIATOR ROUNDS\n", argv[0]);
        return 2;
    }
    driver = open_driver(argv[1]);
    create(driver, argv[2]);
    for (round = 1; round <= rounds; round++) {
        attached = attach(driver, argv[2], argv[3]);
        if (!is_presented(driver, argv[2], zfssa_result_connection(attached))) {
            fprintf(stderr, "round %ld: another host took the volume from this one\n", round);
            return 1;
        }
        zfssa_result_free(attached);
        if (round < rounds)
            detach(driver, argv[2], argv[3]);
    }
    close_driver(driver);
    printf("attached %ld times, and never lost it\n", rounds);
    return 0;
}
