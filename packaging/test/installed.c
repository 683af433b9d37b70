/* A program against the installed library: the handshake of versions, an echo, an operation.
 *
 *     installed CONFIG.toml NAME
 */

#include <stdio.h>
#include <string.h>
#include <zfssa.h>

#ifdef BESIDE_ANOTHER
/* From another archive of Rust, linked into the same program. */
int another_archive_catches(int number);
#endif

static int failed(const char *step, const zfssa_error_t *error)
{
    const zfssa_error_info_t *info = zfssa_error_info(error);

    fprintf(stderr, "%s: %s\n", step, info != NULL ? info->text : "failed");
    return 1;
}

int main(int argc, char **argv)
{
    const uint32_t abi = zfssa_abi_version();
    zfssa_config_t *config = NULL;
    zfssa_driver_t *driver = NULL;
    zfssa_error_t *error = NULL;
    zfssa_ticket_t ticket = 0;
    zfssa_result_t *result = NULL;
    zfssa_echo_args_t echo = {0};
    zfssa_create_volume_args_t create = {0};

    if (argc != 3)
        return 2;
    if (abi >> 16 != ZFSSA_ABI_MAJOR || (abi & 0xffff) != ZFSSA_ABI_MINOR ||
        strcmp(zfssa_version(), ZFSSA_VERSION) != 0) {
        fprintf(stderr, "header %s, library %s\n", ZFSSA_VERSION, zfssa_version());
        return 1;
    }
    if (zfssa_config_new(&config, &error) != ZFSSA_OK ||
        zfssa_config_load_toml(config, argv[1], NULL, &error) != ZFSSA_OK ||
        zfssa_driver_new(config, &driver, &error) != ZFSSA_OK)
        return failed("driver_new", error);
    zfssa_config_free(config);

    echo.size = sizeof echo;
    echo.message = "hello";
    if (zfssa_echo(driver, &echo, NULL, &ticket, &error) != ZFSSA_OK ||
        zfssa_ticket_wait(ticket, -1, &result, &error) != ZFSSA_OK)
        return failed("echo", error);
    if (strcmp(zfssa_result_echo(result)->message, "hello") != 0)
        return failed("echo", NULL);
    zfssa_result_free(result);

    if (zfssa_do_setup(driver, NULL, NULL, &ticket, &error) != ZFSSA_OK ||
        zfssa_ticket_wait(ticket, -1, &result, &error) != ZFSSA_OK)
        return failed("do_setup", error);
    zfssa_result_free(result);

    create.size = sizeof create;
    create.name = argv[2];
    create.size_gib = 1;
    if (zfssa_create_volume(driver, &create, NULL, &ticket, &error) != ZFSSA_OK ||
        zfssa_ticket_wait(ticket, -1, &result, &error) != ZFSSA_OK)
        return failed("create_volume", error);
    if (zfssa_result_status(result) != ZFSSA_OK)
        return failed("create_volume", zfssa_result_error(result));
    printf("%s %s\n", zfssa_version(), zfssa_result_volume(result)->name);
    zfssa_result_free(result);
    zfssa_driver_free(driver);

#ifdef BESIDE_ANOTHER
    if (another_archive_catches(7) != 7)
        return failed("the other archive", NULL);
#endif
    return 0;
}
