/*
 * System calls that hooks make for themselves, on threads that may run while another installs a
 * filter which kills for them. They are made between own_calls_begin() and own_calls_end(); that
 * thread stops them first, and waits for those under way. Safe in signal handlers.
 */
#ifndef HOOKS_OWN_CALLS_H
#define HOOKS_OWN_CALLS_H

#include <stdbool.h>

/* False: none may be made, and there is nothing to end. */
bool own_calls_begin(void) __attribute__((visibility("hidden")));
void own_calls_end(void) __attribute__((visibility("hidden")));

/* The ids of the process and of the calling thread; false: they may not be asked for. */
bool own_calls_ids(long *ret_process, long *ret_thread) __attribute__((visibility("hidden")));

bool own_calls_are_stopped(void) __attribute__((visibility("hidden")));

/* The calling thread makes none itself; threaded: there are others. Allowed as often as stopped,
 * they are allowed: true. */
void own_calls_stop(bool threaded) __attribute__((visibility("hidden")));
bool own_calls_allow(void) __attribute__((visibility("hidden")));

/* In a fork child, which has none of its parent's other threads. */
void own_calls_postfork_child(void) __attribute__((visibility("hidden")));

#endif
