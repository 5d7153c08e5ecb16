/*
 * What the hooks of the loader do before they jump to the real function: count, and say where that
 * is. Neither result nor time can be seen. loader.S tells why.
 */
#include <dlfcn.h>
#include "base/memory.h"
#include "hooks/hook.h"
#include "hooks/loader.h"

void *loader_dlopen(const char *path, int flags) HOOK_HIDDEN;
void *loader_dlmopen(long space, const char *path, int flags) HOOK_HIDDEN;
void *loader_dlclose(void) HOOK_HIDDEN;

bool loader_tells FORK_MEMORY;

/* True once for a path; another one may be taken for it. */
static bool is_new(const char *path)
{
	static uint64_t told;
	uint64_t bit;
	uint32_t hash = 2166136261u;

	for (; *path; path++)
		hash = (hash ^ (uint8_t)*path) * 16777619u;
	bit = UINT64_C(1) << (hash % 64);
	return !(__atomic_fetch_or(&told, bit, __ATOMIC_RELAXED) & bit);
}

/* Such a library finds libc's functions before ours. */
static __attribute__((cold, noinline)) void tell_deepbind(const char *path)
{
	char line[256];
	size_t n;

	if (!counting_segment()->header || !is_new(path))
		return;
	n = string_copy(line, sizeof(line) - 64, path);
	string_copy(line + n, sizeof(line) - n,
	            " was loaded with RTLD_DEEPBIND: its calls are not counted");
	segment_message(counting_segment(), line);
}

static void look_at(const char *path, int flags)
{
	if (unlikely(flags & RTLD_DEEPBIND) && path && loader_tells && !hook_thread.passing)
		tell_deepbind(path);
}

static void count(enum LOADER_OPERATION operation)
{
	counting_add(counting_here(HOOK_FAMILY_LOADER), PLACE(LOADER_OPERATIONS), operation, 1);
}

void *loader_dlopen(const char *path, int flags)
{
	look_at(path, flags);
	count(LOADER_OPERATION_DLOPEN);
	return (void *)REAL(dlopen);
}

void *loader_dlmopen(long space, const char *path, int flags)
{
	(void)space;
	look_at(path, flags);
	count(LOADER_OPERATION_DLOPEN);
	return (void *)REAL(dlmopen);
}

void *loader_dlclose(void)
{
	count(LOADER_OPERATION_DLCLOSE);
	return (void *)REAL(dlclose);
}
