/* Attributes and other text of a request (trees of cli/otlp_read.h), safe to show. */
#ifndef CLI_OTLP_ATTRIBUTES_H
#define CLI_OTLP_ATTRIBUTES_H

#include <jansson.h>

/* The string at a key of an object, "" if there is none. */
const char *otlp_string(const json_t *object, const char *key);

/* The text with printable_copy()'s replacements; free() it. */
char *otlp_printable(const char *text);

/* "key=value key=value" of an object that has attributes; lists as [a,b], strings quoted where they
 * would be misread without. free() it. */
char *otlp_attributes(const json_t *object);

#endif
