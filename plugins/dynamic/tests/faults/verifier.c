/* A verifier that does what DO says for a question, and ALL, where it is there, for many. */
#include "fixture.h"

#include <math.h>
#include <pthread.h>

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

static int32_t score_all(void *instance, const TouchstoneContext *context, TouchstoneText work,
                         const TouchstoneRewardSink *rewards, const TouchstoneTextSink *failure) {
    (void)instance, (void)context, (void)work, (void)rewards, (void)failure;
    ALL;
}

LIBRARY_OF(TOUCHSTONE_VERIFIER, .scope = scope, .score_question = score_question, .score_all = score_all)
#else
LIBRARY_OF(TOUCHSTONE_VERIFIER, .scope = scope, .score_question = score_question)
#endif
