/* Writes JSON into a buffer of fixed size. Nothing is written past the end: `full` is set instead,
 * until the caller restores a copy of the writer. No libc. */
#ifndef ENCODER_JSON_WRITER_H
#define ENCODER_JSON_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_writer {
	char *at, *end;
	bool full;
};

/* Text as it stands: punctuation, keys, numbers. */
void json_put_raw(struct json_writer *out, const char *text);

/* A string in quotes, escaped. The text must be UTF-8. */
void json_put_string(struct json_writer *out, const char *text, size_t length);

/* 64-bit integers are strings in proto3's JSON. */
void json_put_u64_string(struct json_writer *out, uint64_t value);
void json_put_s64_string(struct json_writer *out, int64_t value);

void json_put_number(struct json_writer *out, int64_t value);

/* Not-a-number and infinities are strings in proto3's JSON. */
void json_put_double(struct json_writer *out, double value);

#endif
