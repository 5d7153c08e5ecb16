/*
 * Finds the functions behind the hooks in the objects that come after ours. Not by dlsym, which
 * clears what dlerror() would have told the program, takes the loader's lock and may allocate.
 */
#ifndef HOOKS_LOOKUP_H
#define HOOKS_LOOKUP_H

#include <stdbool.h>
#include <stdint.h>

enum lookup {
	LOOKUP_FOUND,
	LOOKUP_ABSENT,
	LOOKUP_UNKNOWN, /* only dlsym can tell: we were not loaded at start, or code chooses (IFUNC)
	                 */
};

/*
 * What dlsym(RTLD_NEXT, name) would give: the default version in the first object after ours, of
 * those that were loaded before the first look-up. Any thread; the first call is before there are
 * two.
 */
enum lookup lookup_next(const char *name, void **ret_function)
	__attribute__((visibility("hidden")));

/*
 * Of which names is there a definition in an object before ours, so that callers reach that one?
 * Bit i of *ret_defined for names[i], at most 32. False: unknown; we were not loaded at start, or
 * one of those objects has no hash of GNU's linkers. Called while there is one thread.
 */
bool lookup_before(const char *const names[], int count, uint32_t *ret_defined)
	__attribute__((visibility("hidden")));

#endif
