/* The cache of parsed settings: settings_blob.h. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include "base/clock.h"
#include "base/memory.h"
#include "base/syscall.h"
#include "config/hash.h"
#include "config/settings_blob.h"

#define BLOB_MAGIC   UINT64_C(0x31626f6c62746f) /* "otblob1" */
#define BLOB_SETTLED UINT64_C(2000000000)       /* ns; file systems' clocks are coarse */
#define BLOB_STALE   60                         /* s; an unfinished blob's writer is gone */

struct blob {
	uint64_t magic;
	struct file_identity identity;
	uint64_t references_length;
	uint64_t references_hash; /* of the names and their values */
	char references[sizeof(((struct settings_loader *)0)->references)];
	struct settings settings;
	uint64_t hash; /* of all before it */
};

static uint64_t blob_hash(const struct blob *blob)
{
	return hash_bytes(HASH_START, blob, offsetof(struct blob, hash));
}

/* A name that is not set counts like an empty one, as in substitution. */
static uint64_t references_hash(const char *names, size_t length, char *const *variables)
{
	uint64_t hash = HASH_START;

	for (const char *name = names; name < names + length; name += string_length(name) + 1) {
		const char *value = variable_get(variables, name);

		hash = hash_string(hash_string(hash, name), value ? value : "");
	}
	return hash;
}

static int open_directory(const char *path)
{
	struct stat status;
	int fd, err;

	fd = (int)sys_call(SYS_openat, AT_FDCWD, path,
	                   O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	err = (int)sys_call(SYS_newfstatat, fd, "", &status, AT_EMPTY_PATH);
	if (err == 0 && (status.st_uid != (uid_t)sys_call(SYS_geteuid) || (status.st_mode & 077)))
		err = -EACCES;
	if (err) {
		sys_call(SYS_close, fd);
		return err;
	}
	return fd;
}

/* "settings.NN", with ".new" while it is being written. */
static void blob_name(char name[24], uint64_t path_hash, unsigned int way, int unfinished)
{
	struct text text = text_start(name, 24);

	text_add(&text, "settings.");
	text_add_u64(&text, (path_hash + way) % BLOB_SLOTS);
	text_add(&text, unfinished ? ".new" : "");
}

static int blob_trusted(const struct blob *blob, const struct file_identity *identity)
{
	return blob->magic == BLOB_MAGIC &&
	       memcmp(&blob->identity, identity, sizeof(*identity)) == 0 &&
	       blob->references_length <= sizeof(blob->references) &&
	       (blob->references_length == 0 || !blob->references[blob->references_length - 1]) &&
	       blob->hash == blob_hash(blob) &&
	       settings_valid(&blob->settings, sizeof(blob->settings));
}

/* Reads one place; 0: a whole blob of this build and this file. */
static int slot_read(int directory, const char *name, const struct file_identity *identity,
                     struct blob *ret_blob)
{
	struct stat status;
	int fd, err;

	fd = (int)sys_call(SYS_openat, directory, name,
	                   O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	err = (int)sys_call(SYS_newfstatat, fd, "", &status, AT_EMPTY_PATH);
	if (err == 0 &&
	    (!S_ISREG(status.st_mode) || (status.st_mode & 077) ||
	     status.st_uid != (uid_t)sys_call(SYS_geteuid) || status.st_size != sizeof(*ret_blob)))
		err = -EACCES;
	if (err == 0 && sys_call(SYS_read, fd, ret_blob, sizeof(*ret_blob)) != sizeof(*ret_blob))
		err = -EIO;
	sys_call(SYS_close, fd);
	if (err == 0 && !blob_trusted(ret_blob, identity))
		err = -ESTALE;
	return err;
}

bool settings_blob_read(struct settings_loader *loader, const struct file_identity *identity)
{
	char *const *variables = loader->environment->variables;
	int directory = open_directory(loader->environment->blob_directory);
	bool found = false;
	struct blob blob;
	char name[24];

	if (directory < 0)
		return false;
	for (unsigned int way = 0; way < BLOB_WAYS && !found; way++) {
		blob_name(name, identity->path_hash, way, 0);
		found = slot_read(directory, name, identity, &blob) == 0 &&
		        references_hash(blob.references, blob.references_length, variables) ==
		                blob.references_hash;
	}
	sys_call(SYS_close, directory);
	if (found)
		memcpy(&loader->settings, &blob.settings, sizeof(blob.settings));
	return found;
}

/* The first place that holds nothing of use for this file; with none, one by the variables' values.
 */
static unsigned int slot_choose(int directory, const struct file_identity *identity,
                                uint64_t values)
{
	struct blob blob;
	char name[24];

	for (unsigned int way = 0; way < BLOB_WAYS; way++) {
		blob_name(name, identity->path_hash, way, 0);
		if (slot_read(directory, name, identity, &blob) < 0)
			return way;
	}
	return (unsigned int)(values % BLOB_WAYS);
}

/* Opens the unfinished file; one that a killed process left is removed for the next writer. */
static int unfinished_open(int directory, const char *name)
{
	struct stat status;
	int fd = (int)sys_call(SYS_openat, directory, name,
	                       O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd == -EEXIST &&
	    sys_call(SYS_newfstatat, directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
	    clock_read_ns(CLOCK_REALTIME) / 1000000000u > (uint64_t)status.st_mtime + BLOB_STALE)
		sys_call(SYS_unlinkat, directory, name, 0);
	return fd;
}

/* SIGXFSZ would kill the program that writes beyond its limit. */
static int size_allowed(void)
{
	struct rlimit limit;

	return sys_call(SYS_prlimit64, 0, RLIMIT_FSIZE, NULL, &limit) == 0 &&
	       limit.rlim_cur >= sizeof(struct blob);
}

/*
 * A file changed again within the resolution of its time stamps would look the same as before, so a
 * blob is left only of files that have been at rest for a while (a time in the future: never).
 */
static int file_settled(const struct file_identity *identity)
{
	uint64_t now = clock_read_ns(CLOCK_REALTIME);

	return identity->ctime_ns < now && now - identity->ctime_ns > BLOB_SETTLED &&
	       identity->mtime_ns < now && now - identity->mtime_ns > BLOB_SETTLED;
}

static void slot_write(int directory, const struct blob *blob)
{
	const struct file_identity *identity = &blob->identity;
	unsigned int way = slot_choose(directory, identity, blob->references_hash);
	char unfinished[24], name[24];
	int fd, whole;

	blob_name(unfinished, identity->path_hash, way, 1);
	blob_name(name, identity->path_hash, way, 0);
	fd = unfinished_open(directory, unfinished);
	if (fd < 0)
		return;
	whole = sys_call(SYS_write, fd, blob, sizeof(*blob)) == sizeof(*blob);
	sys_call(SYS_close, fd);
	if (!whole || sys_call(SYS_renameat2, directory, unfinished, directory, name, 0) < 0)
		sys_call(SYS_unlinkat, directory, unfinished, 0);
}

void settings_blob_write(const struct settings_loader *loader, const struct file_identity *identity)
{
	const char *path = loader->environment->blob_directory;
	struct blob blob = {.magic = BLOB_MAGIC, .identity = *identity};
	int directory;

	if (loader->references_full || !file_settled(identity) || !size_allowed())
		return;
	memcpy(&blob.settings, &loader->settings, sizeof(blob.settings));
	blob.references_length = loader->references_length;
	memcpy(blob.references, loader->references, sizeof(blob.references));
	blob.references_hash = references_hash(blob.references, blob.references_length,
	                                       loader->environment->variables);
	blob.hash = blob_hash(&blob);
	directory = open_directory(path);
	if (directory == -ENOENT) {
		sys_call(SYS_mkdirat, AT_FDCWD, path, 0700);
		directory = open_directory(path);
	}
	if (directory < 0)
		return;
	slot_write(directory, &blob);
	sys_call(SYS_close, directory);
}
