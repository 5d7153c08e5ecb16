/*
 * What a metrics request of OTLP consists of (opentelemetry-proto 1.x), for reading requests of any
 * exporter: fields by number for protobuf, by name for JSON. Constant data.
 */
#ifndef CLI_OTLP_SCHEMA_H
#define CLI_OTLP_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum otlp_type {
	OTLP_STRING,
	OTLP_BYTES,
	OTLP_BOOL,
	OTLP_ENUM, /* and uint32 */
	OTLP_UINT64,
	OTLP_INT64,
	OTLP_SINT32,
	OTLP_FIXED64,
	OTLP_SFIXED64,
	OTLP_DOUBLE,
	OTLP_MESSAGE,
};

struct otlp_field {
	const char *name; /* as in JSON; NULL ends the table */
	uint32_t number;
	enum otlp_type type;
	bool repeated;
	const struct otlp_message *message; /* of OTLP_MESSAGE */
};

struct otlp_message {
	const char *name;
	const struct otlp_field *fields;
};

extern const struct otlp_message otlp_resource_metrics;

/* NULL: the message has no such field. */
const struct otlp_field *otlp_field_by_number(const struct otlp_message *message, uint64_t number);
const struct otlp_field *otlp_field_by_name(const struct otlp_message *message, const char *name);

/* Integers of 64 bits are strings in OTLP's JSON. */
bool otlp_is_wide(enum otlp_type type);

#endif
