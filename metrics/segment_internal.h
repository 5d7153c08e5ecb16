/* What segment.c and segment_create.c share. */
#ifndef METRICS_SEGMENT_INTERNAL_H
#define METRICS_SEGMENT_INTERNAL_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include "base/syscall.h"
#include "metrics/segment.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

#define SEGMENT_FIXED_SIZE ((size_t)SEGMENT_LEDGER_OFFSET) /* without the ledger */
/* Owner words beyond these stand in page 1, which gets memory when so many shards are mapped. */
#define SEGMENT_OWNERS_FIRST ((SEGMENT_PAGE - SEGMENT_OWNERS_OFFSET) / 4)
#define SEGMENT_FIRST_MAP \
	((size_t)SEGMENT_SHARDS_OFFSET + SEGMENT_FIRST_CHUNK * (size_t)SEGMENT_SHARD_SIZE)

/* Opens the directory if it is ours alone; make: makes it first if it is missing. */
int segment_open_directory(const char *path, bool make);

static inline bool is_error(long result)
{
	return (unsigned long)result > -4096ul;
}

#define LARGEST_PAGE 65536u /* of a kernel for aarch64; mappings begin at one there */

/* Makes pages resident, or says that there is no room for them. */
static inline int populate(void *start, size_t size)
{
	size_t before = (uintptr_t)start % LARGEST_PAGE;
	int err = (int)sys_call(SYS_madvise, start, size, MADV_POPULATE_WRITE);

	/* -EINVAL: pages are larger than ours, or the kernel does not know how. */
	if (err == -EINVAL && before)
		err = (int)sys_call(SYS_madvise, (char *)start - before, size + before,
		                    MADV_POPULATE_WRITE);
	return err;
}

/* Is the file a segment of that pid namespace? A process of another only seems to be gone. Where
 * its own is not known: does no process use its memory? */
bool segment_is_of_namespace(int directory, const char *name, uint64_t pid_namespace);

/* Longest file that this process may make. Asked before, not met: SIGXFSZ stays pending where it is
 * blocked. */
static inline uint64_t segment_file_limit(void)
{
	struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};

	sys_call(SYS_prlimit64, 0, RLIMIT_FSIZE, NULL, &limit);
	return limit.rlim_cur;
}

#endif
