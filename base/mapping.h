/*
 * Memory of our own, taken while the program runs. Raw system calls.
 */
#ifndef BASE_MAPPING_H
#define BASE_MAPPING_H

#include <stddef.h>
#include <sys/mman.h>
#include "base/syscall.h"

/*
 * Private, zero, and not there in fork children, who begin anew. Where the program has all that is
 * mapped from now on locked (mlockall), this is not: its limit is its own. NULL: none is left.
 */
static inline void *mapping_take(size_t size)
{
	/* Without rights to it nothing is locked by being filled, until it is unlocked. */
	long base = sys_call(SYS_mmap, NULL, size, PROT_NONE,
	                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if ((unsigned long)base > -4096ul)
		return NULL;
	sys_call(SYS_munlock, base, size);
	sys_call(SYS_madvise, base, size, MADV_DONTFORK);
	if (sys_call(SYS_mprotect, base, size, PROT_READ | PROT_WRITE) == 0)
		return (void *)base;
	sys_call(SYS_munmap, base, size);
	return NULL;
}

#endif
