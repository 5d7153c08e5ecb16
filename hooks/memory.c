/*
 * The allocator's hot functions. Counted: blocks and usable bytes handed out and given back,
 * requested bytes as a histogram. What is not plain (first call, no shard yet, failure, timed,
 * switched off) goes to hooks/memory_general.c. All of malloc's family arrives here from inside
 * libc too, unlike other families' insides.
 */
#include "hooks/memory.h"

uint32_t memory_mode = MEMORY_UNRESOLVED;

/* This thread's shard if the call can go the fast way. */
static always_inline struct counting fast_way(void)
{
	struct counting here = {unlikely(memory_mode) ? NULL : hook_thread.values, false};

	return here;
}

OTELUE_EXPORT void *malloc(size_t size)
{
	struct counting here = fast_way();
	void *block;

	if (unlikely(!here.values))
		return general_malloc(size);
	block = real.malloc(size);
	if (unlikely(!block))
		return general_malloc(size);
	count_allocation(here, MEMORY_OPERATION_MALLOC, real.malloc_usable_size(block), size);
	return block;
}

OTELUE_EXPORT void *calloc(size_t count, size_t size)
{
	struct counting here = fast_way();
	void *block;

	if (unlikely(!here.values))
		return general_calloc(count, size);
	block = real.calloc(count, size);
	if (unlikely(!block))
		return general_calloc(count, size);
	count_allocation(here, MEMORY_OPERATION_CALLOC, real.malloc_usable_size(block),
	                 count * size);
	return block;
}

OTELUE_EXPORT void *realloc(void *old, size_t size)
{
	struct counting here = fast_way();
	size_t old_usable;
	void *block;

	if (unlikely(!here.values || !old || !size || bootstrap_owns(old)))
		return general_realloc(old, size);
	old_usable = real.malloc_usable_size(old);
	block = real.realloc(old, size);
	if (unlikely(!block))
		return general_realloc(old, size);
	count_release(here, MEMORY_RELEASE_REALLOC, old_usable);
	count_allocation(here, MEMORY_OPERATION_REALLOC, real.malloc_usable_size(block), size);
	return block;
}

OTELUE_EXPORT void free(void *block)
{
	struct counting here = fast_way();

	if (unlikely(!here.values || !block || bootstrap_owns(block))) {
		general_free(block);
		return;
	}
	count_release(here, MEMORY_RELEASE_FREE, real.malloc_usable_size(block));
	real.free(block);
}
