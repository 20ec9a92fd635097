/* One library of one plugin. What a macro says, a test may say otherwise with -D. */
#ifndef FIXTURE_H
#define FIXTURE_H

#include "touchstone.h"

#ifndef THREADS
#define THREADS TOUCHSTONE_ANY_THREAD
#endif
#ifndef NAME
#define NAME TOUCHSTONE_LITERAL("fixture")
#endif
#ifndef SCHEMA
#define SCHEMA TOUCHSTONE_LITERAL("{}")
#endif

/* The library, of a plugin of this kind with these functions. */
#define LIBRARY_OF(its_kind, ...)                                                                                       \
    static const TouchstonePlugin the_plugin = {                                                                        \
        .kind = (its_kind),                                                                                             \
        .threads = (THREADS),                                                                                           \
        .name = NAME,                                                                                                   \
        .version = TOUCHSTONE_LITERAL("1.2"),                                                                           \
        .schema = SCHEMA,                                                                                               \
        __VA_ARGS__,                                                                                                    \
    };                                                                                                                  \
    const TouchstoneLibrary *touchstone_library(void) {                                                                 \
        static const TouchstoneLibrary library = {TOUCHSTONE_ABI_VERSION, 1, &the_plugin};                              \
        return &library;                                                                                                \
    }

static inline TouchstoneText text_of(const char *bytes) {
    const TouchstoneText text = {bytes, strlen(bytes)};
    return text;
}

#endif
