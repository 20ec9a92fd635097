/* Tables that may be wrong in every part. */
#include "touchstone.h"

#ifndef KIND
#define KIND TOUCHSTONE_AGGREGATOR
#endif
#ifndef THREADS
#define THREADS TOUCHSTONE_ANY_THREAD
#endif
#ifndef NAME
#define NAME TOUCHSTONE_LITERAL("fixture")
#endif
#ifndef VERSION
#define VERSION TOUCHSTONE_LITERAL("1.2")
#endif
#ifndef SCHEMA
#define SCHEMA TOUCHSTONE_LITERAL("{}")
#endif
#ifndef FUNCTIONS
#define FUNCTIONS .aggregate = aggregate
#endif
#ifndef ABI_VERSION
#define ABI_VERSION TOUCHSTONE_ABI_VERSION
#endif
#ifndef COUNT
#define COUNT 1
#endif
#ifndef PLUGINS
#define PLUGINS plugins
#endif
#ifndef TABLE
#define TABLE &library
#endif

#define UNLESS_REPLACED __attribute__((unused))

UNLESS_REPLACED static int32_t aggregate(void *instance, const double *rewards, size_t length, double *value,
                                         const TouchstoneTextSink *failure) {
    (void)instance, (void)rewards, (void)length, (void)failure;
    *value = 0.25;
    return TOUCHSTONE_DONE;
}

/* The second is there for those that say COUNT 2. */
UNLESS_REPLACED static const TouchstonePlugin plugins[] = {
    {.kind = KIND, .threads = THREADS, .name = NAME, .version = VERSION, .schema = SCHEMA, FUNCTIONS},
    {.kind = KIND, .threads = THREADS, .name = NAME, .version = VERSION, .schema = SCHEMA, FUNCTIONS},
};

UNLESS_REPLACED static const TouchstoneLibrary library = {ABI_VERSION, COUNT, PLUGINS};

const TouchstoneLibrary *touchstone_library(void) {
    return TABLE;
}
