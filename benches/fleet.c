/* A project with many volumes, through the C ABI.
 *
 *     fleet CONFIG.toml prepare            sets up the backend and creates volume-model
 *     fleet CONFIG.toml list COUNT TIMES   each mode reads COUNT volumes or more, or fails
 *     fleet CONFIG.toml pages COUNT TIMES
 *     fleet CONFIG.toml stats COUNT TIMES
 *     fleet CONFIG.toml audit COUNT TIMES  with the names of all volumes, as a host has them
 *     fleet CONFIG.toml single TIMES       create, attach, detach, delete
 *
 * A list prints `seconds=… requests=… peak_kib=…`: the time and the requests of one, and the memory
 * of the first above that of a process that is set up, with the result still there. `single` prints
 * the median of each operation, in microseconds, and its requests, and the memory of them all. */

#include <stdint.h>

#include "zfssa.h"

#include "hosts/host.h"

#define HOST "iqn.2004-10.org.example:host-a"
#define MODEL "volume-model"
#define PAGE 1000

static zfssa_driver_t *driver;

/* Those of the operations since it was zero. */
static uint32_t requests;

/* Makes the peak of the memory what is in use now. */
static long reset_peak(void)
{
    FILE *file = fopen("/proc/self/clear_refs", "w");

    if (file == NULL || fputs("5", file) < 0 || fclose(file) != 0)
        fail("the peak of the memory cannot be reset");
    return process_status("VmHWM");
}

static zfssa_result_t *await(zfssa_ticket_t ticket)
{
    zfssa_result_t *result = NULL;
    zfssa_error_t *error = NULL;

    must(zfssa_ticket_wait(ticket, -1, &result, &error), error);
    if (zfssa_result_status(result) != ZFSSA_OK)
        fail(zfssa_error_info(zfssa_result_error(result))->text);
    requests += zfssa_result_requests(result);
    return result;
}

#define CALL(operation, args)                                                                      \
    do {                                                                                           \
        zfssa_error_t *error = NULL;                                                               \
        must(operation(driver, args, &endless, &ticket, &error), error);                           \
    } while (0)

static const zfssa_call_t endless = {.size = sizeof endless, .timeout_ms = -1};

static void create(const char *name)
{
    zfssa_create_volume_args_t args = {.size = sizeof args, .name = name, .size_gib = 1};
    zfssa_ticket_t ticket = 0;

    CALL(zfssa_create_volume, &args);
    zfssa_result_free(await(ticket));
}

static void attach(const char *name)
{
    zfssa_initialize_connection_args_t args = {
        .size = sizeof args, .volume = name, .initiator = HOST};
    zfssa_ticket_t ticket = 0;

    CALL(zfssa_initialize_connection, &args);
    zfssa_result_free(await(ticket));
}

static void detach(const char *name)
{
    zfssa_terminate_connection_args_t args = {
        .size = sizeof args, .volume = name, .initiator = HOST};
    zfssa_ticket_t ticket = 0;

    CALL(zfssa_terminate_connection, &args);
    zfssa_result_free(await(ticket));
}

static void delete(const char *name)
{
    zfssa_delete_volume_args_t args = {.size = sizeof args, .name = name};
    zfssa_ticket_t ticket = 0;

    CALL(zfssa_delete_volume, &args);
    zfssa_result_free(await(ticket));
}

static void set_up(void)
{
    zfssa_ticket_t ticket = 0;

    CALL(zfssa_do_setup, NULL);
    zfssa_result_free(await(ticket));
}

/* The lists return how many volumes they concerned. */

static zfssa_result_t *kept;

static long list(void)
{
    zfssa_ticket_t ticket = 0;

    CALL(zfssa_list_volumes, NULL);
    kept = await(ticket);
    return (long)zfssa_result_volumes(kept)->count;
}

static long pages(void)
{
    zfssa_list_volumes_args_t args = {.size = sizeof args, .limit = PAGE};
    long count = 0;

    do {
        zfssa_ticket_t ticket = 0;
        zfssa_result_t *page;

        CALL(zfssa_list_volumes, &args);
        page = await(ticket);
        count += (long)zfssa_result_volumes(page)->count;
        args.marker = zfssa_result_volumes(page)->next_marker;
        /* The marker lives as long as its page. */
        if (kept != NULL)
            zfssa_result_free(kept);
        kept = page;
    } while (args.marker != NULL);
    return count;
}

static long stats(void)
{
    zfssa_ticket_t ticket = 0;

    CALL(zfssa_get_volume_stats, NULL);
    kept = await(ticket);
    return (long)zfssa_result_volume_stats(kept)->total_volumes;
}

/* Of the fleet that the simulator makes. */
static const char **names;
static char (*name_texts)[32];

static void make_names(long count)
{
    long i;

    names = calloc((size_t)count + 1, sizeof *names);
    name_texts = calloc((size_t)count + 1, sizeof *name_texts);
    if (names == NULL || name_texts == NULL)
        fail("no memory");
    for (i = 0; i < count; i++) {
        snprintf(name_texts[i], sizeof name_texts[i], "fleet-%06ld", i + 1);
        names[i] = name_texts[i];
    }
    names[count] = MODEL;
}

static long audit(long count)
{
    zfssa_audit_args_t args = {.size = sizeof args,
                               .flags = ZFSSA_AUDIT_ANY_AGE,
                               .volumes = names,
                               .volumes_count = (uint32_t)count + 1};
    zfssa_ticket_t ticket = 0;

    CALL(zfssa_audit, &args);
    kept = await(ticket);
    if (zfssa_result_audit_report(kept)->findings_count != 0)
        fail("the audit found something");
    return count;
}

static void read_list(const char *mode, long count)
{
    long found;

    if (strcmp(mode, "list") == 0)
        found = list();
    else if (strcmp(mode, "pages") == 0)
        found = pages();
    else if (strcmp(mode, "stats") == 0)
        found = stats();
    else
        found = audit(count);
    if (found < count)
        fail("volumes are missing");
}

static void measure_list(const char *mode, long count, long times)
{
    double start, seconds = 0;
    long before, peak = 0;
    long i;

    if (strcmp(mode, "audit") == 0)
        make_names(count);
    before = reset_peak();
    for (i = 0; i < times; i++) {
        requests = 0;
        start = now();
        read_list(mode, count);
        seconds += now() - start;
        if (i == 0)
            peak = process_status("VmHWM") - before;
        zfssa_result_free(kept);
        kept = NULL;
    }
    printf("seconds=%.6f requests=%u peak_kib=%ld\n", seconds / (double)times, requests, peak);
}

static int by_size(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;

    return (a > b) - (a < b);
}

static void measure_single(long count)
{
    static void (*const steps[])(const char *) = {create, attach, detach, delete};
    static const char *const step_names[] = {"create", "attach", "detach", "delete"};
    double *took[4];
    uint32_t sent[4] = {0};
    long before, i;
    int step;

    for (step = 0; step < 4; step++) {
        took[step] = calloc((size_t)count, sizeof **took);
        if (took[step] == NULL)
            fail("no memory");
    }
    before = reset_peak();
    /* The first round fills caches and connections. */
    for (i = -1; i < count; i++) {
        for (step = 0; step < 4; step++) {
            const double start = now();

            requests = 0;
            steps[step]("volume-single");
            sent[step] = requests;
            if (i >= 0)
                took[step][i] = now() - start;
        }
    }
    for (step = 0; step < 4; step++) {
        qsort(took[step], (size_t)count, sizeof **took, by_size);
        printf("%s=%.1f %s_requests=%u ", step_names[step], took[step][count / 2] * 1e6,
               step_names[step], sent[step]);
        free(took[step]);
    }
    printf("peak_kib=%ld\n", process_status("VmHWM") - before);
}

int main(int argc, char **argv)
{
    zfssa_config_t *config;
    zfssa_error_t *error = NULL;
    const char *mode = argc > 2 ? argv[2] : "";
    const int is_list = strcmp(mode, "prepare") != 0 && strcmp(mode, "single") != 0;
    const long count = argc > 3 ? atol(argv[3]) : 0;
    const long times = argc > 4 ? atol(argv[4]) : 0;

    if (argc < 3 || (is_list && times == 0) || (strcmp(mode, "single") == 0 && count == 0)) {
        fprintf(stderr,
                "usage: %s CONFIG.toml prepare|list|pages|stats|audit|single [COUNT] [TIMES]\n",
                argv[0]);
        return 2;
    }
    config = config_of(argv[1]);
    must(zfssa_driver_new(config, &driver, &error), error);
    zfssa_config_free(config);
    set_up();
    if (strcmp(mode, "prepare") == 0)
        create(MODEL);
    else if (strcmp(mode, "single") == 0)
        measure_single(count);
    else
        measure_list(mode, count, times);
    zfssa_driver_free(driver);
    free(names);
    free(name_texts);
    return 0;
}
