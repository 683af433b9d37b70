/* Loading of the library at run time, with dlopen() and a single dlsym().
 *
 *     load_at_run_time CONFIG.toml [LIBRARY]
 */

#include <dlfcn.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "zfssa_dl.h"

static const zfssa_vtable_t *load(const char *path)
{
    const zfssa_vtable_t *(*get_vtable)(uint32_t, uint32_t);
    const zfssa_vtable_t *library;
    void *symbol;
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);

    if (handle == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        exit(1);
    }
    symbol = dlsym(handle, "zfssa_get_vtable");
    if (symbol == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        exit(1);
    }
    /* ISO C cannot convert an object pointer to a function pointer, so copy its bytes. */
    memcpy(&get_vtable, &symbol, sizeof get_vtable);
    library = get_vtable(ZFSSA_ABI_MAJOR, sizeof(zfssa_vtable_t));
    if (library == NULL) {
        fprintf(stderr, "%s is older than this program, or has another ABI\n", path);
        exit(1);
    }
    return library;
}

static void check(const zfssa_vtable_t *library, zfssa_status_t status, zfssa_error_t *error)
{
    if (status == ZFSSA_OK)
        return;
    fprintf(stderr, "%s\n", library->error_info(error)->text);
    exit(1);
}

int main(int argc, char **argv)
{
    const zfssa_vtable_t *library;
    zfssa_config_t *config = NULL;
    zfssa_driver_t *driver = NULL;
    zfssa_error_t *error = NULL;
    zfssa_ticket_t ticket = 0;
    zfssa_result_t *result = NULL;

    if (argc < 2 || argc > 3) {
        fprintf(stderr, "usage: %s CONFIG.toml [LIBRARY]\n", argv[0]);
        return 2;
    }
    library = load(argc == 3 ? argv[2] : "libzfssa.so.1");
    printf("libzfssa %s\n", library->version());

    check(library, library->config_new(&config, &error), error);
    check(library, library->config_load_toml(config, argv[1], NULL, &error), error);
    check(library, library->driver_new(config, &driver, &error), error);
    library->config_free(config);

    check(library, library->do_setup(driver, NULL, NULL, &ticket, &error), error);
    check(library, library->ticket_wait(ticket, -1, &result, &error), error);
    if (library->result_status(result) != ZFSSA_OK) {
        fprintf(stderr, "%s\n", library->error_info(library->result_error(result))->text);
        return 1;
    }
    printf("target %s\n", library->result_setup_report(result)->target_iqn);
    library->result_free(result);
    check(library, library->driver_close(driver, ZFSSA_CLOSE_DRAIN, 30000, &error), error);
    library->driver_free(driver);
    printf("objects left: %" PRIu64 "\n", library->objects_alive());
    return 0;
}
