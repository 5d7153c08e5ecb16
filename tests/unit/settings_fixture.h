/* Loads settings from variables and files of the test's own; nothing of the runner's environment is
 * seen. */
#ifndef TESTS_UNIT_SETTINGS_FIXTURE_H
#define TESTS_UNIT_SETTINGS_FIXTURE_H

#include "config/settings_load.h"
#include "tests/unit/scratch.h"

static struct settings settings;
static struct settings_error error;

static inline int load_variables(const char *const *variables)
{
	struct settings_environment environment = {(char *const *)variables, false,
	                                           jansson_open_linked, NULL};

	memset(&settings, 0xa5, sizeof(settings));
	strcpy(error.text, "");
	return settings_load(&environment, &settings, &error);
}

/* LOAD("OTEL_SERVICE_NAME=shop", ...) */
#define LOAD(...) load_variables((const char *const[]){__VA_ARGS__, NULL})

/* Documents are written here with single quotes, which JSON does not have. */
static inline const char *write_file(const char *name, const char *text)
{
	static char path[600];
	FILE *file;

	strcpy(path, scratch_path(name));
	file = fopen(path, "w");
	cr_assert_not_null(file);
	for (; *text; text++)
		putc(*text == '\'' ? '"' : *text, file);
	cr_assert_eq(fclose(file), 0);
	cr_assert_eq(chmod(path, 0644), 0);
	return path;
}

static inline int load_file(const char *variable, const char *text, const char *more)
{
	char assignment[700];

	snprintf(assignment, sizeof(assignment), "%s=%s", variable,
	         write_file("otelue.json", text));
	return load_variables((const char *const[]){assignment, more, NULL});
}

/* A document of ours; the second with a variable set. */
#define LOAD_JSON(text)                load_file("OTELUE_CONFIG", text, NULL)
#define LOAD_JSON_WITH(text, variable) load_file("OTELUE_CONFIG", text, variable)
#define LOAD_SHARED(text)              load_file("OTEL_CONFIG_FILE", text, NULL)

/* Document with the given members behind file_format. */
#define DOCUMENT(members) "{'file_format': '1.1', " members "}"
#define READER(members)   "{'periodic': {" members "}}"
#define READERS(readers)  DOCUMENT("'meter_provider': {'readers': [" readers "]}")
#define OURS(members)     DOCUMENT("'distribution': {'otelue': {" members "}}")

/* The error's text behind "PATH: ". */
static inline const char *error_at(void)
{
	size_t length = strlen(scratch_path("otelue.json"));

	cr_assert_eq(strncmp(error.text, scratch_path("otelue.json"), length), 0, "%s", error.text);
	return error.text + length + 2;
}

#define assert_refused(load, text)                  \
	do {                                        \
		cr_assert_eq(load, -EINVAL);        \
		cr_assert_str_eq(error_at(), text); \
	} while (0)

#define assert_loads(load) cr_assert_eq(load, 0, "%s", error.text)

static inline bool find_attribute(const char *key, struct settings_attribute *ret)
{
	for (uint32_t offset = 0; settings_attribute_next(&settings, &offset, ret);)
		if (strcmp(ret->key, key) == 0)
			return true;
	return false;
}

static inline const char *attribute_text(const char *key)
{
	struct settings_attribute attribute;

	return find_attribute(key, &attribute) ? attribute.text : NULL;
}

#endif
