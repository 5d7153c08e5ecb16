/* See printable.h. */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include "cli/printable.h"
#include "encoder/utf8.h"

#define REPLACEMENT "\xef\xbf\xbd"

/* Code point of a valid character of n bytes. */
static uint32_t code_point(const char *s, size_t n)
{
	static const uint8_t masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	uint32_t code = (uint8_t)s[0] & masks[n];

	for (size_t i = 1; i < n; i++)
		code = code << 6 | ((uint8_t)s[i] & 0x3f);
	return code;
}

static bool is_printable(uint32_t code)
{
	if (code < 0x20 || (code >= 0x7f && code < 0xa0))
		return false;
	/* Line and paragraph separators, marks and overrides of direction. */
	return code != 0x200e && code != 0x200f && !(code >= 0x2028 && code <= 0x202e) &&
	       !(code >= 0x2066 && code <= 0x2069) && code != 0xfeff;
}

size_t printable_copy(char *to, size_t size, const char *from, size_t length)
{
	size_t written = 0;

	length = strnlen(from, length);
	for (size_t i = 0; i < length;) {
		bool valid;
		size_t n = utf8_character(from + i, length - i, &valid);
		const char *bytes = from + i;
		size_t bytes_size = n;

		if (!valid || !is_printable(code_point(bytes, n))) {
			bytes = REPLACEMENT;
			bytes_size = sizeof(REPLACEMENT) - 1;
		}
		if (written + bytes_size >= size)
			break;
		memcpy(to + written, bytes, bytes_size);
		written += bytes_size;
		i += n;
	}
	if (size > 0)
		to[written] = '\0';
	return written;
}

size_t printable_program(char *to, size_t size, const char *path)
{
	const char *slash = strrchr(path, '/');

	path = slash ? slash + 1 : path;
	return printable_copy(to, size, path, strlen(path));
}
