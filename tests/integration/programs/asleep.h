/* Whether a thread waits in the kernel, by raw system calls, which no hook counts. */
#ifndef PROGRAMS_ASLEEP_H
#define PROGRAMS_ASLEEP_H

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include "base/syscall.h"

/* As its status says; tid 0: it has not begun. */
static inline bool thread_is_asleep(int tid)
{
	char path[64], text[200] = "";
	long fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	fd = tid ? sys_call4(SYS_openat, AT_FDCWD, path, O_RDONLY, 0) : -1;
	if (fd < 0)
		return false;
	sys_call3(SYS_read, fd, text, sizeof(text) - 1);
	sys_call1(SYS_close, fd);
	return strstr(text, ") S ") != NULL;
}

#endif
