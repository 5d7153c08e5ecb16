/* Lists in the texts of struct settings: settings_pack.h says how. */
#include <errno.h>
#include "base/memory.h"
#include "config/settings_pack.h"

enum { RECORD_TYPE, RECORD_KEY_LENGTH, RECORD_TEXT_LENGTH, RECORD_KEY = 4 };

int settings_key_valid(const char *key, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (key[i] <= ' ' || key[i] >= 0x7f || key[i] == ';')
			return 0;
	return length >= 1 && length <= 255;
}

static size_t value_length(enum settings_attribute_type type, uint32_t text_length)
{
	switch (type) {
	case ATTRIBUTE_STRING:
		return text_length;
	case ATTRIBUTE_INT:
		return sizeof(int64_t);
	case ATTRIBUTE_DOUBLE:
		return sizeof(double);
	case ATTRIBUTE_BOOL:
		return 1;
	}
	return 0;
}

static int record_decode(const char *record, size_t left, struct settings_attribute *ret_attribute)
{
	struct settings_attribute attribute = {0};
	const unsigned char *head = (const unsigned char *)record;
	uint32_t length;

	if (left < RECORD_KEY + 2 || head[RECORD_TYPE] == 0 ||
	    head[RECORD_TYPE] > ATTRIBUTE_BOOL + 1)
		return -EINVAL;
	attribute.type = (enum settings_attribute_type)(head[RECORD_TYPE] - 1);
	attribute.key_length = head[RECORD_KEY_LENGTH];
	length = head[RECORD_TEXT_LENGTH] | (uint32_t)head[RECORD_TEXT_LENGTH + 1] << 8;
	if (left < RECORD_KEY + attribute.key_length + 1 + length + 1 ||
	    length != value_length(attribute.type, length))
		return -EINVAL;
	attribute.key = record + RECORD_KEY;
	attribute.text = attribute.key + attribute.key_length + 1;
	attribute.text_length = length;
	if (attribute.key[attribute.key_length] || attribute.text[length])
		return -EINVAL;
	if (attribute.type == ATTRIBUTE_INT)
		__builtin_memcpy(&attribute.integer, attribute.text, sizeof(int64_t));
	else if (attribute.type == ATTRIBUTE_DOUBLE)
		__builtin_memcpy(&attribute.real, attribute.text, sizeof(double));
	else if (attribute.type == ATTRIBUTE_BOOL)
		attribute.integer = attribute.text[0] != 0;
	*ret_attribute = attribute;
	return 0;
}

int settings_attribute_next(const struct settings *settings, uint32_t *offset,
                            struct settings_attribute *ret_attribute)
{
	size_t room = sizeof(settings->resource_attributes);
	const char *record = settings->resource_attributes + *offset;

	if (*offset >= room || record_decode(record, room - *offset, ret_attribute) < 0)
		return 0;
	*offset += RECORD_KEY + ret_attribute->key_length + 1 + ret_attribute->text_length + 1;
	return 1;
}

int settings_attribute_add(struct settings *settings, const struct settings_attribute *attribute)
{
	size_t length = value_length(attribute->type, attribute->text_length);
	size_t whole = RECORD_KEY + attribute->key_length + 1 + length + 1;
	struct settings_attribute other;
	const void *value = attribute->text;
	uint32_t offset = 0;
	char *record;
	char truth;

	while (settings_attribute_next(settings, &offset, &other))
		if (string_equal(other.key, attribute->key))
			return -EEXIST;
	if (length > UINT16_MAX || offset + whole + 1 > sizeof(settings->resource_attributes))
		return -ENOSPC;
	truth = attribute->integer != 0;
	if (attribute->type == ATTRIBUTE_INT)
		value = &attribute->integer;
	else if (attribute->type == ATTRIBUTE_DOUBLE)
		value = &attribute->real;
	else if (attribute->type == ATTRIBUTE_BOOL)
		value = &truth;
	record = settings->resource_attributes + offset;
	record[RECORD_TYPE] = (char)(attribute->type + 1);
	record[RECORD_KEY_LENGTH] = (char)attribute->key_length;
	record[RECORD_TEXT_LENGTH] = (char)(length & 255);
	record[RECORD_TEXT_LENGTH + 1] = (char)(length >> 8);
	memcpy(record + RECORD_KEY, attribute->key, attribute->key_length + 1);
	memcpy(record + RECORD_KEY + attribute->key_length + 1, value, length);
	record[whole - 1] = '\0';
	record[whole] = '\0';
	return 0;
}

void settings_attribute_remove(struct settings *settings, const char *key, uint32_t held)
{
	struct settings_attribute attribute;
	uint32_t start = 0, end = 0;
	char *list = settings->resource_attributes;

	for (; settings_attribute_next(settings, &end, &attribute); start = end) {
		if (start >= held && string_equal(attribute.key, key)) {
			memmove(list + start, list + end,
			        sizeof(settings->resource_attributes) - end);
			memset(list + sizeof(settings->resource_attributes) - (end - start), 0,
			       end - start);
			return;
		}
	}
}

uint32_t settings_attributes_used(const struct settings *settings)
{
	struct settings_attribute attribute;
	uint32_t offset = 0;

	while (settings_attribute_next(settings, &offset, &attribute))
		;
	return offset;
}

int settings_attributes_valid(const struct settings *settings)
{
	struct settings_attribute one, other;
	uint32_t offset = 0, inner;

	for (uint32_t start = 0; settings_attribute_next(settings, &offset, &one); start = offset) {
		if (!settings_key_valid(one.key, one.key_length))
			return 0;
		inner = 0;
		while (inner < start && settings_attribute_next(settings, &inner, &other))
			if (string_equal(one.key, other.key))
				return 0;
	}
	return offset < sizeof(settings->resource_attributes) &&
	       settings->resource_attributes[offset] == 0;
}

int settings_pattern_add(char *list, size_t room, const char *pattern, size_t length)
{
	size_t used = 0;

	if (length == 0)
		return -EINVAL;
	while (list[used])
		used += string_length(list + used) + 1;
	if (used + length + 2 > room)
		return -ENOSPC;
	memcpy(list + used, pattern, length);
	list[used + length] = '\0';
	list[used + length + 1] = '\0';
	return 0;
}

int settings_patterns_valid(const char *list, size_t room)
{
	for (size_t i = 0; i + 1 < room; i++)
		if (list[i] == '\0' && (i == 0 || list[i + 1] == '\0'))
			return 1;
	return 0;
}
