/* JSON for plugins in C: reads settings, questions and prompts, and writes completions. One header, C11 or C++.
 *
 * Reading allocates nothing. A value is a place in the text, which must outlive it; there is nothing to free:
 *
 *     TouchstoneJson settings;
 *     if (touchstone_json_read(text, &settings, failure) != TOUCHSTONE_DONE) return TOUCHSTONE_FAILED;
 *     double weight = touchstone_json_number(touchstone_json_field(settings, "weight"), 0.5);
 *     TouchstoneJson step = {0};
 *     while (touchstone_json_next(touchstone_json_field(settings, "steps"), &step)) { ... }
 *
 * `touchstone_json_read` checks the whole text, so nothing after it can fail: a field that is not there gives the absent
 * value, and whatever is asked of a value of another type, the absent one included, gives the fallback, no item, or
 * no text. The header does not check that bytes above 127 are UTF-8, which the contract promises.
 *
 * Writing collects text in a `TouchstoneJsonText`; look at `failed` (memory ran out) once, at the end.
 */
#ifndef TOUCHSTONE_JSON_H
#define TOUCHSTONE_JSON_H

#include "touchstone.h"

#include <float.h>
#include <stdio.h>
#include <stdlib.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Lists and objects may be nested this deep, and a number may be this long. */
#define TOUCHSTONE_JSON_DEPTH 127
#define TOUCHSTONE_JSON_NUMBER 256

typedef enum TouchstoneJsonType {
    TOUCHSTONE_JSON_ABSENT,
    TOUCHSTONE_JSON_NULL,
    TOUCHSTONE_JSON_BOOL,
    TOUCHSTONE_JSON_NUMBER_VALUE,
    TOUCHSTONE_JSON_STRING,
    TOUCHSTONE_JSON_LIST,
    TOUCHSTONE_JSON_OBJECT
} TouchstoneJsonType;

/* A value: where it starts and ends in its text; {0} is the absent value. */
typedef struct TouchstoneJson {
    const char *start;
    const char *end;
} TouchstoneJson;

/* ---- Reading ---- */

/* Checks the text and sets *value to what it holds; without data, to the absent value. Or fails: TOUCHSTONE_FAILED, with
 * a message that tells what is wrong at which byte. */
static inline int32_t touchstone_json_read(TouchstoneText text, TouchstoneJson *value,
                                           const TouchstoneTextSink *failure);

static inline TouchstoneJsonType touchstone_json_type(TouchstoneJson value);

/* The value of an object's field; the first one's, where a name comes twice. */
static inline TouchstoneJson touchstone_json_field(TouchstoneJson object, const char *name);

/* Goes through a list: *item is {0} before the first call. Returns 0 after the last item. */
static inline int touchstone_json_next(TouchstoneJson list, TouchstoneJson *item);

/* Goes through an object in the same way. */
static inline int touchstone_json_next_field(TouchstoneJson object, TouchstoneJson *name, TouchstoneJson *value);

/* How many items a list has. */
static inline size_t touchstone_json_count(TouchstoneJson list);

/* A number, or `otherwise`. Does not depend on the locale. */
static inline double touchstone_json_number(TouchstoneJson value, double otherwise);

/* A whole number from 0 to 2^64-1 that is written without point and exponent, or `otherwise`. */
static inline uint64_t touchstone_json_whole(TouchstoneJson value, uint64_t otherwise);

/* 1 for true, 0 for false, or `otherwise`. */
static inline int touchstone_json_bool(TouchstoneJson value, int otherwise);

/* Whether the value is this string. `text` is a C string. */
static inline int touchstone_json_is(TouchstoneJson value, const char *text);

/* A buffer of so many bytes holds the string (a little more than it needs). */
static inline size_t touchstone_json_size(TouchstoneJson value);

/* The string, its escapes resolved, written into the buffer; no text (null data) where the value is no string. */
static inline TouchstoneText touchstone_json_string(TouchstoneJson value, char *buffer);

/* ---- Writing ---- */

/* JSON in the making; begins as {0}. `free(json.data)` at the end, also after a failure. */
typedef struct TouchstoneJsonText {
    char *data;
    size_t length;
    size_t capacity;
    int failed;
} TouchstoneJsonText;

/* Adds a C string as it is: braces, commas, names of fields, numbers. */
static inline void touchstone_json_add(TouchstoneJsonText *json, const char *text);

/* Adds text as a JSON string, with quotes and escapes. */
static inline void touchstone_json_add_string(TouchstoneJsonText *json, TouchstoneText text);

/* ---- How it is done: nothing below is for use from outside ---- */

/* A text that is being checked. `problem` is null as long as all is well. */
typedef struct TouchstoneJsonCheck {
    const char *start;
    const char *at;
    const char *end;
    const char *problem;
} TouchstoneJsonCheck;

static inline int touchstone_json_is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static inline int touchstone_json_is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* The next byte, or zero at the end: no rule of JSON allows a zero byte. */
static inline char touchstone_json_peek(const TouchstoneJsonCheck *check) {
    return check->at < check->end ? *check->at : '\0';
}

static inline void touchstone_json_skip_space(TouchstoneJsonCheck *check) {
    while (check->problem == NULL && check->at < check->end && touchstone_json_is_space(*check->at)) {
        check->at++;
    }
}

/* Passes this byte if it comes next. */
static inline int touchstone_json_pass(TouchstoneJsonCheck *check, char c) {
    if (check->problem != NULL || check->at == check->end || *check->at != c) {
        return 0;
    }
    check->at++;
    return 1;
}

/* The value of four hexadecimal digits, or -1. */
static inline int32_t touchstone_json_hexadecimal(const char *digits) {
    int32_t value = 0;
    for (int place = 0; place < 4; place++) {
        char c = digits[place];
        int32_t digit = touchstone_json_is_digit(c) ? c - '0'
                        : c >= 'a' && c <= 'f'      ? c - 'a' + 10
                        : c >= 'A' && c <= 'F'      ? c - 'A' + 10
                                                    : -1;
        if (digit < 0) {
            return -1;
        }
        value = value * 16 + digit;
    }
    return value;
}

/* Passes the four digits of a \u escape. */
static inline int32_t touchstone_json_check_unit(TouchstoneJsonCheck *check) {
    int32_t unit = check->end - check->at < 4 ? -1 : touchstone_json_hexadecimal(check->at);
    if (unit < 0) {
        check->problem = "\\u without four hexadecimal digits";
        return -1;
    }
    check->at += 4;
    return unit;
}

/* Passes an escape, after its backslash. */
static inline void touchstone_json_check_escape(TouchstoneJsonCheck *check) {
    char c = touchstone_json_peek(check);
    if (c == '\0' || strchr("\"\\/bfnrtu", c) == NULL) {
        check->problem = "an unknown escape";
        return;
    }
    check->at++;
    if (c != 'u') {
        return;
    }
    int32_t unit = touchstone_json_check_unit(check);
    if (unit >= 0xD800 && unit < 0xDC00) {
        if (!touchstone_json_pass(check, '\\') || !touchstone_json_pass(check, 'u')) {
            check->problem = "the first half of a surrogate pair without the second";
            return;
        }
        int32_t second = touchstone_json_check_unit(check);
        if (check->problem == NULL && (second < 0xDC00 || second > 0xDFFF)) {
            check->problem = "the first half of a surrogate pair without the second";
        }
    } else if (unit >= 0xDC00 && unit < 0xE000) {
        check->problem = "the second half of a surrogate pair without the first";
    }
}

static inline void touchstone_json_check_string(TouchstoneJsonCheck *check) {
    if (!touchstone_json_pass(check, '"')) {
        check->problem = "a string should begin here";
    }
    while (check->problem == NULL && !touchstone_json_pass(check, '"')) {
        if (check->at == check->end) {
            check->problem = "a string that is not closed";
        } else if ((unsigned char)*check->at < 0x20) {
            check->problem = "a control character in a string; write it as an escape";
        } else if (*check->at++ == '\\') {
            touchstone_json_check_escape(check);
        }
    }
}

/* Passes one or more digits. */
static inline void touchstone_json_check_digits(TouchstoneJsonCheck *check) {
    if (!touchstone_json_is_digit(touchstone_json_peek(check))) {
        check->problem = "a digit should stand here";
    }
    while (touchstone_json_is_digit(touchstone_json_peek(check))) {
        check->at++;
    }
}

static inline void touchstone_json_check_number(TouchstoneJsonCheck *check) {
    TouchstoneJson number;
    number.start = check->at;
    touchstone_json_pass(check, '-');
    if (!touchstone_json_pass(check, '0')) {
        touchstone_json_check_digits(check);
    }
    if (touchstone_json_pass(check, '.')) {
        touchstone_json_check_digits(check);
    }
    if (touchstone_json_pass(check, 'e') || touchstone_json_pass(check, 'E')) {
        if (!touchstone_json_pass(check, '+')) {
            touchstone_json_pass(check, '-');
        }
        touchstone_json_check_digits(check);
    }
    if (check->problem != NULL) {
        return;
    }
    number.end = check->at;
    double value = 0;
    if (number.end - number.start > TOUCHSTONE_JSON_NUMBER) {
        check->problem = "a number that is too long";
    } else {
        value = touchstone_json_number(number, 0);
    }
    if (value > DBL_MAX || value < -DBL_MAX) {
        check->problem = "a number that is too large";
    }
}

static inline void touchstone_json_check_word(TouchstoneJsonCheck *check, const char *word) {
    while (*word != '\0' && touchstone_json_pass(check, *word)) {
        word++;
    }
    if (*word != '\0') {
        check->problem = "a value should begin here: a string, number, list, object, true, false or null";
    }
}

static inline void touchstone_json_check_value(TouchstoneJsonCheck *check, int depth) {
    touchstone_json_skip_space(check);
    char first = touchstone_json_peek(check);
    if (first == '"') {
        touchstone_json_check_string(check);
    } else if (first == '-' || touchstone_json_is_digit(first)) {
        touchstone_json_check_number(check);
    } else if (first == 't') {
        touchstone_json_check_word(check, "true");
    } else if (first == 'f') {
        touchstone_json_check_word(check, "false");
    } else if (first != '[' && first != '{') {
        touchstone_json_check_word(check, "null");
    } else if (depth == TOUCHSTONE_JSON_DEPTH) {
        check->problem = "lists or objects that are nested too deep";
    } else {
        char last = first == '[' ? ']' : '}';
        check->at++;
        touchstone_json_skip_space(check);
        if (touchstone_json_pass(check, last)) {
            return;
        }
        do {
            if (first == '{') {
                touchstone_json_skip_space(check);
                touchstone_json_check_string(check);
                touchstone_json_skip_space(check);
                if (check->problem == NULL && !touchstone_json_pass(check, ':')) {
                    check->problem = "a colon should stand here";
                }
            }
            if (check->problem == NULL) {
                touchstone_json_check_value(check, depth + 1);
            }
            touchstone_json_skip_space(check);
        } while (touchstone_json_pass(check, ','));
        if (check->problem == NULL && !touchstone_json_pass(check, last)) {
            check->problem = first == '[' ? "a comma or the end of the list should stand here"
                                          : "a comma or the end of the object should stand here";
        }
    }
}

static inline int32_t touchstone_json_read(TouchstoneText text, TouchstoneJson *value,
                                           const TouchstoneTextSink *failure) {
    value->start = value->end = NULL;
    if (text.data == NULL) {
        return TOUCHSTONE_DONE;
    }
    TouchstoneJsonCheck check = {text.data, text.data, text.data + text.length, NULL};
    touchstone_json_skip_space(&check);
    const char *start = check.at;
    touchstone_json_check_value(&check, 0);
    const char *end = check.at;
    touchstone_json_skip_space(&check);
    if (check.problem == NULL && check.at != check.end) {
        check.problem = "the text should end here";
    }
    if (check.problem != NULL) {
        char message[160];
        snprintf(message, sizeof message, "this is not JSON: at byte %zu: %s", (size_t)(check.at - check.start),
                 check.problem);
        return touchstone_fail(failure, message);
    }
    value->start = start;
    value->end = end;
    return TOUCHSTONE_DONE;
}

/* From here on all text is checked, so every value has its end. */

static inline TouchstoneJsonType touchstone_json_type(TouchstoneJson value) {
    if (value.start == NULL) {
        return TOUCHSTONE_JSON_ABSENT;
    }
    switch (*value.start) {
    case 'n':
        return TOUCHSTONE_JSON_NULL;
    case 't':
    case 'f':
        return TOUCHSTONE_JSON_BOOL;
    case '"':
        return TOUCHSTONE_JSON_STRING;
    case '[':
        return TOUCHSTONE_JSON_LIST;
    case '{':
        return TOUCHSTONE_JSON_OBJECT;
    default:
        return TOUCHSTONE_JSON_NUMBER_VALUE;
    }
}

/* The end of the string that starts here. */
static inline const char *touchstone_json_string_end(const char *at) {
    for (at++; *at != '"'; at++) {
        if (*at == '\\') {
            at++;
        }
    }
    return at + 1;
}

/* The value that starts here, inside a list or object. */
static inline TouchstoneJson touchstone_json_value_at(const char *at) {
    TouchstoneJson value = {at, at};
    size_t open = 0;
    do {
        if (*at == '"') {
            at = touchstone_json_string_end(at);
        } else if (*at == '[' || *at == '{') {
            open++;
            at++;
        } else if (*at == ']' || *at == '}') {
            open--;
            at++;
        } else if (*at == ',' || *at == ':' || touchstone_json_is_space(*at)) {
            at++;
        } else {
            while (*at != ',' && *at != ']' && *at != '}' && !touchstone_json_is_space(*at)) {
                at++;
            }
        }
    } while (open > 0);
    value.end = at;
    return value;
}

/* Where the next item starts: the first after the opening bracket, or the one after the item that ends at `previous`. Null
 * after the last. */
static inline const char *touchstone_json_following(TouchstoneJson whole, const char *previous) {
    const char *at = previous == NULL ? whole.start + 1 : previous;
    while (touchstone_json_is_space(*at) || *at == ',') {
        at++;
    }
    return *at == ']' || *at == '}' ? NULL : at;
}

static inline int touchstone_json_next(TouchstoneJson list, TouchstoneJson *item) {
    if (touchstone_json_type(list) != TOUCHSTONE_JSON_LIST) {
        return 0;
    }
    const char *at = touchstone_json_following(list, item->end);
    if (at == NULL) {
        return 0;
    }
    *item = touchstone_json_value_at(at);
    return 1;
}

static inline int touchstone_json_next_field(TouchstoneJson object, TouchstoneJson *name, TouchstoneJson *value) {
    if (touchstone_json_type(object) != TOUCHSTONE_JSON_OBJECT) {
        return 0;
    }
    const char *at = touchstone_json_following(object, value->end);
    if (at == NULL) {
        return 0;
    }
    *name = touchstone_json_value_at(at);
    at = name->end;
    while (touchstone_json_is_space(*at) || *at == ':') {
        at++;
    }
    *value = touchstone_json_value_at(at);
    return 1;
}

static inline TouchstoneJson touchstone_json_field(TouchstoneJson object, const char *name) {
    TouchstoneJson found = {NULL, NULL}, value = {NULL, NULL};
    while (touchstone_json_next_field(object, &found, &value)) {
        if (touchstone_json_is(found, name)) {
            return value;
        }
    }
    value.start = value.end = NULL;
    return value;
}

static inline size_t touchstone_json_count(TouchstoneJson list) {
    size_t count = 0;
    TouchstoneJson item = {NULL, NULL};
    while (touchstone_json_next(list, &item)) {
        count++;
    }
    return count;
}

static inline double touchstone_json_number(TouchstoneJson value, double otherwise) {
    if (touchstone_json_type(value) != TOUCHSTONE_JSON_NUMBER_VALUE) {
        return otherwise;
    }
    /* `strtod` needs an ending zero byte, and wants the locale's decimal point: so 12.5e3 becomes 125e2. */
    char digits[TOUCHSTONE_JSON_NUMBER + 32];
    size_t length = 0;
    long exponent = 0;
    int after_point = 0;
    const char *at = value.start;
    for (; at < value.end && *at != 'e' && *at != 'E'; at++) {
        if (*at == '.') {
            after_point = 1;
        } else {
            digits[length++] = *at;
            exponent -= after_point;
        }
    }
    if (at < value.end) {
        long sign = 1, written = 0;
        for (at++; at < value.end; at++) {
            if (*at == '-') {
                sign = -1;
            } else if (*at != '+' && written < 1000000) {
                written = written * 10 + (*at - '0');
            }
        }
        exponent += sign * written;
    }
    snprintf(digits + length, sizeof digits - length, "e%ld", exponent);
    return strtod(digits, NULL);
}

static inline uint64_t touchstone_json_whole(TouchstoneJson value, uint64_t otherwise) {
    if (touchstone_json_type(value) != TOUCHSTONE_JSON_NUMBER_VALUE) {
        return otherwise;
    }
    uint64_t whole = 0;
    for (const char *at = value.start; at < value.end; at++) {
        uint64_t digit = (uint64_t)(*at - '0');
        if (!touchstone_json_is_digit(*at) || whole > (UINT64_MAX - digit) / 10) {
            return otherwise;
        }
        whole = whole * 10 + digit;
    }
    return whole;
}

static inline int touchstone_json_bool(TouchstoneJson value, int otherwise) {
    return touchstone_json_type(value) == TOUCHSTONE_JSON_BOOL ? *value.start == 't' : otherwise;
}

/* Writes a character as UTF-8 and returns how many bytes that are. */
static inline size_t touchstone_json_utf8(uint32_t character, char bytes[4]) {
    if (character < 0x80) {
        bytes[0] = (char)character;
        return 1;
    }
    size_t length = character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
    static const unsigned char first[5] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t place = length - 1; place > 0; place--) {
        bytes[place] = (char)(0x80 | (character & 0x3F));
        character >>= 6;
    }
    bytes[0] = (char)(first[length] | character);
    return length;
}

/* Passes a byte or an escape of a string, writes what it stands for, and returns how many bytes that are. */
static inline size_t touchstone_json_unescape(const char **at, char bytes[4]) {
    char c = *(*at)++;
    if (c != '\\') {
        bytes[0] = c;
        return 1;
    }
    c = *(*at)++;
    if (c == 'u') {
        uint32_t character = (uint32_t)touchstone_json_hexadecimal(*at);
        *at += 4;
        if (character >= 0xD800 && character < 0xDC00) {
            uint32_t second = (uint32_t)touchstone_json_hexadecimal(*at + 2);
            *at += 6;
            character = 0x10000 + ((character - 0xD800) << 10) + (second - 0xDC00);
        }
        return touchstone_json_utf8(character, bytes);
    }
    bytes[0] = c == 'b' ? '\b' : c == 'f' ? '\f' : c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : c;
    return 1;
}

static inline int touchstone_json_is(TouchstoneJson value, const char *text) {
    if (touchstone_json_type(value) != TOUCHSTONE_JSON_STRING) {
        return 0;
    }
    size_t length = strlen(text), place = 0;
    for (const char *at = value.start + 1; at < value.end - 1;) {
        char bytes[4];
        size_t count = touchstone_json_unescape(&at, bytes);
        if (count > length - place || memcmp(text + place, bytes, count) != 0) {
            return 0;
        }
        place += count;
    }
    return place == length;
}

static inline size_t touchstone_json_size(TouchstoneJson value) {
    return value.start == NULL ? 1 : (size_t)(value.end - value.start);
}

static inline TouchstoneText touchstone_json_string(TouchstoneJson value, char *buffer) {
    TouchstoneText text = {NULL, 0};
    if (touchstone_json_type(value) != TOUCHSTONE_JSON_STRING) {
        return text;
    }
    text.data = buffer;
    for (const char *at = value.start + 1; at < value.end - 1;) {
        char bytes[4];
        size_t count = touchstone_json_unescape(&at, bytes);
        memcpy(buffer + text.length, bytes, count);
        text.length += count;
    }
    return text;
}

static inline void touchstone_json_add_bytes(TouchstoneJsonText *json, const char *bytes, size_t length) {
    if (!json->failed && length > json->capacity - json->length) {
        size_t capacity = 2 * json->capacity + length;
        char *data = (char *)realloc(json->data, capacity);
        json->failed = data == NULL;
        if (data != NULL) {
            json->data = data;
            json->capacity = capacity;
        }
    }
    if (!json->failed && length > 0) {
        memcpy(json->data + json->length, bytes, length);
        json->length += length;
    }
}

static inline void touchstone_json_add(TouchstoneJsonText *json, const char *text) {
    touchstone_json_add_bytes(json, text, strlen(text));
}

static inline void touchstone_json_add_string(TouchstoneJsonText *json, TouchstoneText text) {
    size_t plain = 0; /* the bytes from here on are yet to be added, as they are */
    touchstone_json_add(json, "\"");
    for (size_t place = 0; place < text.length; place++) {
        unsigned char c = (unsigned char)text.data[place];
        if (c < 0x20 || c == '"' || c == '\\') {
            char escape[8];
            snprintf(escape, sizeof escape, c < 0x20 ? "\\u%04x" : "\\%c", c);
            touchstone_json_add_bytes(json, text.data + plain, place - plain);
            touchstone_json_add(json, escape);
            plain = place + 1;
        }
    }
    if (plain < text.length) {
        touchstone_json_add_bytes(json, text.data + plain, text.length - plain);
    }
    touchstone_json_add(json, "\"");
}

#ifdef __cplusplus
}
#endif

#endif
