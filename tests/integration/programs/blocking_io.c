/* Calls on files and sockets that block: nothing to read, no room to write, another one's lock. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>
#include "tests/integration/programs/blocking.h"

#define OPERATION(family, operation) \
	"libc." family ".operation.duration{libc." family ".operation=" operation "}"
#define READ     OPERATION("file", "read")
#define WRITE    OPERATION("file", "write")
#define LOCK     OPERATION("file", "lock")
#define SYNC     OPERATION("file", "sync")
#define TRANSFER OPERATION("file", "transfer")
#define RECEIVE  OPERATION("socket", "receive")
#define SEND     OPERATION("socket", "send")
#define CONNECT  OPERATION("socket", "connect")
#define ACCEPT   OPERATION("socket", "accept")
#define POLL     "libc.poll.duration{libc.poll.operation=poll}"
#define SELECT   "libc.poll.duration{libc.poll.operation=select}"
#define EPOLL    "libc.poll.duration{libc.poll.operation=epoll}"

/* empty and full: pipes; quiet and stuffed: pairs of sockets. */
static int empty[2], full[2], quiet[2], stuffed[2], listener, client, event, epoll, file, other;
static char buffer[1 << 16];
static struct sockaddr_un address = {.sun_family = AF_UNIX};
static socklen_t address_length;
static struct iovec part = {buffer, 100};
static struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
static struct mmsghdr messages = {.msg_hdr = {.msg_iov = &part, .msg_iovlen = 1}};
pid_t child;

/* Made by the calls, and by raw ones. */
static int made = -1, raw = -1;

static void fill(int fd)
{
	long flags = sys_call3(SYS_fcntl, fd, F_GETFL, 0);

	sys_call3(SYS_fcntl, fd, F_SETFL, flags | O_NONBLOCK);
	while (sys_call3(SYS_write, fd, buffer, sizeof(buffer)) > 0)
		;
	sys_call3(SYS_fcntl, fd, F_SETFL, flags);
}

/* A listener whose queue is full. */
static void make_listener(void)
{
	struct sockaddr_un any = {.sun_family = AF_UNIX};

	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	client = socket(AF_UNIX, SOCK_STREAM, 0);
	address_length = sizeof(address);
	if (bind(listener, (struct sockaddr *)&any, sizeof(sa_family_t)) || listen(listener, 0) ||
	    getsockname(listener, (struct sockaddr *)&address, &address_length))
		abort();
}

void make_descriptors(void)
{
	struct epoll_event interest = {.events = EPOLLIN};

	if (pipe(empty) || pipe(full) || socketpair(AF_UNIX, SOCK_STREAM, 0, quiet) ||
	    socketpair(AF_UNIX, SOCK_STREAM, 0, stuffed))
		abort();
	make_listener();
	event = eventfd(0, 0);
	epoll = epoll_create1(0);
	file = open("file", O_RDWR | O_CREAT, 0600);
	other = open("file", O_RDWR);
	fill(full[1]);
	fill(stuffed[0]);
	if (event < 0 || file < 0 || other < 0 || ftruncate(file, 1 << 16) ||
	    epoll_ctl(epoll, EPOLL_CTL_ADD, empty[0], &interest))
		abort();
}

void close_descriptors(void)
{
	int all[] = {empty[0],   empty[1], full[0], full[1], quiet[0], quiet[1], stuffed[0],
	             stuffed[1], listener, client,  event,   epoll,    file,     other};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		close(all[i]);
	if (made >= 0)
		close(made);
	if (raw >= 0)
		sys_call1(SYS_close, raw);
	made = raw = -1;
	sys_call3(SYS_unlinkat, AT_FDCWD, "fifo", 0);
}

void make_child(void)
{
	child = fork();
	if (child == 0) {
		sys_call2(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause_ms(100000);
	}
}

static void make_locking_child(void)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	char byte;

	child = fork();
	if (child == 0) {
		sys_call2(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL);
		sys_call3(SYS_fcntl, file, F_SETLK, &lock);
		sys_call3(SYS_write, empty[1], "x", 1);
		for (;;)
			pause_ms(100000);
	}
	sys_call3(SYS_read, empty[0], &byte, 1);
}

void kill_child(void)
{
	sys_call2(SYS_kill, child, SIGKILL);
}

void end_child(void)
{
	if (child <= 0)
		return;
	kill_child();
	sys_call4(SYS_wait4, child, NULL, 0, NULL);
	child = 0;
}

static void write_empty(void)
{
	sys_call3(SYS_write, empty[1], "x", 1);
}

static void read_full(void)
{
	sys_call3(SYS_read, full[0], buffer, sizeof(buffer));
}

static void write_quiet(void)
{
	sys_call3(SYS_write, quiet[1], "x", 1);
}

static void read_stuffed(void)
{
	struct pollfd writable = {stuffed[0], POLLOUT, 0};
	struct timespec none = {0, 0};

	do
		sys_call3(SYS_read, stuffed[1], buffer, sizeof(buffer));
	while (sys_call5(SYS_ppoll, &writable, 1, &none, NULL, 0) == 0);
}

#define CALL(name, expression)     \
	static long name(void)     \
	{                          \
		return expression; \
	}

CALL(do_read, read(empty[0], buffer, 100))
CALL(do_readv, readv(empty[0], &part, 1))
CALL(do_preadv2, preadv2(empty[0], &part, 1, -1, 0))
CALL(do_write, write(full[1], buffer, 100))
CALL(do_writev, writev(full[1], &part, 1))
CALL(do_pwritev2, pwritev2(full[1], &part, 1, -1, 0))
CALL(do_recv, recv(quiet[0], buffer, 100, 0))
CALL(do_recvfrom, recvfrom(quiet[0], buffer, 100, 0, NULL, NULL))
CALL(do_recvmsg, recvmsg(quiet[0], &message, 0))
CALL(do_recvmmsg, recvmmsg(quiet[0], &messages, 1, 0, NULL))
CALL(read_socket, read(quiet[0], buffer, 100))
CALL(do_send, send(stuffed[0], buffer, 100, 0))
CALL(do_sendto, sendto(stuffed[0], buffer, 100, 0, NULL, 0))
CALL(do_sendmsg, sendmsg(stuffed[0], &message, 0))
CALL(do_sendmmsg, sendmmsg(stuffed[0], &messages, 1, 0))
CALL(write_socket, write(stuffed[0], buffer, 100))
CALL(do_sendfile, sendfile(full[1], file, NULL, 100))
CALL(do_splice, splice(empty[0], NULL, quiet[0], NULL, 100, 0))
CALL(do_tee, tee(empty[0], full[1], 100, 0))
CALL(do_vmsplice, vmsplice(full[1], &part, 1, 0))
CALL(do_flock, flock(other, LOCK_EX))
CALL(do_lockf, lockf(file, F_LOCK, 0))
CALL(do_fsync, fsync(file))
CALL(do_fdatasync, fdatasync(file))
CALL(do_sync_file_range, sync_file_range(file, 0, 0, SYNC_FILE_RANGE_WRITE))
CALL(do_accept, made = accept(listener, NULL, NULL))
CALL(do_accept4, made = accept4(listener, NULL, NULL, SOCK_CLOEXEC))
CALL(do_connect, connect(client, (struct sockaddr *)&address, address_length))
CALL(do_open, made = open("fifo", O_RDONLY))

static long do_eventfd_read(void)
{
	uint64_t value;

	return eventfd_read(event, &value);
}

CALL(do_eventfd_write, eventfd_write(event, 1))

static long lock_with(int fd, int command)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	return fcntl(fd, command, &lock);
}

CALL(do_setlkw, lock_with(file, F_SETLKW))
CALL(do_ofd_setlkw, lock_with(other, F_OFD_SETLKW))

static struct pollfd readable(void)
{
	return (struct pollfd){empty[0], POLLIN, 0};
}

static long do_poll(void)
{
	struct pollfd fd = readable();

	return poll(&fd, 1, -1);
}

static long do_ppoll(void)
{
	struct pollfd fd = readable();

	return ppoll(&fd, 1, NULL, NULL);
}

static long do_select(void)
{
	struct timeval time = {100, 0};
	fd_set set;

	FD_ZERO(&set);
	FD_SET(empty[0], &set);
	return select(empty[0] + 1, &set, NULL, NULL, &time);
}

static long do_pselect(void)
{
	fd_set set;

	FD_ZERO(&set);
	FD_SET(empty[0], &set);
	return pselect(empty[0] + 1, &set, NULL, NULL, NULL, NULL);
}

static struct epoll_event found[2];

CALL(do_epoll_wait, epoll_wait(epoll, found, 2, -1))
CALL(do_epoll_pwait, epoll_pwait(epoll, found, 2, -1, NULL))
CALL(do_epoll_pwait2, epoll_pwait2(epoll, found, 2, NULL, NULL))

static void take_event(void)
{
	uint64_t value;

	sys_call3(SYS_read, event, &value, sizeof(value));
}

static void give_event(void)
{
	uint64_t value = 1;

	sys_call3(SYS_write, event, &value, sizeof(value));
}

static void fill_event(void)
{
	uint64_t value = UINT64_MAX - 1;

	sys_call3(SYS_write, event, &value, sizeof(value));
}

static void hold_flock(void)
{
	sys_call2(SYS_flock, file, LOCK_EX);
}

static void leave_flock(void)
{
	sys_call2(SYS_flock, file, LOCK_UN);
}

static void make_fifo(void)
{
	sys_call4(SYS_mknodat, AT_FDCWD, "fifo", 0010600, 0);
}

static void open_fifo(void)
{
	raw = (int)sys_call4(SYS_openat, AT_FDCWD, "fifo", O_RDWR, 0);
}

/* Takes the one place in the listener's queue. */
static void knock(void)
{
	raw = (int)sys_call3(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
	sys_call3(SYS_connect, raw, &address, address_length);
}

static void answer(void)
{
	sys_call1(SYS_close, sys_call4(SYS_accept4, listener, NULL, NULL, 0));
}

static void hold_range(void)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	sys_call3(SYS_fcntl, file, F_OFD_SETLK, &lock);
}

static void leave_range(void)
{
	struct flock lock = {.l_type = F_UNLCK, .l_whence = SEEK_SET};

	sys_call3(SYS_fcntl, file, F_OFD_SETLK, &lock);
}

const struct blocking blocking_io[] = {
	{"read", do_read, write_empty, NULL, READ, 0},
	{"readv", do_readv, write_empty, NULL, READ, 0},
	{"preadv2", do_preadv2, write_empty, NULL, READ, 0},
	{"eventfd_read", do_eventfd_read, give_event, NULL, READ, 0},
	{"write", do_write, read_full, NULL, WRITE, 0},
	{"writev", do_writev, read_full, NULL, WRITE, 0},
	{"pwritev2", do_pwritev2, read_full, NULL, WRITE, 0},
	{"eventfd_write", do_eventfd_write, take_event, fill_event, WRITE, 0},
	{"sendfile", do_sendfile, read_full, NULL, TRANSFER, NOT_CANCELLED},
	{"splice", do_splice, write_empty, NULL, TRANSFER, 0},
	{"tee", do_tee, write_empty, read_full, TRANSFER, 0},
	{"vmsplice", do_vmsplice, read_full, NULL, TRANSFER, 0},
	{"open of a fifo", do_open, open_fifo, make_fifo, NULL, 0},
	{"flock", do_flock, leave_flock, hold_flock, LOCK, NOT_CANCELLED},
	{"lockf", do_lockf, kill_child, make_locking_child, LOCK, 0},
	{"F_SETLKW", do_setlkw, kill_child, make_locking_child, LOCK, 0},
	{"F_OFD_SETLKW", do_ofd_setlkw, leave_range, hold_range, LOCK, 0},
	{"fsync", do_fsync, NULL, NULL, SYNC, TIMES_NOTHING},
	{"fdatasync", do_fdatasync, NULL, NULL, SYNC, TIMES_NOTHING},
	{"sync_file_range", do_sync_file_range, NULL, NULL, SYNC, TIMES_NOTHING},
	{"recv", do_recv, write_quiet, NULL, RECEIVE, 0},
	{"recvfrom", do_recvfrom, write_quiet, NULL, RECEIVE, 0},
	{"recvmsg", do_recvmsg, write_quiet, NULL, RECEIVE, 0},
	{"recvmmsg", do_recvmmsg, write_quiet, NULL, RECEIVE, 0},
	{"read of a socket", read_socket, write_quiet, NULL, RECEIVE, 0},
	{"send", do_send, read_stuffed, NULL, SEND, 0},
	{"sendto", do_sendto, read_stuffed, NULL, SEND, 0},
	{"sendmsg", do_sendmsg, read_stuffed, NULL, SEND, 0},
	{"sendmmsg", do_sendmmsg, read_stuffed, NULL, SEND, 0},
	{"write to a socket", write_socket, read_stuffed, NULL, SEND, 0},
	{"connect", do_connect, answer, knock, CONNECT, 0},
	{"accept", do_accept, knock, NULL, ACCEPT, 0},
	{"accept4", do_accept4, knock, NULL, ACCEPT, 0},
	{"poll", do_poll, write_empty, NULL, POLL, 0},
	{"ppoll", do_ppoll, write_empty, NULL, POLL, 0},
	{"select", do_select, write_empty, NULL, SELECT, 0},
	{"pselect", do_pselect, write_empty, NULL, SELECT, 0},
	{"epoll_wait", do_epoll_wait, write_empty, NULL, EPOLL, 0},
	{"epoll_pwait", do_epoll_pwait, write_empty, NULL, EPOLL, 0},
	{"epoll_pwait2", do_epoll_pwait2, write_empty, NULL, EPOLL, 0},
	{0},
};
