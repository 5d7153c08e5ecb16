/* Calls on directories read as streams; see calls.h. */
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "tests/integration/programs/calls.h"

/* Both are deprecated, and called all the same. */
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

static void make_names(void)
{
	DO(mkdir("listed", 0700));
	DO(mkdir("listed/one", 0700));
	DO(mkdir("listed/two", 0700));
}

static void remove_names(void)
{
	DO(rmdir("listed/one"));
	DO(rmdir("listed/two"));
	DO(rmdir("listed"));
}

static void call_opendir(void)
{
	DIR *directory = opendir(".");

	note("opened", directory != NULL, 0);
	note("mode", mode_of(dirfd(directory)), 0);
	DO(closedir(directory));
	DO(opendir("absent"));
	DO(opendir("/dev/null"));
	DO(opendir(""));
}

static void call_fdopendir(void)
{
	int fd = (int)DO(open(".", O_RDONLY)), file = (int)DO(open("/dev/null", O_RDONLY));
	DIR *directory = fdopendir(fd);

	note("taken over", directory && dirfd(directory) == fd, 0);
	DO(closedir(directory));
	DO(fdopendir(file));
	DO(fdopendir(-1));
	DO(close(file));
	DO(close(fd));
}

/* To the end and beyond; then over a descriptor that is no longer there. */
#define READDIR(name)                                                 \
	static void call_##name(void)                                 \
	{                                                             \
		DIR *directory;                                       \
                                                                      \
		make_names();                                         \
		directory = opendir("listed");                        \
		for (int i = 0; i < 6; i++)                           \
			DO(name(directory) != NULL);                  \
		DO(closedir(directory));                              \
		directory = opendir("listed");                        \
		DO(close(dirfd(directory)));                          \
		DO(name(directory));                                  \
		errno = EBADF;                                        \
		note("failed again", name(directory) != NULL, errno); \
		DO(closedir(directory));                              \
		remove_names();                                       \
	}
READDIR(readdir)
READDIR(readdir64)

#define READDIR_R(name, entry_type)                        \
	static void call_##name(void)                      \
	{                                                  \
		DIR *directory;                            \
		struct entry_type entry, *end;             \
                                                           \
		make_names();                              \
		directory = opendir("listed");             \
		for (int i = 0; i < 6; i++) {              \
			DO(name(directory, &entry, &end)); \
			note("entry", end != NULL, 0);     \
		}                                          \
		DO(close(dirfd(directory)));               \
		DO(closedir(directory));                   \
		directory = opendir("listed");             \
		DO(close(dirfd(directory)));               \
		DO(name(directory, &entry, &end));         \
		DO(closedir(directory));                   \
		remove_names();                            \
	}
READDIR_R(readdir_r, dirent)
READDIR_R(readdir64_r, dirent64)

static void call_closedir(void)
{
	DO(closedir((DIR *)NULL));
	DO(closedir(opendir(".")));
}

const struct call directory_calls[] = {CALL(opendir),   CALL(fdopendir), CALL(readdir),
                                       CALL(readdir64), CALL(readdir_r), CALL(readdir64_r),
                                       CALL(closedir),  END_OF_CALLS};
