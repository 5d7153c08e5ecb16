/*
 * Counts the objects that the dynamic linker has loaded, on the emitter: without its lock, which
 * only libc can take.
 */
#ifndef PRELOAD_LIBRARIES_H
#define PRELOAD_LIBRARIES_H

#include <link.h>
#include <stdint.h>

/*
 * Shared objects of the program's own namespace; the program, the shim and the kernel's object
 * (at vdso, 0: none) are left out. -EAGAIN: the list is being changed; -errno: it cannot be read.
 */
int libraries_count(const struct r_debug *loader, uintptr_t vdso)
	__attribute__((visibility("hidden")));

#endif
