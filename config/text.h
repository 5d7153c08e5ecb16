/*
 * Builds one line of text in a buffer of fixed size, for messages of code that may not use stdio.
 * What does not fit is left out; the buffer always ends in NUL. No libc, no state.
 */
#ifndef CONFIG_TEXT_H
#define CONFIG_TEXT_H

#include <stddef.h>
#include <stdint.h>

struct text {
	char *buffer;
	size_t size, length;
	int full; /* something was left out */
};

static inline struct text text_start(char *buffer, size_t size)
{
	struct text text = {buffer, size, 0, 0};

	if (size)
		buffer[0] = '\0';
	return text;
}

void text_add_bytes(struct text *text, const char *bytes, size_t length);
void text_add(struct text *text, const char *string);
void text_add_u64(struct text *text, uint64_t value);
void text_add_s64(struct text *text, int64_t value);

/* Control characters and what is not UTF-8 become `?`: the string may come from anybody. */
void text_add_clean(struct text *text, const char *string);

/* Likewise, in double quotes, at most 80 characters of it. */
void text_add_quoted(struct text *text, const char *string);

/* ASCII only, independent of the locale. */
int text_equal_nocase(const char *a, const char *b);
int text_has_prefix(const char *string, const char *prefix);
int text_has_suffix(const char *string, const char *suffix);
int text_contains(const char *string, const char *part);

#endif
