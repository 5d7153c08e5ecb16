/*
 * A document of OpenTelemetry's declarative configuration (schema 1.1), read by place: what stands
 * at a JSON pointer is a node of the table below, or a scalar row of settings.def, or an error.
 * Adding a scalar setting takes no line here.
 */
#include <errno.h>
#include "base/memory.h"
#include "config/settings_json_internal.h"

#define READERS  "/meter_provider/readers"
#define PERIODIC READERS "/*/periodic"
#define OTELUE   "/distribution/otelue"

static int read_object(struct json_reader *reader, struct json_t *value)
{
	return reader_each_member(reader, value, reader_value);
}

static int read_array(struct json_reader *reader, struct json_t *value)
{
	return reader_each_element(reader, value, reader_value);
}

/* Parts of the schema that say something about tracing, logs or the SDK's own metrics. */
static int read_foreign(struct json_reader *reader, struct json_t *value)
{
	return value->type == JSON_NULL ? 0 : reader_foreign(reader);
}

static int read_unsupported(struct json_reader *reader, struct json_t *value)
{
	(void)value;
	return reader_error(reader, "not supported by this version of otelue; take it out");
}

/* A member that is left out after all: null, as the schema allows for most scalars. */
static int read_unsupported_or_null(struct json_reader *reader, struct json_t *value)
{
	return value->type == JSON_NULL ? 0 : read_unsupported(reader, value);
}

static int read_file_format(struct json_reader *reader, struct json_t *value)
{
	const char *expected = "a version like \"1.1\"; versions 1.x are understood", *s;
	int err = reader_string(reader, value, expected);

	if (err < 0)
		return err;
	s = reader->string;
	if (s[0] != '1' || s[1] != '.' || s[2] < '0' || s[2] > '9')
		return reader_expected(reader, expected, value);
	s += 2;
	if (string_to_u64(&s) > 1)
		loader_note(reader->loader,
		            "/file_format: newer than 1.1, which this version knows");
	return *s && *s != '-' ? reader_expected(reader, expected, value) : 0;
}

/* `key` must be there: the schema requires it. */
static int require(struct json_reader *reader, const struct json_t *object, const char *key)
{
	if (object->type != JSON_OBJECT)
		return reader_expected(reader, "an object", object);
	if (reader->json->object_get(object, key))
		return 0;
	reader_enter(reader, key);
	return reader_error(reader, "is missing");
}

static int read_document(struct json_reader *reader, struct json_t *value)
{
	int err = require(reader, value, "file_format");

	return err ? err : read_object(reader, value);
}

static int read_meter_provider(struct json_reader *reader, struct json_t *value)
{
	int err = require(reader, value, "readers");

	return err ? err : read_object(reader, value);
}

static int read_distribution(struct json_reader *reader, struct json_t *value)
{
	if (value->type == JSON_OBJECT && reader->json->object_size(value) == 0)
		return reader_error(reader, "expected at least one member, otelue");
	return read_object(reader, value);
}

/* The first that matches holds. */
static const struct {
	const char *pointer;
	reader_function *read;
} nodes[] = {
	{"", read_document},
	{"/file_format", read_file_format},
	{"/resource", read_resource},
	{"/attribute_limits", read_object},
	{"/attribute_limits/attribute_count_limit", read_foreign},
	{"/meter_provider", read_meter_provider},
	{READERS, read_array},
	{READERS "/*", read_metric_reader},
	{PERIODIC, read_periodic},
	{PERIODIC "/exporter", read_exporter},
	{PERIODIC "/exporter/user_events", read_user_events},
	{PERIODIC "/exporter/otlp_file~1development", read_otlp_file},
	{PERIODIC "/exporter/otlp_file~1development/output_stream", read_output_stream},
	{PERIODIC "/max_export_batch_size~1development", read_unsupported_or_null},
	{PERIODIC "/producers", read_unsupported},
	{PERIODIC "/cardinality_limits", read_unsupported},
	{"/meter_provider/views", read_unsupported},
	{"/meter_provider/exemplar_filter", read_foreign},
	{"/meter_provider/meter_configurator~1development", read_foreign},
	{"/tracer_provider", read_foreign},
	{"/logger_provider", read_foreign},
	{"/propagator", read_foreign},
	{"/instrumentation~1development", read_foreign},
	{"/distribution", read_distribution},
	{OTELUE, read_object},
	{OTELUE "/hooks", read_object},
	{OTELUE "/hooks/*", read_hook_family},
	{OTELUE "/hooks/*/*", read_hook_metric},
	{OTELUE "/attributes", read_object},
	{OTELUE "/programs", read_object},
	{OTELUE "/programs/*", read_patterns},
	{OTELUE "/export", read_object},
	{OTELUE "/segment", read_object},
	{"/distribution/*", read_foreign},
};

/* The scalar row whose place this is; SETTING_COUNT: none. */
static enum settings_id row_here(const struct json_reader *reader)
{
	for (int id = 0; id < SETTING_COUNT; id++) {
		const struct settings_row *row = &settings_table[id];
		bool scalar = row->kind == SETTING_KIND_BOOL || row->kind == SETTING_KIND_NUMBER ||
		              row->kind == SETTING_KIND_WORD || row->kind == SETTING_KIND_PATH;

		if (scalar && row->pointer[0] && reader_at(reader, row->pointer))
			return (enum settings_id)id;
	}
	return SETTING_COUNT;
}

int reader_value(struct json_reader *reader, struct json_t *value)
{
	enum settings_id id;

	for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++)
		if (reader_at(reader, nodes[i].pointer))
			return nodes[i].read(reader, value);
	id = row_here(reader);
	if (id == SETTING_COUNT)
		return reader_error(reader, "unknown key; check its spelling and where it stands");
	return value->type == JSON_NULL ? 0 : reader_scalar(reader, id, value);
}

/*
 * Settings of a reader hold for all of ours: a second reader may only repeat what the first said.
 * The value has been put by then.
 */
int reader_number(struct json_reader *reader, enum settings_id id, uint32_t value)
{
	char message[200];
	struct text text = text_start(message, sizeof(message));

	if ((reader->fixed >> id & 1) && settings_number(&reader->loader->settings, id) != value) {
		text_add(&text, "expected ");
		text_add_u64(&text, settings_number(&reader->loader->settings, id));
		text_add(&text, " as in the reader before: this version exports to all at the same "
		                "interval");
		return reader_error(reader, message);
	}
	setting_put(reader->loader, id, value);
	if (text_has_prefix(settings_table[id].pointer, PERIODIC))
		reader->fixed |= 1u << id;
	return 0;
}

/* What a reference led to is part of the message. */
static int reader_expected_from(struct json_reader *reader, const char *expected,
                                const struct json_t *value)
{
	char message[400];
	struct text text = text_start(message, sizeof(message));

	text_add(&text, "expected ");
	text_add(&text, expected);
	text_add(&text, ", got ");
	text_add_quoted(&text, reader->string);
	text_add(&text, " from ");
	text_add_quoted(&text, reader->json->string_value(value));
	return reader_error(reader, message);
}

/* Text that a reference or a word gave. */
static int scalar_from_text(struct json_reader *reader, enum settings_id id,
                            const struct json_t *value)
{
	char words[300];
	struct text expected = text_start(words, sizeof(words));
	uint32_t number;
	int err;

	value_expected(&settings_table[id], &expected);
	err = reader_string(reader, value, words);
	if (err <= 0)
		return err;
	expected = text_start(words, sizeof(words));
	if (value_from_text(&settings_table[id], reader->string, &number, &expected) == 0)
		return reader_number(reader, id, number);
	if (!reader_is_reference(reader, value))
		return reader_expected(reader, words, value);
	return reader_expected_from(reader, words, value);
}

static int path_from_json(struct json_reader *reader, enum settings_id id,
                          const struct json_t *value)
{
	int err = reader_string(reader, value, "an absolute path");

	if (err <= 0)
		return err;
	if (reader->string[0] != '/')
		return reader_expected(reader, "an absolute path", value);
	if (setting_put_text(reader->loader, id, reader->string, string_length(reader->string)) < 0)
		return reader_expected(reader, "a shorter path", value);
	return 0;
}

/* A number with nothing behind the point is an integer to JSON Schema. */
static bool integer_of(const struct json_reader *reader, const struct json_t *value,
                       int64_t *ret_number)
{
	double real;

	if (value->type == JSON_INTEGER) {
		*ret_number = reader->json->integer_value(value);
		return true;
	}
	if (value->type != JSON_REAL)
		return false;
	real = reader->json->real_value(value);
	if (!(real > -9e15 && real < 9e15) || (double)(int64_t)real != real)
		return false;
	*ret_number = (int64_t)real;
	return true;
}

int reader_scalar(struct json_reader *reader, enum settings_id id, const struct json_t *value)
{
	const struct settings_row *row = &settings_table[id];
	char words[300];
	struct text expected = text_start(words, sizeof(words));
	int64_t integer;
	uint32_t number;

	if (row->kind == SETTING_KIND_PATH)
		return path_from_json(reader, id, value);
	if (row->kind == SETTING_KIND_WORD || reader_is_reference(reader, value))
		return scalar_from_text(reader, id, value);
	if (row->kind == SETTING_KIND_BOOL &&
	    (value->type == JSON_TRUE || value->type == JSON_FALSE))
		return reader_number(reader, id, value->type == JSON_TRUE);
	if (row->kind == SETTING_KIND_NUMBER && integer_of(reader, value, &integer)) {
		if (value_from_number(row, integer, &number, &expected) == 0)
			return reader_number(reader, id, number);
		return reader_expected(reader, words, value);
	}
	value_expected(row, &expected);
	return reader_expected(reader, words, value);
}

static int syntax_error(struct settings_loader *loader, const char *name,
                        const struct json_error_t *error)
{
	struct text text = loader_error(loader, name, "");

	text_add(&text, "line ");
	text_add_s64(&text, error->line);
	text_add(&text, ", column ");
	text_add_s64(&text, error->column);
	text_add(&text, ": not JSON: ");
	for (const char *s = error->text; *s; s++)
		text_add_bytes(&text, (unsigned char)*s < ' ' ? " " : s, 1);
	return -EINVAL;
}

int settings_from_json(struct settings_loader *loader, const struct json_api *json,
                       const char *name, const char *bytes, size_t length)
{
	struct json_reader reader = {.json = json, .loader = loader, .name = name};
	struct json_error_t error = {0};
	struct json_t *document;
	int err;

	document = json->loadb(bytes, length, JSON_REJECT_DUPLICATES, &error);
	if (!document)
		return syntax_error(loader, name, &error);
	err = reader_value(&reader, document);
	json->delete (document);
	return err;
}
