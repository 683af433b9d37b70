/* Metrics: a snapshot as numbers and as text, which outlives the driver. */

#include "test.h"

static zfssa_metrics_t *snapshot(zfssa_driver_t *driver)
{
    zfssa_metrics_t *metrics = NULL;
    OK(zfssa_driver_metrics(driver, &metrics, &err));
    CHECK(metrics != NULL);
    return metrics;
}

static uint64_t ended(const zfssa_metric_values_t *values, const char *result)
{
    for (uint32_t i = 0; i < values->operations_count; i++) {
        CHECK(values->operations[i]->size == sizeof *values->operations[i]);
        if (strcmp(values->operations[i]->result, result) == 0)
            return values->operations[i]->count;
    }
    CHECK(!"there is such a result");
    return 0;
}

static void end(zfssa_ticket_t ticket)
{
    zfssa_result_t *result = NULL;
    OK(zfssa_ticket_wait(ticket, at_most(10000), &result, &err));
    zfssa_result_free(result);
}

static void a_snapshot_stays_as_it_was_and_outlives_the_driver(void)
{
    zfssa_driver_t *driver = test_driver();
    zfssa_metrics_t *before = snapshot(driver);
    end(echo(driver, 0, NULL));
    const zfssa_ticket_t cancelled = echo(driver, 1 << 30, NULL);
    zfssa_metrics_t *during = snapshot(driver);
    OK(zfssa_ticket_cancel(cancelled, &err));
    end(cancelled);
    OK(zfssa_driver_close(driver, ZFSSA_CLOSE_DRAIN, at_most(10000), &err));
    zfssa_metrics_t *after = snapshot(driver);
    zfssa_driver_free(driver);

    const zfssa_metric_values_t *values = zfssa_metrics_values(before);
    CHECK(values != NULL && values->size == sizeof *values && values == zfssa_metrics_values(before));
    CHECK(values->operations_count == 7 && ended(values, "success") == 0);
    CHECK(values->connections_max > 0 && values->connections_limit == values->connections_max);
    CHECK(values->requests == 0 && values->durations == NULL && values->durations_count == 0);
    const zfssa_lock_waits_t *waits = values->lock_waits;
    CHECK(waits->size == sizeof *waits && waits->count == 0 && waits->contended == 0);
    CHECK(waits->buckets_count > 0 && waits->bounds_us != NULL && waits->buckets[0] == 0);
    CHECK(values->lease_remaining_us == 0 && values->leases_lost == 0);
    CHECK(values->coordination_requests == 0 && values->coordination_requests_failed == 0);
    CHECK(values->connections_share == values->connections_max && values->connections_wanted == 0);
    CHECK(ended(zfssa_metrics_values(during), "success") == 1);
    values = zfssa_metrics_values(after);
    CHECK(ended(values, "success") == 1 && ended(values, "none") == 1);
    CHECK(values->operations_in_flight == 0 && values->unknown_outcomes == 0);

    uint64_t length = 0;
    const char *text = zfssa_metrics_prometheus(after, &length);
    CHECK(text != NULL && length == strlen(text) && text[length - 1] == '\n');
    CHECK(strstr(text, "\n# TYPE zfssa_operations_total counter\n") != NULL);
    CHECK(strstr(text, "\nzfssa_operations_total{result=\"none\"} 1\n") != NULL);
    CHECK(text == zfssa_metrics_prometheus(after, NULL));

    zfssa_metrics_free(before);
    zfssa_metrics_free(during);
    zfssa_metrics_free(after);
    zfssa_metrics_free(NULL);
    CHECK(zfssa_objects_alive() == 0);
}

static void freed_objects_are_refused(void)
{
    zfssa_driver_t *driver = test_driver();
    zfssa_metrics_t *metrics = snapshot(driver);
    zfssa_metrics_free(metrics);
    uint64_t length = 1;
    CHECK(zfssa_metrics_values(metrics) == NULL && zfssa_metrics_values(NULL) == NULL);
    CHECK(zfssa_metrics_prometheus(metrics, &length) == NULL && length == 0);
    zfssa_metrics_free(metrics);
    EXPECT(ZFSSA_E_INVALID_ARGUMENT, zfssa_driver_metrics(driver, NULL, &err));
    zfssa_driver_free(driver);
    EXPECT(ZFSSA_E_INVALID_ARGUMENT, zfssa_driver_metrics(driver, &metrics, &err));
    CHECK(metrics == NULL);
}

int main(int argc, char **argv)
{
    static const test_case_t cases[] = {
        {"a_snapshot_stays_as_it_was_and_outlives_the_driver",
         a_snapshot_stays_as_it_was_and_outlives_the_driver},
        {"freed_objects_are_refused", freed_objects_are_refused},
        {NULL, NULL},
    };
    return run_case(cases, argc, argv);
}
