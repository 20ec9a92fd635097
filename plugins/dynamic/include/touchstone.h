/* Plugins for Touchstone, in C or in any language that can make a C library.
 *
 * This header is the whole contract between a program and a library of plugins. A library exports ONE symbol:
 *
 *     const TouchstoneLibrary *touchstone_library(void);
 *
 * WHO OWNS WHAT. Nothing changes hands. Whatever a call is given (text, numbers, sinks, the context) belongs to the
 * caller and is valid until the call returns; whatever a call tells the other side goes through a sink, whose `put`
 * copies at once, so the caller of `put` keeps, and frees, its own. Memory is therefore freed by the side that made it.
 * Three things live longer: the library's table and all it points to (for ever: a library is never unloaded), an
 * instance (from `open` to `close`; the library makes it and frees it), and a context that was retained (until it is
 * released as often).
 *
 * WHICH THREAD. `check`, `open`, `close` and every other function of a plugin may be called from any thread. With
 * `threads = TOUCHSTONE_ANY_THREAD` also at the same time, on one instance, too; with TOUCHSTONE_ONE_AT_A_TIME the
 * program sees to it that calls into the plugin, all its instances together, never overlap (so such a plugin cannot reach
 * itself through a context). `close` is the last call on an instance, and no other is under way; where `open` failed there
 * is no instance. Sinks for rewards and completions may be used from any thread, also from several at once; all other
 * sinks only from the thread of the call; none after the call has returned. A context's functions may be called from any
 * thread.
 *
 * WHAT MAY BE NULL. Text without data is no text (an answer that is absent, settings that are not given); text of
 * length 0 need not have data. Numbers of length 0 need not have data. `instance` is what `open` made it, null included.
 * A sink, a context, and the pointer to a result are never null, nor are their functions. Of a plugin's functions,
 * `check`, `open`, `close`, `scope`, `score_all` and `gold` may be null, and those that its kind does not need should be.
 *
 * TEXT is UTF-8, not ended by a zero byte; it may hold zero bytes. A message that is not UTF-8 is replaced by a
 * complaint about it. JSON is text.
 *
 * FAILURE. A call returns TOUCHSTONE_DONE, or TOUCHSTONE_CANCELLED when it stopped because the context asked it to (and
 * only then), or puts one message, which is not empty, into `failure` and returns TOUCHSTONE_FAILED. The message says
 * what was wrong and what to do; the program adds the plugin, the file, the call and the question. No exception, panic or
 * longjmp may leave a call: catch them and return TOUCHSTONE_FAILED.
 *
 * WHAT IS CHECKED. The program trusts no result. A value that is not finite, a reward outside 0 to 1, a range outside
 * the text or inside a character, a token outside the vocabulary, a CoT that got no rewards or got them twice: each is
 * an error that names the plugin, and the job keeps what was done before. `touchstone plugins check PATH` tries all of
 * it. What cannot be checked is memory: a wrong pointer ends the process.
 *
 * VERSIONS. TOUCHSTONE_ABI_VERSION changes with any change of a type or rule in this file; a program loads libraries of
 * its own version only, and says so otherwise. Build the library again with the new header. The version comes first in
 * TouchstoneLibrary, in every version.
 */
#ifndef TOUCHSTONE_H
#define TOUCHSTONE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TOUCHSTONE_ABI_VERSION 2u

#if defined(_WIN32)
#define TOUCHSTONE_EXPORT __declspec(dllexport)
#else
#define TOUCHSTONE_EXPORT __attribute__((visibility("default")))
#endif

/* What a call returns. */
#define TOUCHSTONE_DONE 0
#define TOUCHSTONE_FAILED 1
#define TOUCHSTONE_CANCELLED 2

/* TouchstonePlugin.kind */
#define TOUCHSTONE_VERIFIER 1u
#define TOUCHSTONE_STEP_SPLITTER 2u
#define TOUCHSTONE_AGGREGATOR 3u
#define TOUCHSTONE_SAMPLER 4u
#define TOUCHSTONE_GENERATOR 5u
#define TOUCHSTONE_ANSWER_EQUIVALENCE 6u
#define TOUCHSTONE_ANSWER_EXTRACTOR 7u

/* TouchstonePlugin.threads */
#define TOUCHSTONE_ANY_THREAD 0u
#define TOUCHSTONE_ONE_AT_A_TIME 1u

/* What `scope` returns: what the rewards of a CoT depend on. */
#define TOUCHSTONE_SCOPE_COT 0u      /* the question and the CoT alone */
#define TOUCHSTONE_SCOPE_QUESTION 1u /* the question and all its CoTs */

/* The total of a stage of progress whose total is not known. */
#define TOUCHSTONE_UNKNOWN_TOTAL UINT64_MAX

/* UTF-8 text. */
typedef struct TouchstoneText {
    const char *data;
    size_t length;
} TouchstoneText;

/* A TouchstoneText of a string literal, also in a table. */
#define TOUCHSTONE_LITERAL(literal) {(literal), sizeof(literal) - 1}

/* Where text goes. `put` copies it. */
typedef struct TouchstoneTextSink {
    void *sink;
    void (*put)(void *sink, TouchstoneText text);
} TouchstoneTextSink;

/* Where the byte ranges of steps go: start (included) and end (excluded), in order. */
typedef struct TouchstoneRangeSink {
    void *sink;
    void (*put)(void *sink, size_t start, size_t end);
} TouchstoneRangeSink;

/* Where rewards go: one list for each CoT, by the places (from 0) of the question in the call's work (0 for
 * `score_question`) and of the CoT in the question. NaN is a missing reward; every other is from 0 to 1. */
typedef struct TouchstoneRewardSink {
    void *sink;
    void (*put)(void *sink, size_t question, size_t cot, const double *rewards, size_t length);
} TouchstoneRewardSink;

/* Where completions go, by the places of the prompt in the call and of the sample. A completion is JSON:
 * {"text": "…", "finish": "end_of_text" | "stop" | "length", "tokens": []}, where each token, if tokens are told, is
 * {"offset": bytes, "log_probability": number or null, "candidates": [number or null, …]}. */
typedef struct TouchstoneCompletionSink {
    void *sink;
    void (*put)(void *sink, size_t prompt, size_t sample, TouchstoneText completion);
} TouchstoneCompletionSink;

/* The only source of a sampler's randomness. */
typedef struct TouchstoneDraw {
    uint64_t seed;     /* of the job */
    uint64_t sequence; /* unlike for any two samples of the job */
    uint64_t position; /* from 0 at the first new token */
} TouchstoneDraw;

typedef struct TouchstonePlugin TouchstonePlugin;

/* A plugin of the other side: call the functions of `plugin` with `instance`, then `close` it. */
typedef struct TouchstoneMade {
    const TouchstonePlugin *plugin;
    void *instance;
} TouchstoneMade;

/* What a running job lends to a plugin. To use it after the call, call `retain` and copy the struct. */
typedef struct TouchstoneContext {
    void *data; /* the first argument of the functions below */
    void (*retain)(void *data);
    void (*release)(void *data);
    /* Not 0 once the job was asked to stop: return TOUCHSTONE_CANCELLED soon. */
    int32_t (*cancelled)(void *data);
    /* Progress: a stage of `total` units begins; units of it are done; it ends. */
    void *(*start)(void *data, TouchstoneText stage, uint64_t total);
    void (*advance)(void *stage, uint64_t units);
    void (*finish)(void *stage);
    /* Puts a JSON list of the plugins that `make` can make. */
    void (*plugins)(void *data, const TouchstoneTextSink *descriptions);
    /* Makes one of them, opened, from its settings (a JSON object): a generator for a verifier, say. */
    int32_t (*make)(void *data, uint32_t kind, TouchstoneText name, TouchstoneText settings, TouchstoneMade *made,
                    const TouchstoneTextSink *failure);
    /* Puts a JSON object: the job's templates by name. */
    void (*templates)(void *data, const TouchstoneTextSink *templates);
} TouchstoneContext;

/* One plugin. Fill it with designated initialisers; what is not named is null. */
struct TouchstonePlugin {
    uint32_t kind;
    uint32_t threads;
    TouchstoneText name;    /* in recipes: ASCII letters, digits, and _ - . */
    TouchstoneText version; /* as you count them */
    TouchstoneText schema;  /* JSON Schema of the settings, an object that refers to nothing outside itself; its
                               "description" says what the plugin is for */

    /* Says whether these settings, which fit the schema, would do. Loads nothing. */
    int32_t (*check)(const TouchstonePlugin *plugin, TouchstoneText settings, const TouchstoneTextSink *failure);
    /* Makes an instance from settings, which fit the schema: a JSON object. Loads what the instance needs. */
    int32_t (*open)(const TouchstonePlugin *plugin, TouchstoneText settings, const TouchstoneContext *context,
                    void **instance, const TouchstoneTextSink *failure);
    void (*close)(void *instance);

    /* Aggregator: sets *value, a finite number, to the value of a CoT with these rewards. NaN is a missing reward
     * (by convention it counts as 0.5, as no rewards at all do). */
    int32_t (*aggregate)(void *instance, const double *rewards, size_t length, double *value,
                         const TouchstoneTextSink *failure);

    /* Step splitter: puts the byte ranges of the steps: inside the text, between characters, in order, without overlap,
     * none of white space only. */
    int32_t (*split)(void *instance, TouchstoneText solution, const TouchstoneRangeSink *ranges,
                     const TouchstoneTextSink *failure);

    /* Sampler: sets *token, below `vocabulary`, from the logits (which it may overwrite), the tokens so far (the prompt's
     * first) and the draw, and from nothing else. */
    int32_t (*sample)(void *instance, float *logits, size_t vocabulary, const uint32_t *history, size_t length,
                      TouchstoneDraw draw, uint32_t *token, const TouchstoneTextSink *failure);

    /* Verifier: what the rewards of a CoT depend on. Null: TOUCHSTONE_SCOPE_COT. */
    uint32_t (*scope)(void *instance);
    /* Verifier: puts the rewards of every CoT of one question. `work` is JSON:
     * {"question": {"id": "17" or 17, "category": "law", "text": "…"},
     *  "cots": [{"id": 0, "steps": ["…", …], "answer": "C" or null}, …]} */
    int32_t (*score_question)(void *instance, const TouchstoneContext *context, TouchstoneText work,
                              const TouchstoneRewardSink *rewards, const TouchstoneTextSink *failure);
    /* Verifier: the same for a list of such questions, for those that gain from batches. Rewards are put as soon as they
     * are final, so that the job can keep them. Null: `score_question` is called for each, from many threads where the
     * plugin allows it. */
    int32_t (*score_all)(void *instance, const TouchstoneContext *context, TouchstoneText work,
                         const TouchstoneRewardSink *rewards, const TouchstoneTextSink *failure);

    /* Generator: puts every completion of every prompt as soon as it is final. `prompts` is JSON, [{"text": "…"}, …];
     * `request` is {"samples": 4, "max_tokens": 512, "stop": ["…"], "sampler": {"type": "…", …}, "seed": 42,
     * "candidates": [" Yes", " No"]}. */
    int32_t (*generate)(void *instance, const TouchstoneContext *context, TouchstoneText prompts, TouchstoneText request,
                        const TouchstoneCompletionSink *completions, const TouchstoneTextSink *failure);

    /* Generator: puts the prompt of a conversation: it in the model's chat template, and the beginning of the model's turn.
     * `conversation` is JSON: {"messages": [{"role": "user", "content": "…"}, …], "thinking": "as_template"}, where a role
     * is also "system" or "assistant", and thinking also "on" or "off". Nothing put means that there is no chat template;
     * so does null. */
    int32_t (*chat)(void *instance, const TouchstoneContext *context, TouchstoneText conversation,
                    const TouchstoneTextSink *prompt, const TouchstoneTextSink *failure);

    /* Answer equivalence: puts the key of a CoT's answer (null where there is none); answers with one key are the same.
     * Nothing put means no key. */
    int32_t (*key)(void *instance, TouchstoneText answer, const TouchstoneTextSink *key,
                   const TouchstoneTextSink *failure);
    /* Answer equivalence: the key of a gold answer. Null: `key` is called. */
    int32_t (*gold)(void *instance, TouchstoneText answer, const TouchstoneTextSink *key,
                    const TouchstoneTextSink *failure);

    /* Answer extractor: puts the final answer of a solution, which holds more than white space. Nothing put means that the
     * solution has none. */
    int32_t (*extract)(void *instance, TouchstoneText solution, const TouchstoneTextSink *answer,
                       const TouchstoneTextSink *failure);
};

typedef struct TouchstoneLibrary {
    uint32_t abi_version; /* TOUCHSTONE_ABI_VERSION */
    uint32_t plugin_count;
    const TouchstonePlugin *plugins;
} TouchstoneLibrary;

/* The symbol. */
TOUCHSTONE_EXPORT const TouchstoneLibrary *touchstone_library(void);

/* Puts the message (a C string) and gives what the call is to return. */
static inline int32_t touchstone_fail(const TouchstoneTextSink *failure, const char *message) {
    TouchstoneText text;
    text.data = message;
    text.length = strlen(message);
    failure->put(failure->sink, text);
    return TOUCHSTONE_FAILED;
}

#ifdef __cplusplus
}
#endif

#endif
