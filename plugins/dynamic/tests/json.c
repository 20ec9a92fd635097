/* Reads texts from stdin, each after its length as 8 bytes, with touchstone_json.h, and prints a line for each: what it
 * holds, written anew (strings and numbers as hexadecimal bytes), or "no: " and the complaint. Each text is copied into a
 * block of exactly its size, so that a sanitizer sees every read outside. */
#include "touchstone_json.h"

#include <inttypes.h>

static char complaint[256];

static void complain(void *sink, TouchstoneText text) {
    (void)sink;
    snprintf(complaint, sizeof complaint, "%.*s", (int)text.length, text.data);
}

static void show_bytes(TouchstoneText text) {
    for (size_t place = 0; place < text.length; place++) {
        printf("%02x", (unsigned char)text.data[place]);
    }
}

static void show_string(TouchstoneJson value) {
    char *buffer = malloc(touchstone_json_size(value));
    TouchstoneText text = touchstone_json_string(value, buffer);
    TouchstoneJsonText written = {0};
    touchstone_json_add_string(&written, text);
    TouchstoneTextSink sink = {NULL, complain};
    TouchstoneJson again;
    char *second = malloc(written.length);
    /* What is written can be read again, and is the same. */
    if (touchstone_json_read((TouchstoneText){written.data, written.length}, &again, &sink) != TOUCHSTONE_DONE ||
        touchstone_json_size(again) != written.length) {
        printf("NOT READABLE");
    }
    TouchstoneText same = touchstone_json_string(again, second);
    if (same.length != text.length || memcmp(same.data, text.data, text.length) != 0) {
        printf("NOT THE SAME");
    }
    show_bytes(text);
    free(second);
    free(written.data);
    free(buffer);
}

static void show(TouchstoneJson value) {
    TouchstoneJson name = {0}, item = {0};
    double number = touchstone_json_number(value, 0);
    uint64_t bits;
    switch (touchstone_json_type(value)) {
    case TOUCHSTONE_JSON_ABSENT:
        printf("absent");
        break;
    case TOUCHSTONE_JSON_NULL:
        printf("null");
        break;
    case TOUCHSTONE_JSON_BOOL:
        printf(touchstone_json_bool(value, -1) == 1 ? "true" : "false");
        break;
    case TOUCHSTONE_JSON_NUMBER_VALUE:
        memcpy(&bits, &number, sizeof bits);
        printf("%016" PRIx64 "/%" PRIu64, bits, touchstone_json_whole(value, 7));
        break;
    case TOUCHSTONE_JSON_STRING:
        printf("'");
        show_string(value);
        printf("'");
        break;
    case TOUCHSTONE_JSON_LIST:
        printf("[%zu:", touchstone_json_count(value));
        while (touchstone_json_next(value, &item)) {
            show(item);
            printf(",");
        }
        printf("]");
        break;
    case TOUCHSTONE_JSON_OBJECT:
        printf("{");
        while (touchstone_json_next_field(value, &name, &item)) {
            show(name);
            printf("=");
            show(item);
            printf(",");
        }
        printf("}");
        /* By its name a field is the same as by its place. */
        if (touchstone_json_field(value, "é\n").start != NULL) {
            printf("é=");
            show(touchstone_json_field(value, "é\n"));
        }
        break;
    }
}

int main(void) {
    uint64_t length;
    TouchstoneTextSink failure = {NULL, complain};
    while (fread(&length, sizeof length, 1, stdin) == 1) {
        char *data = malloc((size_t)length);
        TouchstoneJson value;
        if (fread(data, 1, (size_t)length, stdin) != length) {
            return 1;
        }
        if (touchstone_json_read((TouchstoneText){data, (size_t)length}, &value, &failure) == TOUCHSTONE_DONE) {
            show(value);
            printf("\n");
        } else {
            printf("no: %s\n", complaint);
        }
        free(data);
    }
    return 0;
}
