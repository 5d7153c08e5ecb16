/* Calls on names and on what is known of files; see calls.h. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>
#include <utime.h>
#include "tests/integration/programs/calls.h"

extern int __xstat(int, const char *, struct stat *), __xstat64(int, const char *, struct stat64 *);
extern int __lxstat(int, const char *, struct stat *),
	__lxstat64(int, const char *, struct stat64 *);
extern int __fxstat(int, int, struct stat *), __fxstat64(int, int, struct stat64 *);
extern int __fxstatat(int, int, const char *, struct stat *, int),
	__fxstatat64(int, int, const char *, struct stat64 *, int);
extern ssize_t __readlink_chk(const char *, char *, size_t, size_t),
	__readlinkat_chk(int, const char *, char *, size_t, size_t);
extern char *__realpath_chk(const char *, char *, size_t);

#define HERE AT_FDCWD

/* "data" of 10 bytes, "way" that leads to it, "full" that is not empty; `file` is open. */
static int file;

static void make_names(void)
{
	file = (int)DO(open("data", O_RDWR | O_CREAT | O_TRUNC, 0600));
	DO(write(file, "some words", 10));
	DO(symlink("data", "way"));
	DO(mkdir("full", 0700));
	DO(close((int)DO(open("full/below", O_RDWR | O_CREAT, 0600))));
}

static void remove_names(void)
{
	DO(close(file));
	DO(unlink("full/below"));
	DO(rmdir("full"));
	DO(unlink("way"));
}

/* A call, made where there are names. */
#define METADATA(name, ...)           \
	static void call_##name(void) \
	{                             \
		make_names();         \
		__VA_ARGS__;          \
		remove_names();       \
	}

/* What a status says that is the same in each run. */
#define SHOW(status)                                                                         \
	(note("mode", (long)(status).st_mode, 0), note("links", (long)(status).st_nlink, 0), \
	 note("size is 10", (status).st_size == 10, 0))
#define STAT(name, status_type)                                                                  \
	METADATA(name, struct status_type status = {0}; DO(name("data", &status)); SHOW(status); \
	         DO(name("way", &status)); SHOW(status); DO(name("absent", &status));            \
	         DO(name("data/below", &status)); DO(name(nowhere, &status));                    \
	         DO(name("data", (struct status_type *)nowhere)))
#define FSTAT(name, status_type)                                                               \
	METADATA(name, struct status_type status = {0}; DO(name(file, &status)); SHOW(status); \
	         DO(name(4000, &status)); DO(name(file, (struct status_type *)nowhere)))
#define FSTATAT(name, status_type)                                                                \
	METADATA(name, struct status_type status = {0}; DO(name(HERE, "data", &status, 0));       \
	         SHOW(status); DO(name(HERE, "way", &status, AT_SYMLINK_NOFOLLOW)); SHOW(status); \
	         DO(name(HERE, "absent", &status, 0)); DO(name(4000, "data", &status, 0));        \
	         DO(name(HERE, "data", &status, 1)))
#define XSTAT(name, status_type)                                                                   \
	METADATA(name, struct status_type status = {0}; DO(name(1, "way", &status)); SHOW(status); \
	         DO(name(1, "absent", &status)); DO(name(1, nowhere, &status)))
STAT(stat, stat)
STAT(stat64, stat64)
STAT(lstat, stat)
STAT(lstat64, stat64)
FSTAT(fstat, stat)
FSTAT(fstat64, stat64)
FSTATAT(fstatat, stat)
FSTATAT(fstatat64, stat64)
XSTAT(__xstat, stat)
XSTAT(__xstat64, stat64)
XSTAT(__lxstat, stat)
XSTAT(__lxstat64, stat64)
METADATA(__fxstat, struct stat status = {0}; DO(__fxstat(1, file, &status)); SHOW(status);
         DO(__fxstat(1, -1, &status)))
METADATA(__fxstat64, struct stat64 status = {0}; DO(__fxstat64(1, file, &status)); SHOW(status);
         DO(__fxstat64(1, -1, &status)))
METADATA(__fxstatat, struct stat status = {0}; DO(__fxstatat(1, HERE, "data", &status, 0));
         SHOW(status); DO(__fxstatat(1, HERE, "absent", &status, 0)))
METADATA(__fxstatat64, struct stat64 status = {0}; DO(__fxstatat64(1, HERE, "data", &status, 0));
         SHOW(status); DO(__fxstatat64(1, HERE, "absent", &status, 0)))
METADATA(statx, struct statx status = {0}; DO(statx(HERE, "data", 0, STATX_BASIC_STATS, &status));
         note("mode", status.stx_mode, 0); DO(statx(HERE, "absent", 0, STATX_SIZE, &status));
         DO(statx(file, "", AT_EMPTY_PATH, STATX_SIZE, &status));
         note("size", (long)status.stx_size, 0); DO(statx(HERE, "data", 1, 0, &status)))

#define ACCESS(name)                                                          \
	METADATA(name, DO(name("data", R_OK | W_OK)); DO(name("data", X_OK)); \
	         DO(name("absent", F_OK)); DO(name("data", 99)); DO(name(nowhere, F_OK)))
ACCESS(access)
ACCESS(euidaccess)
ACCESS(eaccess)
METADATA(faccessat, DO(faccessat(HERE, "data", X_OK, 0)); DO(faccessat(HERE, "way", R_OK, 0));
         DO(faccessat(HERE, "data", R_OK, AT_EACCESS)); DO(faccessat(4000, "data", R_OK, 0));
         DO(faccessat(HERE, "data", R_OK, 1)))

METADATA(unlink, DO(unlink("data")); DO(unlink("data")); DO(unlink("full")); DO(unlink(nowhere)))
METADATA(unlinkat, DO(unlinkat(HERE, "data", 0)); DO(unlinkat(HERE, "data", 0));
         DO(unlinkat(HERE, "full", AT_REMOVEDIR)); DO(unlinkat(4000, "data", 0)))
METADATA(remove, DO(remove("data")); DO(remove("data")); DO(mkdir("empty", 0700));
         DO(remove("empty")); DO(remove("full")))
METADATA(rename, DO(rename("data", "other")); DO(rename("data", "other"));
         DO(rename("other", "full")); DO(rename("full", "full/below/not"));
         DO(rename("other", "data")))
METADATA(renameat, DO(renameat(HERE, "data", HERE, "other"));
         DO(renameat(HERE, "data", HERE, "other")); DO(renameat(4000, "other", HERE, "data"));
         DO(renameat(HERE, "other", HERE, "data")))
METADATA(renameat2, DO(renameat2(HERE, "data", HERE, "way", RENAME_NOREPLACE));
         DO(renameat2(HERE, "data", HERE, "other", RENAME_NOREPLACE));
         DO(renameat2(HERE, "other", HERE, "data", 0));
         DO(renameat2(HERE, "data", HERE, "other", 99)))
METADATA(link, DO(link("data", "second")); DO(link("data", "second")); DO(link("full", "third"));
         DO(link("absent", "third")); DO(unlink("second")))
METADATA(linkat, DO(linkat(HERE, "way", HERE, "second", AT_SYMLINK_FOLLOW));
         DO(linkat(HERE, "way", HERE, "second", 0)); DO(linkat(4000, "data", HERE, "third", 0));
         DO(unlink("second")))
METADATA(symlink, DO(symlink("absent", "loose")); DO(symlink("absent", "loose"));
         DO(symlink("", "empty")); DO(symlink(nowhere, "empty")); DO(unlink("loose")))
METADATA(symlinkat, DO(symlinkat("absent", HERE, "loose")); DO(symlinkat("data", HERE, "loose"));
         DO(symlinkat("data", 4000, "loose")); DO(unlink("loose")))
METADATA(mkdir, DO(mkdir("below", 0700)); DO(mkdir("below", 0700)); DO(mkdir("absent/below", 0700));
         DO(mkdir("data/below", 0700)); DO(rmdir("below")))
METADATA(mkdtemp, char good[] = "madeXXXXXX"; char bad[] = "absent/aXXXXXX";
         DO(mkdtemp(good) == good); DO(access(good, W_OK)); DO(rmdir(good));
         DO(mkdtemp(bad) == NULL))
METADATA(mkdirat, DO(mkdirat(HERE, "below", 0700)); DO(mkdirat(HERE, "below", 0700));
         DO(mkdirat(4000, "below", 0700)); DO(rmdir("below")))
METADATA(rmdir, DO(rmdir("full")); DO(rmdir("data")); DO(rmdir("absent")); DO(rmdir(".")))

static char target[4096];

#define READLINK(name, ...)                                                                    \
	METADATA(name, DO(name(__VA_ARGS__ "way", target, 100)); note("target", target[0], 0); \
	         DO(name(__VA_ARGS__ "way", target, 2));                                       \
	         DO(name(__VA_ARGS__ "data", target, 100));                                    \
	         DO(name(__VA_ARGS__ "absent", target, 100)))
#define AT_HERE HERE,
READLINK(readlink, )
READLINK(readlinkat, AT_HERE)
METADATA(__readlink_chk, DO(__readlink_chk("way", target, 100, sizeof(target)));
         DO(__readlink_chk("data", target, 100, sizeof(target))))
METADATA(__readlinkat_chk, DO(__readlinkat_chk(HERE, "way", target, 100, sizeof(target)));
         DO(__readlinkat_chk(4000, "way", target, 100, sizeof(target))))

/* Whether a path came out, and where it was put. */
static long placed(char *resolved)
{
	int into = resolved == target;

	if (resolved && !into) {
		int error = errno;

		free(resolved);
		errno = error;
	}
	return resolved ? 1 + into : 0;
}

METADATA(realpath, DO(placed(realpath("way", target))); DO(placed(realpath("way", NULL)));
         DO(placed(realpath("absent", target))); DO(placed(realpath("data/below", target)));
         DO(placed(realpath(nowhere, target))))
METADATA(__realpath_chk, DO(placed(__realpath_chk("way", target, sizeof(target))));
         DO(placed(__realpath_chk("absent", target, sizeof(target)))))
METADATA(canonicalize_file_name, DO(placed(canonicalize_file_name("way")));
         DO(placed(canonicalize_file_name("absent"))))

#define CHMOD(name)                                                            \
	METADATA(name, DO(name("data", 0640)); note("mode", mode_of(file), 0); \
	         DO(name("absent", 0640)); DO(name(nowhere, 0640)); DO(name("way", 0600)))
CHMOD(chmod)
CHMOD(lchmod)
METADATA(fchmod, DO(fchmod(file, 0640)); note("mode", mode_of(file), 0); DO(fchmod(-1, 0640)))
METADATA(fchmodat, DO(fchmodat(HERE, "way", 0604, 0)); note("mode", mode_of(file), 0);
         DO(fchmodat(HERE, "absent", 0604, 0)))

/* Owner and group stay. */
#define AS_IT_IS ((uid_t)~0u), ((gid_t)~0u)
#define CHOWN(name)                                                             \
	METADATA(name, DO(name("way", AS_IT_IS)); DO(name("absent", AS_IT_IS)); \
	         DO(name(nowhere, AS_IT_IS)))
CHOWN(chown)
CHOWN(lchown)
METADATA(fchown, DO(fchown(file, AS_IT_IS)); DO(fchown(-1, AS_IT_IS)))
METADATA(fchownat, DO(fchownat(HERE, "data", AS_IT_IS, AT_SYMLINK_NOFOLLOW));
         DO(fchownat(HERE, "absent", AS_IT_IS, 0)); DO(fchownat(4000, "data", AS_IT_IS, 0)))

static const struct utimbuf seconds = {1000, 2000};
static const struct timeval microseconds[2] = {{1000, 1}, {2000, 2}},
			    bad_microseconds[2] = {{1000, 1}, {2000, -2}};
static const struct timespec nanoseconds[2] = {{1000, 1}, {2000, 2}},
			     bad_nanoseconds[2] = {{1000, 1}, {2000, -2}};

METADATA(utime, DO(utime("data", &seconds)); DO(utime("data", NULL)); DO(utime("absent", NULL)))
#define UTIMES(name)                                                                     \
	METADATA(name, DO(name("way", microseconds)); DO(name("way", bad_microseconds)); \
	         DO(name("absent", NULL)))
UTIMES(utimes)
UTIMES(lutimes)
METADATA(futimes, DO(futimes(file, microseconds)); DO(futimes(-1, microseconds));
         DO(futimes(file, bad_microseconds)))
METADATA(futimesat, DO(futimesat(HERE, "data", microseconds)); DO(futimesat(HERE, "absent", NULL)))
METADATA(utimensat, DO(utimensat(HERE, "data", nanoseconds, 0));
         DO(utimensat(HERE, "data", bad_nanoseconds, 0)); DO(utimensat(4000, "data", NULL, 0)))
METADATA(futimens, DO(futimens(file, nanoseconds)); DO(futimens(file, NULL));
         DO(futimens(4000, NULL)))

const struct call metadata_calls[] = {
	CALL(stat),         CALL(stat64),         CALL(lstat),
	CALL(lstat64),      CALL(fstat),          CALL(fstat64),
	CALL(fstatat),      CALL(fstatat64),      CALL(__xstat),
	CALL(__xstat64),    CALL(__lxstat),       CALL(__lxstat64),
	CALL(__fxstat),     CALL(__fxstat64),     CALL(__fxstatat),
	CALL(__fxstatat64), CALL(statx),          CALL(access),
	CALL(euidaccess),   CALL(eaccess),        CALL(faccessat),
	CALL(unlink),       CALL(unlinkat),       CALL(remove),
	CALL(rename),       CALL(renameat),       CALL(renameat2),
	CALL(link),         CALL(linkat),         CALL(symlink),
	CALL(symlinkat),    CALL(mkdir),          CALL(mkdirat),
	CALL(mkdtemp),      CALL(rmdir),          CALL(readlink),
	CALL(readlinkat),   CALL(__readlink_chk), CALL(__readlinkat_chk),
	CALL(realpath),     CALL(__realpath_chk), CALL(canonicalize_file_name),
	CALL(chmod),        CALL(fchmod),         CALL(lchmod),
	CALL(fchmodat),     CALL(chown),          CALL(fchown),
	CALL(lchown),       CALL(fchownat),       CALL(utime),
	CALL(utimes),       CALL(lutimes),        CALL(futimes),
	CALL(futimesat),    CALL(utimensat),      CALL(futimens),
	END_OF_CALLS};
