/* An answer extractor that does what DO says. */
#include "fixture.h"

#define ANSWER(text) answer->put(answer->sink, (text))

static int32_t extract(void *instance, TouchstoneText solution, const TouchstoneTextSink *answer,
                       const TouchstoneTextSink *failure) {
    (void)instance, (void)solution, (void)answer, (void)failure;
    DO;
}

LIBRARY_OF(TOUCHSTONE_ANSWER_EXTRACTOR, .extract = extract)
