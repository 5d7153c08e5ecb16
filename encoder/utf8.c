/* Repairing follows Unicode's "substitution of maximal subparts", as Python and browsers do. */
#include <stdint.h>
#include "encoder/utf8.h"

#define REPLACEMENT      "\xef\xbf\xbd"
#define REPLACEMENT_SIZE (sizeof(REPLACEMENT) - 1)

/* Bytes that follow a leading byte, and the range of the first of them. */
struct form {
	unsigned int following;
	uint8_t low, high;
};

static struct form form_of(uint8_t lead)
{
	if (lead < 0x80)
		return (struct form){0, 0, 0};
	if (lead >= 0xc2 && lead <= 0xdf)
		return (struct form){1, 0x80, 0xbf};
	if (lead >= 0xe0 && lead <= 0xef)
		return (struct form){2, lead == 0xe0 ? 0xa0 : 0x80, lead == 0xed ? 0x9f : 0xbf};
	if (lead >= 0xf0 && lead <= 0xf4)
		return (struct form){3, lead == 0xf0 ? 0x90 : 0x80, lead == 0xf4 ? 0x8f : 0xbf};
	return (struct form){0, 1, 0};
}

size_t utf8_character(const char *s, size_t length, bool *ret_valid)
{
	const uint8_t *bytes = (const uint8_t *)s;
	struct form form = form_of(bytes[0]);
	size_t n = 1;

	*ret_valid = form.low <= form.high;
	while (n <= form.following) {
		if (n == length || bytes[n] < form.low || bytes[n] > form.high) {
			*ret_valid = false;
			break;
		}
		form.low = 0x80;
		form.high = 0xbf;
		n++;
	}
	return n;
}

bool utf8_valid(const char *s, size_t length)
{
	bool valid = true;

	for (size_t i = 0; i < length && valid;)
		i += utf8_character(s + i, length - i, &valid);
	return valid;
}

size_t utf8_repair(char *to, const char *from, size_t length, size_t limit)
{
	size_t written = 0;

	for (size_t i = 0; i < length && limit > 0; limit--) {
		bool valid;
		size_t n = utf8_character(from + i, length - i, &valid);
		const char *bytes = valid ? from + i : REPLACEMENT;
		size_t size = valid ? n : REPLACEMENT_SIZE;

		for (size_t k = 0; to && k < size; k++)
			to[written + k] = bytes[k];
		written += size;
		i += n;
	}
	return written;
}

size_t utf8_cut(const char *s, size_t length, size_t size)
{
	if (size >= length)
		return length;
	while (size > 0 && ((uint8_t)s[size] & 0xc0) == 0x80)
		size--;
	return size;
}
