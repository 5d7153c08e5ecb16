/* Looking the real functions up. Where dlsym has to be asked, it may allocate (when it fails,
 * always): bootstrap.c serves that. */
#include <dlfcn.h>
#include <errno.h>
#include "base/memory.h"
#include "hooks/counting.h"
#include "hooks/lookup.h"
#include "hooks/real.h"

/* Behind FORK_MEMORY, on its page: a start writes the first of it, the allocator's. This file is
 * linked last of those that have some. */
struct real real __attribute__((aligned(128)));

#define HOOK(family, need, type, name, parameters) \
	_Static_assert(sizeof(#name) <= HOOK_NAME_ROOM, "a longer name");
#include "hooks/hooks.def"
#undef HOOK

const struct hook_row hook_rows[HOOK_COUNT] = {
#define REQUIRED                                   true
#define OPTIONAL                                   false
#define HOOK(family, need, type, name, parameters) {#name, need},
#include "hooks/hooks.def"
#undef HOOK
#undef REQUIRED
#undef OPTIONAL
};

const uint8_t hook_family_of[HOOK_COUNT] = {
#define HOOK(family, need, type, name, parameters) HOOK_FAMILY_##family,
#include "hooks/hooks.def"
#undef HOOK
};

static void *ask_loader(enum hook_id id)
{
	/* GCC takes dlsym for a leaf that cannot come back here: the guard is an atomic. */
	uint8_t nested = __atomic_exchange_n(&hook_thread.resolving, 1, __ATOMIC_RELAXED);
	int saved = errno;
	void *function;

	if (nested && hook_family_of[id] == HOOK_FAMILY_MEMORY)
		return NULL;
	function = dlsym(RTLD_NEXT, hook_rows[id].name);
	errno = saved;
	relaxed_store(&hook_thread.resolving, nested);
	return function;
}

void *real_resolve(enum hook_id id)
{
	void *function = NULL;
	enum lookup result = lookup_next(hook_rows[id].name, &function);

	/* What libc must have and is not behind us is before us: we were loaded by dlopen. */
	if (result == LOOKUP_UNKNOWN || (result == LOOKUP_ABSENT && hook_rows[id].required))
		function = ask_loader(id);
	if (function)
		relaxed_store((void **)&real + id, function);
	return function;
}

void real_resolve_for_children(void)
{
	static const uint16_t usual[] = {HOOK_dup2,  HOOK_close,  HOOK_execve,
	                                 HOOK_execv, HOOK_execvp, HOOK__exit};

	if (relaxed_load((void **)&real + HOOK__exit))
		return;
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
		if (!relaxed_load((void **)&real + usual[i]))
			real_resolve((enum hook_id)usual[i]);
	}
}

void real_resolve_all(void)
{
	for (int id = 0; id < HOOK_COUNT; id++) {
		if (hook_rows[id].required && !relaxed_load((void **)&real + id))
			real_resolve((enum hook_id)id);
	}
}
