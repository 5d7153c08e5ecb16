/*
 * Who is being measured: the attributes of the OTLP resource, in one block of bytes without
 * pointers, so that it can be copied into shared memory. Keys are unique. A value given by the user
 * (configuration, OTEL_ variables) replaces a detected one and is never replaced by one; otherwise
 * the later call replaces the earlier.
 *
 * One thread at a time changes it. No libc.
 */
#ifndef ENCODER_RESOURCE_H
#define ENCODER_RESOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RESOURCE_BYTES         4096 /* of attributes, as they are kept here */
#define RESOURCE_ENCODED_LIMIT 1024 /* of a user_events request, see resource_shed() */
#define RESOURCE_KEY_MAX       255
#define RESOURCE_NO_LIMIT      UINT32_MAX

enum resource_source { RESOURCE_DETECTED, RESOURCE_USER };

enum resource_type { RESOURCE_STRING, RESOURCE_BOOL, RESOURCE_INT, RESOURCE_DOUBLE };

struct resource {
	uint32_t used;        /* bytes of data[] */
	uint32_t value_limit; /* characters that a string value may have */
	uint8_t data[RESOURCE_BYTES];
};

/* One attribute, pointing into the resource; strings carry no NUL. */
struct resource_attribute {
	const char *key;
	uint32_t key_length;
	enum resource_source source;
	enum resource_type type;
	const char *string; /* valid UTF-8 */
	uint32_t string_length;
	int64_t integer; /* also of a bool: 0 or 1 */
	double number;
};

/* Empties it. value_limit: characters (not bytes) to which string values are cut, or
 * RESOURCE_NO_LIMIT. */
void resource_init(struct resource *resource, uint32_t value_limit);

/*
 * Each returns 0; -EINVAL for a key that is empty, too long, or not of printable ASCII without
 * space and ';'; -ENOSPC when the block is full (nothing has changed then). Bytes of a string that
 * are not UTF-8 become U+FFFD.
 */
int resource_add_string(struct resource *resource, enum resource_source source, const char *key,
                        const char *value, size_t length);
int resource_add_int(struct resource *resource, enum resource_source source, const char *key,
                     int64_t value);
int resource_add_bool(struct resource *resource, enum resource_source source, const char *key,
                      bool value);
int resource_add_double(struct resource *resource, enum resource_source source, const char *key,
                        double value);

/* Takes an attribute out; false: there was none of that key. */
bool resource_remove(struct resource *resource, const char *key);

/* Walks the attributes in the order in which they were added: *position starts at 0; false at the
 * end. */
bool resource_next(const struct resource *resource, uint32_t *position,
                   struct resource_attribute *ret_attribute);

bool resource_find(const struct resource *resource, const char *key,
                   struct resource_attribute *ret_attribute);

/* Copies a string attribute with its NUL, cut to fit between characters; "" if there is none. */
void resource_copy_string(const struct resource *resource, const char *key, char *to, size_t size);

/* Bytes of the attributes as the contents of a protobuf Resource message. */
size_t resource_encoded_size(const struct resource *resource);

/* Bytes of one attribute's AnyValue, and of its KeyValue. */
size_t resource_value_size(const struct resource_attribute *attribute);
size_t resource_attribute_size(const struct resource_attribute *attribute);

/*
 * Takes attributes out until the encoded size is at most `limit`, in this order: detected ones (a
 * fixed list, the least missed first), the user's from the last to the first, the user's other
 * service.* ones. service.name, .namespace, .version and .instance.id, process.pid and
 * telemetry.sdk.* stay; if these alone are too long, their longest strings are cut.
 *
 * Returns how many attributes were taken out or cut, their keys in ret_keys ("a, b, c", ended by
 * "..." if they don't fit into size bytes with the NUL); -ENOSPC: it can't be made that small.
 */
int resource_shed(struct resource *resource, size_t limit, char *ret_keys, size_t size);

/*
 * 0 if the block is what the functions above leave behind, else -EINVAL. For a copy of a block from
 * memory that other processes can write to: check the copy before anything else is done with it.
 */
int resource_check(const struct resource *resource);

#endif
