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

/* Length of the UTF-8 character at s; 0: none begins there. */
static size_t utf8_length(const char *s)
{
	const unsigned char *c = (const unsigned char *)s;
	size_t n = c[0] < 0x80   ? 1
	           : c[0] < 0xc2 ? 0
	           : c[0] < 0xe0 ? 2
	           : c[0] < 0xf0 ? 3
	           : c[0] < 0xf5 ? 4
	                         : 0;

	for (size_t i = 1; i < n; i++)
		if ((c[i] & 0xc0) != 0x80)
			return 0;
	if ((c[0] == 0xe0 && c[1] < 0xa0) || (c[0] == 0xed && c[1] > 0x9f) ||
	    (c[0] == 0xf0 && c[1] < 0x90) || (c[0] == 0xf4 && c[1] > 0x8f))
		return 0;
	return n;
}

/* Returns what did not come in, of more than `most` characters. */
static const char *add_clean(struct text *text, const char *string, size_t most)
{
	for (size_t i = 0; *string && i < most; i++) {
		size_t n = utf8_length(string);
		int bad = n == 0 || (unsigned char)*string < ' ' || *string == 0x7f;

		text_add_bytes(text, bad ? "?" : string, n && !bad ? n : 1);
		string += n ? n : 1;
	}
	return string;
}

void text_add_clean(struct text *text, const char *string)
{
	add_clean(text, string, SIZE_MAX);
}

void text_add_quoted(struct text *text, const char *string)
{
	text_add(text, "\"");
	string = add_clean(text, string, QUOTED_MAX);
	text_add(text, *string ? "...\"" : "\"");
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
