/*
 * A 64-bit hash of bytes, eight at a time: tells damaged or other bytes from the expected ones. It
 * guards against accidents; against malice guard the owner and mode of the file. Pure, no libc, any
 * thread.
 */
#ifndef CONFIG_HASH_H
#define CONFIG_HASH_H

#include <stddef.h>
#include <stdint.h>
#include "base/memory.h"

#define HASH_START UINT64_C(0xcbf29ce484222325)

static inline uint64_t hash_word(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 29;
}

static inline uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t length)
{
	const char *at = bytes;
	uint64_t word;
	size_t left = length;

	for (; left >= sizeof(word); left -= sizeof(word), at += sizeof(word)) {
		__builtin_memcpy(&word, at, sizeof(word));
		hash = hash_word(hash, word);
	}
	word = 0;
	for (size_t i = 0; i < left; i++)
		word |= (uint64_t)(unsigned char)at[i] << 8 * i;
	return hash_word(hash_word(hash, word), length);
}

static inline uint64_t hash_string(uint64_t hash, const char *string)
{
	return hash_bytes(hash, string, string_length(string));
}

#endif
