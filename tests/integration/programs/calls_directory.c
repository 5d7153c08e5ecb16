/* Calls on directories read as streams; see calls.h. */
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <stdlib.h>
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

/* Four names: ., .., one and two. */
#define SCANDIR(name, entry_type, ...)                                \
	static void call_##name(void)                                 \
	{                                                             \
		struct entry_type **list;                             \
                                                                      \
		make_names();                                         \
		DO(name(__VA_ARGS__ "listed", &list, NULL, NULL));    \
		for (int i = 0; i < 4; i++)                           \
			free(list[i]);                                \
		free(list);                                           \
		DO(name(__VA_ARGS__ "absent", &list, NULL, NULL));    \
		DO(name(__VA_ARGS__ "/dev/null", &list, NULL, NULL)); \
		remove_names();                                       \
	}
#define AT_HERE AT_FDCWD,
SCANDIR(scandir, dirent, )
SCANDIR(scandir64, dirent64, )
SCANDIR(scandirat, dirent, AT_HERE)
SCANDIR(scandirat64, dirent64, AT_HERE)

static int visited;

#define VISIT(name, stat_type, ...)                                               \
	static int visit_##name(const char *path, const struct stat_type *status, \
	                        int kind __VA_ARGS__)                             \
	{                                                                         \
		(void)path;                                                       \
		(void)status;                                                     \
		(void)kind;                                                       \
		return ++visited == 7 ? 77 : 0;                                   \
	}
/* Three directories; the seventh visit ends the third walk. */
#define WALK(name, ...)                                        \
	static void call_##name(void)                          \
	{                                                      \
		make_names();                                  \
		visited = 0;                                   \
		DO(name("listed", visit_##name, __VA_ARGS__)); \
		DO(name("listed", visit_##name, __VA_ARGS__)); \
		DO(name("listed", visit_##name, __VA_ARGS__)); \
		note("visited", visited, 0);                   \
		DO(name("absent", visit_##name, __VA_ARGS__)); \
		remove_names();                                \
	}
#define AND_PLACE , struct FTW *place __attribute__((unused))
VISIT(ftw, stat, )
VISIT(ftw64, stat64, )
VISIT(nftw, stat, AND_PLACE)
VISIT(nftw64, stat64, AND_PLACE)
WALK(ftw, 3)
WALK(ftw64, 3)
WALK(nftw, 3, FTW_PHYS)
WALK(nftw64, 3, FTW_PHYS)

static int give_up(const char *path, int error)
{
	(void)path;
	return error;
}

/* glob needs 9 KiB of stack for itself. */
#define GLOB(name, found_type)                                      \
	static void call_##name(void)                               \
	{                                                           \
		found_type found = {0};                             \
                                                                    \
		if (small_stack)                                    \
			return;                                     \
		make_names();                                       \
		DO(name("listed/*", 0, NULL, &found));              \
		note("found", (long)found.gl_pathc, 0);             \
		globfree((void *)&found);                           \
		DO(name("listed/x*", 0, NULL, &found));             \
		DO(name("/dev/null/*", GLOB_ERR, give_up, &found)); \
		remove_names();                                     \
	}
GLOB(glob, glob_t)
GLOB(glob64, glob64_t)

const struct call directory_calls[] = {
	CALL(opendir),     CALL(fdopendir), CALL(readdir), CALL(readdir64), CALL(readdir_r),
	CALL(readdir64_r), CALL(closedir),  CALL(scandir), CALL(scandir64), CALL(scandirat),
	CALL(scandirat64), CALL(ftw),       CALL(ftw64),   CALL(nftw),      CALL(nftw64),
	CALL(glob),        CALL(glob64),    END_OF_CALLS};
