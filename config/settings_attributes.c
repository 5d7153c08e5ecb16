/*
 * Resource attributes written as one string, key=value,key=value, as OTEL_RESOURCE_ATTRIBUTES and
 * the file's attributes_list have them. Keys and values are percent-decoded; one bad pair makes the
 * whole string bad. Of a key given twice the last holds.
 */
#include <errno.h>
#include "base/memory.h"
#include "config/settings_internal.h"
#include "config/settings_pack.h"

#define SERVICE_NAME "service.name"

struct pair {
	char key[256], value[2048];
	size_t key_length, value_length;
};

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Decodes [s, end) without the blanks around it, with a NUL behind; -EINVAL: bad escape; -ENOSPC:
 * too long. */
static int percent_decode(const char *s, const char *end, char *to, size_t size, size_t *ret_length)
{
	size_t n = 0;

	while (s < end && (*s == ' ' || *s == '\t'))
		s++;
	while (end > s && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	while (s < end) {
		char c = *s++;

		if (c == '%') {
			int high = s < end ? hex_digit(s[0]) : -1;
			int low = s + 1 < end ? hex_digit(s[1]) : -1;

			if (high < 0 || low < 0 || (high | low) == 0)
				return -EINVAL;
			c = (char)(high << 4 | low);
			s += 2;
		}
		if (n + 1 >= size)
			return -ENOSPC;
		to[n++] = c;
	}
	to[n] = '\0';
	*ret_length = n;
	return 0;
}

static int bad_pair(struct text *why, const char *expected, const char *s, const char *end)
{
	char copy[80];
	struct text text = text_start(copy, sizeof(copy));

	text_add_bytes(&text, s, (size_t)(end - s));
	text_add(why, expected);
	text_add(why, ", got ");
	text_add_quoted(why, copy);
	return -EINVAL;
}

/* -ENOSPC: a good pair, but longer than what we keep. */
static int pair_decode(const char *s, const char *end, struct pair *pair, struct text *why)
{
	const char *equal = s;
	int err;

	while (equal < end && *equal != '=')
		equal++;
	if (equal == end)
		return bad_pair(why, "expected key=value", s, end);
	for (const char *c = equal + 1; c < end; c++)
		if (*c == '=')
			return bad_pair(why, "expected one = in a pair (%3D stands for another)", s,
			                end);
	err = percent_decode(s, equal, pair->key, sizeof(pair->key), &pair->key_length);
	if (err == -EINVAL)
		return bad_pair(why, "expected %XX with two hexadecimal digits, not 00", s, end);
	if (err || !settings_key_valid(pair->key, pair->key_length))
		return bad_pair(why, "expected a key of 1 to 255 printable ASCII characters", s,
		                end);
	err = percent_decode(equal + 1, end, pair->value, sizeof(pair->value), &pair->value_length);
	if (err == -EINVAL)
		return bad_pair(why, "expected %XX with two hexadecimal digits, not 00", s, end);
	return err;
}

static void note_dropped(struct settings_loader *loader, const char *name, const char *key)
{
	char line[400];
	struct text text = text_start(line, sizeof(line));

	text_add(&text, name);
	text_add(&text, ": attribute ");
	text_add_quoted(&text, key);
	text_add(&text, " has no room and is left out");
	loader_note(loader, line);
}

/* The source of what stands in a list of the source being read. */
static uint8_t list_source(enum settings_source source)
{
	switch (source) {
	case SOURCE_VARIABLE:
		return SOURCE_VARIABLE_LIST;
	case SOURCE_OTEL_VARIABLE:
		return SOURCE_OTEL_VARIABLE_LIST;
	default:
		return SOURCE_FILE_LIST;
	}
}

static void service_name_take(struct settings_loader *loader, const char *name,
                              const struct pair *pair)
{
	if (setting_put_text(loader, SETTING_service_name, pair->value, pair->value_length) < 0)
		note_dropped(loader, name, pair->key);
	else
		loader->settings.source[SETTING_service_name] = list_source(loader->source);
}

/* Takes one pair over unless its key stands among the first `held` bytes, which have precedence. */
static void pair_take(struct settings_loader *loader, const char *name, const struct pair *pair,
                      uint32_t held, bool service_name_held)
{
	struct settings *settings = &loader->settings;
	struct settings_attribute attribute = {.key = pair->key,
	                                       .text = pair->value,
	                                       .key_length = (uint32_t)pair->key_length,
	                                       .text_length = (uint32_t)pair->value_length,
	                                       .type = ATTRIBUTE_STRING};
	int err;

	if (string_equal(pair->key, SERVICE_NAME)) {
		if (!service_name_held)
			service_name_take(loader, name, pair);
		return;
	}
	settings_attribute_remove(settings, pair->key, held);
	err = settings_attribute_add(settings, &attribute);
	if (err == -ENOSPC)
		note_dropped(loader, name, pair->key);
	else if (!err && held == 0)
		settings->source[SETTING_resource_attributes] = list_source(loader->source);
}

static int pairs_walk(struct settings_loader *loader, const char *name, const char *list, bool take,
                      struct text *why)
{
	uint32_t held = settings_attributes_used(&loader->settings);
	bool service_name_held = loader->settings.service_name[0];
	struct pair pair;
	int err;

	for (const char *s = list, *end; *s; s = *end ? end + 1 : end) {
		for (end = s; *end && *end != ','; end++)
			;
		while (s < end && (*s == ' ' || *s == '\t'))
			s++;
		if (s == end)
			continue;
		err = pair_decode(s, end, &pair, why);
		if (err == -EINVAL)
			return err;
		if (take && err == -ENOSPC)
			note_dropped(loader, name, pair.key);
		else if (take)
			pair_take(loader, name, &pair, held, service_name_held);
	}
	return 0;
}

int attributes_from_list(struct settings_loader *loader, const char *name, const char *list,
                         struct text *why)
{
	int err = pairs_walk(loader, name, list, false, why);

	return err ? err : pairs_walk(loader, name, list, true, why);
}
