/*
 * How lists stand in the texts of struct settings. Attributes: records of type + 1, key length,
 * value length (2 bytes), then key and value, each with a NUL; a type of 0 ends them. Numbers are 8
 * bytes, bools 1. Patterns: strings, an empty one ends them. Adding is for whoever fills settings
 * in; one thread. No libc.
 */
#ifndef CONFIG_SETTINGS_PACK_H
#define CONFIG_SETTINGS_PACK_H

#include "config/settings.h"

/* Adds one attribute with checked key and text. -EEXIST: the key is there; -ENOSPC: no room. */
int settings_attribute_add(struct settings *settings, const struct settings_attribute *attribute);

/* Takes an attribute away unless it starts before `held` bytes. */
void settings_attribute_remove(struct settings *settings, const char *key, uint32_t held);

/* Bytes that the attributes take, without the closing 0. */
uint32_t settings_attributes_used(const struct settings *settings);

/* Adds a pattern to a list of `room` bytes, which is empty or well-formed. -EINVAL: empty; -ENOSPC:
 * no room. */
int settings_pattern_add(char *list, size_t room, const char *pattern, size_t length);

/* Is every byte of the list of patterns where it belongs. */
int settings_patterns_valid(const char *list, size_t room);

/* Are the attributes well-formed, their keys unique, to the last byte. */
int settings_attributes_valid(const struct settings *settings);

/* Is this a key that an attribute may have: 1 to 255 printable ASCII characters, no `;`. */
int settings_key_valid(const char *key, size_t length);

#endif
