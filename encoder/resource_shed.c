/* Making a resource small enough for an event: which attributes go first, and which never. */
#include <errno.h>
#include "base/memory.h"
#include "encoder/protobuf.h"
#include "encoder/resource_internal.h"
#include "encoder/utf8.h"

#define SHORTEST_CUT 32 /* bytes; a string is not cut to less */

/* Detected attributes, the least missed first; a detected one that is not named here goes before
 * all of them. */
static const char detected[][24] = {
	"os.type",
	"host.arch",
	"process.executable.path",
	"process.owner",
	"process.creation.time",
	"process.parent_pid",
	"host.id",
	"process.executable.name",
	"container.id",
	"host.name",
};
#define DETECTED_COUNT (sizeof(detected) / sizeof(detected[0]))

static const char kept[][24] = {
	"service.name", "service.namespace",  "service.version",        "service.instance.id",
	"process.pid",  "telemetry.sdk.name", "telemetry.sdk.language", "telemetry.sdk.version",
};
#define KEPT_COUNT (sizeof(kept) / sizeof(kept[0]))

enum { RANK_USER = DETECTED_COUNT + 1, RANK_SERVICE, RANK_KEPT };

static bool key_is(const struct resource_attribute *attribute, const char *key)
{
	size_t length = string_length(key);

	return attribute->key_length == length && memcmp(attribute->key, key, length) == 0;
}

static unsigned int rank_of(const struct resource_attribute *attribute)
{
	static const char service[] = "service.";
	unsigned int i;

	for (i = 0; i < KEPT_COUNT; i++) {
		if (key_is(attribute, kept[i]))
			return RANK_KEPT;
	}
	if (attribute->key_length >= sizeof(service) &&
	    memcmp(attribute->key, service, sizeof(service) - 1) == 0)
		return RANK_SERVICE;
	if (attribute->source == RESOURCE_USER)
		return RANK_USER;
	for (i = 0; i < DETECTED_COUNT; i++) {
		if (key_is(attribute, detected[i]))
			return i + 1;
	}
	return 0;
}

/* The attribute to go next: lowest rank, the last of equals. *ret_rank: RANK_KEPT if none may. */
static uint32_t find_next(const struct resource *resource, struct resource_attribute *ret,
                          unsigned int *ret_rank)
{
	struct resource_attribute attribute;
	uint32_t start = 0, end = 0, found = 0;

	*ret_rank = RANK_KEPT;
	for (; resource_next(resource, &end, &attribute); start = end) {
		unsigned int rank = rank_of(&attribute);

		if (rank < RANK_KEPT && rank <= *ret_rank) {
			*ret_rank = rank;
			*ret = attribute;
			found = start;
		}
	}
	return found;
}

/* What the size would be with strings cut to `length` bytes. */
static size_t size_with_strings(const struct resource *resource, uint32_t length)
{
	struct resource_attribute attribute;
	uint32_t position = 0;
	size_t size = 0;

	while (resource_next(resource, &position, &attribute)) {
		if (attribute.string_length > length)
			attribute.string_length = length;
		size += protobuf_field_size(resource_attribute_size(&attribute));
	}
	return size;
}

/* The largest length to which strings must be cut for the size to be within the limit; 0: none. */
static uint32_t find_string_length(const struct resource *resource, size_t limit)
{
	uint32_t fits = SHORTEST_CUT, above = RESOURCE_BYTES;

	if (size_with_strings(resource, fits) > limit)
		return 0;
	while (above - fits > 1) {
		uint32_t middle = (fits + above) / 2;

		if (size_with_strings(resource, middle) > limit)
			above = middle;
		else
			fits = middle;
	}
	return fits;
}

/* The keys that went, for a message. */
struct key_list {
	char *text;
	size_t size, length;
	bool cut;
};

static void list_append(struct key_list *list, const char *text, size_t length)
{
	static const char dots[] = "...";

	if (list->cut || list->size < sizeof(dots))
		return;
	if (list->length + length + sizeof(dots) > list->size) {
		text = dots;
		length = sizeof(dots) - 1;
		list->cut = true;
	}
	memcpy(list->text + list->length, text, length);
	list->length += length;
	list->text[list->length] = '\0';
}

static void list_key(struct key_list *list, const struct resource_attribute *attribute)
{
	if (list->length)
		list_append(list, ", ", 2);
	list_append(list, attribute->key, attribute->key_length);
}

static int cut_strings(struct resource *resource, uint32_t length, struct key_list *list)
{
	struct resource_attribute attribute;
	uint32_t start, end = 0;
	int count = 0;

	while (start = end, resource_next(resource, &end, &attribute)) {
		if (attribute.string_length <= length)
			continue;
		list_key(list, &attribute);
		resource_cut(resource, start,
		             (uint32_t)utf8_cut(attribute.string, attribute.string_length, length));
		end = start;
		resource_next(resource, &end, &attribute);
		count++;
	}
	return count;
}

int resource_shed(struct resource *resource, size_t limit, char *ret_keys, size_t size)
{
	struct key_list list = {ret_keys, size, 0, false};
	struct resource_attribute attribute;
	uint32_t at, length;
	unsigned int rank;
	int count = 0;

	if (size)
		*ret_keys = '\0';
	while (resource_encoded_size(resource) > limit) {
		at = find_next(resource, &attribute, &rank);
		if (rank == RANK_KEPT)
			break;
		list_key(&list, &attribute);
		resource_erase(resource, at, resource_entry_size(&attribute));
		count++;
	}
	if (resource_encoded_size(resource) <= limit)
		return count;
	length = find_string_length(resource, limit);
	if (length == 0)
		return -ENOSPC;
	return count + cut_strings(resource, length, &list);
}
