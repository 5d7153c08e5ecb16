/* Attributes of the resource that are known from outside a process too. No libc. */
#ifndef EXPORT_DESCRIBE_H
#define EXPORT_DESCRIBE_H

#include "config/settings.h"
#include "encoder/resource.h"

/* Detected; NULL and "" are left out. */
void describe_text(struct resource *resource, const char *key, const char *value);

/* process.executable.*, and the name that an unnamed service has. */
void describe_executable(struct resource *resource, const char *path);

/* service.instance.id */
void describe_instance(struct resource *resource, const uint8_t uuid[16]);

/* telemetry.sdk.*, and what the settings say. */
void describe_rest(struct resource *resource, const struct settings *settings);

#endif
