/* What resource.c and resource_shed.c share. */
#ifndef ENCODER_RESOURCE_INTERNAL_H
#define ENCODER_RESOURCE_INTERNAL_H

#include "encoder/resource.h"

/* An attribute in data[]: this, the key, the value (a string's bytes, else 8 bytes). Not aligned.
 */
struct resource_entry {
	uint8_t key_length;
	uint8_t type;
	uint8_t source;
	uint8_t reserved; /* 0 */
	uint16_t value_length;
} __attribute__((packed));

static inline uint32_t resource_entry_size(const struct resource_attribute *attribute)
{
	return (uint32_t)sizeof(struct resource_entry) + attribute->key_length +
	       (attribute->type == RESOURCE_STRING ? attribute->string_length : 8);
}

/* Closes the gap [at, at + length) in data[]. */
void resource_erase(struct resource *resource, uint32_t at, uint32_t length);

/* Cuts the string value of the attribute that starts at `at` to `length` bytes. */
void resource_cut(struct resource *resource, uint32_t at, uint32_t length);

#endif
