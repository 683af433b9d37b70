/* A host that is not linked with the library but loads it, and uses its table. */

#include "test.h"
#include "zfssa_dl.h"

#include <dlfcn.h>

static const zfssa_vtable_t *load(void **library)
{
    *library = dlopen("libzfssa.so.1", RTLD_NOW | RTLD_LOCAL);
    if (*library == NULL)
        fprintf(stderr, "%s\n", dlerror());
    CHECK(*library != NULL);
    const zfssa_vtable_t *(*get)(uint32_t, uint32_t);
    *(void **)&get = dlsym(*library, "zfssa_get_vtable");
    CHECK(get != NULL);
    const zfssa_vtable_t *table = get(ZFSSA_ABI_MAJOR, sizeof(zfssa_vtable_t));
    CHECK(table != NULL && table->size >= sizeof *table);
    CHECK(get(ZFSSA_ABI_MAJOR + 1, 0) == NULL);
    CHECK(get(ZFSSA_ABI_MAJOR, UINT32_MAX) == NULL);
    return table;
}

static zfssa_driver_t *driver_of(const zfssa_vtable_t *lib)
{
    static const char toml[] = "san_ip = '127.0.0.1'\nsan_password = 'p'\nzfssa_pool = 'p'\n"
                               "zfssa_project = 'p'\nzfssa_initiator_group = 'g'\n"
                               "zfssa_target_portal = '127.0.0.1'\n"
                               "zfssa_target_interfaces = ['net0']\n";
    zfssa_config_t *config = NULL;
    zfssa_driver_t *driver = NULL;
    CHECK(lib->config_new(&config, NULL) == ZFSSA_OK);
    CHECK(lib->config_parse_toml(config, toml, NULL, NULL) == ZFSSA_OK);
    zfssa_error_t *err = NULL;
    if (lib->driver_new(config, &driver, &err) != ZFSSA_OK) {
        fprintf(stderr, "%s\n", lib->error_info(err)->text);
        exit(1);
    }
    lib->config_free(config);
    return driver;
}

static void echo_through_the_table(void)
{
    void *library = NULL;
    const zfssa_vtable_t *lib = load(&library);
    zfssa_driver_t *driver = driver_of(lib);
    zfssa_ticket_t ticket = 0;
    zfssa_result_t *result = NULL;
    CHECK(lib->echo(driver, NULL, NULL, &ticket, NULL) == ZFSSA_OK);
    CHECK(lib->ticket_wait(ticket, 10000, &result, NULL) == ZFSSA_OK);
    CHECK(lib->result_echo(result)->message[0] == '\0');
    lib->result_free(result);
    lib->driver_free(driver);
    CHECK(lib->objects_alive() == 0);
    dlclose(library);
}

static void dlclose_is_harmless(void)
{
    for (int i = 0; i < 100; i++) {
        void *library = NULL;
        const zfssa_vtable_t *lib = load(&library);
        zfssa_driver_t *driver = driver_of(lib);
        zfssa_ticket_t ticket = 0;
        zfssa_echo_args_t args;
        memset(&args, 0, sizeof args);
        args.size = sizeof args;
        args.delay_ms = 5;
        CHECK(lib->echo(driver, &args, NULL, &ticket, NULL) == ZFSSA_OK);
        dlclose(library);
        sleep_ms(7);
        /* The library stays, and so does everything in it. */
        lib->driver_free(driver);
    }
}

int main(int argc, char **argv)
{
    static const test_case_t cases[] = {
        {"echo_through_the_table", echo_through_the_table},
        {"dlclose_is_harmless", dlclose_is_harmless},
        {NULL, NULL},
    };
    return run_case(cases, argc, argv);
}
