/*
 * Memory for those who allocate while the real allocator is being looked up: a static bump buffer.
 * Its blocks are known to free, realloc and malloc_usable_size. When it is full, libc's own
 * __libc_malloc takes over. Lock-free, any thread.
 */
#ifndef HOOKS_BOOTSTRAP_H
#define HOOKS_BOOTSTRAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BOOTSTRAP_SIZE 16384

extern char bootstrap_buffer[BOOTSTRAP_SIZE] __attribute__((visibility("hidden")));

static inline bool bootstrap_owns(const void *block)
{
	return (uintptr_t)block - (uintptr_t)bootstrap_buffer < BOOTSTRAP_SIZE;
}

/* alignment: a power of two up to 4096. Zeroed memory. */
void *bootstrap_allocate(size_t size, size_t alignment);
size_t bootstrap_size(const void *block);
void bootstrap_free(void *block);

#endif
