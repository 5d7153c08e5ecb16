/*
 * The directories that sessions and segments are kept in:
 *
 *   <base>/otelue.<uid>/                      0700; segments of processes in no session
 *   <base>/otelue.<uid>/session.<pid>.<six>/  one run: its accumulator and segments
 *   .../session.<pid>.<six>/                  a run within it
 *
 * <base> is the setting segment.directory, <base>/otelue.<uid> settings_user_directory(). Only
 * files with names that we give are ever removed.
 */
#ifndef CLI_SESSION_DIRECTORY_H
#define CLI_SESSION_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "metrics/metric.h"

#define SESSION_PATH_SIZE 256

struct session_directory {
	char path[SESSION_PATH_SIZE];
	char outer[SESSION_PATH_SIZE]; /* the session that it lies in; "": none */
	int lock;                      /* held while otelue run lives: others sweep without it */
};

/* PID.NUMBER or PID.exec; session.PID.SIX. */
bool session_is_segment(const char *name);
bool session_is_directory(const char *name);

/*
 * Makes a session, in the session that `outer` names if there is one (NULL or "": none), else below
 * the base. 0 or -errno (-EACCES: the user's directory is not ours alone).
 */
int session_directory_make(struct session_directory *ret, const char *base, const char *outer);

/* Adds the totals of so many processes to the outer session, which then counts this one no more. */
int session_directory_hand_over(const struct session_directory *session,
                                const struct process_values *totals, uint64_t processes,
                                uint64_t unseen);

/* Removes it with everything of ours in it; -ENOTEMPTY if there is something else. */
int session_directory_remove(struct session_directory *session);

/* Leaves it to the processes that still use it. */
void session_directory_leave(struct session_directory *session);

/* How many sessions there are below the base that nobody uses any more; session_sweep() removes
 * them. */
int session_directory_stale(const char *base);

#endif
