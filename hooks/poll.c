/* Waiting for descriptors. A wait that a signal or a bad argument ended is an error; 0 ready is a
 * timeout. */
#include "hooks/hook.h"

static int poll_end(struct hook_timer timer, enum POLL_OPERATION operation, int ready)
{
	uint64_t elapsed = hook_timer_elapsed(timer);
	struct counting here = counting_here(HOOK_FAMILY_POLL);
	enum POLL_RESULT result = ready > 0    ? POLL_RESULT_READY
	                          : ready == 0 ? POLL_RESULT_TIMEOUT
	                                       : POLL_RESULT_ERROR;

	counting_record(here, PLACE(POLL_DURATION), operation * POLL_RESULT_COUNT + result,
	                elapsed);
	if (ready > 0)
		counting_add(here, PLACE(POLL_EVENTS), operation, (uint64_t)ready);
	return ready;
}

OTELUE_EXPORT int poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
	struct hook_timer timer = hook_timer_start();
	int ready = REAL(poll)(fds, count, timeout_ms);

	return poll_end(timer, POLL_OPERATION_POLL, ready);
}

OTELUE_EXPORT int __poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
	struct hook_timer timer = hook_timer_start();
	int ready = REAL(__poll)(fds, count, timeout_ms);

	return poll_end(timer, POLL_OPERATION_POLL, ready);
}

OTELUE_EXPORT int __poll_chk(struct pollfd *fds, nfds_t count, int timeout_ms, size_t room)
{
	struct hook_timer timer = hook_timer_start();
	int ready = REAL(__poll_chk)(fds, count, timeout_ms, room);

	return poll_end(timer, POLL_OPERATION_POLL, ready);
}

OTELUE_EXPORT int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
                        const sigset_t *mask)
{
	struct hook_timer timer = hook_timer_start();
	int ready = REAL(ppoll)(fds, count, timeout, mask);

	return poll_end(timer, POLL_OPERATION_POLL, ready);
}

OTELUE_EXPORT int __ppoll_chk(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
                              const sigset_t *mask, size_t room)
{
	struct hook_timer timer = hook_timer_start();
	int ready = REAL(__ppoll_chk)(fds, count, timeout, mask, room);

	return poll_end(timer, POLL_OPERATION_POLL, ready);
}

OTELUE_EXPORT int select(int count, fd_set *restrict to_read, fd_set *restrict to_write,
                         fd_set *restrict exceptional, struct timeval *restrict timeout)
{
	struct hook_timer timer = hook_timer_start();
	int ready = REAL(select)(count, to_read, to_write, exceptional, timeout);

	return poll_end(timer, POLL_OPERATION_SELECT, ready);
}

OTELUE_EXPORT int __select(int count, fd_set *to_read, fd_set *to_write, fd_set *exceptional,
                           struct timeval *timeout)
{
	struct hook_timer timer = hook_timer_start();
	int ready = REAL(__select)(count, to_read, to_write, exceptional, timeout);

	return poll_end(timer, POLL_OPERATION_SELECT, ready);
}

OTELUE_EXPORT int pselect(int count, fd_set *restrict to_read, fd_set *restrict to_write,
                          fd_set *restrict exceptional, const struct timespec *restrict timeout,
                          const sigset_t *restrict mask)
{
	struct hook_timer timer = hook_timer_start();
	int ready = REAL(pselect)(count, to_read, to_write, exceptional, timeout, mask);

	return poll_end(timer, POLL_OPERATION_SELECT, ready);
}

OTELUE_EXPORT int epoll_wait(int fd, struct epoll_event *events, int room, int timeout_ms)
{
	struct hook_timer timer = hook_timer_start();
	int ready = REAL(epoll_wait)(fd, events, room, timeout_ms);

	return poll_end(timer, POLL_OPERATION_EPOLL, ready);
}

OTELUE_EXPORT int epoll_pwait(int fd, struct epoll_event *events, int room, int timeout_ms,
                              const sigset_t *mask)
{
	struct hook_timer timer = hook_timer_start();
	int ready = REAL(epoll_pwait)(fd, events, room, timeout_ms, mask);

	return poll_end(timer, POLL_OPERATION_EPOLL, ready);
}

OTELUE_EXPORT int epoll_pwait2(int fd, struct epoll_event *events, int room,
                               const struct timespec *timeout, const sigset_t *mask)
{
	struct hook_timer timer = hook_timer_start();
	int ready = REAL(epoll_pwait2) ? real.epoll_pwait2(fd, events, room, timeout, mask)
	                               : hook_missing();

	return poll_end(timer, POLL_OPERATION_EPOLL, ready);
}
