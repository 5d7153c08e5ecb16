/* The document's /resource: attributes of four types, and the list that OTEL_RESOURCE_ATTRIBUTES
 * would hold. */
#include <errno.h>
#include "base/memory.h"
#include "config/settings_json_internal.h"
#include "config/settings_pack.h"

#define NOT_YET "not supported by this version of otelue; take it out"

static const struct {
	char name[8], expected[16];
	enum settings_attribute_type type;
} types[] = {
	{"string", "a string", ATTRIBUTE_STRING},
	{"int", "an integer", ATTRIBUTE_INT},
	{"double", "a number", ATTRIBUTE_DOUBLE},
	{"bool", "true or false", ATTRIBUTE_BOOL},
};

static enum settings_attribute_type natural_type(const struct json_t *value)
{
	switch (value->type) {
	case JSON_INTEGER:
		return ATTRIBUTE_INT;
	case JSON_REAL:
		return ATTRIBUTE_DOUBLE;
	case JSON_TRUE:
	case JSON_FALSE:
		return ATTRIBUTE_BOOL;
	default:
		return ATTRIBUTE_STRING;
	}
}

static int read_type(struct json_reader *reader, const struct json_t *type,
                     enum settings_attribute_type *ret)
{
	int err = reader_string(reader, type, "string, int, double or bool");

	if (err <= 0)
		return err;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (string_equal(reader->string, types[i].name)) {
			*ret = types[i].type;
			return 0;
		}
	}
	if (text_has_suffix(reader->string, "_array"))
		return reader_error(reader, "arrays are not supported by this version of otelue");
	return reader_expected(reader, "string, int, double or bool", type);
}

/* A number, true or false as JSON; -EINVAL: the type does not take it. */
static int take_scalar(const struct json_reader *reader, const struct json_t *value,
                       struct settings_attribute *attribute)
{
	const struct json_api *json = reader->json;

	if (attribute->type == ATTRIBUTE_BOOL) {
		attribute->integer = value->type == JSON_TRUE;
		return value->type == JSON_TRUE || value->type == JSON_FALSE ? 0 : -EINVAL;
	}
	if (value->type == JSON_INTEGER) {
		attribute->integer = json->integer_value(value);
		attribute->real = (double)attribute->integer;
		return 0;
	}
	attribute->real = value->type == JSON_REAL ? json->real_value(value) : 0;
	return value->type == JSON_REAL && attribute->type == ATTRIBUTE_DOUBLE ? 0 : -EINVAL;
}

/* What a reference gave, read as JSON. */
static int take_reference(struct json_reader *reader, struct settings_attribute *attribute)
{
	struct json_error_t error;
	struct json_t *value;
	int err;

	value = reader->json->loadb(reader->string, string_length(reader->string), JSON_DECODE_ANY,
	                            &error);
	if (!value)
		return -EINVAL;
	err = take_scalar(reader, value, attribute);
	reader->json->delete (value);
	return err;
}

/* 1: taken; 0: left out (null, or a reference to nothing). */
static int read_attribute_value(struct json_reader *reader, const struct json_t *value,
                                struct settings_attribute *attribute)
{
	const char *expected = types[0].expected;
	int err;

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (types[i].type == attribute->type)
			expected = types[i].expected;
	if (value->type == JSON_NULL)
		return 0;
	if (value->type == JSON_ARRAY)
		return reader_error(reader, "arrays are not supported by this version of otelue");
	if (attribute->type == ATTRIBUTE_STRING) {
		err = reader_string(reader, value, expected);
		attribute->text = reader->string;
		attribute->text_length = (uint32_t)string_length(reader->string);
		return err;
	}
	if (reader_is_reference(reader, value)) {
		err = reader_string(reader, value, expected);
		if (err <= 0)
			return err;
		err = take_reference(reader, attribute);
	} else {
		err = take_scalar(reader, value, attribute);
	}
	return err ? reader_expected(reader, expected, value) : 1;
}

static int attribute_keep(struct json_reader *reader, const struct settings_attribute *attribute)
{
	int err;

	if (string_equal(attribute->key, "service.name")) {
		if (reader->loader->settings.service_name[0])
			return reader_error(reader, "service.name is there twice");
		if (attribute->type != ATTRIBUTE_STRING ||
		    setting_put_text(reader->loader, SETTING_service_name, attribute->text,
		                     attribute->text_length) < 0)
			return reader_error(
				reader,
				"expected service.name to be a string of at most 255 bytes");
		return 0;
	}
	err = settings_attribute_add(&reader->loader->settings, attribute);
	if (err == -EEXIST)
		return reader_error(reader, "an attribute of this name is there already");
	if (err)
		return reader_error(reader,
		                    "no room: the attributes may take about 2000 bytes together");
	reader->loader->settings.source[SETTING_resource_attributes] = SOURCE_FILE;
	return 0;
}

static int attribute_member(struct json_reader *reader, struct json_t *value)
{
	const char *key = reader_key(reader);

	(void)value;
	if (string_equal(key, "name") || string_equal(key, "value") || string_equal(key, "type"))
		return 0;
	return reader_error(reader, "unknown key; expected name, value and type");
}

/* The member, entered; NULL: missing, the error is made. */
static struct json_t *enter_required(struct json_reader *reader, struct json_t *object,
                                     const char *key)
{
	struct json_t *value = reader->json->object_get(object, key);

	reader_enter(reader, key);
	if (!value)
		reader_error(reader, "is missing");
	return value;
}

static int read_attribute(struct json_reader *reader, struct json_t *object)
{
	struct settings_attribute attribute = {0};
	size_t before = reader->pointer_length;
	struct json_t *name, *type, *value;
	char key[256];
	int err;

	err = reader_each_member(reader, object, attribute_member);
	if (err)
		return err;
	name = enter_required(reader, object, "name");
	if (!name)
		return -EINVAL;
	err = reader_string(reader, name, "a string");
	if (err < 0)
		return err;
	attribute.key_length = (uint32_t)string_length(reader->string);
	if (!settings_key_valid(reader->string, attribute.key_length))
		return reader_expected(
			reader, "1 to 255 printable ASCII characters, no blank and no ;", name);
	string_copy(key, sizeof(key), reader->string);
	attribute.key = key;
	reader_leave(reader, before);
	value = enter_required(reader, object, "value");
	if (!value)
		return -EINVAL;
	attribute.type = natural_type(value);
	type = reader->json->object_get(object, "type");
	if (type && type->type != JSON_NULL) {
		reader_leave(reader, before);
		reader_enter(reader, "type");
		err = read_type(reader, type, &attribute.type);
		if (err)
			return err;
		reader_leave(reader, before);
		reader_enter(reader, "value");
	}
	err = read_attribute_value(reader, value, &attribute);
	reader_leave(reader, before);
	return err > 0 ? attribute_keep(reader, &attribute) : err;
}

static int read_attributes_list(struct json_reader *reader, const struct json_t *value)
{
	char words[250];
	struct text why = text_start(words, sizeof(words));
	int err;

	if (value->type == JSON_NULL)
		return 0;
	err = reader_string(reader, value, "a string like \"key=value,key=value\"");
	if (err <= 0)
		return err;
	err = attributes_from_list(reader->loader, reader->pointer, reader->string, &why);
	return err ? reader_error(reader, words) : 0;
}

static int resource_member(struct json_reader *reader, struct json_t *value)
{
	const char *key = reader_key(reader);

	if (string_equal(key, "attributes"))
		return reader_each_element(reader, value, read_attribute);
	if (string_equal(key, "attributes_list") || value->type == JSON_NULL)
		return 0;
	if (string_equal(key, "detection~1development"))
		return reader_foreign(reader);
	if (string_equal(key, "schema_url"))
		return reader_error(reader, NOT_YET);
	return reader_error(reader, "unknown key; check its spelling and where it stands");
}

int read_resource(struct json_reader *reader, struct json_t *value)
{
	const struct json_t *list;
	int err = reader_each_member(reader, value, resource_member);

	if (err)
		return err;
	/* After the attributes, which have precedence. */
	list = reader->json->object_get(value, "attributes_list");
	if (!list)
		return 0;
	reader_enter(reader, "attributes_list");
	return read_attributes_list(reader, list);
}
