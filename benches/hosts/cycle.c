/* The cycle of the benchmark through the C ABI: one thread, one queue, any number of callers.
 *
 *     cycle CONFIG.toml CALLERS CYCLES
 *
 * Each caller carries out its operations one after another. After one cycle of each, the program
 * prints `ready`, and waits for a line. Then each caller carries out CYCLES cycles, and the program
 * prints its figures as JSON. The driver stays open until the end of standard input, so that its
 * logout is not counted. */

#include <inttypes.h>
#include <sys/resource.h>

#include "zfssa.h"

#include "host.h"

#define HOST "iqn.2004-10.org.example:host-a"

enum { STEPS = 8, BATCH = 64 };

struct caller {
    unsigned step;
    unsigned long cycle;
    double started;
};

static zfssa_driver_t *driver;
static zfssa_queue_t *queue;
static struct caller *callers;
static uint32_t *latencies_us;
static size_t latencies;

static double cpu_ms(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
}

static void submit(uint64_t number)
{
    struct caller *caller = &callers[number];
    const zfssa_call_t call = {
        .size = sizeof call, .timeout_ms = -1, .queue = queue, .user_data = number};
    zfssa_error_t *error = NULL;
    zfssa_ticket_t ticket = 0;
    zfssa_status_t status = ZFSSA_OK;
    char volume[48], snapshot[48], clone[48];

    snprintf(volume, sizeof volume, "volume-%" PRIu64 "-%lu", number, caller->cycle);
    snprintf(snapshot, sizeof snapshot, "snapshot-%" PRIu64 "-%lu", number, caller->cycle);
    snprintf(clone, sizeof clone, "clone-%" PRIu64 "-%lu", number, caller->cycle);
    caller->started = now();
    switch (caller->step) {
    case 0: {
        const zfssa_create_volume_args_t args = {
            .size = sizeof args, .name = volume, .size_gib = 1};
        status = zfssa_create_volume(driver, &args, &call, &ticket, &error);
        break;
    }
    case 1: {
        const zfssa_create_snapshot_args_t args = {
            .size = sizeof args, .volume = volume, .name = snapshot};
        status = zfssa_create_snapshot(driver, &args, &call, &ticket, &error);
        break;
    }
    case 2: {
        const zfssa_create_volume_from_snapshot_args_t args = {.size = sizeof args,
                                                               .name = clone,
                                                               .size_gib = 1,
                                                               .source_volume = volume,
                                                               .snapshot = snapshot};
        status = zfssa_create_volume_from_snapshot(driver, &args, &call, &ticket, &error);
        break;
    }
    case 3: {
        const zfssa_initialize_connection_args_t args = {
            .size = sizeof args, .volume = clone, .initiator = HOST};
        status = zfssa_initialize_connection(driver, &args, &call, &ticket, &error);
        break;
    }
    case 4: {
        const zfssa_terminate_connection_args_t args = {
            .size = sizeof args, .volume = clone, .initiator = HOST};
        status = zfssa_terminate_connection(driver, &args, &call, &ticket, &error);
        break;
    }
    case 6: {
        const zfssa_delete_snapshot_args_t args = {
            .size = sizeof args, .volume = volume, .name = snapshot};
        status = zfssa_delete_snapshot(driver, &args, &call, &ticket, &error);
        break;
    }
    default: {
        const zfssa_delete_volume_args_t args = {
            .size = sizeof args, .name = caller->step == 5 ? clone : volume};
        status = zfssa_delete_volume(driver, &args, &call, &ticket, &error);
    }
    }
    must(status, error);
}

/* Carries out a number of cycles with each caller. */
static void run(unsigned long count, unsigned long first, unsigned long cycles)
{
    unsigned long busy = count;
    zfssa_error_t *error = NULL;
    unsigned long i;

    for (i = 0; i < count; i++) {
        callers[i].step = 0;
        callers[i].cycle = first;
        submit(i);
    }
    while (busy > 0) {
        zfssa_event_t events[BATCH];
        uint32_t taken = 0, event;

        must(zfssa_queue_next(queue, events, sizeof *events, BATCH, -1, &taken, &error), error);
        for (event = 0; event < taken; event++) {
            const uint64_t number = events[event].user_data;
            struct caller *caller = &callers[number];

            if (zfssa_result_status(events[event].result) != ZFSSA_OK)
                fail(zfssa_error_info(zfssa_result_error(events[event].result))->text);
            zfssa_result_free(events[event].result);
            latencies_us[latencies++] = (uint32_t)((now() - caller->started) * 1e6);
            if (++caller->step == STEPS) {
                caller->step = 0;
                caller->cycle++;
            }
            if (caller->cycle < first + cycles)
                submit(number);
            else
                busy--;
        }
    }
}

static int by_size(const void *left, const void *right)
{
    const uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

    return (a > b) - (a < b);
}

static double percentile_ms(size_t percent)
{
    return latencies_us[(latencies - 1) * percent / 100] / 1e3;
}

int main(int argc, char **argv)
{
    const unsigned long count = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
    const unsigned long cycles = argc > 3 ? strtoul(argv[3], NULL, 10) : 0;
    zfssa_config_t *config;
    zfssa_result_t *result = NULL;
    zfssa_error_t *error = NULL;
    zfssa_ticket_t ticket = 0;
    double start, seconds, cpu;

    if (count == 0 || cycles == 0) {
        fprintf(stderr, "usage: %s CONFIG.toml CALLERS CYCLES\n", argv[0]);
        return 2;
    }
    callers = calloc(count, sizeof *callers);
    latencies_us = calloc(count * cycles * STEPS, sizeof *latencies_us);
    if (callers == NULL || latencies_us == NULL)
        fail("no memory");
    config = config_of(argv[1]);
    must(zfssa_driver_new(config, &driver, &error), error);
    zfssa_config_free(config);
    must(zfssa_queue_new(&queue, &error), error);
    must(zfssa_do_setup(driver, NULL, NULL, &ticket, &error), error);
    must(zfssa_ticket_wait(ticket, -1, &result, &error), error);
    if (zfssa_result_status(result) != ZFSSA_OK)
        fail(zfssa_error_info(zfssa_result_error(result))->text);
    zfssa_result_free(result);

    run(count, 0, 1);
    printf("ready\n");
    fflush(stdout);
    if (getchar() == EOF)
        fail("no program reads the figures");
    latencies = 0;
    cpu = cpu_ms();
    start = now();
    run(count, 1, cycles);
    seconds = now() - start;
    cpu = cpu_ms() - cpu;

    qsort(latencies_us, latencies, sizeof *latencies_us, by_size);
    printf("{\"operations\":%zu,\"seconds\":%.6f,\"cpu_ms\":%.3f,\"peak_kib\":%ld,"
           "\"latency_ms\":{\"50\":%.3f,\"90\":%.3f,\"99\":%.3f}}\n",
           latencies, seconds, cpu, process_status("VmHWM"), percentile_ms(50), percentile_ms(90),
           percentile_ms(99));
    fflush(stdout);
    while (getchar() != EOF)
        continue;
    zfssa_queue_free(queue);
    zfssa_driver_free(driver);
    free(callers);
    free(latencies_us);
    return 0;
}
