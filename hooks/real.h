/*
 * The functions behind the hooks: what dlsym(RTLD_NEXT) would give, looked up at the first call of
 * each, so that a program pays for what it uses. REAL(read) is the pointer. It is NULL for optional
 * functions that libc does not have, and while the same thread is inside dlsym for it (only the
 * allocator is called there; see bootstrap.h).
 */
#ifndef HOOKS_REAL_H
#define HOOKS_REAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "base/atomic.h"
#include "hooks/types.h"

enum hook_id {
#define HOOK(family, need, type, name, parameters) HOOK_##name,
#include "hooks/hooks.def"
#undef HOOK
	HOOK_COUNT
};

struct real {
#define HOOK(family, need, type, name, parameters) type(*name) parameters;
#include "hooks/hooks.def"
#undef HOOK
};

#define HOOK_NAME_ROOM 31

struct hook_row {
	char name[HOOK_NAME_ROOM]; /* no pointer, which would be relocated at every start */
	bool required;
};

extern struct real real __attribute__((visibility("hidden")));
extern const struct hook_row hook_rows[HOOK_COUNT] __attribute__((visibility("hidden")));

/* enum HOOK_FAMILY of each. Apart from the rows: a start walks all of them. */
extern const uint8_t hook_family_of[HOOK_COUNT] __attribute__((visibility("hidden")));

/* Looks the function up and stores it. Any thread, any time; keeps errno. */
void *real_resolve(enum hook_id id) __attribute__((cold, visibility("hidden")));

/*
 * Looks up all that libc must have: before the first thread is made, because dlsym takes the
 * loader's lock, and a thread that first locks a mutex might meet one that holds it and waits for
 * the first.
 */
void real_resolve_all(void) __attribute__((visibility("hidden")));

/* In a process that forks: what its children call before they execute another program, so that not
 * each of them looks it up again. */
void real_resolve_for_children(void) __attribute__((visibility("hidden")));

#if defined(__AVX512F__)
#define REAL_AVX512_REGISTERS                                                                    \
	, "xmm16", "xmm17", "xmm18", "xmm19", "xmm20", "xmm21", "xmm22", "xmm23", "xmm24",       \
		"xmm25", "xmm26", "xmm27", "xmm28", "xmm29", "xmm30", "xmm31", "k1", "k2", "k3", \
		"k4", "k5", "k6", "k7"
#else
#define REAL_AVX512_REGISTERS
#endif

#if defined(__x86_64__)
/* The same as if it were no call (real.S), for which the shim is compiled without a red zone. */
static always_inline void *real_resolve_in_hook(enum hook_id id)
{
	void *function = (void *)(uintptr_t)id;

	__asm__ volatile("call real_resolve_keeping"
	                 : "+a"(function)
	                 :
	                 : "r10", "r11", "cc", "memory", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4",
	                   "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12",
	                   "xmm13", "xmm14", "xmm15" REAL_AVX512_REGISTERS);
	return function;
}
#else
#define real_resolve_in_hook real_resolve
#endif

#define REAL(name) \
	(likely(real.name) ? real.name : (__typeof__(real.name))real_resolve_in_hook(HOOK_##name))

#endif
