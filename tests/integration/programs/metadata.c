/*
 * metadata THREADS ROUNDS: each thread makes, looks at, changes, lists and removes files in a
 * directory of its own, and fails at it in known ways, ROUNDS times. It counts its own calls by
 * operation, failure and descriptor, and prints the sums as lines of a series and its value.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

enum operation { METADATA, OPEN, CLOSE, OPERATIONS };
static const char *const operation_names[] = {"metadata", "open", "close"};
/* ENOTEMPTY, ENOTDIR and EISDIR have no name of their own. */
enum failure { NONE, NO_ENTRY, DENIED, EXISTS, INVALID, BAD_DESCRIPTOR, OTHER, FAILURES };
static const char *const failure_names[] = {"",       "ENOENT", "EACCES", "EEXIST",
                                            "EINVAL", "EBADF",  "_OTHER"};
static const int others[] = {ENOTEMPTY, ENOTDIR, EISDIR, ELOOP};

struct worker {
	pthread_t thread;
	char home[16];
	int top;
	unsigned long calls[OPERATIONS], failures[OPERATIONS][FAILURES];
	unsigned long directories, files; /* opened, and closed as the same */
};

static int rounds;

static enum failure failure_of(int error)
{
	switch (error) {
	case ENOENT:
		return NO_ENTRY;
	case EACCES:
		return DENIED;
	case EEXIST:
		return EXISTS;
	case EINVAL:
		return INVALID;
	case EBADF:
		return BAD_DESCRIPTOR;
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (others[i] == error)
			return OTHER;
	}
	return NONE;
}

/* A call of an operation that ended with this error, or 0; another end is a failed test. */
static void made(struct worker *worker, enum operation operation, int failed, int error,
                 const char *what)
{
	if (failed ? errno != error : error != 0) {
		fprintf(stderr, "%s: %s\n", what, failed ? strerror(errno) : "worked");
		exit(1);
	}
	worker->calls[operation]++;
	if (error)
		worker->failures[operation][failure_of(error)]++;
}

#define DO(call, error)                                        \
	do {                                                   \
		errno = 0;                                     \
		int failed_ = (long)(call) == -1;              \
		made(worker, METADATA, failed_, error, #call); \
	} while (0)
#define FIND(call, error)                                              \
	do {                                                           \
		errno = 0;                                             \
		int failed_ = (call) == NULL;                          \
		made(worker, METADATA, failed_ &&errno, error, #call); \
	} while (0)

static void look(struct worker *worker, int fd)
{
	char text[4096];
	struct stat status;
	struct statx extended;

	DO(fstatat(worker->top, "file", &status, 0), 0);
	DO(fstatat(worker->top, "file/below", &status, 0), ENOTDIR);
	DO(fstat(fd, &status), 0);
	DO(fstat(-1, &status), EBADF);
	DO(stat(worker->home, &status), 0);
	DO(lstat("absent", &status), ENOENT);
	DO(statx(worker->top, "file", 0, STATX_SIZE, &extended), 0);
	DO(faccessat(worker->top, "file", F_OK, 0), 0);
	DO(access("absent", F_OK), ENOENT);
	DO(readlinkat(worker->top, "way", text, sizeof(text)), 0);
	DO(readlinkat(worker->top, "file", text, sizeof(text)), EINVAL);
	FIND(realpath(worker->home, text), 0);
	FIND(realpath("absent", text), ENOENT);
	FIND(realpath("", text), ENOENT);
}

static void change(struct worker *worker, int fd)
{
	struct timespec times[2] = {{1, 2}, {3, 4}};
	struct timeval old_times[2] = {{1, 2}, {3, 4}};

	DO(fchmod(fd, 0640), 0);
	DO(fchmodat(worker->top, "way", 0600, 0), 0);
	DO(fchmod(-1, 0600), EBADF);
	DO(chmod("absent", 0600), ENOENT);
	DO(fchown(fd, ~0u, ~0u), 0);
	DO(fchownat(worker->top, "way", ~0u, ~0u, AT_SYMLINK_NOFOLLOW), 0);
	DO(utimensat(worker->top, "file", times, 0), 0);
	DO(futimens(fd, times), 0);
	DO(futimes(fd, old_times), 0);
	DO(utimes("absent", old_times), ENOENT);
	DO(renameat(worker->top, "file", worker->top, "file2"), 0);
	DO(renameat(worker->top, "file", worker->top, "file2"), ENOENT);
	DO(rename("absent", "file"), ENOENT);
	DO(renameat2(worker->top, "file2", worker->top, "way", RENAME_NOREPLACE), EEXIST);
	DO(renameat2(worker->top, "file2", worker->top, "file", 0), 0);
	DO(linkat(worker->top, "file", worker->top, "second", 0), 0);
	DO(linkat(worker->top, "file", worker->top, "second", 0), EEXIST);
}

static int visit(const char *path, const struct stat *status, int kind, struct FTW *place)
{
	(void)path;
	(void)status;
	(void)kind;
	(void)place;
	return 0;
}

/* By functions that do all of it; a pattern that nothing matches is no failure. */
static void walk(struct worker *worker)
{
	struct dirent **names;
	glob_t found;
	int count;

	DO(count = scandir(worker->home, &names, NULL, alphasort), 0);
	while (count > 0)
		free(names[--count]);
	free(names);
	DO(scandirat(worker->top, "absent", &names, NULL, NULL), ENOENT);
	DO(nftw(worker->home, visit, 4, FTW_PHYS), 0);
	DO(nftw("absent", visit, 4, 0), ENOENT);
	DO(glob("home*", 0, NULL, &found), 0);
	globfree(&found);
	DO(glob("absent/*", 0, NULL, &found), 0);
}

/* Lists the directory in a stream; its five names are ., .., file, way and second. */
static void list(struct worker *worker)
{
	DIR *directory = opendir(worker->home);
	int fd;

	made(worker, OPEN, !directory, 0, "opendir");
	worker->directories++;
	for (int i = 0; i < 6; i++)
		FIND(readdir(directory), 0);
	made(worker, CLOSE, closedir(directory), 0, "closedir");
	fd = openat(worker->top, ".", O_RDONLY | O_DIRECTORY);
	made(worker, OPEN, fd < 0, 0, "openat");
	worker->directories++;
	directory = fdopendir(fd);
	made(worker, OPEN, !directory, 0, "fdopendir");
	for (int i = 0; i < 6; i++)
		FIND(readdir64(directory), 0);
	made(worker, CLOSE, closedir(directory), 0, "closedir");
	walk(worker);
	made(worker, OPEN, !opendir("absent"), ENOENT, "opendir");
	made(worker, OPEN, !fdopendir(-1), EBADF, "fdopendir");
}

static void clean(struct worker *worker, int fd)
{
	char below[64];

	DO(unlinkat(worker->top, "second", 0), 0);
	DO(mkdirat(worker->top, "full", 0700), 0);
	DO(mkdirat(worker->top, "full", 0700), EEXIST);
	DO(mkdirat(worker->top, "full/empty", 0700), 0);
	DO(unlinkat(worker->top, "full", AT_REMOVEDIR), ENOTEMPTY);
	snprintf(below, sizeof(below), "%s/full", worker->home);
	DO(rmdir(below), ENOTEMPTY);
	DO(unlink(below), EISDIR);
	DO(unlinkat(worker->top, "full/empty", AT_REMOVEDIR), 0);
	DO(remove(below), 0);
	DO(remove(below), ENOENT);
	made(worker, CLOSE, close(fd), 0, "close");
	DO(unlinkat(worker->top, "file", 0), 0);
	DO(unlinkat(worker->top, "way", 0), 0);
	DO(unlink("absent"), ENOENT);
}

static void *work(void *argument)
{
	struct worker *worker = argument;
	int fd;

	DO(mkdir(worker->home, 0700), 0);
	DO(mkdir(worker->home, 0700), EEXIST);
	worker->top = open(worker->home, O_RDONLY | O_DIRECTORY);
	made(worker, OPEN, worker->top < 0, 0, "open");
	worker->directories++;
	for (int i = 0; i < rounds; i++) {
		fd = openat(worker->top, "file", O_RDWR | O_CREAT | O_EXCL, 0600);
		made(worker, OPEN, fd < 0, 0, "openat");
		worker->files++;
		DO(symlinkat("file", worker->top, "way"), 0);
		DO(symlinkat("file", worker->top, "way"), EEXIST);
		look(worker, fd);
		change(worker, fd);
		list(worker);
		clean(worker, fd);
	}
	made(worker, CLOSE, close(worker->top), 0, "close");
	DO(rmdir(worker->home), 0);
	return NULL;
}

/* Only who is not root is denied anything. */
static void be_denied(struct worker *worker)
{
	struct stat status;

	DO(mkdir("closed", 0), 0);
	if (geteuid() != 0) {
		DO(stat("closed/file", &status), EACCES);
		DO(unlink("closed/file"), EACCES);
		made(worker, OPEN, !opendir("closed"), EACCES, "opendir");
	}
	DO(rmdir("closed"), 0);
}

static void print(const struct worker *sum)
{
	for (int o = 0; o < OPERATIONS; o++) {
		printf("libc.file.operation.duration{libc.file.operation=%s} %lu\n",
		       operation_names[o], sum->calls[o]);
		for (int f = 1; f < FAILURES; f++)
			printf("libc.file.operation.errors{libc.file.operation=%s,error.type=%s} "
			       "%lu\n",
			       operation_names[o], failure_names[f], sum->failures[o][f]);
	}
	printf("libc.fd.opened{libc.fd.type=directory} %lu\n", sum->directories);
	printf("libc.fd.closed{libc.fd.type=directory} %lu\n", sum->directories);
	printf("libc.fd.opened{libc.fd.type=file} %lu\n", sum->files);
	printf("libc.fd.closed{libc.fd.type=file} %lu\n", sum->files);
}

static void add(struct worker *to, const struct worker *from)
{
	for (int o = 0; o < OPERATIONS; o++) {
		to->calls[o] += from->calls[o];
		for (int f = 0; f < FAILURES; f++)
			to->failures[o][f] += from->failures[o][f];
	}
	to->directories += from->directories;
	to->files += from->files;
}

int main(int argc, char **argv)
{
	static struct worker workers[64], sum;
	int threads = argc > 1 ? atoi(argv[1]) : 0;

	rounds = argc > 2 ? atoi(argv[2]) : 1;
	if (threads > 64)
		return 2;
	for (int i = 0; i < (threads ? threads : 1); i++) {
		snprintf(workers[i].home, sizeof(workers[i].home), "home%d", i);
		if (!threads)
			work(&workers[0]);
		else if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
			return 2;
	}
	for (int i = 0; i < threads; i++)
		pthread_join(workers[i].thread, NULL);
	be_denied(&sum);
	for (int i = 0; i < 64; i++)
		add(&sum, &workers[i]);
	print(&sum);
	return 0;
}
