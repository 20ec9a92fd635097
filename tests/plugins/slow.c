/* The verifier `slow`, for tests of jobs: takes its time over each CoT, and notes each one that it has scored in a file. */
#define _POSIX_C_SOURCE 200809L
#include "touchstone_json.h"

#include <stdio.h>
#include <time.h>

typedef struct Settings {
    char *log;
    uint64_t milliseconds;
    uint64_t seed;
} Settings;

static int32_t open_settings(const TouchstonePlugin *plugin, TouchstoneText text, const TouchstoneContext *context,
                             void **instance, const TouchstoneTextSink *failure) {
    (void)plugin, (void)context;
    TouchstoneJson json;
    if (touchstone_json_read(text, &json, failure) != TOUCHSTONE_DONE) {
        return TOUCHSTONE_FAILED;
    }
    TouchstoneJson log = touchstone_json_field(json, "log"), model = touchstone_json_field(json, "model");
    char *path = malloc(touchstone_json_size(model) + 1);
    TouchstoneText named = touchstone_json_string(model, path);
    if (named.data != NULL) {
        path[named.length] = '\0';
        FILE *file = fopen(path, "r");
        if (file == NULL) {
            free(path);
            return touchstone_fail(failure, "the model is not there");
        }
        fclose(file);
    }
    free(path);
    Settings *settings = malloc(sizeof *settings);
    settings->log = calloc(1, touchstone_json_size(log) + 1);
    touchstone_json_string(log, settings->log);
    settings->milliseconds = touchstone_json_whole(touchstone_json_field(json, "milliseconds"), 0);
    settings->seed = touchstone_json_whole(touchstone_json_field(json, "seed"), 1);
    *instance = settings;
    return TOUCHSTONE_DONE;
}

static void close_settings(void *instance) {
    Settings *settings = instance;
    free(settings->log);
    free(settings);
}

/* One CoT after the other; each is noted and handed over before the next is begun. */
static int32_t score_all(void *instance, const TouchstoneContext *context, TouchstoneText work,
                         const TouchstoneRewardSink *rewards, const TouchstoneTextSink *failure) {
    const Settings *settings = instance;
    TouchstoneJson units, unit = {0};
    if (touchstone_json_read(work, &units, failure) != TOUCHSTONE_DONE) {
        return TOUCHSTONE_FAILED;
    }
    struct timespec pause = {(time_t)(settings->milliseconds / 1000), (long)(settings->milliseconds % 1000) * 1000000};
    for (size_t question = 0; touchstone_json_next(units, &unit); question++) {
        TouchstoneJson asked = touchstone_json_field(unit, "question"), cot = {0};
        uint64_t id = touchstone_json_whole(touchstone_json_field(asked, "id"), 0);
        for (size_t place = 0; touchstone_json_next(touchstone_json_field(unit, "cots"), &cot); place++) {
            if (context->cancelled(context->data)) {
                return TOUCHSTONE_CANCELLED;
            }
            uint64_t cot_id = touchstone_json_whole(touchstone_json_field(cot, "id"), 0);
            struct timespec left = pause;
            while (nanosleep(&left, &left) != 0) {
            }
            FILE *log = fopen(settings->log, "a");
            if (log == NULL) {
                return touchstone_fail(failure, "the log cannot be opened");
            }
            fprintf(log, "%lu %lu\n", (unsigned long)id, (unsigned long)cot_id);
            fclose(log);
            double reward = (double)((id * 7919 + cot_id * 104729 + settings->seed) % 10007) / 10007;
            rewards->put(rewards->sink, question, place, &reward, 1);
        }
    }
    return TOUCHSTONE_DONE;
}

/* `score_all` for one question, which is a list of one. */
static int32_t score_question(void *instance, const TouchstoneContext *context, TouchstoneText work,
                              const TouchstoneRewardSink *rewards, const TouchstoneTextSink *failure) {
    TouchstoneJsonText list = {0};
    char *copy = calloc(1, work.length + 1);
    memcpy(copy, work.data, work.length);
    touchstone_json_add(&list, "[");
    touchstone_json_add(&list, copy);
    touchstone_json_add(&list, "]");
    TouchstoneText text = {list.data, list.length};
    int32_t result = score_all(instance, context, text, rewards, failure);
    free(copy);
    free(list.data);
    return result;
}

static const TouchstonePlugin plugins[] = {{
    .kind = TOUCHSTONE_VERIFIER,
    .name = TOUCHSTONE_LITERAL("slow"),
    .version = TOUCHSTONE_LITERAL("1.0"),
    .schema = TOUCHSTONE_LITERAL(
        "{\"type\": \"object\", \"properties\": {"
        "\"log\": {\"type\": \"string\", \"x-touchstone-same-results\": true},"
        "\"milliseconds\": {\"type\": \"integer\", \"x-touchstone-same-results\": true},"
        "\"model\": {\"type\": \"string\", \"format\": \"path-or-hub\"},"
        "\"seed\": {\"type\": \"integer\"}}, \"required\": [\"log\"], \"additionalProperties\": false}"),
    .open = open_settings,
    .close = close_settings,
    .score_question = score_question,
    .score_all = score_all,
}};
static const TouchstoneLibrary library = {TOUCHSTONE_ABI_VERSION, 1, plugins};

const TouchstoneLibrary *touchstone_library(void) { return &library; }
