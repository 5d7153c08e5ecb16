/* A line of OTLP/JSON, checked against the schema and brought into its one form. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cli/otlp_read.h"
#include "cli/otlp_schema.h"
#include "cli/printable.h"

#define DEEPEST 64 /* objects and arrays; OTLP itself needs 16 */

/* Where in the document; links on the stack from the inside out. */
struct place {
	const struct place *outer; /* NULL: the document itself */
	const char *key;           /* NULL: an index */
	size_t index;
	unsigned int depth;
};

static size_t put_place(char *to, size_t size, const struct place *place)
{
	size_t n;

	if (!place->outer)
		return 0;
	n = put_place(to, size, place->outer);
	if (n >= size)
		return n;
	if (!place->key)
		return n + (size_t)snprintf(to + n, size - n, "/%zu", place->index);
	to[n++] = '/';
	return n + printable_copy(to + n, size - n, place->key, strlen(place->key));
}

static int fail(struct otlp_error *error, const struct place *place, const char *text)
{
	char where[160] = "/";

	put_place(where, sizeof(where), place);
	snprintf(error->text, sizeof(error->text), "%s: %s", where, text);
	return -EINVAL;
}

/* An integer, given as a number or as a string; false: it is none, or does not fit. */
static bool signed_of(const json_t *json, int64_t *ret)
{
	const char *text = json_string_value(json);
	char *end;

	*ret = json_integer_value(json);
	if (!text)
		return json_is_integer(json);
	errno = 0;
	*ret = strtoll(text, &end, 10);
	return errno == 0 && end != text && *end == '\0' && (*text == '-' || *text <= '9');
}

static bool unsigned_of(const json_t *json, uint64_t *ret)
{
	const char *text = json_string_value(json);
	char *end;

	*ret = (uint64_t)json_integer_value(json);
	if (!text)
		return json_is_integer(json) && json_integer_value(json) >= 0;
	errno = 0;
	*ret = strtoull(text, &end, 10);
	return errno == 0 && *text >= '0' && *text <= '9' && *end == '\0';
}

static json_t *copy_wide(const json_t *json, bool is_signed)
{
	char digits[24];
	int64_t value;
	uint64_t magnitude;

	if (is_signed) {
		if (!signed_of(json, &value))
			return NULL;
		snprintf(digits, sizeof(digits), "%" PRId64, value);
	} else {
		if (!unsigned_of(json, &magnitude))
			return NULL;
		snprintf(digits, sizeof(digits), "%" PRIu64, magnitude);
	}
	return json_string(digits);
}

static json_t *copy_narrow(const json_t *json, int64_t low, int64_t high)
{
	int64_t value;

	if (!signed_of(json, &value) || value < low || value > high)
		return NULL;
	return json_integer(value);
}

static json_t *copy_double(const json_t *json)
{
	const char *text = json_string_value(json);

	if (json_is_number(json))
		return json_real(json_number_value(json));
	if (text && (strcmp(text, "NaN") == 0 || strcmp(text, "Infinity") == 0 ||
	             strcmp(text, "-Infinity") == 0))
		return json_string(text);
	return NULL;
}

/* The value in the one form that it has in a tree, as a new reference; NULL: it is of another type.
 */
static json_t *copy_scalar(const json_t *json, enum otlp_type type)
{
	switch (type) {
	case OTLP_STRING:
	case OTLP_BYTES:
		return json_is_string(json) ? json_copy((json_t *)json) : NULL;
	case OTLP_BOOL:
		return json_is_boolean(json) ? json_boolean(json_is_true(json)) : NULL;
	case OTLP_ENUM:
		return copy_narrow(json, 0, UINT32_MAX);
	case OTLP_SINT32:
		return copy_narrow(json, INT32_MIN, INT32_MAX);
	case OTLP_DOUBLE:
		return copy_double(json);
	case OTLP_UINT64:
	case OTLP_FIXED64:
		return copy_wide(json, false);
	default:
		return copy_wide(json, true);
	}
}

static const char *expected(enum otlp_type type)
{
	switch (type) {
	case OTLP_STRING:
	case OTLP_BYTES:
		return "expected a string";
	case OTLP_BOOL:
		return "expected true or false";
	case OTLP_DOUBLE:
		return "expected a number";
	case OTLP_MESSAGE:
		return "expected an object";
	case OTLP_UINT64:
	case OTLP_FIXED64:
		return "expected an integer from 0 to 18446744073709551615";
	default:
		return "expected an integer of the field's range";
	}
}

static int copy_message(json_t *from, const struct otlp_message *message, const struct place *place,
                        struct otlp_error *error, json_t **ret);

static int copy_value(json_t *from, const struct otlp_field *field, const struct place *place,
                      struct otlp_error *error, json_t **ret)
{
	if (field->type == OTLP_MESSAGE)
		return copy_message(from, field->message, place, error, ret);
	*ret = copy_scalar(from, field->type);
	return *ret ? 0 : fail(error, place, expected(field->type));
}

static int copy_array(json_t *from, const struct otlp_field *field, const struct place *place,
                      struct otlp_error *error, json_t **ret)
{
	json_t *array, *item, *copy;
	size_t i;
	int err = 0;

	if (!json_is_array(from))
		return fail(error, place, "expected an array");
	array = json_array();
	json_array_foreach(from, i, item)
	{
		struct place here = {place, NULL, i, place->depth + 1};

		err = copy_value(item, field, &here, error, &copy);
		if (err < 0)
			break;
		json_array_append_new(array, copy);
	}
	if (err < 0)
		json_decref(array);
	else
		*ret = array;
	return err;
}

/* Keys that the schema does not have are left out, and so is null, which says nothing. */
static int copy_message(json_t *from, const struct otlp_message *message, const struct place *place,
                        struct otlp_error *error, json_t **ret)
{
	json_t *object, *item, *copy;
	const char *key;
	int err = 0;

	if (!json_is_object(from))
		return fail(error, place, "expected an object");
	if (place->depth > DEEPEST)
		return fail(error, place, "too many values in each other");
	object = json_object();
	json_object_foreach(from, key, item)
	{
		const struct otlp_field *field = otlp_field_by_name(message, key);
		struct place here = {place, key, 0, place->depth + 1};

		if (!field || json_is_null(item))
			continue;
		err = field->repeated ? copy_array(item, field, &here, error, &copy)
		                      : copy_value(item, field, &here, error, &copy);
		if (err < 0)
			break;
		json_object_set_new(object, field->name, copy);
	}
	if (err < 0)
		json_decref(object);
	else
		*ret = object;
	return err;
}

static int copy_request(json_t *request, struct otlp_error *error, json_t **ret)
{
	static const struct otlp_field field = {"resourceMetrics", 1, OTLP_MESSAGE, true,
	                                        &otlp_resource_metrics};
	static const struct place document = {NULL, NULL, 0, 0};
	struct place here = {&document, field.name, 0, 1};
	json_t *list = json_object_get(request, field.name);

	if (!list)
		return fail(error, &document, "no OTLP metrics: there is no \"resourceMetrics\"");
	return copy_array(list, &field, &here, error, ret);
}

int otlp_read_json(const char *line, size_t length, struct otlp_visitor *visitor,
                   struct otlp_error *ret_error)
{
	json_error_t error;
	json_t *request = json_loadb(line, length, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error),
	       *list, *item;
	size_t i;
	int err;

	if (!request) {
		char text[160];

		printable_copy(text, sizeof(text), error.text, strlen(error.text));
		snprintf(ret_error->text, sizeof(ret_error->text), "no JSON: column %d: %s",
		         error.column, text);
		return -EINVAL;
	}
	err = copy_request(request, ret_error, &list);
	json_decref(request);
	if (err < 0)
		return err;
	json_array_foreach(list, i, item) visitor->visit(visitor, item);
	json_decref(list);
	return 0;
}
