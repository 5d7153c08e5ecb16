/*
 * What hooks of processes ask of preload/lifecycle.c. Each first compares the pid with the owner of
 * the shim's state: the child of vfork runs in its parent's memory and must change nothing there.
 * All keep errno and use raw system calls only; safe in signal handlers.
 */
#ifndef HOOKS_LIFECYCLE_H
#define HOOKS_LIFECYCLE_H

#include <stdbool.h>
#include <sys/types.h>
#include "hooks/counting.h"

/* False: the shim stands aside, nothing is counted. */
bool lifecycle_counts(void) HOOK_HIDDEN;

/* Before exec: exports and hands the totals over; lifecycle_exec_failed() takes it back if exec
 * returns. */
void lifecycle_exec_begin(void) HOOK_HIDDEN;
/* False: there is no such file, or it may not be executed, so exec will return, and what was
 * exported could not be taken back. flags: execveat's. */
bool lifecycle_exec_finds(int directory, const char *path, int flags) HOOK_HIDDEN;
void lifecycle_exec_failed(void) HOOK_HIDDEN;
/* exec came back: lifecycle_exec_failed(), and counted as an error. Returns `result`. */
int exec_failed(int result) HOOK_HIDDEN;

/* Before the process ends without exit handlers; `recorded`: its totals need no reader any more
 * (abort: they do). */
void lifecycle_exit(void) HOOK_HIDDEN;
void lifecycle_abort(void) HOOK_HIDDEN;
/* Before a thread ends without libc's knowing: the only one there is ends the process. */
void lifecycle_thread_exit(void) HOOK_HIDDEN;

/* Around a fork that runs no handlers (_Fork, clone). */
void lifecycle_prefork(void) HOOK_HIDDEN;
void lifecycle_postfork_parent(void) HOOK_HIDDEN;
void lifecycle_postfork_child(void) HOOK_HIDDEN;

/* A system call that changes the rights of the thread that makes it. */
struct lifecycle_call {
	long number;
	long arguments[5];
};

/*
 * The program has made this call with success: the emitter makes it too, keeping its open
 * descriptors. Where it does not succeed there, it ends, and another is started with the caller's
 * rights.
 */
void lifecycle_follow(const struct lifecycle_call *call) HOOK_HIDDEN;

/* Ends the emitter before a call that needs a process of one thread; true: then call the other
 * after it, whatever it returned. */
bool lifecycle_alone_begin(void) HOOK_HIDDEN;
void lifecycle_alone_end(void) HOOK_HIDDEN;

/*
 * The program is about to send a thread a signal. The emitter, which takes none, ends before: who
 * has found it in /proc/self/task (libpsx does) waits until it has answered or is gone.
 */
void lifecycle_signal(pid_t thread, int signal) HOOK_HIDDEN;

/*
 * Around the installation of a filter of system calls: after it the shim makes none, because the
 * filter may kill for it. confined: it has been installed.
 */
bool lifecycle_confine_begin(void) HOOK_HIDDEN;
void lifecycle_confine_end(bool stopped, bool confined) HOOK_HIDDEN;

#endif
