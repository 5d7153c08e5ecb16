/* Parts of the document that are more than one value: readers and their exporters, hooks, programs.
 */
#include <errno.h>
#include "base/memory.h"
#include "config/settings_json_internal.h"
#include "config/settings_pack.h"

/* The only member of an object; NULL: it has none or more than one. */
static const char *only_key(const struct json_reader *reader, struct json_t *object)
{
	if (object->type != JSON_OBJECT || reader->json->object_size(object) != 1)
		return NULL;
	return reader->json->object_iter_key(reader->json->object_iter(object));
}

static bool exporter_is_ours(const char *key)
{
	return string_equal(key, "user_events") || string_equal(key, "otlp_file/development");
}

/* In a document that we share, a reader with another exporter, or one that is pulled from, is the
 * SDK's. */
static bool reader_is_ours(const struct json_reader *reader, struct json_t *value)
{
	struct json_t *periodic = reader->json->object_get(value, "periodic"), *exporter;
	const char *key;

	if (!periodic || periodic->type != JSON_OBJECT)
		return false;
	exporter = reader->json->object_get(periodic, "exporter");
	key = exporter ? only_key(reader, exporter) : NULL;
	return key && exporter_is_ours(key);
}

int read_metric_reader(struct json_reader *reader, struct json_t *value)
{
	const char *key = only_key(reader, value);

	if (value->type != JSON_OBJECT)
		return reader_expected(reader, "an object", value);
	if (reader->loader->shared && !reader_is_ours(reader, value))
		return reader_foreign(reader);
	if (!key)
		return reader_error(reader, "expected one member, periodic");
	reader_enter(reader, key);
	if (string_equal(key, "pull"))
		return reader_error(reader,
		                    "not supported by this version of otelue; use periodic");
	if (!string_equal(key, "periodic"))
		return reader_error(reader, "unknown kind of reader; expected periodic");
	return reader_value(reader, reader->json->object_get(value, key));
}

/* What a reader leaves out is the default, and must agree with the readers before all the same. */
static int default_if_absent(struct json_reader *reader, struct json_t *periodic,
                             enum settings_id id)
{
	const char *key = settings_table[id].pointer, *s;
	const struct json_t *value;
	size_t before;
	int err;

	for (s = key; *s; s++)
		if (*s == '/')
			key = s + 1;
	value = reader->json->object_get(periodic, key);
	if (value && value->type != JSON_NULL)
		return 0;
	before = reader_enter(reader, key);
	reader->loader->source = SOURCE_DEFAULT;
	err = reader_number(reader, id, settings_number(&settings_default, id));
	reader->loader->source = SOURCE_FILE;
	if (!err)
		reader_leave(reader, before);
	return err;
}

int read_periodic(struct json_reader *reader, struct json_t *value)
{
	int err;

	if (value->type != JSON_OBJECT)
		return reader_expected(reader, "an object", value);
	if (!reader->json->object_get(value, "exporter")) {
		reader_enter(reader, "exporter");
		return reader_error(reader,
		                    "is missing; expected user_events or otlp_file/development");
	}
	err = reader_each_member(reader, value, reader_value);
	if (!err)
		err = default_if_absent(reader, value, SETTING_interval_ms);
	if (!err)
		err = default_if_absent(reader, value, SETTING_timeout_ms);
	return err;
}

int read_exporter(struct json_reader *reader, struct json_t *value)
{
	const char *key = only_key(reader, value);

	if (value->type != JSON_OBJECT)
		return reader_expected(reader, "an object", value);
	if (!key)
		return reader_error(reader,
		                    "expected one member: user_events or otlp_file/development");
	reader_enter(reader, key);
	if (!exporter_is_ours(key))
		return reader_error(reader, "exporter not supported by this version of otelue; "
		                            "expected user_events or otlp_file/development");
	return reader_value(reader, reader->json->object_get(value, key));
}

static int exporter_switch_on(struct json_reader *reader, struct json_t *value, enum SINK sink)
{
	struct settings_loader *loader = reader->loader;
	bool first = loader->settings.source[SETTING_exporters] != SOURCE_FILE;

	if (!first && settings_exporter_enabled(&loader->settings, sink))
		return reader_error(reader, "is there twice; give each exporter one reader");
	setting_put(loader, SETTING_exporters,
	            (first ? 0 : loader->settings.exporters) | 1u << sink);
	return value->type == JSON_NULL ? 0 : reader_each_member(reader, value, reader_value);
}

int read_user_events(struct json_reader *reader, struct json_t *value)
{
	return exporter_switch_on(reader, value, SINK_USER_EVENTS);
}

int read_otlp_file(struct json_reader *reader, struct json_t *value)
{
	int err = exporter_switch_on(reader, value, SINK_FILE);

	if (err || reader->loader->settings.otlp_file_path[0])
		return err;
	reader_enter(reader, "output_stream");
	return reader_error(reader, "is missing and would be stdout, which is the program's own; "
	                            "expected file:///absolute/path");
}

int read_output_stream(struct json_reader *reader, struct json_t *value)
{
	static const char expected[] = "file:///absolute/path (stdout is the program's own)";
	const char *path = reader->string + sizeof("file://") - 1;
	int err;

	if (value->type == JSON_NULL)
		return 0;
	err = reader_string(reader, value, expected);
	if (err <= 0)
		return err;
	if (!text_has_prefix(reader->string, "file:///"))
		return reader_expected(reader, expected, value);
	if (setting_put_text(reader->loader, SETTING_otlp_file_path, path, string_length(path)) < 0)
		return reader_expected(reader, "a path of at most 1023 bytes", value);
	return 0;
}

/* The family of hooks that the place names; -1: none of that name. */
static int family_of(const char *place)
{
	const struct attribute *families = &attribute_table[ATTRIBUTE_HOOK_FAMILY];
	const char *name = place + sizeof("/distribution/otelue/hooks/") - 1;

	for (uint32_t i = 0; i < families->count; i++) {
		size_t length = string_length(attribute_value(families, i)->text);

		if (text_has_prefix(name, attribute_value(families, i)->text) &&
		    (!name[length] || name[length] == '/'))
			return (int)i;
	}
	return -1;
}

int read_hook_family(struct json_reader *reader, struct json_t *value)
{
	const struct attribute *families = &attribute_table[ATTRIBUTE_HOOK_FAMILY];
	char message[300];
	struct text text = text_start(message, sizeof(message));

	if (family_of(reader->pointer) >= 0)
		return reader_each_member(reader, value, reader_value);
	text_add(&text, "no such family of hooks in this version; there are ");
	for (uint32_t i = 0; i < families->count; i++) {
		text_add(&text, i ? ", " : "");
		text_add(&text, attribute_value(families, i)->text);
	}
	return reader_error(reader, message);
}

/* true or false, also by reference; 1: given, 0: left out. */
static int read_switch(struct json_reader *reader, const struct json_t *value, bool *ret_on)
{
	int err;

	if (value->type == JSON_NULL)
		return 0;
	if (value->type == JSON_TRUE || value->type == JSON_FALSE) {
		*ret_on = value->type == JSON_TRUE;
		return 1;
	}
	if (!reader_is_reference(reader, value))
		return reader_expected(reader, "true or false", value);
	err = reader_string(reader, value, "true or false");
	if (err <= 0)
		return err;
	if (!text_equal_nocase(reader->string, "true") &&
	    !text_equal_nocase(reader->string, "false"))
		return reader_expected(reader, "true or false", value);
	*ret_on = text_equal_nocase(reader->string, "true");
	return 1;
}

static void bit_put(struct settings_loader *loader, enum settings_id id, int bit, bool on)
{
	uint32_t bits = settings_number(&loader->settings, id);

	setting_put(loader, id, on ? bits | 1u << bit : bits & ~(1u << bit));
}

/* The family's optional metric whose name ends in `.key`; METRIC_COUNT: none, or more than one. */
static int optional_metric_of(int family, const char *key)
{
	int found = METRIC_COUNT;

	for (int i = 0; i < METRIC_COUNT; i++) {
		const char *name = metric_table[i].name;
		size_t length = string_length(name), tail = string_length(key);

		if (metric_table[i].family != family ||
		    settings_optional_bit((enum metric_id)i) < 0 || !text_has_suffix(name, key) ||
		    length <= tail || name[length - tail - 1] != '.')
			continue;
		if (found != METRIC_COUNT)
			return METRIC_COUNT;
		found = i;
	}
	return found;
}

int read_hook_metric(struct json_reader *reader, struct json_t *value)
{
	int family = family_of(reader->pointer), metric, err;
	const char *key = reader_key(reader);
	bool on = false;

	metric = optional_metric_of(family, key);
	if (!string_equal(key, "enabled") && metric == METRIC_COUNT)
		return reader_error(
			reader, "expected enabled, or the end of the name of one of the family's "
				"optional metrics (for libc.memory.allocation.duration: duration)");
	err = read_switch(reader, value, &on);
	if (err <= 0)
		return err;
	if (string_equal(key, "enabled"))
		bit_put(reader->loader, SETTING_families, family, on);
	else
		bit_put(reader->loader, SETTING_optional_metrics,
		        settings_optional_bit((enum metric_id)metric), on);
	return 0;
}

#define INCLUDED "/distribution/otelue/programs/included"
#define EXCLUDED "/distribution/otelue/programs/excluded"

static enum settings_id patterns_here(const struct json_reader *reader)
{
	return text_has_prefix(reader->pointer, INCLUDED) ? SETTING_programs_included
	                                                  : SETTING_programs_excluded;
}

static int read_pattern(struct json_reader *reader, struct json_t *value)
{
	enum settings_id id = patterns_here(reader);
	char *list = (char *)&reader->loader->settings + settings_table[id].offset;
	int err;

	err = reader_string(reader, value, "a pattern like \"redis-*\" or \"/usr/bin/*\"");
	if (err < 0)
		return err;
	err = settings_pattern_add(list, settings_table[id].room, reader->string,
	                           string_length(reader->string));
	if (err == -ENOSPC)
		return reader_error(reader,
		                    "no room: the patterns of a list may take 1023 bytes together");
	return err ? reader_expected(reader, "a pattern that is not empty", value) : 0;
}

int read_patterns(struct json_reader *reader, struct json_t *value)
{
	enum settings_id id = patterns_here(reader);

	if (!reader_at(reader, INCLUDED) && !reader_at(reader, EXCLUDED))
		return reader_error(reader, "unknown key; expected included or excluded");
	if (value->type == JSON_NULL)
		return 0;
	memset((char *)&reader->loader->settings + settings_table[id].offset, 0,
	       settings_table[id].room);
	reader->loader->settings.source[id] = SOURCE_FILE;
	return reader_each_element(reader, value, read_pattern);
}
