/* Waiting and waking between the emitter and the program's threads, by raw system calls. Words are
 * private to the process. */
#ifndef BASE_FUTEX_H
#define BASE_FUTEX_H

#include <linux/futex.h>
#include <stdint.h>
#include <time.h>
#include "base/syscall.h"

/* Sleeps while *word is `value`, at most timeout_ns. Returns 0, or -ETIMEDOUT, -EAGAIN, -EINTR. */
static inline int futex_wait(uint32_t *word, uint32_t value, uint64_t timeout_ns)
{
	struct timespec timeout = {(time_t)(timeout_ns / 1000000000u),
	                           (long)(timeout_ns % 1000000000u)};

	return (int)sys_call(SYS_futex, word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, value, &timeout);
}

static inline void futex_wake_all(uint32_t *word)
{
	sys_call(SYS_futex, word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, INT32_MAX);
}

#endif
