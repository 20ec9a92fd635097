/* An aggregator whose `open` does what OPEN says, and whose `check` refuses with REFUSAL where there is one. */
#include "fixture.h"

#include <stdlib.h>

#ifndef OPEN
#define OPEN return TOUCHSTONE_DONE
#endif

static int32_t check(const TouchstonePlugin *plugin, TouchstoneText settings, const TouchstoneTextSink *failure) {
    (void)plugin, (void)settings;
#ifdef REFUSAL
    return touchstone_fail(failure, REFUSAL);
#else
    (void)failure;
    return TOUCHSTONE_DONE;
#endif
}

static int32_t open(const TouchstonePlugin *plugin, TouchstoneText settings, const TouchstoneContext *context,
                    void **instance, const TouchstoneTextSink *failure) {
    (void)plugin, (void)settings, (void)context, (void)instance, (void)failure;
    OPEN;
}

static int32_t aggregate(void *instance, const double *rewards, size_t length, double *value,
                         const TouchstoneTextSink *failure) {
    (void)instance, (void)rewards, (void)length, (void)failure;
    *value = 0.25;
    return TOUCHSTONE_DONE;
}

LIBRARY_OF(TOUCHSTONE_AGGREGATOR, .check = check, .open = open, .aggregate = aggregate)
