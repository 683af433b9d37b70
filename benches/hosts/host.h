/* What the C programs of the benchmark share: errors, the clock, memory, and their driver. */

#ifndef ZFSSA_BENCH_HOST_H
#define ZFSSA_BENCH_HOST_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void fail(const char *text)
{
    fprintf(stderr, "%s\n", text);
    exit(1);
}

static inline double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* A number of /proc/self/status: KiB of memory, or the number of threads. */
static inline long process_status(const char *key)
{
    char line[256];
    long value = -1;
    FILE *file = fopen("/proc/self/status", "r");

    if (file == NULL)
        fail("there is no /proc/self/status");
    while (value < 0 && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, key, strlen(key)) == 0)
            value = strtol(line + strlen(key) + 1, NULL, 10);
    }
    fclose(file);
    return value;
}

#ifdef ZFSSA_H

static inline void must(zfssa_status_t status, zfssa_error_t *error)
{
    if (status != ZFSSA_OK)
        fail(error != NULL ? zfssa_error_info(error)->text : "an error");
}

static inline zfssa_config_t *config_of(const char *path)
{
    zfssa_config_t *config = NULL;
    zfssa_error_t *error = NULL;

    must(zfssa_config_new(&config, &error), error);
    must(zfssa_config_load_toml(config, path, NULL, &error), error);
    return config;
}

#endif
#endif
