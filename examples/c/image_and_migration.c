/* Image cache and migration: two volumes from one image, one migrated to another appliance.
 *
 *     image_and_migration SOURCE.toml DESTINATION.toml IMAGE RAW INITIATOR
 *
 * IMAGE is a qcow2 file. RAW is the same disk as a raw file, of whole MiB and less than 1 GiB. For
 * the first volume the library writes the image to the appliance; the second one is a clone of the
 * cached image. The program reads the second volume over iSCSI and compares it with RAW before the
 * migration and, at the destination, after it. The exit status is 0 if all steps succeeded and all
 * data was equal. */

#include <string.h>

#include "iscsi_bytes.h"
#include "steps.h"

static const char *first_name = "volume-3c9f4a52-1f0e-4e64-9f0e-d1b1f7f0a004";
static const char *second_name = "volume-3c9f4a52-1f0e-4e64-9f0e-d1b1f7f0a005";

DEFINE_RUN(zfssa_clone_image, zfssa_clone_image_args_t)
DEFINE_RUN(zfssa_migrate_volume, zfssa_migrate_volume_args_t)

struct bytes {
    unsigned char *start;
    size_t length;
};

static struct bytes read_file(const char *path)
{
    struct bytes bytes = {NULL, 0};
    FILE *file = fopen(path, "rb");
    long length;

    if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (length = ftell(file)) <= 0) {
        perror(path);
        exit(1);
    }
    rewind(file);
    bytes.length = (size_t)length;
    bytes.start = malloc(bytes.length);
    if (bytes.start == NULL || fread(bytes.start, 1, bytes.length, file) != bytes.length) {
        fprintf(stderr, "%s cannot be read\n", path);
        exit(1);
    }
    fclose(file);
    return bytes;
}

static void clone_image(zfssa_driver_t *driver, const char *name, const char *image, size_t length,
                        const char *initiator)
{
    zfssa_clone_image_args_t arguments = {0};
    zfssa_result_t *result;
    const zfssa_cloned_image_t *cloned;

    arguments.name = name;
    arguments.size_gib = 1;
    arguments.image_id = "3c9f4a52-1f0e-4e64-9f0e-d1b1f7f0a006";
    arguments.image_updated_at = "2026-01-01T00:00:00Z";
    arguments.image_virtual_size = length;
    arguments.initiator = initiator;
    arguments.image_path = image;
    arguments.image_format = "qcow2";
    result = RUN("clone_image", zfssa_clone_image, driver, arguments);
    cloned = zfssa_result_cloned_image(result);
    if (cloned->volume == NULL) {
        fprintf(stderr, "clone_image declined: %s\n", cloned->declined);
        exit(1);
    }
    printf("      a clone of %s, %s\n", cloned->cache_entry,
           cloned->transferred ? "which was written over iSCSI for it" : "which was there");
    zfssa_result_free(result);
}

/* Attaches the volume, reads it, compares it, and detaches it. */
static void compare(zfssa_driver_t *driver, const char *name, struct bytes expected,
                    const char *initiator)
{
    zfssa_result_t *attached = attach(driver, name, initiator);
    unsigned char *read_back = malloc(expected.length);

    if (read_back == NULL)
        exit(1);
    iscsi_step("read the volume", iscsi_read_bytes(initiator, zfssa_result_connection(attached),
                                                   read_back, expected.length));
    if (memcmp(read_back, expected.start, expected.length) != 0) {
        fprintf(stderr, "%s holds other bytes than the image\n", name);
        exit(1);
    }
    printf("      it holds the image's bytes, all %zu of them\n", expected.length);
    detach(driver, name, initiator);
    free(read_back);
    zfssa_result_free(attached);
}

static void migrate(zfssa_driver_t *source, zfssa_driver_t *destination, const char *name)
{
    zfssa_migrate_volume_args_t arguments = {0};
    zfssa_ticket_t ticket = 0;
    zfssa_error_t *error = NULL;
    zfssa_result_t *where;
    zfssa_result_t *result;
    const zfssa_migration_t *migration;

    check("get_volume_stats", zfssa_get_volume_stats(destination, NULL, NULL, &ticket, &error),
          error);
    where = finish("get_volume_stats", ticket);
    arguments.name = name;
    arguments.status = "available";
    arguments.location_info = zfssa_result_volume_stats(where)->location_info;
    result = RUN("migrate_volume", zfssa_migrate_volume, source, arguments);
    migration = zfssa_result_migration(result);
    if (!migration->migrated) {
        fprintf(stderr, "migrate_volume declined: %s\n", migration->reason);
        exit(1);
    }
    zfssa_result_free(result);
    zfssa_result_free(where);
}

int main(int argc, char **argv)
{
    zfssa_driver_t *source;
    zfssa_driver_t *destination;
    struct bytes expected;

    if (argc != 6) {
        fprintf(stderr, "usage: %s SOURCE.toml DESTINATION.toml IMAGE RAW INITIATOR\n", argv[0]);
        return 2;
    }
    expected = read_file(argv[4]);
    source = open_driver(argv[1]);
    destination = open_driver(argv[2]);

    clone_image(source, first_name, argv[3], expected.length, argv[5]);
    clone_image(source, second_name, argv[3], expected.length, argv[5]);
    compare(source, second_name, expected, argv[5]);
    migrate(source, destination, second_name);
    compare(destination, second_name, expected, argv[5]);
    delete_volume(destination, second_name);
    /* Deletes the cache entry too, because this is the last volume of the image. */
    delete_volume(source, first_name);

    close_driver(destination);
    close_driver(source);
    free(expected.start);
    return 0;
}
