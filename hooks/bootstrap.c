/* The bump buffer of bootstrap.h. Each block is preceded by its size; nothing is ever given back to
 * it. */
#include "base/atomic.h"
#include "base/memory.h"
#include "hooks/memory.h"

extern void *__libc_calloc(size_t, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

char bootstrap_buffer[BOOTSTRAP_SIZE] LARGE_MEMORY __attribute__((aligned(4096)));
static size_t bootstrap_used;

void *bootstrap_allocate(size_t size, size_t alignment)
{
	size_t start, used = relaxed_load(&bootstrap_used);

	__atomic_or_fetch(&memory_mode, MEMORY_BOOTSTRAP, __ATOMIC_RELAXED);
	if (alignment < 16)
		alignment = 16;
	do {
		start = (used + sizeof(size_t) + alignment - 1) & ~(alignment - 1);
		if (start > BOOTSTRAP_SIZE || size > BOOTSTRAP_SIZE - start)
			return alignment > 16 ? __libc_memalign(alignment, size)
			                      : __libc_calloc(1, size);
	} while (!__atomic_compare_exchange_n(&bootstrap_used, &used, start + size, false,
	                                      __ATOMIC_RELAXED, __ATOMIC_RELAXED));
	((size_t *)(bootstrap_buffer + start))[-1] = size;
	return bootstrap_buffer + start;
}

size_t bootstrap_size(const void *block)
{
	return ((const size_t *)block)[-1];
}

/* Also for blocks of libc's that were handed out when the buffer was full. */
void bootstrap_free(void *block)
{
	if (block && !bootstrap_owns(block))
		__libc_free(block);
}
