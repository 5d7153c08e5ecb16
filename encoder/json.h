/* Writes JSON into a buffer of fixed size. Nothing is written past the end: `full` is set instead,
 * until the caller restores a copy of the writer. No libc. Not jansson, which the command links
 * too: hence json_put. */
#ifndef ENCODER_JSON_H
#define ENCODER_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json {
	char *at, *end;
	bool full;
};

/* Text as it stands: punctuation, keys, numbers. */
void json_put(struct json *out, const char *text);

/* A string in quotes, escaped. The text must be UTF-8. */
void json_put_string(struct json *out, const char *text, size_t length);

/* 64-bit integers are strings in proto3's JSON. */
void json_put_u64_string(struct json *out, uint64_t value);
void json_put_s64_string(struct json *out, int64_t value);

void json_put_number(struct json *out, int64_t value);

/* Not-a-number and infinities are strings in proto3's JSON. */
void json_put_double(struct json *out, double value);

#endif
