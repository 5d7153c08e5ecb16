/*
 * Reading a document of OpenTelemetry's declarative configuration: the place where we are in it,
 * values with their references substituted, errors that name the place. Private to
 * settings_json*.c.
 */
#ifndef CONFIG_SETTINGS_JSON_INTERNAL_H
#define CONFIG_SETTINGS_JSON_INTERNAL_H

#include "config/settings_internal.h"

struct json_reader {
	const struct json_api *json;
	struct settings_loader *loader;
	const char *name;   /* of the file */
	char pointer[1024]; /* JSON pointer of the value being read; a longer one is cut */
	size_t pointer_length;
	char string[4096]; /* the last string read, substituted */
	uint32_t fixed;    /* settings of readers that have been decided, by bit */
};

/* Enters a member or an element; leaves to the length that the pointer had before. */
size_t reader_enter(struct json_reader *reader, const char *key);
size_t reader_enter_index(struct json_reader *reader, size_t index);
void reader_leave(struct json_reader *reader, size_t length);

/* The name behind the last slash of the pointer, still escaped. */
const char *reader_key(const struct json_reader *reader);

/* Does a pointer with `*` for any name or index match the place? */
bool reader_at(const struct json_reader *reader, const char *pattern);

/* Each returns -EINVAL with the error's text made. `expected` may be a sentence's beginning:
 * "expected ...". */
int reader_error(struct json_reader *reader, const char *text);
int reader_expected(struct json_reader *reader, const char *expected, const struct json_t *got);

/* Notes what a shared document says to the program's own SDK; an error in a document of ours. */
int reader_foreign(struct json_reader *reader);

/*
 * The string with its references substituted, in reader->string. 1: it is not empty; 0: empty and
 * came from a reference, so that it counts as left out; -EINVAL: no string, or a bad reference.
 */
int reader_string(struct json_reader *reader, const struct json_t *value, const char *expected);

/* Is the value one string that is one reference, as may stand for a number or a boolean? */
bool reader_is_reference(const struct json_reader *reader, const struct json_t *value);

/* Calls `each` for every member or element, entered. */
typedef int reader_function(struct json_reader *reader, struct json_t *value);
int reader_each_member(struct json_reader *reader, struct json_t *object, reader_function *each);
int reader_each_element(struct json_reader *reader, struct json_t *array, reader_function *each);

/* Reads a value by what stands at its place: a node of settings_json.c or a row of settings.def. */
int reader_value(struct json_reader *reader, struct json_t *value);

/* Reads the row's scalar. */
int reader_scalar(struct json_reader *reader, enum settings_id id, const struct json_t *value);

/* Puts a scalar; what two readers say must agree. */
int reader_number(struct json_reader *reader, enum settings_id id, uint32_t value);

/* Parts of the document: settings_json_parts.c, settings_json_resource.c. */
reader_function read_metric_reader, read_periodic, read_exporter, read_user_events, read_otlp_file,
	read_output_stream, read_hook_family, read_hook_metric, read_patterns, read_resource;

#endif
