/* A verifier that does what DO says for a question, and ALL, where it is there, for many. */
#include "fixture.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>

#ifndef SCOPE
#define SCOPE TOUCHSTONE_SCOPE_COT
#endif

/* Puts these rewards. */
#define GIVE(question, cot, ...)                                                                                        \
    do {                                                                                                                \
        const double given[] = {__VA_ARGS__};                                                                           \
        rewards->put(rewards->sink, (question), (cot), given, sizeof given / sizeof *given);                            \
    } while (0)

static uint32_t scope(void *instance) {
    (void)instance;
    return SCOPE;
}

static int32_t score_question(void *instance, const TouchstoneContext *context, TouchstoneText work,
                              const TouchstoneRewardSink *rewards, const TouchstoneTextSink *failure) {
    (void)instance, (void)context, (void)work, (void)rewards, (void)failure;
    DO;
}

#ifdef ALL
/* What a thread of ALL puts: rewards for the first CoT of the question at its own place. */
struct Share {
    const TouchstoneRewardSink *rewards;
    size_t question;
};

static inline void *give_share(void *argument) {
    const struct Share *share = argument;
    const TouchstoneRewardSink *rewards = share->rewards;
    GIVE(share->question, 0, 0.25 * (double)share->question);
    return NULL;
}

/* Gives every question its share, from a thread of its own. */
static inline int32_t give_from_threads(const TouchstoneRewardSink *rewards, const TouchstoneTextSink *failure) {
    enum { THREAD_COUNT = 4 };
    pthread_t threads[THREAD_COUNT];
    struct Share shares[THREAD_COUNT];
    for (size_t place = 0; place < THREAD_COUNT; ++place) {
        shares[place].rewards = rewards;
        shares[place].question = place;
        if (pthread_create(&threads[place], NULL, give_share, &shares[place]) != 0) {
            abort(); /* the others may not outlive this call */
        }
    }
    for (size_t place = 0; place < THREAD_COUNT; ++place) {
        if (pthread_join(threads[place], NULL) != 0) {
            return touchstone_fail(failure, "a thread did not end");
        }
    }
    return TOUCHSTONE_DONE;
}

static int32_t score_all(void *instance, const TouchstoneContext *context, TouchstoneText work,
                         const TouchstoneRewardSink *rewards, const TouchstoneTextSink *failure) {
    (void)instance, (void)context, (void)work, (void)rewards, (void)failure;
    ALL;
}

LIBRARY_OF(TOUCHSTONE_VERIFIER, .scope = scope, .score_question = score_question, .score_all = score_all)
#else
LIBRARY_OF(TOUCHSTONE_VERIFIER, .scope = scope, .score_question = score_question)
#endif
