/* See otlp_attributes.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cli/memory.h"
#include "cli/otlp_attributes.h"
#include "cli/printable.h"

#define DEEPEST 16 /* lists in lists; deeper ones are shown empty */

char *otlp_printable(const char *text)
{
	size_t size = 3 * strlen(text) + 1; /* a bad byte becomes three */
	char *to = memory_take(size);

	printable_copy(to, size, text, strlen(text));
	return to;
}

const char *otlp_string(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static void put_value(FILE *to, const json_t *value, unsigned int depth);

static void put_list(FILE *to, const json_t *list, unsigned int depth)
{
	const json_t *item;
	size_t i;

	fputc('[', to);
	json_array_foreach(json_object_get(list, "values"), i, item)
	{
		const json_t *key = json_object_get(item, "key");

		if (i)
			fputc(',', to);
		if (key)
			fprintf(to, "%s=", json_string_value(key));
		put_value(to, key ? json_object_get(item, "value") : item, depth + 1);
	}
	fputc(']', to);
}

/* Quoted only where it would be misread without. */
static void put_string(FILE *to, const char *text)
{
	const char *quote = *text == '\0' || strpbrk(text, " ,=\"[]") ? "\"" : "";

	fprintf(to, "%s%s%s", quote, text, quote);
}

/* An AnyValue: an object with one member. */
static void put_value(FILE *to, const json_t *value, unsigned int depth)
{
	void *iterator = json_object_iter((json_t *)value);
	const json_t *content = iterator ? json_object_iter_value(iterator) : NULL;

	if (json_is_string(content))
		put_string(to, json_string_value(content));
	else if (json_is_boolean(content))
		fputs(json_is_true(content) ? "true" : "false", to);
	else if (json_is_real(content))
		fprintf(to, "%.15g", json_real_value(content));
	else if (json_is_object(content) && depth < DEEPEST)
		put_list(to, content, depth);
}

char *otlp_attributes(const json_t *object)
{
	const json_t *attribute;
	char *text, *shown;
	size_t size, i;
	FILE *to = open_memstream(&text, &size);

	if (!to)
		memory_exhausted();
	json_array_foreach(json_object_get(object, "attributes"), i, attribute)
	{
		fprintf(to, "%s%s=", i ? " " : "", otlp_string(attribute, "key"));
		put_value(to, json_object_get(attribute, "value"), 0);
	}
	fclose(to);
	shown = otlp_printable(text);
	free(text);
	return shown;
}
