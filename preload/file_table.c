/* A table of descriptors of our own; see file_table.h. */
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/sched.h>
#include "base/syscall.h"
#include "preload/file_table.h"

#define CLOSED_AT_MOST 65536

bool file_table_part(void)
{
	return sys_call(SYS_close_range, 0, ~0u, CLOSE_RANGE_UNSHARE) == 0;
}

/* Linux before 5.9: a copy of the whole table, closed one by one. */
static bool part_slowly(void)
{
	if (sys_call(SYS_unshare, CLONE_FILES) < 0)
		return false;
	for (long fd = 0; fd < CLOSED_AT_MOST; fd++)
		sys_call(SYS_close, fd);
	return true;
}

bool file_table_ready(bool parted)
{
	if (!parted && !file_table_part() && !part_slowly())
		return false;
	for (int fd = 0; fd < 3; fd++)
		sys_call(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR, 0);
	return true;
}
