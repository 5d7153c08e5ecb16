/*
 * The kernel's own clock_gettime, which is mapped into every process: without libc's name for it,
 * which others (libfaketime) take over, and without the cost of a system call.
 */
#ifndef BASE_VDSO_H
#define BASE_VDSO_H

#include <time.h>

/* 0 or -errno. */
typedef long vdso_clock_gettime_type(clockid_t clock, struct timespec *ret_time);

/* Looks it up in the image that AT_SYSINFO_EHDR tells of; NULL: there is none (valgrind). */
vdso_clock_gettime_type *vdso_clock_gettime(const void *image);

#endif
