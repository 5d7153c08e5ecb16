/* Calls that sync, lock, place and resize; see calls.h. */
#include <fcntl.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "tests/integration/programs/calls.h"

extern off_t __lseek(int, off_t, int);

static int file, other, ends[2];

static void open_all(void)
{
	file = (int)DO(open("data", O_RDWR | O_CREAT | O_TRUNC, 0600));
	other = (int)DO(open("data", O_RDONLY));
	DO(write(file, "some words", 10));
	DO(pipe(ends));
}

static void close_all(void)
{
	DO(close(file));
	DO(close(other));
	DO(close(ends[0]));
	DO(close(ends[1]));
}

/* The same arguments with a file, a pipe, and what is not open. */
#define STATE(name, ...)                                      \
	static void call_##name(void)                         \
	{                                                     \
		open_all();                                   \
		DO(name(file __VA_OPT__(, ) __VA_ARGS__));    \
		DO(name(other __VA_OPT__(, ) __VA_ARGS__));   \
		DO(name(ends[0] __VA_OPT__(, ) __VA_ARGS__)); \
		DO(name(-1 __VA_OPT__(, ) __VA_ARGS__));      \
		close_all();                                  \
	}
STATE(fsync)
STATE(fdatasync)
STATE(syncfs)
STATE(sync_file_range, 0, 4096, SYNC_FILE_RANGE_WRITE)
STATE(flock, LOCK_EX | LOCK_NB)
STATE(lockf, F_TLOCK, 0)
STATE(lockf64, F_TEST, 0)
STATE(lseek, 3, SEEK_SET)
STATE(lseek64, 3, SEEK_CUR)
STATE(__lseek, -3000, SEEK_END)
STATE(ftruncate, 500)
STATE(ftruncate64, -500)
STATE(fallocate, 0, 0, 9000)
STATE(fallocate64, FALLOC_FL_KEEP_SIZE, 0, 9000)
STATE(posix_fallocate, 0, 9000)
STATE(posix_fallocate64, -1, 9000)
STATE(posix_fadvise, 0, 0, POSIX_FADV_SEQUENTIAL)
STATE(posix_fadvise64, 0, 0, 99)
STATE(readahead, 0, 4096)

#define TRUNCATE(name)                   \
	static void call_##name(void)    \
	{                                \
		open_all();              \
		DO(name("data", 700));   \
		DO(name("absent", 700)); \
		DO(name(nowhere, 700));  \
		close_all();             \
	}
TRUNCATE(truncate)
TRUNCATE(truncate64)

static void call_sync(void)
{
	sync();
}

static void call_ioctl(void)
{
	int bytes, on = 1;

	open_all();
	DO(write(ends[1], "four", 4));
	DO(ioctl(ends[0], FIONREAD, &bytes));
	note("bytes", bytes, 0);
	DO(ioctl(ends[0], FIONBIO, &on));
	DO(ioctl(file, TIOCGWINSZ, &bytes));
	DO(ioctl(ends[0], FIONREAD, nowhere));
	DO(ioctl(-1, FIONREAD, &bytes));
	close_all();
}

const struct call file_state_calls[] = {CALL(fsync),
                                        CALL(fdatasync),
                                        CALL(syncfs),
                                        CALL(sync),
                                        CALL(sync_file_range),
                                        CALL(flock),
                                        CALL(lockf),
                                        CALL(lockf64),
                                        CALL(lseek),
                                        CALL(lseek64),
                                        CALL(__lseek),
                                        CALL(truncate),
                                        CALL(truncate64),
                                        CALL(ftruncate),
                                        CALL(ftruncate64),
                                        CALL(fallocate),
                                        CALL(fallocate64),
                                        CALL(posix_fallocate),
                                        CALL(posix_fallocate64),
                                        CALL(posix_fadvise),
                                        CALL(posix_fadvise64),
                                        CALL(readahead),
                                        CALL(ioctl),
                                        END_OF_CALLS};
