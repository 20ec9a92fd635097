/* An answer equivalence that does what DO says for a CoT's answer, and GOLD, where it is there, for a gold one. */
#include "fixture.h"

#define KEY(text) key->put(key->sink, (text))

static int32_t key_of(void *instance, TouchstoneText answer, const TouchstoneTextSink *key,
                      const TouchstoneTextSink *failure) {
    (void)instance, (void)answer, (void)key, (void)failure;
    DO;
}

#ifdef GOLD
static int32_t gold(void *instance, TouchstoneText answer, const TouchstoneTextSink *key,
                    const TouchstoneTextSink *failure) {
    (void)instance, (void)answer, (void)key, (void)failure;
    GOLD;
}

LIBRARY_OF(TOUCHSTONE_ANSWER_EQUIVALENCE, .key = key_of, .gold = gold)
#else
LIBRARY_OF(TOUCHSTONE_ANSWER_EQUIVALENCE, .key = key_of)
#endif
