/* See session_directory.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cli/memory.h"
#include "cli/session_internal.h"
#include "config/settings_load.h"
#include "metrics/reader.h"
#include "metrics/session.h"

#define HANDED_OVER   "handed-over" /* the accumulator's name once the outer session has it */
#define DIGITS        "0123456789"
#define LETTERS       DIGITS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define SESSION_START "session."
/* What a session in an outer one needs at most: two names and a segment's within struct segment's
 * path. */
#define INNER_ROOM 128

bool session_is_segment(const char *name)
{
	size_t pid = strspn(name, DIGITS), rest;

	if (pid == 0 || name[pid] != '.')
		return false;
	name += pid + 1;
	rest = strspn(name, DIGITS);
	return strcmp(name, "exec") == 0 || (rest > 0 && name[rest] == '\0');
}

bool session_is_directory(const char *name)
{
	size_t pid;

	if (strncmp(name, SESSION_START, strlen(SESSION_START)) != 0)
		return false;
	name += strlen(SESSION_START);
	pid = strspn(name, DIGITS);
	return pid > 0 && name[pid] == '.' && strlen(name + pid + 1) == 6 &&
	       strspn(name + pid + 1, LETTERS) == 6;
}

static int open_below(int directory, const char *path)
{
	int fd = openat(directory, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int session_open_own(int directory, const char *path)
{
	struct stat status;
	int fd = open_below(directory, path);

	if (fd < 0)
		return fd;
	if (fstat(fd, &status) < 0 || status.st_uid != geteuid() || (status.st_mode & 077)) {
		close(fd);
		return -EACCES;
	}
	return fd;
}

/* The user's directory, made if it is missing. */
static int open_user(const char *path)
{
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return -errno;
	return session_open_own(AT_FDCWD, path);
}

/* Makes the directory `path` (a template of mkdtemp()) with its accumulator, locked. */
static int make_at(struct session_directory *session)
{
	int err;

	if (!mkdtemp(session->path))
		return -errno;
	session->lock = session_open_own(AT_FDCWD, session->path);
	err = session->lock < 0 ? session->lock : 0;
	if (!err && flock(session->lock, LOCK_SH) < 0)
		err = -errno;
	if (!err)
		err = session_create(session->path);
	if (err) {
		if (session->lock >= 0) {
			unlinkat(session->lock, SESSION_ACCUMULATOR, 0);
			close(session->lock);
		}
		rmdir(session->path);
	}
	return err;
}

static int make_below(struct session_directory *session, const char *parent)
{
	int n = snprintf(session->path, sizeof(session->path), "%s/" SESSION_START "%d.XXXXXX",
	                 parent, (int)getpid());

	return (size_t)n < sizeof(session->path) ? make_at(session) : -ENAMETOOLONG;
}

/* Is there a session at this path? Then it is noted as the outer one. */
static bool find_outer(struct session_directory *session, const char *outer)
{
	struct session_accumulator *accumulator;
	int fd, err;

	if (!outer || outer[0] != '/' || strlen(outer) >= sizeof(session->outer))
		return false;
	fd = session_open_own(AT_FDCWD, outer);
	if (fd < 0)
		return false;
	accumulator = memory_take(sizeof(*accumulator));
	err = reader_session(fd, geteuid(), accumulator);
	free(accumulator);
	close(fd);
	if (!err)
		strcpy(session->outer, outer);
	return !err;
}

int session_directory_make(struct session_directory *ret, const char *base, const char *outer)
{
	char user[SESSION_PATH_SIZE];
	int fd, err;

	memset(ret, 0, sizeof(*ret));
	if (find_outer(ret, outer) && strlen(outer) < INNER_ROOM && make_below(ret, outer) == 0)
		return 0;
	err = settings_user_directory(base, user, sizeof(user));
	if (err)
		return err;
	fd = open_user(user);
	if (fd < 0)
		return fd;
	flock(fd, LOCK_SH); /* a sweep must not take it before it has its own lock */
	err = make_below(ret, user);
	close(fd);
	return err;
}

int session_directory_hand_over(const struct session_directory *session,
                                const struct process_values *totals, uint64_t processes,
                                uint64_t unseen)
{
	/* In this order a reader of the outer session may miss them for a moment, never count
	 * them twice. */
	if (renameat(session->lock, SESSION_ACCUMULATOR, session->lock, HANDED_OVER) < 0)
		return -errno;
	return session_merge(session->outer, totals, processes, unseen);
}

int session_visit(int directory, int depth, session_visitor *visit, void *context)
{
	int copy = open_below(directory, "."), result = 0;
	DIR *entries = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *entry;

	if (!entries)
		return -errno;
	while (result == 0 && (entry = readdir(entries))) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			result = visit(directory, entry->d_name, depth, context);
	}
	closedir(entries);
	return result;
}

static int entry_in_use(int directory, const char *name, int depth, void *context);

int session_claim(int parent, const char *name, int depth)
{
	int fd = session_open_own(parent, name);

	if (fd < 0)
		return -1;
	if (depth < SESSION_DEPTH && flock(fd, LOCK_EX | LOCK_NB) == 0 &&
	    session_visit(fd, depth + 1, entry_in_use, NULL) == 0)
		return fd;
	close(fd);
	return -1;
}

static bool in_use(int parent, const char *name, int depth)
{
	int fd = session_claim(parent, name, depth);

	if (fd >= 0)
		close(fd);
	return fd < 0;
}

/* A process that starts, or whose segment is of another version, shows by its mapping alone. */
static int is_mapped(int directory, const char *name)
{
	int fd = reader_open(directory, name, geteuid(), O_RDONLY), result;

	if (fd < 0)
		return 0;
	result = reader_memory_use(fd) != MEMORY_UNUSED;
	close(fd);
	return result;
}

static int entry_in_use(int directory, const char *name, int depth, void *context)
{
	struct segment_reading *reading;
	int result;

	(void)context;
	if (session_is_directory(name))
		return in_use(directory, name, depth);
	if (strcmp(name, SESSION_ACCUMULATOR) == 0)
		return is_mapped(directory, name);
	if (!session_is_segment(name))
		return 0;
	reading = memory_take(sizeof(*reading));
	result = reader_read(directory, name, geteuid(), reading);
	result = result == -EAGAIN || (result == 0 && reading->alive);
	free(reading);
	return result;
}

static int remove_entry(int directory, const char *name, int depth, void *context)
{
	int fd;

	(void)context;
	if (session_is_segment(name) || strcmp(name, SESSION_ACCUMULATOR) == 0 ||
	    strcmp(name, HANDED_OVER) == 0 || strcmp(name, SESSION_EXPORTS) == 0) {
		unlinkat(directory, name, 0);
	} else if (session_is_directory(name)) {
		fd = session_claim(directory, name, depth);
		if (fd >= 0)
			session_clear(fd, directory, name, depth);
	}
	return 0;
}

void session_clear(int claimed, int parent, const char *name, int depth)
{
	session_visit(claimed, depth + 1, remove_entry, NULL);
	close(claimed);
	unlinkat(parent, name, AT_REMOVEDIR);
}

int session_directory_remove(struct session_directory *session)
{
	int err = session_visit(session->lock, 0, remove_entry, NULL);

	close(session->lock);
	if (err)
		return err;
	return rmdir(session->path) < 0 ? -errno : 0;
}

void session_directory_leave(struct session_directory *session)
{
	close(session->lock);
}

static int count_entry(int directory, const char *name, int depth, void *context)
{
	int *count = context;

	*count += session_is_directory(name) && !in_use(directory, name, depth);
	return 0;
}

int session_open_user(const char *base)
{
	char user[SESSION_PATH_SIZE];
	int err = settings_user_directory(base, user, sizeof(user));

	return err ? err : session_open_own(AT_FDCWD, user);
}

int session_directory_stale(const char *base)
{
	int fd = session_open_user(base), count = 0;

	if (fd < 0)
		return 0;
	/* Somebody makes a session right now: then not this time. */
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		session_visit(fd, 0, count_entry, &count);
	close(fd);
	return count;
}
