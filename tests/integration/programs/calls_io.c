/* Calls that read, write and transfer; see calls.h. */
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <unistd.h>
#include "tests/integration/programs/calls.h"

extern ssize_t __read(int, void *, size_t), __write(int, const void *, size_t);
extern ssize_t __read_chk(int, void *, size_t, size_t);
extern ssize_t __pread64(int, void *, size_t, off64_t);
extern ssize_t __pread_chk(int, void *, size_t, off_t, size_t);
extern ssize_t __pread64_chk(int, void *, size_t, off64_t, size_t);
extern ssize_t __pwrite64(int, const void *, size_t, off64_t);

static char buffer[3000];
static struct iovec parts[2] = {{buffer, 1000}, {buffer + 1000, 5}};

/* A regular file of 8000 bytes, a pipe that does not block, /dev/zero or /dev/null. */
static int file, zero, null, ends[2];

static void open_all(void)
{
	file = (int)DO(open("data", O_RDWR | O_CREAT | O_TRUNC, 0600));
	for (int i = 0; i < 4; i++)
		DO(write(file, buffer, 2000));
	DO(lseek(file, 0, SEEK_SET));
	zero = (int)DO(open("/dev/zero", O_RDONLY));
	null = (int)DO(open("/dev/null", O_WRONLY));
	DO(pipe2(ends, O_NONBLOCK));
}

static void close_all(void)
{
	DO(close(file));
	DO(close(zero));
	DO(close(null));
	DO(close(ends[0]));
	DO(close(ends[1]));
}

/* The same arguments with each descriptor; the pipe is empty at first, then holds one byte. */
#define READ(name, ...)                         \
	static void call_##name(void)           \
	{                                       \
		open_all();                     \
		DO(name(file, __VA_ARGS__));    \
		DO(name(zero, __VA_ARGS__));    \
		DO(name(ends[0], __VA_ARGS__)); \
		DO(write(ends[1], "x", 1));     \
		DO(name(ends[0], __VA_ARGS__)); \
		DO(name(null, __VA_ARGS__));    \
		DO(name(-1, __VA_ARGS__));      \
		DO(lseek(file, 0, SEEK_END));   \
		DO(name(file, __VA_ARGS__));    \
		close_all();                    \
	}
READ(read, buffer, 1001)
READ(__read, buffer, 1001)
READ(__read_chk, buffer, 1001, sizeof(buffer))
READ(pread, buffer, 1001, 6000)
READ(pread64, buffer, 1001, 7500)
READ(__pread64, buffer, 1001, 7500)
READ(__pread_chk, buffer, 1001, 9000, sizeof(buffer))
READ(__pread64_chk, buffer, 1001, -1, sizeof(buffer))
READ(readv, parts, 2)
READ(preadv, parts, 2, 10)
READ(preadv64, parts, 2, 10)
READ(preadv2, parts, 2, -1, 0)
READ(preadv64v2, parts, 2, -1, 0x40000000)

/* The pipe takes 64 KiB at most. */
#define WRITE(name, ...)                                \
	static void call_##name(void)                   \
	{                                               \
		open_all();                             \
		DO(name(file, __VA_ARGS__));            \
		DO(name(null, __VA_ARGS__));            \
		for (int i = 0; i < 70; i++)            \
			DO(name(ends[1], __VA_ARGS__)); \
		DO(name(zero, __VA_ARGS__));            \
		DO(name(-1, __VA_ARGS__));              \
		close_all();                            \
	}
WRITE(write, buffer, 1001)
WRITE(__write, buffer, 1001)
WRITE(pwrite, buffer, 1001, 6000)
WRITE(pwrite64, buffer, 1001, 7500)
WRITE(__pwrite64, buffer, 1001, -1)
WRITE(writev, parts, 2)
WRITE(pwritev, parts, 2, 10)
WRITE(pwritev64, parts, 2, 10)
WRITE(pwritev2, parts, 2, -1, 0)
WRITE(pwritev64v2, parts, 2, -1, 0x40000000)

static void call_eventfd_write(void)
{
	eventfd_t value;
	int fd = (int)DO(eventfd(0, EFD_NONBLOCK));

	DO(eventfd_write(fd, 5));
	DO(eventfd_read(fd, &value));
	DO(eventfd_read(fd, &value));
	DO(eventfd_write(fd, UINT64_MAX));
	DO(eventfd_write(-1, 5));
	DO(eventfd_read(-1, &value));
	DO(close(fd));
}

#define SENDFILE(name)                               \
	static void call_##name(void)                \
	{                                            \
		off_t from = 100;                    \
		open_all();                          \
		DO(name(ends[1], file, &from, 700)); \
		DO(name(null, file, NULL, 300));     \
		DO(name(null, file, NULL, 0));       \
		DO(name(-1, file, NULL, 300));       \
		DO(name(null, ends[1], NULL, 300));  \
		close_all();                         \
	}
SENDFILE(sendfile)
SENDFILE(sendfile64)

static void call_splice(void)
{
	off64_t from = 50;

	open_all();
	DO(splice(ends[0], NULL, null, NULL, 400, 0));
	DO(splice(file, &from, ends[1], NULL, 400, 0));
	DO(splice(ends[0], NULL, null, NULL, 300, 0));
	DO(splice(file, NULL, null, NULL, 300, 0));
	DO(splice(-1, NULL, null, NULL, 300, 0));
	close_all();
}

static void call_tee(void)
{
	int others[2];

	open_all();
	DO(pipe(others));
	DO(tee(ends[0], others[1], 4000, SPLICE_F_NONBLOCK));
	DO(write(ends[1], buffer, 300));
	DO(tee(ends[0], others[1], 4000, 0));
	DO(tee(ends[0], null, 4000, 0));
	DO(tee(ends[0], -1, 4000, 0));
	DO(close(others[0]));
	DO(close(others[1]));
	close_all();
}

/* SPLICE_F_MORE, which does nothing here, marks the end that is read from. */
static void call_vmsplice(void)
{
	open_all();
	DO(vmsplice(ends[1], parts, 2, 0));
	DO(vmsplice(ends[0], parts, 1, SPLICE_F_MORE));
	DO(vmsplice(file, parts, 1, 0));
	DO(vmsplice(-1, parts, 1, 0));
	close_all();
}

static void call_copy_file_range(void)
{
	off64_t from = 500, to = 9000;

	open_all();
	DO(copy_file_range(file, &from, file, &to, 600, 0));
	DO(copy_file_range(file, &from, zero, NULL, 600, 0));
	DO(copy_file_range(-1, NULL, file, NULL, 600, 0));
	DO(copy_file_range(file, NULL, file, NULL, 600, 99));
	close_all();
}

static void call_eventfd_read(void)
{
	call_eventfd_write();
}

const struct call file_io_calls[] = {
	CALL(read),          CALL(__read),     CALL(__read_chk),      CALL(pread),
	CALL(pread64),       CALL(__pread64),  CALL(__pread_chk),     CALL(__pread64_chk),
	CALL(readv),         CALL(preadv),     CALL(preadv64),        CALL(preadv2),
	CALL(preadv64v2),    CALL(write),      CALL(__write),         CALL(pwrite),
	CALL(pwrite64),      CALL(__pwrite64), CALL(writev),          CALL(pwritev),
	CALL(pwritev64),     CALL(pwritev2),   CALL(pwritev64v2),     CALL(eventfd_read),
	CALL(eventfd_write), CALL(sendfile),   CALL(sendfile64),      CALL(splice),
	CALL(tee),           CALL(vmsplice),   CALL(copy_file_range), END_OF_CALLS};
