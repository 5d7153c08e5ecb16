/*
 * The allocator's hot functions. Counted: blocks and usable bytes handed out and given back,
 * requested bytes as a histogram. What is not plain (first call, no shard yet, failure, timed,
 * switched off) goes to hooks/memory_general.c. All of malloc's family arrives here from inside
 * libc too, unlike other families' insides.
 */
#include "hooks/memory.h"

uint32_t memory_mode = MEMORY_UNRESOLVED | (MEMORY_HEADERS ? MEMORY_UNKNOWN : MEMORY_FOREIGN);

/* This thread's shard if the call can go the fast way. */
static always_inline struct counting fast_way(uint32_t modes_that_hinder)
{
	struct counting here = {
		unlikely(memory_mode & modes_that_hinder) ? NULL : hook_thread.values, false};

	return here;
}

OTELUE_EXPORT void *malloc(size_t size)
{
	struct counting here = fast_way(MEMORY_GENERAL | MEMORY_UNKNOWN);
	void *block;

	if (unlikely(!here.values))
		return general_malloc(size);
	block = real.malloc(size);
	if (unlikely(!block))
		return general_malloc(size);
	count_allocation(here, MEMORY_OPERATION_MALLOC, memory_usable(block), size);
	return block;
}

OTELUE_EXPORT void *calloc(size_t count, size_t size)
{
	struct counting here = fast_way(MEMORY_GENERAL);
	void *block;

	if (unlikely(!here.values))
		return general_calloc(count, size);
	block = real.calloc(count, size);
	if (unlikely(!block))
		return general_calloc(count, size);
	count_allocation(here, MEMORY_OPERATION_CALLOC, memory_usable(block), count * size);
	return block;
}

OTELUE_EXPORT void *realloc(void *old, size_t size)
{
	struct counting here = fast_way(MEMORY_GENERAL | MEMORY_BOOTSTRAP);
	size_t old_usable;
	void *block;

	if (unlikely(!here.values || !old || !size))
		return general_realloc(old, size);
	old_usable = memory_usable(old);
	block = real.realloc(old, size);
	if (unlikely(!block))
		return general_realloc(old, size);
	count_release(here, MEMORY_RELEASE_REALLOC, old_usable);
	count_allocation(here, MEMORY_OPERATION_REALLOC, memory_usable(block), size);
	return block;
}

/* Apart, so that free() need not keep anything over a call. */
static __attribute__((noinline)) void free_asking(struct shard_values *values, void *block)
{
	struct counting here = {values, false};

	count_release(here, MEMORY_RELEASE_FREE, real.malloc_usable_size(block));
	real.free(block);
}

OTELUE_EXPORT void free(void *block)
{
	struct counting here = fast_way(MEMORY_GENERAL | MEMORY_BOOTSTRAP);

	if (unlikely(!here.values || !block)) {
		general_free(block);
	} else if (unlikely(!memory_reads_headers() ||
	                    memory_header(block) & MEMORY_HEADER_MAPPED)) {
		free_asking(here.values, block);
	} else {
		count_release(here, MEMORY_RELEASE_FREE,
		              memory_header_usable(memory_header(block)));
		real.free(block);
	}
}
