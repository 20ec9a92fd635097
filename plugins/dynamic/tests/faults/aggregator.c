/* An aggregator that does what DO says. */
#include "fixture.h"

#include <math.h>

static int32_t aggregate(void *instance, const double *rewards, size_t length, double *value,
                         const TouchstoneTextSink *failure) {
    (void)instance, (void)rewards, (void)length, (void)value, (void)failure;
    DO;
}

LIBRARY_OF(TOUCHSTONE_AGGREGATOR, .aggregate = aggregate)
