/*
 * Documents of any bytes: the reader may refuse them with one line of text, but neither crash nor
 * let through settings that are out of bounds. The same bytes are tried as a list of attributes and
 * of exporters, and as sealed settings.
 */
#include <stdlib.h>
#include <string.h>
#include "config/settings_internal.h"

static const char *const variables[] = {"NUMBER=1000", "WORD=delta", "TRUE=true",
                                        "PERCENT=a=%41,b=%zz", NULL};
static const struct settings_environment environment = {(char *const *)variables, false,
                                                        jansson_open_linked, NULL};

static void check(struct settings_loader *loader, int err)
{
	struct settings_attribute attribute;

	if (err < 0 && (!loader->error->text[0] || strchr(loader->error->text, '\n')))
		abort();
	if (err)
		return;
	settings_seal(&loader->settings);
	if (!settings_valid(&loader->settings, sizeof(loader->settings)))
		abort();
	for (uint32_t offset = 0; settings_attribute_next(&loader->settings, &offset, &attribute);)
		if (strlen(attribute.key) != attribute.key_length)
			abort();
	settings_program_selected(&loader->settings, "/usr/bin/program");
}

static void try_document(const char *bytes, size_t size, bool shared)
{
	struct settings_error error = {""};
	struct settings_loader loader = {
		.environment = &environment, .error = &error, .shared = shared};
	struct json_api json;
	char why[10];
	struct text text = text_start(why, sizeof(why));

	loader.source = SOURCE_FILE;
	memcpy(&loader.settings, &settings_default, sizeof(loader.settings));
	jansson_open_linked(&json, &text);
	check(&loader, settings_from_json(&loader, &json, "file", bytes, size));
}

static void try_variables(const char *bytes, size_t size)
{
	static const char *const names[] = {
		"OTELUE_METRICS_EXPORTER=", "OTEL_METRICS_EXPORTER=", "OTEL_RESOURCE_ATTRIBUTES=",
		"OTELUE_METRIC_EXPORT_INTERVAL=", "OTEL_LOG_LEVEL="};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct settings_error error = {""};
		struct settings_loader loader = {.error = &error};
		size_t length = strlen(names[i]);
		char *variable = malloc(length + size + 1);
		char *const one[] = {variable, (char[]){"OTELUE_FILE=/file"}, NULL};
		struct settings_environment only = {one, false, jansson_open_linked, NULL};

		memcpy(variable, names[i], length);
		memcpy(variable + length, bytes, size);
		variable[length + size] = '\0';
		loader.environment = &only;
		memcpy(&loader.settings, &settings_default, sizeof(loader.settings));
		check(&loader, settings_from_variables(&loader));
		free(variable);
	}
}

/* Bytes over good settings, sealed: as a forger would leave them. */
static void try_forged(const uint8_t *bytes, size_t size)
{
	struct settings settings;
	size_t start = offsetof(struct settings, source);
	struct settings_attribute attribute;

	memcpy(&settings, &settings_default, sizeof(settings));
	memcpy((char *)&settings + start, bytes,
	       size < sizeof(settings) - start ? size : sizeof(settings) - start);
	settings_seal(&settings);
	if (!settings_valid(&settings, sizeof(settings)))
		return;
	for (uint32_t offset = 0; settings_attribute_next(&settings, &offset, &attribute);)
		if (strlen(attribute.key) > 255)
			abort();
	settings_program_selected(&settings, "/usr/bin/program");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	try_document((const char *)bytes, size, size & 1);
	try_variables((const char *)bytes, size);
	try_forged(bytes, size);
	return 0;
}
