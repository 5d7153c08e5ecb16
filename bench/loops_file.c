/* Descriptors, files, and waiting for them. */
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>
#include "bench/loops.h"

static int open_device(const char *path, int flags)
{
	int fd = open(path, flags);

	expect(fd >= 0, path);
	return fd;
}

static void run_read(unsigned long calls)
{
	int fd = open_device("/dev/zero", O_RDONLY);
	char byte;

	for (unsigned long i = 0; i < calls; i++)
		expect(read(fd, &byte, 1) == 1, "read");
	close(fd);
}

static void run_write(unsigned long calls)
{
	int fd = open_device("/dev/null", O_WRONLY);

	for (unsigned long i = 0; i < calls; i++)
		expect(write(fd, "", 1) == 1, "write");
	close(fd);
}

static void run_pread(unsigned long calls)
{
	int fd = open_device("/dev/zero", O_RDONLY);
	char byte;

	for (unsigned long i = 0; i < calls; i++)
		expect(pread(fd, &byte, 1, 0) == 1, "pread");
	close(fd);
}

static void run_writev(unsigned long calls)
{
	int fd = open_device("/dev/null", O_WRONLY);
	char bytes[2] = "";
	struct iovec vector[2] = {{bytes, 1}, {bytes + 1, 1}};

	for (unsigned long i = 0; i < calls; i++)
		expect(writev(fd, vector, 2) == 2, "writev");
	close(fd);
}

static void run_open_close(unsigned long calls)
{
	for (unsigned long i = 0; i < calls; i++)
		close(open_device("/dev/null", O_RDONLY));
}

static void run_stat(unsigned long calls)
{
	struct stat status;

	for (unsigned long i = 0; i < calls; i++)
		expect(stat("/", &status) == 0, "stat");
}

static void run_poll(unsigned long calls)
{
	struct pollfd device = {open_device("/dev/zero", O_RDONLY), POLLIN, 0};

	for (unsigned long i = 0; i < calls; i++)
		expect(poll(&device, 1, -1) == 1, "poll");
	close(device.fd);
}

static void run_epoll_wait(unsigned long calls)
{
	struct epoll_event event = {.events = EPOLLIN};
	int fd = epoll_create1(0), pair[2];

	expect(fd >= 0, "epoll_create1");
	expect(pipe(pair) == 0, "pipe");
	expect(write(pair[1], "", 1) == 1, "write");
	expect(epoll_ctl(fd, EPOLL_CTL_ADD, pair[0], &event) == 0, "epoll_ctl");
	for (unsigned long i = 0; i < calls; i++)
		expect(epoll_wait(fd, &event, 1, -1) == 1, "epoll_wait");
	close(fd);
	close(pair[0]);
	close(pair[1]);
}

static void run_nanosleep(unsigned long calls)
{
	struct timespec least = {0, 1};

	for (unsigned long i = 0; i < calls; i++)
		expect(nanosleep(&least, NULL) == 0, "nanosleep");
}

const struct path file_paths[] = {
	{"read", run_read, 5000, true, "read 1 byte of /dev/zero"},
	{"write", run_write, 5000, true, "write 1 byte to /dev/null"},
	{"pread", run_pread, 5000, true, "pread 1 byte of /dev/zero"},
	{"writev", run_writev, 5000, true, "writev 2 bytes to /dev/null"},
	{"open_close", run_open_close, 2000, true, "open /dev/null and close it"},
	{"stat", run_stat, 5000, true, "stat the root directory"},
	{"poll", run_poll, 5000, true, "poll a descriptor that is ready"},
	{"epoll_wait", run_epoll_wait, 5000, true, "epoll_wait for one that is ready"},
	{"nanosleep", run_nanosleep, 100, true, "nanosleep 1 ns"},
	{NULL, NULL, 0, false, NULL},
};
