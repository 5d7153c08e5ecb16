/* What segment.c and segment_create.c share. */
#ifndef METRICS_SEGMENT_INTERNAL_H
#define METRICS_SEGMENT_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>
#include "base/syscall.h"
#include "metrics/segment.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

#define SEGMENT_FIXED_SIZE ((size_t)SEGMENT_SHARDS_OFFSET)
#define SEGMENT_FIRST_MAP  (SEGMENT_FIXED_SIZE + SEGMENT_FIRST_CHUNK * (size_t)SEGMENT_SHARD_SIZE)

static inline bool is_error(long result)
{
	return (unsigned long)result > -4096ul;
}

/* Makes pages resident, or says that there is no room for them. */
static inline int populate(void *start, size_t size)
{
	return (int)sys_call(SYS_madvise, start, size, MADV_POPULATE_WRITE);
}

#endif
