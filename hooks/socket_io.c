/* Hooks that send and receive. */
#include "hooks/socket.h"

OTELUE_EXPORT ssize_t send(int fd, const void *from, size_t size, int flags)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t n = REAL(send)(fd, from, size, flags);

	return socket_end_send(timer, fd, n);
}

OTELUE_EXPORT ssize_t __send(int fd, const void *from, size_t size, int flags)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t n = (REAL(__send) ? real.__send : REAL(send))(fd, from, size, flags);

	return socket_end_send(timer, fd, n);
}

OTELUE_EXPORT ssize_t sendto(int fd, const void *from, size_t size, int flags,
                             const struct sockaddr *address, socklen_t length)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t n = REAL(sendto)(fd, from, size, flags, address, length);

	return socket_end_send(timer, fd, n);
}

OTELUE_EXPORT ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t n = REAL(sendmsg)(fd, message, flags);

	return socket_end_send(timer, fd, n);
}

OTELUE_EXPORT int sendmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags)
{
	struct hook_timer timer = hook_timer_start();
	int n = REAL(sendmmsg)(fd, messages, count, flags);

	return socket_end_send_many(timer, fd, messages, n);
}

OTELUE_EXPORT ssize_t recv(int fd, void *to, size_t size, int flags)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t n = REAL(recv)(fd, to, size, flags);

	return socket_end_receive(timer, fd, flags, n);
}

OTELUE_EXPORT ssize_t __recv_chk(int fd, void *to, size_t size, size_t room, int flags)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t n = REAL(__recv_chk)(fd, to, size, room, flags);

	return socket_end_receive(timer, fd, flags, n);
}

OTELUE_EXPORT ssize_t recvfrom(int fd, void *to, size_t size, int flags, struct sockaddr *address,
                               socklen_t *length)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t n = REAL(recvfrom)(fd, to, size, flags, address, length);

	return socket_end_receive(timer, fd, flags, n);
}

OTELUE_EXPORT ssize_t __recvfrom_chk(int fd, void *to, size_t size, size_t room, int flags,
                                     struct sockaddr *address, socklen_t *length)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t n = REAL(__recvfrom_chk)(fd, to, size, room, flags, address, length);

	return socket_end_receive(timer, fd, flags, n);
}

OTELUE_EXPORT ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	struct hook_timer timer = hook_timer_start();
	ssize_t n = REAL(recvmsg)(fd, message, flags);

	return socket_end_receive(timer, fd, flags, n);
}

OTELUE_EXPORT int recvmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags,
                           struct timespec *timeout)
{
	struct hook_timer timer = hook_timer_start();
	int n = REAL(recvmmsg)(fd, messages, count, flags, timeout);

	return socket_end_receive_many(timer, fd, messages, flags, n);
}
