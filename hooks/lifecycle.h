/*
 * What hooks of processes ask of preload/lifecycle.c. Each first compares the pid with the owner of
 * the shim's state: the child of vfork runs in its parent's memory and must change nothing there.
 * All keep errno and use raw system calls only; safe in signal handlers.
 */
#ifndef HOOKS_LIFECYCLE_H
#define HOOKS_LIFECYCLE_H

#include <stdbool.h>
#include "hooks/counting.h"

/* Before exec: exports and hands the totals over. lifecycle_exec_failed() takes it back if exec
 * returns. */
void lifecycle_exec_begin(void) HOOK_HIDDEN;
void lifecycle_exec_failed(void) HOOK_HIDDEN;

/* Before the process ends without exit handlers; `recorded`: its totals need no reader any more
 * (abort: they do). */
void lifecycle_exit(void) HOOK_HIDDEN;
void lifecycle_abort(void) HOOK_HIDDEN;

/* Around a fork that runs no handlers (_Fork, clone). */
void lifecycle_prefork(void) HOOK_HIDDEN;
void lifecycle_postfork_parent(void) HOOK_HIDDEN;
void lifecycle_postfork_child(void) HOOK_HIDDEN;

/* Around a call whose child shares this memory until it execs or ends: nothing is counted on this
 * thread. */
void lifecycle_pass_begin(void) HOOK_HIDDEN;
void lifecycle_pass_end(void) HOOK_HIDDEN;

#endif
