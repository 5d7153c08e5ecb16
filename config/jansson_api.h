/*
 * jansson through pointers. The preloaded object may not NEED libjansson (a program that exports a
 * json_loads of its own would take its place), so it opens the library when it has a file to read
 * and closes it afterwards; the command and the tests link it. The types are the ABI of
 * libjansson.so.4, so that the shim builds without jansson.h; jansson_linked.c checks them against
 * it.
 *
 * Values belong to the document; only the document is deleted. One thread.
 */
#ifndef CONFIG_JANSSON_API_H
#define CONFIG_JANSSON_API_H

#include <stddef.h>
#include "config/text.h"

#ifndef JANSSON_H
struct json_t {
	unsigned int type;
	volatile size_t refcount;
};

struct json_error_t {
	int line, column, position;
	char source[80], text[160];
};

enum json_types {
	JSON_OBJECT,
	JSON_ARRAY,
	JSON_STRING,
	JSON_INTEGER,
	JSON_REAL,
	JSON_TRUE,
	JSON_FALSE,
	JSON_NULL
};

#define JSON_REJECT_DUPLICATES 0x1
#define JSON_DECODE_ANY        0x4
#endif

struct json_api {
	void *library; /* NULL: linked */
#define JSON_FUNCTION(result, name, parameters) result(*name) parameters;
#include "config/jansson_api.def"
#undef JSON_FUNCTION
};

/* Opens libjansson.so.4 for ourselves alone. -ENOENT: it or a function of it is not there; `why`
 * says it. */
int jansson_open_library(struct json_api *ret_api, struct text *why);

/* The one that is linked; not in the shim. */
int jansson_open_linked(struct json_api *ret_api, struct text *why);

void jansson_close(struct json_api *api);

#endif
