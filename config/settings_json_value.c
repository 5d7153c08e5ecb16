/* Places, values and references of a JSON document: settings_json_internal.h. */
#include <errno.h>
#include "base/memory.h"
#include "config/settings_json_internal.h"

size_t reader_enter(struct json_reader *reader, const char *key)
{
	struct text text = {reader->pointer, sizeof(reader->pointer), reader->pointer_length, 0};
	size_t before = reader->pointer_length;

	text_add(&text, "/");
	for (; *key; key++) {
		if (*key == '~')
			text_add(&text, "~0");
		else if (*key == '/')
			text_add(&text, "~1");
		else
			text_add_bytes(&text, key, 1);
	}
	reader->pointer_length = text.length;
	return before;
}

size_t reader_enter_index(struct json_reader *reader, size_t index)
{
	char digits[21];

	string_from_u64(digits, index);
	return reader_enter(reader, digits);
}

void reader_leave(struct json_reader *reader, size_t length)
{
	reader->pointer_length = length;
	reader->pointer[length] = '\0';
}

const char *reader_key(const struct json_reader *reader)
{
	const char *key = reader->pointer + reader->pointer_length;

	while (key > reader->pointer && key[-1] != '/')
		key--;
	return key;
}

bool reader_at(const struct json_reader *reader, const char *pattern)
{
	const char *place = reader->pointer;

	while (*pattern && *place) {
		if (pattern[0] == '*') {
			while (*place && *place != '/')
				place++;
			pattern++;
		} else if (*pattern++ != *place++) {
			return false;
		}
	}
	return !*pattern && !*place;
}

int reader_error(struct json_reader *reader, const char *message)
{
	struct text text = loader_error(reader->loader, reader->name,
	                                reader->pointer_length ? reader->pointer : "/");

	text_add(&text, message);
	return -EINVAL;
}

static void add_value(struct json_reader *reader, struct text *text, const struct json_t *value)
{
	static const char names[][32] = {
		[JSON_OBJECT] = "an object",
		[JSON_ARRAY] = "an array",
		[JSON_REAL] = "a number that is not an integer",
		[JSON_TRUE] = "true",
		[JSON_FALSE] = "false",
		[JSON_NULL] = "null",
	};

	if (value->type == JSON_STRING)
		text_add_quoted(text, reader->json->string_value(value));
	else if (value->type == JSON_INTEGER)
		text_add_s64(text, reader->json->integer_value(value));
	else
		text_add(text, names[value->type]);
}

int reader_expected(struct json_reader *reader, const char *expected, const struct json_t *got)
{
	char message[400];
	struct text text = text_start(message, sizeof(message));

	text_add(&text, "expected ");
	text_add(&text, expected);
	text_add(&text, ", got ");
	add_value(reader, &text, got);
	return reader_error(reader, message);
}

int reader_foreign(struct json_reader *reader)
{
	char line[300];
	struct text text = text_start(line, sizeof(line));

	if (!reader->loader->shared)
		return reader_error(reader, "not supported by this version of otelue; take it out");
	text_add(&text, reader->pointer);
	text_add(&text, ": left to the program's own SDK");
	loader_note(reader->loader, line);
	return 0;
}

static int is_name_byte(char c, bool first)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
	       (!first && c >= '0' && c <= '9');
}

/* Remembers that the result depends on this variable. */
static void reference_remember(struct settings_loader *loader, const char *name)
{
	size_t length = string_length(name) + 1;

	for (size_t i = 0; i < loader->references_length;
	     i += string_length(loader->references + i) + 1)
		if (string_equal(loader->references + i, name))
			return;
	if (loader->references_length + length > sizeof(loader->references)) {
		loader->references_full = true;
		return;
	}
	memcpy(loader->references + loader->references_length, name, length);
	loader->references_length += length;
}

/* One reference, from its `${`; moves *s behind its `}`. False: it is none that we know. */
static bool reference_expand(struct json_reader *reader, const char **s, struct text *to)
{
	const char *start = *s + 2, *end, *fallback = NULL, *value;
	char name[256];
	struct text text = text_start(name, sizeof(name));

	if (text_has_prefix(start, "env:"))
		start += 4;
	for (end = start; is_name_byte(*end, end == start); end++)
		;
	text_add_bytes(&text, start, (size_t)(end - start));
	if (end == start || text.full)
		return false;
	if (text_has_prefix(end, ":-")) {
		fallback = end + 2;
		for (end = fallback; *end && *end != '}' && *end != '\n'; end++)
			;
	}
	if (*end != '}')
		return false;
	reference_remember(reader->loader, name);
	value = variable_get(reader->loader->environment->variables, name);
	if (value)
		text_add(to, value);
	else if (fallback)
		text_add_bytes(to, fallback, (size_t)(end - fallback));
	*s = end + 1;
	return true;
}

/* Not recursive: what a variable holds is taken as it is. */
static int string_expand(struct json_reader *reader, const char *s, bool *ret_referred)
{
	struct text to = text_start(reader->string, sizeof(reader->string));

	*ret_referred = false;
	while (*s) {
		if (s[0] == '$' && s[1] == '$') {
			text_add(&to, "$");
			s += 2;
		} else if (s[0] == '$' && s[1] == '{') {
			if (!reference_expand(reader, &s, &to))
				return -EINVAL;
			*ret_referred = true;
		} else {
			text_add_bytes(&to, s++, 1);
		}
	}
	return to.full ? -ENAMETOOLONG : 0;
}

int reader_string(struct json_reader *reader, const struct json_t *value, const char *expected)
{
	bool referred;
	int err;

	if (value->type != JSON_STRING)
		return reader_expected(reader, expected, value);
	err = string_expand(reader, reader->json->string_value(value), &referred);
	if (err == -ENAMETOOLONG)
		return reader_error(reader, "longer than 4095 bytes");
	if (err)
		return reader_expected(
			reader, "references like ${NAME} or ${NAME:-default} ($$ is a dollar sign)",
			value);
	return reader->string[0] || !referred;
}

bool reader_is_reference(const struct json_reader *reader, const struct json_t *value)
{
	const char *s;

	if (value->type != JSON_STRING)
		return false;
	s = reader->json->string_value(value);
	if (s[0] != '$' || s[1] != '{')
		return false;
	while (*s && *s != '}')
		s++;
	return s[0] == '}' && s[1] == '\0';
}

int reader_each_member(struct json_reader *reader, struct json_t *object, reader_function *each)
{
	const struct json_api *json = reader->json;
	int err = 0;

	if (object->type != JSON_OBJECT)
		return reader_expected(reader, "an object", object);
	for (void *i = json->object_iter(object); i && !err;
	     i = json->object_iter_next(object, i)) {
		size_t before = reader_enter(reader, json->object_iter_key(i));

		err = each(reader, json->object_iter_value(i));
		reader_leave(reader, before);
	}
	return err;
}

int reader_each_element(struct json_reader *reader, struct json_t *array, reader_function *each)
{
	const struct json_api *json = reader->json;
	int err = 0;

	if (array->type != JSON_ARRAY)
		return reader_expected(reader, "an array", array);
	if (json->array_size(array) == 0)
		return reader_error(reader, "expected at least one element, got an empty array");
	for (size_t i = 0; i < json->array_size(array) && !err; i++) {
		size_t before = reader_enter_index(reader, i);

		err = each(reader, json->array_get(array, i));
		reader_leave(reader, before);
	}
	return err;
}
