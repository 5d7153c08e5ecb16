/*
 * A call that blocks, and what ends it: the rows of the program blocking. Only `block` calls what
 * is hooked (and make_...() descriptors); all else are raw system calls, which are not counted.
 */
#ifndef PROGRAMS_BLOCKING_H
#define PROGRAMS_BLOCKING_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>
#include "base/syscall.h"

#define TIMES_NOTHING   1 /* never blocks */
#define TIMES_OUT       2 /* succeeds by itself, when its time is over */
#define NEVER_SUCCEEDS  4
#define NOT_INTERRUPTED 8
#define NOT_CANCELLED   16
#define NOT_ANYWHERE    64 /* libc gives the thread another result */
#define HOLDS_MUTEX     32 /* a condition: cancelled it has the mutex again */

struct blocking {
	const char *name;
	long (*block)(void);
	void (*wake)(void);
	void (*begin)(void); /* before each attempt */
	const char *metric;  /* whose histogram has each call that returned */
	unsigned int flags;
};

/* Each ends with a row without name. */
extern const struct blocking blocking_io[], blocking_waits[], blocking_inside[];

/* What the calls work on, anew for each attempt. */
void make_descriptors(void);
void close_descriptors(void);

/* A child that does nothing until it is killed. */
void make_child(void);
void kill_child(void);
void end_child(void);
extern pid_t child;

void make_locks(void);
/* The thread holds the mutex that it waits with; gives it back. */
bool release_mutex(void);
/* Of the thread to be joined, if nobody joined it. */
void end_thread(void);
/* Calls that returned, beside those of the rows. */
void count_returns(const char *metric, long times);

/* How long calls with a relative time wait: long, or shortly where they are to succeed. */
extern struct timespec wait_time;
/* Thread that runs the row's call. */
void wake_thread(int signal);

void pause_ms(long ms);

#endif
