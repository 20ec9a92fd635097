/* A generator that does what DO says. */
#include "fixture.h"

#define COMPLETION "{\"text\": \"so\", \"finish\": \"stop\", \"tokens\": []}"

/* Puts this completion. */
#define GIVE(prompt, sample, json) completions->put(completions->sink, (prompt), (sample), text_of(json))

static int32_t generate(void *instance, const TouchstoneContext *context, TouchstoneText prompts, TouchstoneText request,
                        const TouchstoneCompletionSink *completions, const TouchstoneTextSink *failure) {
    (void)instance, (void)context, (void)prompts, (void)request, (void)completions, (void)failure;
    DO;
}

LIBRARY_OF(TOUCHSTONE_GENERATOR, .generate = generate)
