/*
 * The allocator in full: any mode, any thread, any result; and the functions that are not hot.
 */
#include "hooks/memory.h"

/* A failed call says why in errno, or posix_memalign in its result. */
static void count_failure(const struct hook_call *call, enum MEMORY_OPERATION operation, int error)
{
	enum MEMORY_ERROR type = error == EINVAL ? MEMORY_ERROR_EINVAL : MEMORY_ERROR_ENOMEM;

	counting_add(call->here, PLACE(MEMORY_ALLOCATION_ERRORS),
	             operation * MEMORY_ERROR_COUNT + type, 1);
}

extern void *__libc_malloc(size_t);
extern void __libc_free(void *);

static void stop_learning(uint32_t learned)
{
	__atomic_or_fetch(&memory_mode, learned, __ATOMIC_RELAXED);
	__atomic_and_fetch(&memory_mode, ~MEMORY_UNKNOWN, __ATOMIC_RELAXED);
}

/*
 * Is the allocator glibc's, and do its headers say what it says? Told by the first blocks that the
 * program asks for. glibc rounds up to 8 above a multiple of 16; valgrind and the like do not, and
 * there what stands before a block must not be read: sizes that are such already tell nothing.
 */
static void learn_headers(void *block, size_t size)
{
	static uint32_t agreed;
	size_t usable = real.malloc_usable_size(block);

	if (size % 16 == 8)
		return;
	if (real.malloc != __libc_malloc || real.free != __libc_free || usable <= size ||
	    usable % 16 != 8) {
		stop_learning(MEMORY_FOREIGN);
	} else if (!(memory_header(block) & MEMORY_HEADER_MAPPED)) {
		if (memory_header_usable(memory_header(block)) != usable)
			stop_learning(MEMORY_FOREIGN);
		else if (__atomic_add_fetch(&agreed, 1, __ATOMIC_RELAXED) >= 3)
			stop_learning(0);
	}
}

/* Of a sanitizer's runtime, where the program has one. */
extern void __asan_init(void) __attribute__((weak));
extern void __hwasan_init(void) __attribute__((weak));
extern void __msan_init(void) __attribute__((weak));
extern void __tsan_init(void) __attribute__((weak));
extern void __lsan_init(void) __attribute__((weak));

/* Its allocator is not to be asked for sizes before it has begun: ThreadSanitizer's crashes,
 * LeakSanitizer's ends the program. */
static bool under_sanitizer(void)
{
	return __asan_init || __hwasan_init || __msan_init || __tsan_init || __lsan_init;
}

void memory_resolve(void)
{
	if (!(relaxed_load(&memory_mode) & MEMORY_UNRESOLVED))
		return;
	for (int id = 0; id < HOOK_COUNT; id++) {
		if (hook_family_of[id] == HOOK_FAMILY_MEMORY && hook_rows[id].required)
			real_resolve((enum hook_id)id);
	}
	if (under_sanitizer())
		stop_learning(MEMORY_FOREIGN | MEMORY_OFF);
	__atomic_and_fetch(&memory_mode, ~MEMORY_UNRESOLVED, __ATOMIC_RELEASE);
	/* After that: what these give is counted. */
	if (!(relaxed_load(&memory_mode) & MEMORY_TIMED)) {
		release_store(&memory_calls.malloc, real.malloc);
		release_store(&memory_calls.calloc, real.calloc);
	}
}

void memory_take_time(void)
{
	__atomic_or_fetch(&memory_mode, MEMORY_TIMED, __ATOMIC_RELAXED);
	relaxed_store(&memory_calls.malloc, general_malloc);
	relaxed_store(&memory_calls.calloc, general_calloc);
}

/*
 * The loader relocates us after the libraries behind us, and one of these may allocate in the
 * resolver of a function (IFUNC): until then no pointer of ours leads anywhere, errno's least of
 * all.
 */
static bool is_relocated(void)
{
	static const char mark;
	static const char *const volatile pointer = &mark;

	return pointer == &mark;
}

/* False: that, or the real allocator is being looked up by this very thread; use the bootstrap's.
 */
static bool begin(struct hook_call *call)
{
	if (relaxed_load(&memory_mode) & MEMORY_UNRESOLVED) {
		if (!is_relocated() || hook_thread.resolving)
			return false;
		memory_resolve();
	}
	call->here = counting_here(HOOK_FAMILY_MEMORY);
	call->timer = (struct hook_timer){0, 0};
	if (relaxed_load(&memory_mode) & MEMORY_TIMED)
		call->timer = hook_timer_start();
	if (relaxed_load(&memory_mode) & MEMORY_OFF)
		call->here.values = NULL;
	return true;
}

static size_t usable(const struct hook_call *call, void *block)
{
	return call->here.values && block ? memory_usable(block) : 0;
}

/* The operations are the first of the calls that are timed. */
_Static_assert((int)MEMORY_CALL_MALLOC == MEMORY_OPERATION_MALLOC, "same order");
_Static_assert((int)MEMORY_CALL_ALIGNED == MEMORY_OPERATION_ALIGNED, "same order");

static void count_time(const struct hook_call *call, enum MEMORY_CALL what)
{
	if (call->timer.start)
		counting_record(call->here, PLACE(MEMORY_ALLOCATION_DURATION), what,
		                hook_elapsed(call));
}

static void *end(const struct hook_call *call, enum MEMORY_OPERATION operation, void *block,
                 size_t requested, int error)
{
	count_time(call, (enum MEMORY_CALL)operation);
	if (block)
		count_allocation(call->here, operation, usable(call, block), requested);
	else
		count_failure(call, operation, error);
	return block;
}

void *general_malloc(size_t size)
{
	struct hook_call call;
	void *block;

	if (!begin(&call))
		return bootstrap_allocate(size, 16);
	block = real.malloc(size);
	count_time(&call, MEMORY_CALL_MALLOC);
	return block;
}

void *general_calloc(size_t count, size_t size)
{
	struct hook_call call;
	size_t bytes;
	void *block;

	if (!begin(&call))
		return __builtin_mul_overflow(count, size, &bytes) ? NULL
		                                                   : bootstrap_allocate(bytes, 16);
	block = real.calloc(count, size);
	count_time(&call, MEMORY_CALL_CALLOC);
	return block;
}

/* While the allocator is looked up, the block is the bootstrap buffer's; another thread may have
 * found it meanwhile. */
void *general_allocated(void *block, enum MEMORY_OPERATION operation, size_t requested)
{
	struct hook_call call = {.timer = {0, 0}};
	uint32_t mode = relaxed_load(&memory_mode);
	int error;

	if (mode & (MEMORY_UNRESOLVED | MEMORY_OFF) || bootstrap_owns(block))
		return block;
	error = errno;
	call.here = counting_here(HOOK_FAMILY_MEMORY);
	if (mode & MEMORY_UNKNOWN && call.here.values && block)
		learn_headers(block, requested);
	return end(&call, operation, block, requested, error);
}

void *general_first_malloc(size_t size)
{
	return general_allocated(general_malloc(size), MEMORY_OPERATION_MALLOC, size);
}

void *general_first_calloc(size_t count, size_t size)
{
	return general_allocated(general_calloc(count, size), MEMORY_OPERATION_CALLOC,
	                         count * size);
}

/* A block of the bootstrap buffer moves to the real allocator, or within the buffer. */
static void *move_bootstrap_block(void *old, size_t size)
{
	size_t old_size = bootstrap_size(old);
	char *block = malloc(size);

	for (size_t i = 0; block && i < (size < old_size ? size : old_size); i++)
		block[i] = ((char *)old)[i];
	return block;
}

void *general_realloc(void *old, size_t size)
{
	struct hook_call call;
	size_t old_usable;
	void *block;

	if (bootstrap_owns(old))
		return move_bootstrap_block(old, size);
	if (!begin(&call))
		return bootstrap_allocate(size, 16);
	old_usable = usable(&call, old);
	block = real.realloc(old, size);
	if (old && (block || size == 0))
		count_release(call.here, MEMORY_RELEASE_REALLOC, old_usable);
	if (old && !block && size == 0) { /* glibc: freed */
		count_time(&call, MEMORY_CALL_REALLOC);
		return NULL;
	}
	return end(&call, MEMORY_OPERATION_REALLOC, block, size, errno);
}

void general_free(void *block)
{
	struct hook_call call;

	if (bootstrap_owns(block))
		return;
	if (!begin(&call)) {
		bootstrap_free(block);
		return;
	}
	count_release(call.here, MEMORY_RELEASE_FREE, usable(&call, block));
	real.free(block);
	count_time(&call, MEMORY_CALL_FREE);
}

OTELUE_EXPORT void *reallocarray(void *old, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(old, bytes);
}

OTELUE_EXPORT int posix_memalign(void **ret_block, size_t alignment, size_t size)
{
	struct hook_call call;
	int error;

	if (!begin(&call)) {
		*ret_block = bootstrap_allocate(size, alignment);
		return *ret_block ? 0 : ENOMEM;
	}
	error = real.posix_memalign(ret_block, alignment, size);
	end(&call, MEMORY_OPERATION_ALIGNED, error ? NULL : *ret_block, size, error);
	return error;
}

OTELUE_EXPORT void *aligned_alloc(size_t alignment, size_t size)
{
	struct hook_call call;
	void *block;

	if (!begin(&call))
		return bootstrap_allocate(size, alignment);
	block = real.aligned_alloc(alignment, size);
	return end(&call, MEMORY_OPERATION_ALIGNED, block, size, errno);
}

OTELUE_EXPORT void *memalign(size_t alignment, size_t size)
{
	struct hook_call call;
	void *block;

	if (!begin(&call))
		return bootstrap_allocate(size, alignment);
	block = real.memalign(alignment, size);
	return end(&call, MEMORY_OPERATION_ALIGNED, block, size, errno);
}

OTELUE_EXPORT void *valloc(size_t size)
{
	struct hook_call call;
	void *block;

	if (!begin(&call))
		return bootstrap_allocate(size, 4096);
	block = real.valloc(size);
	return end(&call, MEMORY_OPERATION_ALIGNED, block, size, errno);
}

OTELUE_EXPORT void *pvalloc(size_t size)
{
	struct hook_call call;
	void *block;

	if (!begin(&call))
		return bootstrap_allocate(size, 4096);
	block = real.pvalloc(size);
	return end(&call, MEMORY_OPERATION_ALIGNED, block, size, errno);
}

/* Hooked because a block of the bootstrap buffer is not the real allocator's to measure. */
OTELUE_EXPORT size_t malloc_usable_size(void *block)
{
	if (bootstrap_owns(block))
		return bootstrap_size(block);
	return REAL(malloc_usable_size)(block);
}

/* C23: where libc does not have them, free() does. */
OTELUE_EXPORT void free_sized(void *block, size_t size)
{
	(void)size;
	free(block);
}

OTELUE_EXPORT void cfree(void *block)
{
	free(block);
}

OTELUE_EXPORT void free_aligned_sized(void *block, size_t alignment, size_t size)
{
	(void)alignment;
	(void)size;
	free(block);
}
