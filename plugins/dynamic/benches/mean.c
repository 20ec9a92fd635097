/* The mean, as an author writes it in C. Adds in another order than the built-in one, so the last bits may differ. */
#include "touchstone.h"

static int32_t aggregate(void *instance, const double *rewards, size_t length, double *value,
                         const TouchstoneTextSink *failure) {
    double sum = 0.0;
    (void)instance;
    (void)failure;
    for (size_t place = 0; place < length; place++) {
        sum += rewards[place] == rewards[place] ? rewards[place] : 0.5;
    }
    *value = length == 0 ? 0.5 : sum / (double)length;
    return TOUCHSTONE_DONE;
}

static const TouchstonePlugin PLUGINS[] = {{
    .kind = TOUCHSTONE_AGGREGATOR,
    .name = TOUCHSTONE_LITERAL("mean_in_c"),
    .version = TOUCHSTONE_LITERAL("1"),
    .schema = TOUCHSTONE_LITERAL("{\"type\": \"object\", \"additionalProperties\": false}"),
    .aggregate = aggregate,
}};

static const TouchstoneLibrary LIBRARY = {
    .abi_version = TOUCHSTONE_ABI_VERSION,
    .plugin_count = 1,
    .plugins = PLUGINS,
};

TOUCHSTONE_EXPORT const TouchstoneLibrary *touchstone_library(void) {
    return &LIBRARY;
}
