/* Protobuf to JSON by the tables of the schema. Fields that the tables do not have are skipped. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cli/memory.h"
#include "cli/otlp_read.h"
#include "cli/otlp_schema.h"
#include "encoder/protobuf.h"
#include "encoder/utf8.h"

#define DEEPEST       32                /* messages in messages; OTLP itself needs 8 */
#define LARGEST       (4 * 1024 * 1024) /* bytes of one ResourceMetrics */
#define WIRE_FIXED32  5
#define FIELD_LARGEST 536870911 /* (1 << 29) - 1 */

/* The bytes of one message within the input. */
struct input {
	const uint8_t *start, *at, *end;
	const char *message; /* its name, for errors */
	struct otlp_error *error;
	unsigned int depth;
};

__attribute__((format(printf, 3, 4))) static int fail(const struct input *in, const uint8_t *at,
                                                      const char *format, ...)
{
	char text[200];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	snprintf(in->error->text, sizeof(in->error->text), "byte %zu, in %s: %s",
	         (size_t)(at - in->start), in->message, text);
	return -EINVAL;
}

static int read_varint(struct input *in, uint64_t *ret)
{
	const uint8_t *start = in->at;
	uint64_t value = 0;

	for (unsigned int shift = 0; shift < 70; shift += 7) {
		if (in->at == in->end)
			return fail(in, start, "ends within a number");
		value |= (uint64_t)(*in->at & 0x7f) << shift;
		if (*in->at++ < 0x80) {
			*ret = value;
			return 0;
		}
	}
	return fail(in, start, "a number has more than 10 bytes");
}

static int read_fixed64(struct input *in, uint64_t *ret)
{
	uint64_t value = 0;

	if (in->end - in->at < 8)
		return fail(in, in->at, "ends within a number of 8 bytes");
	for (int i = 0; i < 8; i++)
		value |= (uint64_t)in->at[i] << 8 * i;
	in->at += 8;
	*ret = value;
	return 0;
}

/* Length-delimited contents: *ret is their bytes, `in` stands behind them. */
static int read_length(struct input *in, struct input *ret)
{
	const uint8_t *start = in->at;
	uint64_t length;
	int err = read_varint(in, &length);

	if (err < 0)
		return err;
	if (length > (uint64_t)(in->end - in->at))
		return fail(in, start, "contents of %" PRIu64 " bytes, but only %td are left",
		            length, in->end - in->at);
	*ret = *in;
	ret->end = in->at + length;
	in->at += length;
	return 0;
}

static int skip(struct input *in, unsigned int wire)
{
	struct input contents;
	uint64_t value;

	switch (wire) {
	case WIRE_VARINT:
		return read_varint(in, &value);
	case WIRE_FIXED64:
		return read_fixed64(in, &value);
	case WIRE_LENGTH:
		return read_length(in, &contents);
	case WIRE_FIXED32:
		if (in->end - in->at < 4)
			return fail(in, in->at, "ends within a number of 4 bytes");
		in->at += 4;
		return 0;
	default:
		return fail(in, in->at - 1, "wire type %u is none", wire);
	}
}

static json_t *must(json_t *json)
{
	if (!json)
		memory_exhausted();
	return json;
}

static json_t *string_of(const struct input *contents)
{
	const char *bytes = (const char *)contents->at;
	size_t length = (size_t)(contents->end - contents->at);
	size_t repaired = utf8_repair(NULL, bytes, length, SIZE_MAX);
	char *text = memory_take(repaired + 1);
	json_t *json;

	utf8_repair(text, bytes, length, SIZE_MAX);
	json = must(json_stringn(text, repaired));
	free(text);
	return json;
}

static json_t *base64_of(const struct input *contents)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t length = (size_t)(contents->end - contents->at), n = 0;
	char *text = memory_take((length + 2) / 3 * 4 + 1);
	json_t *json;

	for (size_t i = 0; i < length; i += 3) {
		uint32_t word = 0;

		for (size_t k = 0; k < 3; k++)
			word = word << 8 | (i + k < length ? contents->at[i + k] : 0);
		for (size_t k = 0; k < 4; k++)
			text[n++] = i + k > length ? '=' : digits[word >> (18 - 6 * k) & 63];
	}
	json = must(json_string(text));
	free(text);
	return json;
}

static json_t *double_of(uint64_t bits)
{
	double value;

	memcpy(&value, &bits, sizeof(value));
	if (isnan(value))
		return must(json_string("NaN"));
	if (isinf(value))
		return must(json_string(value > 0 ? "Infinity" : "-Infinity"));
	return must(json_real(value));
}

static json_t *wide_of(uint64_t bits, bool is_signed)
{
	char text[24];

	snprintf(text, sizeof(text), is_signed ? "%" PRId64 : "%" PRIu64, bits);
	return must(json_string(text));
}

static unsigned int wire_of(enum otlp_type type)
{
	switch (type) {
	case OTLP_STRING:
	case OTLP_BYTES:
	case OTLP_MESSAGE:
		return WIRE_LENGTH;
	case OTLP_FIXED64:
	case OTLP_SFIXED64:
	case OTLP_DOUBLE:
		return WIRE_FIXED64;
	default:
		return WIRE_VARINT;
	}
}

static int read_number(struct input *in, enum otlp_type type, json_t **ret)
{
	uint64_t value;
	int err =
		wire_of(type) == WIRE_FIXED64 ? read_fixed64(in, &value) : read_varint(in, &value);

	if (err < 0)
		return err;
	switch (type) {
	case OTLP_BOOL:
		*ret = must(json_boolean(value != 0));
		break;
	case OTLP_ENUM:
		*ret = must(json_integer((uint32_t)value));
		break;
	case OTLP_SINT32:
		value = (uint32_t)value;
		*ret = must(json_integer((int32_t)(value >> 1 ^ -(value & 1))));
		break;
	case OTLP_DOUBLE:
		*ret = double_of(value);
		break;
	default:
		*ret = wide_of(value, type == OTLP_INT64 || type == OTLP_SFIXED64);
		break;
	}
	return 0;
}

static int read_message(struct input *in, const struct otlp_message *message, json_t **ret);

static int read_value(struct input *in, const struct otlp_field *field, json_t **ret)
{
	struct input contents;
	int err;

	if (wire_of(field->type) != WIRE_LENGTH)
		return read_number(in, field->type, ret);
	err = read_length(in, &contents);
	if (err < 0)
		return err;
	if (field->type == OTLP_MESSAGE)
		return read_message(&contents, field->message, ret);
	*ret = field->type == OTLP_STRING ? string_of(&contents) : base64_of(&contents);
	return 0;
}

/* Puts a value into the object; of a field that is not repeated the last one holds. */
static void put(json_t *object, const struct otlp_field *field, json_t *value)
{
	json_t *array;

	if (!field->repeated) {
		json_object_set_new(object, field->name, value);
		return;
	}
	array = json_object_get(object, field->name);
	if (!array) {
		array = must(json_array());
		json_object_set_new(object, field->name, array);
	}
	json_array_append_new(array, value);
}

static int read_packed(struct input *in, const struct otlp_field *field, json_t *object)
{
	struct input contents;
	json_t *value;
	int err = read_length(in, &contents);

	while (err == 0 && contents.at < contents.end) {
		err = read_number(&contents, field->type, &value);
		if (err == 0)
			put(object, field, value);
	}
	return err;
}

static int read_field(struct input *in, const struct otlp_message *message, json_t *object)
{
	const uint8_t *start = in->at;
	const struct otlp_field *field;
	unsigned int wire;
	uint64_t tag;
	json_t *value;
	int err = read_varint(in, &tag);

	if (err < 0)
		return err;
	wire = tag & 7;
	tag >>= 3;
	if (tag == 0 || tag > FIELD_LARGEST)
		return fail(in, start, "%" PRIu64 " is no field's number", tag);
	field = otlp_field_by_number(message, tag);
	if (!field)
		return skip(in, wire);
	if (field->repeated && wire == WIRE_LENGTH && wire_of(field->type) != WIRE_LENGTH)
		return read_packed(in, field, object);
	if (wire != wire_of(field->type))
		return fail(in, start, "%s has wire type %u, not %u", field->name, wire,
		            wire_of(field->type));
	err = read_value(in, field, &value);
	if (err == 0)
		put(object, field, value);
	return err;
}

static int read_message(struct input *in, const struct otlp_message *message, json_t **ret)
{
	json_t *object;
	int err = 0;

	if (in->depth == DEEPEST)
		return fail(in, in->at, "more than %d messages in each other", DEEPEST);
	in->depth++;
	in->message = message->name;
	object = must(json_object());
	while (err == 0 && in->at < in->end)
		err = read_field(in, message, object);
	if (err < 0)
		json_decref(object);
	else
		*ret = object;
	return err;
}

/* One field of the request: ResourceMetrics is number 1, there is no other. */
static int read_request_field(struct input *in, struct otlp_visitor *visitor)
{
	const uint8_t *start = in->at;
	struct input contents;
	json_t *resource_metrics;
	uint64_t tag;
	int err = read_varint(in, &tag);

	if (err < 0)
		return err;
	if (tag != PROTOBUF_TAG(1, WIRE_LENGTH))
		return fail(in, start,
		            "no OTLP metrics: it would have to start with the byte 0a, or with { "
		            "if it is JSON");
	err = read_length(in, &contents);
	if (err < 0)
		return err;
	if (contents.end - contents.at > LARGEST)
		return fail(in, start, "a resource with more than %d MiB", LARGEST >> 20);
	err = read_message(&contents, &otlp_resource_metrics, &resource_metrics);
	if (err < 0)
		return err;
	visitor->visit(visitor, resource_metrics);
	json_decref(resource_metrics);
	return 0;
}

int otlp_read_protobuf(const uint8_t *bytes, size_t length, struct otlp_visitor *visitor,
                       struct otlp_error *ret_error)
{
	struct input in = {.start = bytes,
	                   .at = bytes,
	                   .end = bytes + length,
	                   .message = "the request",
	                   .error = ret_error};
	int err = 0;

	while (err == 0 && in.at < in.end)
		err = read_request_field(&in, visitor);
	return err;
}
