/*
 * calls: makes each hooked call of files and sockets, well and badly, and writes what each returned
 * and left in errno to descriptor 1. No stdio, and no libc function but the ones named: between two
 * marks, raw writes to descriptor -1, all that the process asks of the kernel was asked by them.
 *
 * calls NAME...          makes these alone
 * calls --list           names them
 * calls --signal-stack   in a signal handler on an alternate stack of 8 KiB
 * calls --small-thread   in a thread with the smallest stack there is
 */
#ifndef TESTS_CALLS_H
#define TESTS_CALLS_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct call {
	const char *name;
	void (*run)(void);
};

extern const struct call file_open_calls[], file_io_calls[], file_state_calls[], socket_calls[],
	metadata_calls[], directory_calls[];

/* Writes down one result, and gives it back. */
long note(const char *what, long result, int error);

/* An errno that no call sets: a call that leaves it alone is seen to. */
#define UNTOUCHED      4095
#define DO(expression) (errno = UNTOUCHED, note_result(#expression, (long)(expression)))
static inline long note_result(const char *what, long result)
{
	return note(what, result, errno);
}

#define CALL(name)                 \
	{                          \
#name, call_##name \
	}
#define END_OF_CALLS       \
	{                  \
		NULL, NULL \
	}

/* The stack has 8 KiB, which some functions of libc alone fill. */
extern bool small_stack;

/* Where a call is to fail by a bad address; volatile, so that no compiler complains. */
extern char *volatile nowhere;

/* The mode of an open file, by a raw system call that libc's own functions do not make. */
long mode_of(int fd);

#endif
