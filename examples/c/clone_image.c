/* Volume from an image file, written by the library over iSCSI, with progress reports.
 *
 *     clone_image CONFIG.toml NAME IMAGE FORMAT BYTES INITIATOR [QEMU_IMG]
 *
 * FORMAT is raw, qcow2 or vmdk. BYTES is the virtual size of the image, as printed by qemu-img
 * info. INITIATOR is the iSCSI name of an initiator in the configuration. The size of the volume is
 * the virtual size in whole GiB plus 1 GiB. A second volume from the unchanged file is a clone of
 * the cached image, which is not written again.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "example.h"
#include "zfssa.h"

/* Prints a progress report. */
static void show(const zfssa_progress_t *progress)
{
    printf("%s", progress->step);
    if (progress->total != 0)
        printf(" %" PRIu64 " %%", progress->done * 100 / progress->total);
    printf("\n");
    fflush(stdout);
}

int main(int argc, char **argv)
{
    zfssa_clone_image_args_t args = {0};
    zfssa_call_t call = {0};
    zfssa_driver_t *driver;
    zfssa_queue_t *queue = NULL;
    zfssa_error_t *error = NULL;
    zfssa_ticket_t ticket = 0;
    const zfssa_cloned_image_t *cloned;
    struct stat file;
    char id[64], updated[64];
    int running = 1;

    if (argc != 7 && argc != 8) {
        fprintf(stderr, "usage: %s CONFIG.toml NAME IMAGE FORMAT BYTES INITIATOR [QEMU_IMG]\n",
                argv[0]);
        return 2;
    }
    if (stat(argv[3], &file) != 0) {
        perror(argv[3]);
        return 1;
    }
    driver = open_driver(argv[1]);
    check("queue_new", zfssa_queue_new(&queue, &error), error);

    /* Id and time of change of the image. Take them from the image service if there is one. */
    snprintf(id, sizeof id, "file-%ju", (uintmax_t)file.st_ino);
    snprintf(updated, sizeof updated, "%jd", (intmax_t)file.st_mtime);
    args.size = sizeof args;
    args.name = argv[2];
    args.image_id = id;
    args.image_updated_at = updated;
    args.image_virtual_size = strtoull(argv[5], NULL, 10);
    args.size_gib = (args.image_virtual_size >> 30) + 1;
    args.initiator = argv[6];
    args.image_path = argv[3];
    args.image_format = argv[4];
    args.qemu_img = argc == 8 ? argv[7] : NULL;
    call.size = sizeof call;
    call.flags = ZFSSA_CALL_PROGRESS;
    call.queue = queue;
    call.timeout_ms = 10 * 60 * 1000;
    check("clone_image", zfssa_clone_image(driver, &args, &call, &ticket, &error), error);

    while (running) {
        zfssa_event_t event;
        uint32_t count = 0;

        check("queue_next", zfssa_queue_next(queue, &event, sizeof event, 1, -1, &count, &error),
              error);
        if (event.kind == ZFSSA_EV_PROGRESS)
            show(zfssa_result_progress(event.result));
        if (event.kind == ZFSSA_EV_COMPLETION) {
            running = 0;
            if (zfssa_result_status(event.result) != ZFSSA_OK)
                fail("clone_image", zfssa_result_error(event.result));
            cloned = zfssa_result_cloned_image(event.result);
            if (cloned->volume == NULL)
                printf("the cache declined: %s\n", cloned->declined);
            else
                printf("made %s, a clone of %s, %s\n", cloned->volume->name, cloned->cache_entry,
                       cloned->transferred ? "which was written" : "which was there");
        }
        zfssa_result_free(event.result);
    }

    zfssa_queue_free(queue);
    close_driver(driver);
    return 0;
}
