/* A sampler that does what DO says. */
#include "fixture.h"

static int32_t sample(void *instance, float *logits, size_t vocabulary, const uint32_t *history, size_t length,
                      TouchstoneDraw draw, uint32_t *token, const TouchstoneTextSink *failure) {
    (void)instance, (void)logits, (void)vocabulary, (void)history, (void)length, (void)draw, (void)token, (void)failure;
    DO;
}

LIBRARY_OF(TOUCHSTONE_SAMPLER, .sample = sample)
