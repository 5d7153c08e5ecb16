/*
 * The allocator's hot functions. Counted: blocks and usable bytes handed out and given back,
 * requested bytes as a histogram. What is not plain (first call, no shard yet, failure, timed,
 * switched off) goes to hooks/memory_general.c. All of malloc's family arrives here from inside
 * libc too, unlike other families' insides.
 */
#include "hooks/memory.h"

uint32_t memory_mode = MEMORY_UNRESOLVED | (MEMORY_HEADERS ? MEMORY_UNKNOWN : MEMORY_FOREIGN);

struct memory_calls memory_calls;

/*
 * What malloc and calloc gave is counted as they end: until then a handler may have forked. What is
 * not plain is left to functions of their own, so that the hooks need not keep anything over a
 * call.
 */
static __attribute__((noinline)) void *allocated_asking(struct shard_values *values, void *block,
                                                        enum MEMORY_OPERATION operation,
                                                        size_t requested)
{
	struct counting own = {values, false};

	count_allocation(own, operation, real.malloc_usable_size(block), requested);
	return block;
}

static __attribute__((noinline)) void *allocated_elsewhere(struct shard_values *values, void *block,
                                                           enum MEMORY_OPERATION operation,
                                                           size_t requested)
{
	uint32_t mode = memory_mode;

	if (mode & (MEMORY_GENERAL | MEMORY_UNKNOWN) || !values || !block)
		return MEMORY_ONLY_CALLS(mode) ? block
		                               : general_allocated(block, operation, requested);
	return allocated_asking(values, block, operation, requested);
}

static always_inline void *allocated(void *block, enum MEMORY_OPERATION operation, size_t requested)
{
	struct counting own = counting_own();

	if (unlikely(memory_mode & (MEMORY_UNRESOLVED | MEMORY_OFF | MEMORY_ASKED)) ||
	    unlikely(!own.values) || unlikely(!block) || unlikely(!memory_tells(block)))
		return allocated_elsewhere(own.values, block, operation, requested);
	count_allocation(own, operation, memory_told(block), requested);
	return block;
}

OTELUE_EXPORT void *malloc(size_t size)
{
	if (unlikely(!memory_calls.malloc))
		return general_first_malloc(size);
	return allocated(memory_calls.malloc(size), MEMORY_OPERATION_MALLOC, size);
}

OTELUE_EXPORT void *calloc(size_t count, size_t size)
{
	void *block;

	if (unlikely(!memory_calls.calloc))
		return general_first_calloc(count, size);
	block = memory_calls.calloc(count, size);
	return allocated(block, MEMORY_OPERATION_CALLOC, count * size);
}

OTELUE_EXPORT void *realloc(void *old, size_t size)
{
	struct counting own = counting_own();
	size_t old_usable;
	void *block;

	if (unlikely(memory_mode & MEMORY_HINDERED) || unlikely(!own.values || !old || !size))
		return MEMORY_ONLY_CALLS(memory_mode) ? real.realloc(old, size)
		                                      : general_realloc(old, size);
	old_usable = memory_usable(old);
	block = real.realloc(old, size);
	if (unlikely(!block)) /* and the old one is as it was */
		return general_allocated(NULL, MEMORY_OPERATION_REALLOC, size);
	count_release(own, MEMORY_RELEASE_REALLOC, old_usable);
	count_allocation(own, MEMORY_OPERATION_REALLOC, memory_usable(block), size);
	return block;
}

static __attribute__((noinline)) void free_asking(struct shard_values *values, void *block)
{
	struct counting own = {values, false};

	count_release(own, MEMORY_RELEASE_FREE, real.malloc_usable_size(block));
	real.free(block);
}

static __attribute__((noinline)) void free_elsewhere(struct shard_values *values, void *block)
{
	uint32_t mode = memory_mode;

	if (!(mode & MEMORY_HINDERED) && values)
		free_asking(values, block);
	else if (MEMORY_ONLY_CALLS(mode))
		real.free(block);
	else
		general_free(block);
}

OTELUE_EXPORT void free(void *block)
{
	struct counting own = counting_own();

	if (unlikely(!block))
		return;
	if (unlikely(memory_mode & (MEMORY_HINDERED | MEMORY_ASKED)) || unlikely(!own.values) ||
	    unlikely(!memory_tells(block))) {
		free_elsewhere(own.values, block);
	} else {
		count_release(own, MEMORY_RELEASE_FREE, memory_told(block));
		real.free(block);
	}
}
