/* The aggregator `mean` as a third party writes it in C: the sum in NumPy's order, a missing reward one half. */
#include "touchstone.h"
#include <math.h>

static double value_of(double reward) { return isnan(reward) ? 0.5 : reward; }

static double sum(const double *rewards, size_t length) {
    if (length < 8) {
        double total = 0;
        for (size_t i = 0; i < length; i++) total += value_of(rewards[i]);
        return total;
    }
    if (length > 128) {
        size_t left = length / 2 - length / 2 % 8;
        return sum(rewards, left) + sum(rewards + left, length - left);
    }
    double lane[8];
    size_t whole = length - length % 8;
    for (size_t i = 0; i < 8; i++) lane[i] = value_of(rewards[i]);
    for (size_t i = 8; i < whole; i++) lane[i % 8] += value_of(rewards[i]);
    double total = ((lane[0] + lane[1]) + (lane[2] + lane[3])) + ((lane[4] + lane[5]) + (lane[6] + lane[7]));
    for (size_t i = whole; i < length; i++) total += value_of(rewards[i]);
    return total;
}

static int32_t aggregate(void *instance, const double *rewards, size_t length, double *value,
                         const TouchstoneTextSink *failure) {
    (void)instance;
    (void)failure;
    *value = length == 0 ? 0.5 : sum(rewards, length) / (double)length;
    return TOUCHSTONE_DONE;
}

static const TouchstonePlugin plugins[] = {{
    .kind = TOUCHSTONE_AGGREGATOR,
    .name = TOUCHSTONE_LITERAL("mean_in_c"),
    .version = TOUCHSTONE_LITERAL("1.0"),
    .schema = TOUCHSTONE_LITERAL("{\"type\": \"object\", \"properties\": {}, \"additionalProperties\": false}"),
    .aggregate = aggregate,
}};
static const TouchstoneLibrary library = {TOUCHSTONE_ABI_VERSION, 1, plugins};

const TouchstoneLibrary *touchstone_library(void) { return &library; }
