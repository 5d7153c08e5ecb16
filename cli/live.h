/* The segment of a process that runs, found by what the process has mapped: in whatever directory,
 * session, mount or pid namespace it lies. */
#ifndef CLI_LIVE_H
#define CLI_LIVE_H

#include <stdbool.h>
#include <sys/types.h>
#include "metrics/reader.h"

/*
 * Reads it. 0, or -errno: -ESRCH there is no such process, -EACCES it is another user's, -ENODATA
 * it has mapped no segment that can be seen (*ret_loaded: but the shim), -EXDEV it lies where
 * it cannot be reached from here, -ENOENT, -EAGAIN it begins or ends just now; else as
 * reader_read().
 */
int live_read(pid_t pid, struct segment_reading *ret, bool *ret_loaded);

/* Calls `visit` for each process that has one and that this user may look into; err: it could not
 * be read. 0 or -errno. */
int live_each(void (*visit)(pid_t pid, int err, const struct segment_reading *reading,
                            void *context),
              void *context);

#endif
