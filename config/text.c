/* Text in buffers of fixed size: text.h. */
#include "base/memory.h"
#include "config/text.h"

#define QUOTED_MAX 80

void text_add_bytes(struct text *text, const char *bytes, size_t length)
{
	size_t left = text->size ? text->size - 1 - text->length : 0;

	if (length > left) {
		length = left;
		text->full = 1;
	}
	for (size_t i = 0; i < length; i++)
		text->buffer[text->length++] = bytes[i];
	if (text->size)
		text->buffer[text->length] = '\0';
}

void text_add(struct text *text, const char *string)
{
	text_add_bytes(text, string, string_length(string));
}

void text_add_u64(struct text *text, uint64_t value)
{
	char digits[21];

	text_add_bytes(text, digits, string_from_u64(digits, value));
}

void text_add_s64(struct text *text, int64_t value)
{
	if (value < 0)
		text_add(text, "-");
	text_add_u64(text, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

void text_add_quoted(struct text *text, const char *string)
{
	size_t n = 0;

	text_add(text, "\"");
	for (; string[n] && n < QUOTED_MAX; n++)
		text_add_bytes(
			text,
			(unsigned char)string[n] < ' ' || string[n] == 0x7f ? "?" : &string[n], 1);
	text_add(text, string[n] ? "...\"" : "\"");
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

int text_equal_nocase(const char *a, const char *b)
{
	while (*a && lower(*a) == lower(*b)) {
		a++;
		b++;
	}
	return lower(*a) == lower(*b);
}

int text_has_prefix(const char *string, const char *prefix)
{
	while (*prefix && *string == *prefix) {
		string++;
		prefix++;
	}
	return !*prefix;
}

int text_has_suffix(const char *string, const char *suffix)
{
	size_t length = string_length(string), tail = string_length(suffix);

	return length >= tail && string_equal(string + length - tail, suffix);
}

int text_contains(const char *string, const char *part)
{
	for (; *string; string++)
		if (text_has_prefix(string, part))
			return 1;
	return !*part;
}
