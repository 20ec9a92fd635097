/* An aggregator whose value is the largest number of threads that were ever seen in it. A call stays until it has company
 * or until PATIENCE milliseconds have passed. */
#define _POSIX_C_SOURCE 200809L
#include "fixture.h"

#include <stdatomic.h>
#include <time.h>

static atomic_int inside;
static atomic_int most;

static int32_t aggregate(void *instance, const double *rewards, size_t length, double *value,
                         const TouchstoneTextSink *failure) {
    (void)instance, (void)rewards, (void)length, (void)failure;
    const int now = atomic_fetch_add(&inside, 1) + 1;
    int known = atomic_load(&most);
    while (now > known && !atomic_compare_exchange_weak(&most, &known, now)) {
    }
    const struct timespec millisecond = {0, 1000000};
    for (int waited = 0; waited < PATIENCE && atomic_load(&most) < 2; ++waited) {
        nanosleep(&millisecond, NULL);
    }
    atomic_fetch_sub(&inside, 1);
    *value = atomic_load(&most);
    return TOUCHSTONE_DONE;
}

LIBRARY_OF(TOUCHSTONE_AGGREGATOR, .aggregate = aggregate)
