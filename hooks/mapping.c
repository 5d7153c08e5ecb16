/* Memory that the program maps itself; the allocator's own mappings are made inside libc and not
 * seen. */
#include <stdarg.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include "base/syscall.h"
#include "hooks/descriptor.h"
#include "hooks/hook.h"
#include "hooks/own_calls.h"

static size_t whole_pages(size_t length)
{
	static size_t page; /* the same for all who set it */

	if (!page)
		page = getauxval(AT_PAGESZ);
	return (length + page - 1) & ~(page - 1);
}

/* Time and failure of an operation; error: 0, or why it failed. */
static void mapping_end(struct hook_timer timer, enum MAPPING_OPERATION operation, int error)
{
	uint64_t elapsed = hook_timer_elapsed(timer);
	struct counting here = counting_here(HOOK_FAMILY_MAPPING);

	counting_record(here, PLACE(MAPPING_DURATION), operation, elapsed);
	if (error)
		counting_add(here, PLACE(MAPPING_ERRORS),
		             operation * MAPPING_ERROR_COUNT +
		                     hook_error_value(ATTRIBUTE_MAPPING_ERROR, error),
		             1);
}

static void count_mapped(int flags, size_t length)
{
	uint32_t type = flags & MAP_ANONYMOUS ? MAPPING_TYPE_ANONYMOUS : MAPPING_TYPE_FILE;
	uint32_t sharing = flags & MAP_SHARED ? MAPPING_SHARING_SHARED : MAPPING_SHARING_PRIVATE;

	counting_add(counting_here(HOOK_FAMILY_MAPPING), PLACE(MAPPING_MAPPED),
	             type * MAPPING_SHARING_COUNT + sharing, whole_pages(length));
}

static void count_unmapped(size_t length)
{
	counting_add(counting_here(HOOK_FAMILY_MAPPING), PLACE(MAPPING_UNMAPPED), 0,
	             whole_pages(length));
}

/*
 * What is mapped at a fixed address takes the place of what is there: the kernel unmaps that, no
 * munmap tells of it. A JVM maps its heap over and over so. 0 also where only a part is mapped.
 */
static size_t replaced(const void *address, size_t length, int fixed)
{
	bool mapped;

	if (likely(!fixed) || !counting_counts(HOOK_FAMILY_MAPPING) ||
	    !relaxed_load(&descriptor_lookups) || !own_calls_begin())
		return 0;
	mapped = sys_call(SYS_msync, address, length, MS_ASYNC) == 0;
	own_calls_end();
	return mapped ? length : 0;
}

static void *mmap_end(struct hook_timer timer, void *block, size_t length, int flags,
                      size_t in_place_of)
{
	mapping_end(timer, MAPPING_OPERATION_MMAP, block == MAP_FAILED ? errno : 0);
	if (block != MAP_FAILED) {
		count_mapped(flags, length);
		if (unlikely(in_place_of))
			count_unmapped(in_place_of);
	}
	return block;
}

OTELUE_EXPORT void *mmap(void *address, size_t length, int protection, int flags, int fd,
                         off_t offset)
{
	size_t before = replaced(address, length, flags & MAP_FIXED);
	struct hook_timer timer = hook_timer_start();

	return mmap_end(timer, REAL(mmap)(address, length, protection, flags, fd, offset), length,
	                flags, before);
}

OTELUE_EXPORT void *mmap64(void *address, size_t length, int protection, int flags, int fd,
                           off64_t offset)
{
	size_t before = replaced(address, length, flags & MAP_FIXED);
	struct hook_timer timer = hook_timer_start();

	return mmap_end(timer, REAL(mmap64)(address, length, protection, flags, fd, offset), length,
	                flags, before);
}

OTELUE_EXPORT int munmap(void *address, size_t length)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(munmap)(address, length);

	mapping_end(timer, MAPPING_OPERATION_MUNMAP, result ? errno : 0);
	if (!result)
		count_unmapped(length);
	return result;
}

static void *mremap_end(struct hook_timer timer, void *block, size_t from, size_t to,
                        size_t in_place_of)
{
	mapping_end(timer, MAPPING_OPERATION_MREMAP, block == MAP_FAILED ? errno : 0);
	if (block == MAP_FAILED)
		return block;
	if (whole_pages(to) > whole_pages(from))
		count_mapped(MAP_ANONYMOUS, whole_pages(to) - whole_pages(from));
	else
		count_unmapped(whole_pages(from) - whole_pages(to));
	if (unlikely(in_place_of))
		count_unmapped(in_place_of);
	return block;
}

OTELUE_EXPORT void *mremap(void *old, size_t old_length, size_t length, int flags, ...)
{
	size_t given_up = flags & MREMAP_DONTUNMAP ? 0 : old_length, before;
	struct hook_timer timer;
	va_list rest;
	void *address;

	va_start(rest, flags);
	address = va_arg(rest, void *);
	va_end(rest);
	before = replaced(address, length, flags & MREMAP_FIXED);
	timer = hook_timer_start();
	return mremap_end(timer, REAL(mremap)(old, old_length, length, flags, address), given_up,
	                  length, before);
}

OTELUE_EXPORT int mprotect(void *address, size_t length, int protection)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(mprotect)(address, length, protection);

	mapping_end(timer, MAPPING_OPERATION_MPROTECT, result ? errno : 0);
	return result;
}

OTELUE_EXPORT int madvise(void *address, size_t length, int advice)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(madvise)(address, length, advice);

	mapping_end(timer, MAPPING_OPERATION_MADVISE, result ? errno : 0);
	return result;
}

OTELUE_EXPORT int msync(void *address, size_t length, int flags)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(msync)(address, length, flags);

	mapping_end(timer, MAPPING_OPERATION_MSYNC, result ? errno : 0);
	return result;
}

OTELUE_EXPORT int mlock(const void *address, size_t length)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(mlock)(address, length);

	mapping_end(timer, MAPPING_OPERATION_MLOCK, result ? errno : 0);
	return result;
}

OTELUE_EXPORT int mlock2(const void *address, size_t length, unsigned int flags)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(mlock2)(address, length, flags);

	mapping_end(timer, MAPPING_OPERATION_MLOCK, result ? errno : 0);
	return result;
}

OTELUE_EXPORT int munlock(const void *address, size_t length)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(munlock)(address, length);

	mapping_end(timer, MAPPING_OPERATION_MLOCK, result ? errno : 0);
	return result;
}

OTELUE_EXPORT int mlockall(int flags)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(mlockall)(flags);

	mapping_end(timer, MAPPING_OPERATION_MLOCK, result ? errno : 0);
	return result;
}

OTELUE_EXPORT int munlockall(void)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(munlockall)();

	mapping_end(timer, MAPPING_OPERATION_MLOCK, result ? errno : 0);
	return result;
}

/* Says why in its result. */
OTELUE_EXPORT int posix_madvise(void *address, size_t length, int advice)
{
	struct hook_timer timer = hook_timer_start();
	int error = REAL(posix_madvise)(address, length, advice);

	mapping_end(timer, MAPPING_OPERATION_MADVISE, error);
	return error;
}

/* The end of the heap; its bytes are in no count, being the allocator's as a rule. */
OTELUE_EXPORT int brk(void *end)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(brk)(end);

	mapping_end(timer, MAPPING_OPERATION_BRK, result ? errno : 0);
	return result;
}

/* Asks the kernel nothing where nothing is to grow. */
OTELUE_EXPORT void *sbrk(intptr_t growth)
{
	struct hook_timer timer = hook_timer_start();
	void *old = REAL(sbrk)(growth);

	if (growth)
		mapping_end(timer, MAPPING_OPERATION_BRK, old == (void *)-1 ? errno : 0);
	return old;
}

/* Its own real function: tcmalloc's sbrk calls it. */
OTELUE_EXPORT void *__sbrk(intptr_t growth)
{
	struct hook_timer timer = hook_timer_start();
	void *old = REAL(__sbrk)(growth);

	if (growth)
		mapping_end(timer, MAPPING_OPERATION_BRK, old == (void *)-1 ? errno : 0);
	return old;
}

/* How large the segment is only the kernel knows: no bytes. */
OTELUE_EXPORT void *shmat(int id, const void *address, int flags)
{
	struct hook_timer timer = hook_timer_start();
	void *block = REAL(shmat)(id, address, flags);

	mapping_end(timer, MAPPING_OPERATION_SHMAT, block == (void *)-1 ? errno : 0);
	return block;
}

OTELUE_EXPORT int shmdt(const void *address)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(shmdt)(address);

	mapping_end(timer, MAPPING_OPERATION_SHMDT, result ? errno : 0);
	return result;
}
