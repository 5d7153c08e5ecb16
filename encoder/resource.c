/* The block of attributes: adding, finding, walking, sizes. Entries stand one behind the other. */
#include <errno.h>
#include "base/memory.h"
#include "encoder/protobuf.h"
#include "encoder/resource_internal.h"
#include "encoder/utf8.h"

void resource_init(struct resource *resource, uint32_t value_limit)
{
	memset(resource, 0, sizeof(*resource));
	resource->value_limit = value_limit;
}

bool resource_next(const struct resource *resource, uint32_t *position,
                   struct resource_attribute *ret_attribute)
{
	struct resource_entry entry;
	const char *value;

	if (*position >= resource->used)
		return false;
	memcpy(&entry, resource->data + *position, sizeof(entry));
	*ret_attribute = (struct resource_attribute){
		.key = (const char *)resource->data + *position + sizeof(entry),
		.key_length = entry.key_length,
		.source = entry.source,
		.type = entry.type,
	};
	value = ret_attribute->key + entry.key_length;
	if (entry.type == RESOURCE_STRING) {
		ret_attribute->string = value;
		ret_attribute->string_length = entry.value_length;
	} else if (entry.type == RESOURCE_DOUBLE) {
		memcpy(&ret_attribute->number, value, sizeof(double));
	} else {
		memcpy(&ret_attribute->integer, value, sizeof(int64_t));
	}
	*position += (uint32_t)sizeof(entry) + entry.key_length + entry.value_length;
	return true;
}

/* Where the attribute starts and ends, or false. */
static bool find(const struct resource *resource, const char *key, size_t key_length,
                 struct resource_attribute *ret, uint32_t *ret_start, uint32_t *ret_end)
{
	*ret_start = *ret_end = 0;
	while (resource_next(resource, ret_end, ret)) {
		if (ret->key_length == key_length && memcmp(ret->key, key, key_length) == 0)
			return true;
		*ret_start = *ret_end;
	}
	return false;
}

bool resource_find(const struct resource *resource, const char *key,
                   struct resource_attribute *ret_attribute)
{
	struct resource_attribute attribute;
	uint32_t start, end;

	if (!find(resource, key, string_length(key), &attribute, &start, &end))
		return false;
	*ret_attribute = attribute;
	return true;
}

void resource_erase(struct resource *resource, uint32_t at, uint32_t length)
{
	resource->used -= length;
	memmove(resource->data + at, resource->data + at + length, resource->used - at);
	memset(resource->data + resource->used, 0, length);
}

void resource_cut(struct resource *resource, uint32_t at, uint32_t length)
{
	struct resource_entry entry;
	uint32_t excess, value;

	memcpy(&entry, resource->data + at, sizeof(entry));
	excess = entry.value_length - length;
	value = at + (uint32_t)sizeof(entry) + entry.key_length;
	entry.value_length = (uint16_t)length;
	memcpy(resource->data + at, &entry, sizeof(entry));
	resource_erase(resource, value + length, excess);
}

bool resource_remove(struct resource *resource, const char *key)
{
	struct resource_attribute attribute;
	uint32_t start, end;

	if (!find(resource, key, string_length(key), &attribute, &start, &end))
		return false;
	resource_erase(resource, start, end - start);
	return true;
}

static bool is_key(const char *key, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (key[i] <= ' ' || key[i] > '~' || key[i] == ';')
			return false;
	}
	return length > 0 && length <= RESOURCE_KEY_MAX;
}

/*
 * Makes room for an entry of the key, taking out the one that it replaces. *ret_value: where its
 * value goes; NULL: there is one that it must not replace.
 */
static int add(struct resource *resource, enum resource_source source, enum resource_type type,
               const char *key, size_t value_length, char **ret_value)
{
	struct resource_entry entry = {.type = (uint8_t)type, .source = (uint8_t)source};
	struct resource_attribute present;
	uint32_t start, end;
	size_t key_length = string_length(key), size = sizeof(entry) + key_length + value_length;

	if (!is_key(key, key_length))
		return -EINVAL;
	if (find(resource, key, key_length, &present, &start, &end)) {
		if (present.source > source) {
			*ret_value = NULL;
			return 0;
		}
	} else {
		start = end;
	}
	if (size > RESOURCE_BYTES - resource->used + (end - start))
		return -ENOSPC;
	resource_erase(resource, start, end - start);
	entry.key_length = (uint8_t)key_length;
	entry.value_length = (uint16_t)value_length;
	memcpy(resource->data + resource->used, &entry, sizeof(entry));
	memcpy(resource->data + resource->used + sizeof(entry), key, key_length);
	*ret_value = (char *)resource->data + resource->used + sizeof(entry) + key_length;
	resource->used += (uint32_t)size;
	return 0;
}

int resource_add_string(struct resource *resource, enum resource_source source, const char *key,
                        const char *value, size_t length)
{
	size_t repaired = utf8_repair(NULL, value, length, resource->value_limit);
	char *to;
	int err = add(resource, source, RESOURCE_STRING, key, repaired, &to);

	if (err < 0)
		return err;
	if (to)
		utf8_repair(to, value, length, resource->value_limit);
	return 0;
}

static int add_word(struct resource *resource, enum resource_source source, enum resource_type type,
                    const char *key, const void *word)
{
	char *to;
	int err = add(resource, source, type, key, sizeof(int64_t), &to);

	if (err < 0)
		return err;
	if (to)
		memcpy(to, word, sizeof(int64_t));
	return 0;
}

int resource_add_int(struct resource *resource, enum resource_source source, const char *key,
                     int64_t value)
{
	return add_word(resource, source, RESOURCE_INT, key, &value);
}

int resource_add_bool(struct resource *resource, enum resource_source source, const char *key,
                      bool value)
{
	int64_t word = value;

	return add_word(resource, source, RESOURCE_BOOL, key, &word);
}

int resource_add_double(struct resource *resource, enum resource_source source, const char *key,
                        double value)
{
	return add_word(resource, source, RESOURCE_DOUBLE, key, &value);
}

void resource_copy_string(const struct resource *resource, const char *key, char *to, size_t size)
{
	struct resource_attribute attribute;
	size_t length = 0;

	if (size == 0)
		return;
	if (resource_find(resource, key, &attribute) && attribute.type == RESOURCE_STRING) {
		length = utf8_cut(attribute.string, attribute.string_length, size - 1);
		memcpy(to, attribute.string, length);
	}
	to[length] = '\0';
}

size_t resource_value_size(const struct resource_attribute *attribute)
{
	switch (attribute->type) {
	case RESOURCE_STRING:
		return protobuf_field_size(attribute->string_length);
	case RESOURCE_INT:
		return 1 + protobuf_varint_size((uint64_t)attribute->integer);
	case RESOURCE_BOOL:
		return 2;
	default:
		return 9;
	}
}

size_t resource_attribute_size(const struct resource_attribute *attribute)
{
	return protobuf_field_size(attribute->key_length) +
	       protobuf_field_size(resource_value_size(attribute));
}

size_t resource_encoded_size(const struct resource *resource)
{
	struct resource_attribute attribute;
	uint32_t position = 0;
	size_t size = 0;

	while (resource_next(resource, &position, &attribute))
		size += protobuf_field_size(resource_attribute_size(&attribute));
	return size;
}

/* The entry at `at` lies within the used bytes and is one that add() can have written. */
static bool entry_ok(const struct resource *resource, uint32_t at, uint32_t *ret_end)
{
	struct resource_entry entry;
	uint32_t left = resource->used - at;
	const char *key = (const char *)resource->data + at + sizeof(entry);

	if (left < sizeof(entry))
		return false;
	memcpy(&entry, resource->data + at, sizeof(entry));
	if (left - sizeof(entry) < (size_t)entry.key_length + entry.value_length)
		return false;
	*ret_end = at + (uint32_t)sizeof(entry) + entry.key_length + entry.value_length;
	if (!is_key(key, entry.key_length) || entry.source > RESOURCE_USER || entry.reserved)
		return false;
	if (entry.type == RESOURCE_STRING)
		return utf8_valid(key + entry.key_length, entry.value_length);
	return entry.type <= RESOURCE_DOUBLE && entry.value_length == sizeof(int64_t);
}

int resource_check(const struct resource *resource)
{
	struct resource_attribute attribute, first;
	uint32_t start = 0, end, first_start, first_end;

	if (resource->used > RESOURCE_BYTES)
		return -EINVAL;
	while (start < resource->used) {
		if (!entry_ok(resource, start, &end))
			return -EINVAL;
		start = end;
	}
	for (start = 0; resource_next(resource, &start, &attribute);) {
		find(resource, attribute.key, attribute.key_length, &first, &first_start,
		     &first_end);
		if (first.key != attribute.key)
			return -EINVAL;
		if (attribute.type == RESOURCE_BOOL && (uint64_t)attribute.integer > 1)
			return -EINVAL;
	}
	return 0;
}
