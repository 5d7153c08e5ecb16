/* See describe.h. */
#include "build-config.h"
#include "base/memory.h"
#include "export/describe.h"

void describe_text(struct resource *resource, const char *key, const char *value)
{
	if (value && *value)
		resource_add_string(resource, RESOURCE_DETECTED, key, value, string_length(value));
}

/* Two hexadecimal digits a byte. */
static void hex(char *to, const uint8_t *bytes, size_t length)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < length; i++) {
		to[2 * i] = digits[bytes[i] >> 4];
		to[2 * i + 1] = digits[bytes[i] & 15];
	}
}

void describe_instance(struct resource *resource, const uint8_t uuid[16])
{
	static const uint8_t groups[] = {4, 2, 2, 2, 6};
	char text[37];
	size_t at = 0, byte = 0;

	for (size_t group = 0; group < sizeof(groups); group++) {
		hex(text + at, uuid + byte, groups[group]);
		at += 2u * groups[group];
		byte += groups[group];
		text[at++] = group + 1 < sizeof(groups) ? '-' : '\0';
	}
	describe_text(resource, "service.instance.id", text);
}

void describe_executable(struct resource *resource, const char *path)
{
	static const char unknown[] = "unknown_service:";
	char service[sizeof(unknown) + 256];
	const char *name = path;

	for (const char *at = path; *at; at++) {
		if (*at == '/')
			name = at + 1;
	}
	string_copy(service, sizeof(service), unknown);
	string_copy(service + sizeof(unknown) - 1, sizeof(service) - sizeof(unknown) + 1, name);
	describe_text(resource, "service.name", service);
	describe_text(resource, "process.executable.name", name);
	describe_text(resource, "process.executable.path", path);
}

static void add_settings(struct resource *resource, const struct settings *settings)
{
	const enum resource_source user = RESOURCE_USER;
	struct settings_attribute attribute;
	uint32_t offset = 0;

	if (settings->service_name[0])
		resource_add_string(resource, user, "service.name", settings->service_name,
		                    string_length(settings->service_name));
	while (settings_attribute_next(settings, &offset, &attribute) == 1) {
		switch (attribute.type) {
		case ATTRIBUTE_STRING:
			resource_add_string(resource, user, attribute.key, attribute.text,
			                    attribute.text_length);
			break;
		case ATTRIBUTE_INT:
			resource_add_int(resource, user, attribute.key, attribute.integer);
			break;
		case ATTRIBUTE_DOUBLE:
			resource_add_double(resource, user, attribute.key, attribute.real);
			break;
		case ATTRIBUTE_BOOL:
			resource_add_bool(resource, user, attribute.key, attribute.integer != 0);
			break;
		}
	}
}

void describe_rest(struct resource *resource, const struct settings *settings)
{
	describe_text(resource, "telemetry.sdk.name", "otelue");
	describe_text(resource, "telemetry.sdk.language", "c");
	describe_text(resource, "telemetry.sdk.version", PACKAGE_VERSION);
	add_settings(resource, settings);
}
