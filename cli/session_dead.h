/*
 * What killed processes leave in the session of an otelue run that goes on: tens of KiB each, and a
 * supervisor may lose one every second for days. The latest SESSION_DEAD_KEPT stay for the end,
 * which names them; of older ones the rest is exported now, if it can be, their counts and messages
 * go to the session's accumulator and their memory is given back. Two otelue run, one within the
 * other, may both look: each segment is locked.
 */
#ifndef CLI_SESSION_DEAD_H
#define CLI_SESSION_DEAD_H

#include "cli/session_directory.h"
#include "config/settings.h"

#define SESSION_DEAD_KEPT 16

struct session_dead;

/* own: for processes that left no settings, who had the run's. Both outlive the result. */
struct session_dead *session_dead_open(const struct session_directory *session,
                                       const struct settings *own);

/*
 * For launch(): looks, and returns in how many milliseconds it wants to look again. Costs a listing
 * and a system call for each process where there are no more than are kept.
 */
long session_dead_look(void *dead);

/* complain: told how many were not exported, if any. */
void session_dead_close(struct session_dead *dead, void (*complain)(const char *text));

#endif
