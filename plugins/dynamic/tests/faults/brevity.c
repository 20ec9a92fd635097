/* A verifier that likes short steps: a step of as many bytes of JSON as the setting `half` says gets one half. */
#define NAME TOUCHSTONE_LITERAL("brevity")
#define SCHEMA                                                                                                          \
    TOUCHSTONE_LITERAL("{\"description\": \"Short steps are good.\", \"type\": \"object\", "                            \
                       "\"properties\": {\"half\": {\"type\": \"integer\", \"minimum\": 1, \"maximum\": 1000}}, "       \
                       "\"required\": [\"half\"], \"additionalProperties\": false}")
#include "fixture.h"

#include <stdlib.h>

/* Where the reading of a JSON text stands. */
typedef struct Reader {
    const char *next;
    const char *end;
} Reader;

static char peek(const Reader *reader) {
    return reader->next < reader->end ? *reader->next : '\0';
}

static void skip_space(Reader *reader) {
    while (peek(reader) == ' ' || peek(reader) == '\n' || peek(reader) == '\t' || peek(reader) == '\r') {
        ++reader->next;
    }
}

/* Passes the character, after white space, if it is there. */
static int pass(Reader *reader, char expected) {
    skip_space(reader);
    if (peek(reader) != expected) {
        return 0;
    }
    ++reader->next;
    return 1;
}

/* Passes a string and gives how many bytes stand between its quotes. */
static size_t pass_string(Reader *reader) {
    const char *start = ++reader->next;
    while (reader->next < reader->end && *reader->next != '"') {
        reader->next += *reader->next == '\\' ? 2 : 1;
    }
    const size_t length = (size_t)(reader->next - start);
    ++reader->next;
    return length;
}

/* Goes behind the next `"key":`. A quote inside a string has a backslash before it, so this finds no text. */
static int find(Reader *reader, const char *key) {
    const size_t length = strlen(key);
    for (; (size_t)(reader->end - reader->next) >= length; ++reader->next) {
        if (memcmp(reader->next, key, length) == 0) {
            reader->next += length;
            return pass(reader, ':');
        }
    }
    return 0;
}

typedef struct Brevity {
    double half;
} Brevity;

static int32_t open(const TouchstonePlugin *plugin, TouchstoneText settings, const TouchstoneContext *context,
                    void **instance, const TouchstoneTextSink *failure) {
    (void)plugin, (void)context;
    Reader reader = {settings.data, settings.data + settings.length};
    Brevity *brevity = malloc(sizeof *brevity);
    if (brevity == NULL || !find(&reader, "\"half\"")) {
        free(brevity);
        return touchstone_fail(failure, "there is no memory, or no setting \"half\"");
    }
    brevity->half = 0;
    for (skip_space(&reader); peek(&reader) >= '0' && peek(&reader) <= '9'; ++reader.next) {
        brevity->half = 10 * brevity->half + (*reader.next - '0');
    }
    *instance = brevity;
    return TOUCHSTONE_DONE;
}

static int32_t score_question(void *instance, const TouchstoneContext *context, TouchstoneText work,
                              const TouchstoneRewardSink *rewards, const TouchstoneTextSink *failure) {
    (void)context;
    const Brevity *brevity = instance;
    Reader reader = {work.data, work.data + work.length};
    /* A step takes three bytes at least. */
    double *given = malloc((work.length / 3 + 1) * sizeof *given);
    if (given == NULL) {
        return touchstone_fail(failure, "there is no memory");
    }
    for (size_t cot = 0; find(&reader, "\"steps\""); ++cot) {
        size_t steps = 0;
        pass(&reader, '[');
        for (skip_space(&reader); peek(&reader) == '"'; pass(&reader, ','), skip_space(&reader)) {
            given[steps++] = brevity->half / (brevity->half + (double)pass_string(&reader));
        }
        rewards->put(rewards->sink, 0, cot, given, steps);
    }
    free(given);
    return TOUCHSTONE_DONE;
}

LIBRARY_OF(TOUCHSTONE_VERIFIER, .open = open, .close = free, .score_question = score_question)
