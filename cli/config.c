/*
 * otelue config: checks a configuration with the code that the shim runs, and prints the settings
 * that would hold, each with where it came from. A wrong configuration is one line on stderr and
 * exit code 1.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <getopt.h>
#include "cli/cli.h"
#include "config/settings_load.h"
#include "config/settings_show.h"

extern char **environ;

#define VALUE_WIDTH 44

/* The environment with OTELUE_CONFIG=path in front, where it is found first; free() it and its
 * first entry. */
static char **variables_with(const char *path)
{
	size_t n = 0;
	char **variables, *entry;

	while (environ[n])
		n++;
	variables = calloc(n + 2, sizeof(*variables));
	if (!variables || asprintf(&entry, "OTELUE_CONFIG=%s", path) < 0) {
		free(variables);
		return NULL;
	}
	variables[0] = entry;
	memcpy(variables + 1, environ, n * sizeof(*variables));
	return variables;
}

static int load(const char *path, struct settings *settings, struct settings_error *error)
{
	struct settings_environment environment = {environ, false, jansson_open_linked, NULL};
	char **variables = NULL;
	int err;

	if (path) {
		variables = variables_with(path);
		if (!variables) {
			snprintf(error->text, sizeof(error->text), "out of memory");
			return -1;
		}
		environment.variables = variables;
	}
	err = settings_load(&environment, settings, error);
	if (variables)
		free(variables[0]);
	free(variables);
	return err;
}

/* The file was given as an operand, so the variable that it is handed over in is not its place. */
static const char *message(const struct settings_error *error, const char *path)
{
	static const char variable[] = "OTELUE_CONFIG: ";
	size_t length = sizeof(variable) - 1;

	return error->text + (path && strncmp(error->text, variable, length) == 0 ? length : 0);
}

static void print_table(const struct settings *settings)
{
	char value[8192];

	if (settings->config_file[0])
		printf("file: %s\n\n", settings->config_file);
	printf("%-29s %-*s %s\n", "SETTING", VALUE_WIDTH, "VALUE", "FROM");
	for (int i = 0; i < SETTING_COUNT; i++) {
		struct text text = text_start(value, sizeof(value));

		settings_show_value(settings, (enum settings_id)i, &text);
		if (!value[0])
			text_add(&text, "-");
		printf("%-29s %-*s %s\n", settings_table[i].name, VALUE_WIDTH, value,
		       settings_show_place(settings, (enum settings_id)i));
	}
	if (settings->notes[0])
		printf("\nleft aside:\n%s", settings->notes);
}

/* jansson takes UTF-8 only; paths and variables may hold any bytes. */
static json_t *json_text(const char *string, size_t length)
{
	json_t *value = json_stringn(string, length);
	char clean[8192];
	struct text text = text_start(clean, sizeof(clean));

	if (value)
		return value;
	text_add_clean(&text, string);
	return json_string_nocheck(clean);
}

static json_t *json_lines(const char *lines)
{
	json_t *array = json_array();

	for (size_t n; *lines; lines += n + (lines[n] == '\n')) {
		n = strcspn(lines, "\n");
		json_array_append_new(array, json_text(lines, n));
	}
	return array;
}

static json_t *json_bits(uint32_t bits, enum settings_id id)
{
	json_t *array = json_array();

	for (uint32_t bit = 0; bit < 32; bit++)
		if (bits >> bit & 1)
			json_array_append_new(array, json_string(settings_show_bit(id, bit)));
	return array;
}

static json_t *json_attributes(const struct settings *settings)
{
	struct settings_attribute attribute;
	json_t *object = json_object(), *value;

	for (uint32_t offset = 0; settings_attribute_next(settings, &offset, &attribute);) {
		if (attribute.type == ATTRIBUTE_STRING)
			value = json_text(attribute.text, attribute.text_length);
		else if (attribute.type == ATTRIBUTE_DOUBLE)
			value = json_real(attribute.real);
		else if (attribute.type == ATTRIBUTE_INT)
			value = json_integer(attribute.integer);
		else
			value = json_boolean(attribute.integer);
		json_object_set_new(object, attribute.key, value);
	}
	return object;
}

static json_t *json_patterns(const char *patterns)
{
	json_t *array = json_array();

	for (; *patterns; patterns += strlen(patterns) + 1)
		json_array_append_new(array, json_text(patterns, strlen(patterns)));
	return array;
}

static json_t *json_value(const struct settings *settings, enum settings_id id)
{
	switch ((enum settings_kind)settings_table[id].kind) {
	case SETTING_KIND_BOOL:
		return json_boolean(settings_number(settings, id));
	case SETTING_KIND_NUMBER:
		if (settings_show_unlimited(id, settings_number(settings, id)))
			return json_null();
		return json_integer(settings_number(settings, id));
	case SETTING_KIND_WORD:
		return json_string(settings_show_word(id, settings_number(settings, id)));
	case SETTING_KIND_EXPORTERS:
	case SETTING_KIND_FAMILIES:
	case SETTING_KIND_METRICS:
		return json_bits(settings_number(settings, id), id);
	case SETTING_KIND_TEXT:
	case SETTING_KIND_PATH:
		return json_text(settings_text(settings, id), strlen(settings_text(settings, id)));
	case SETTING_KIND_ATTRIBUTES:
		return json_attributes(settings);
	case SETTING_KIND_PATTERNS:
		return json_patterns(settings_text(settings, id));
	}
	return NULL;
}

static void print_json(const struct settings *settings)
{
	json_t *rows = json_object(), *root;

	for (int i = 0; i < SETTING_COUNT; i++) {
		enum settings_id id = (enum settings_id)i;
		json_object_set_new(rows, settings_table[i].name,
		                    json_pack("{s:o, s:s, s:s, s:s}", "value",
		                              json_value(settings, id), "unit",
		                              settings_table[i].unit, "source",
		                              settings_show_source(settings, id), "place",
		                              settings_show_place(settings, id)));
	}
	root = json_pack("{s:b, s:o, s:o, s:o}", "valid", 1, "file",
	                 json_text(settings->config_file, strlen(settings->config_file)),
	                 "settings", rows, "notes", json_lines(settings->notes));
	json_dumpf(root, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(root);
}

static void print_json_error(const char *text)
{
	json_t *root = json_pack("{s:b, s:o}", "valid", 0, "error", json_text(text, strlen(text)));

	json_dumpf(root, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(root);
}

static int check(const char *path, bool json)
{
	struct settings settings;
	struct settings_error error = {""};

	if (load(path, &settings, &error) < 0) {
		cli_error("config", "%s", message(&error, path));
		if (json)
			print_json_error(message(&error, path));
		return cli_finish_output("config", CLI_PROBLEM);
	}
	if (json)
		print_json(&settings);
	else
		print_table(&settings);
	return cli_finish_output("config", CLI_OK);
}

int cli_config(int argc, char **argv)
{
	static const struct cli_option options[] = {
		{'j', "json", NULL, "print JSON"},
		{0, NULL, NULL, NULL},
	};
	static const struct cli_usage usage = {
		"config",
		"[--json] [FILE]",
		"Checks a configuration file and prints the settings that would hold, each with "
		"where\n"
		"it came from. Without FILE: those of a program started here, from its variables "
		"and\n"
		"the file that they name. The file's format: otelue.json(5).\n",
		options,
		false,
	};
	const char *argument;
	bool json = false;
	int code, value;

	while ((value = cli_next(&usage, argc, argv, &argument, &code)) >= 0)
		json |= value == 'j';
	if (value == CLI_EXIT)
		return code;
	if (argc - optind > 1)
		return cli_usage_error(&usage, "give one file, not %d", argc - optind);
	if (argv[optind] && !argv[optind][0]) /* handed over, it would be as good as none */
		return cli_usage_error(&usage, "'' is no file's name");
	return check(argv[optind], json);
}
