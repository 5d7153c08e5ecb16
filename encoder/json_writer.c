/* Strings and numbers of JSON (RFC 8259). */
#include "base/atomic.h"
#include "base/memory.h"
#include "encoder/decimal.h"
#include "encoder/json_writer.h"

static void put(struct json_writer *out, const char *text, size_t length)
{
	if (unlikely(out->full || (size_t)(out->end - out->at) < length)) {
		out->full = true;
		return;
	}
	for (size_t i = 0; i < length; i++)
		out->at[i] = text[i];
	out->at += length;
}

void json_put_raw(struct json_writer *out, const char *text)
{
	put(out, text, string_length(text));
}

static void put_escaped(struct json_writer *out, uint8_t byte)
{
	static const char hex[] = "0123456789abcdef";
	char text[6] = {'\\', 'u', '0', '0', hex[byte >> 4], hex[byte & 15]};

	if (byte == '"' || byte == '\\') {
		text[1] = (char)byte;
		put(out, text, 2);
	} else if (byte == '\n') {
		put(out, "\\n", 2);
	} else {
		put(out, text, sizeof(text));
	}
}

void json_put_string(struct json_writer *out, const char *text, size_t length)
{
	size_t plain = 0;

	put(out, "\"", 1);
	for (size_t i = 0; i < length; i++) {
		uint8_t byte = (uint8_t)text[i];

		if (byte >= ' ' && byte != '"' && byte != '\\' && byte != 0x7f)
			continue;
		put(out, text + plain, i - plain);
		put_escaped(out, byte);
		plain = i + 1;
	}
	put(out, text + plain, length - plain);
	put(out, "\"", 1);
}

static void put_s64(struct json_writer *out, int64_t value, const char *quote)
{
	char digits[21];
	size_t length = string_from_u64(digits, value < 0 ? -(uint64_t)value : (uint64_t)value);

	json_put_raw(out, quote);
	if (value < 0)
		put(out, "-", 1);
	put(out, digits, length);
	json_put_raw(out, quote);
}

void json_put_u64_string(struct json_writer *out, uint64_t value)
{
	char digits[21];
	size_t length = string_from_u64(digits, value);

	put(out, "\"", 1);
	put(out, digits, length);
	put(out, "\"", 1);
}

void json_put_s64_string(struct json_writer *out, int64_t value)
{
	put_s64(out, value, "\"");
}

void json_put_number(struct json_writer *out, int64_t value)
{
	put_s64(out, value, "");
}

void json_put_double(struct json_writer *out, double value)
{
	char text[DECIMAL_BYTES];

	if (value != value)
		json_put_raw(out, "\"NaN\"");
	else if (value - value != 0)
		json_put_raw(out, value > 0 ? "\"Infinity\"" : "\"-Infinity\"");
	else
		put(out, text, decimal_from_double(text, value));
}
