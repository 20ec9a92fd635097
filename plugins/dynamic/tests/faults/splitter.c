/* A splitter that does what DO says. */
#include "fixture.h"

#define STEP(start, end) ranges->put(ranges->sink, (start), (end))

static int32_t split(void *instance, TouchstoneText solution, const TouchstoneRangeSink *ranges,
                     const TouchstoneTextSink *failure) {
    (void)instance, (void)solution, (void)ranges, (void)failure;
    DO;
}

LIBRARY_OF(TOUCHSTONE_STEP_SPLITTER, .split = split)
