/* A generator that does what DO says, and CHAT for a conversation. */
#include "fixture.h"

#define COMPLETION "{\"text\": \"so\", \"finish\": \"stop\", \"tokens\": []}"

/* Puts this completion. */
#define GIVE(prompt, sample, json) completions->put(completions->sink, (prompt), (sample), text_of(json))

#ifndef DO
#define DO return TOUCHSTONE_DONE
#endif
#ifndef CHAT
#define CHAT return TOUCHSTONE_DONE
#endif

static int32_t generate(void *instance, const TouchstoneContext *context, TouchstoneText prompts, TouchstoneText request,
                        const TouchstoneCompletionSink *completions, const TouchstoneTextSink *failure) {
    (void)instance, (void)context, (void)prompts, (void)request, (void)completions, (void)failure;
    DO;
}

static int32_t chat(void *instance, const TouchstoneContext *context, TouchstoneText conversation,
                    const TouchstoneTextSink *prompt, const TouchstoneTextSink *failure) {
    (void)instance, (void)context, (void)conversation, (void)prompt, (void)failure;
    CHAT;
}

LIBRARY_OF(TOUCHSTONE_GENERATOR, .generate = generate, .chat = chat)
