/*
 * The file that a variable names: opened, its owner and mode checked on the open descriptor, read
 * whole, parsed, or not even that where a blob of it is left. Raw system calls, since the shim
 * hooks libc's.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include "base/memory.h"
#include "base/syscall.h"
#include "config/hash.h"
#include "config/settings_blob.h"

#define FILE_BYTES_MAX ((size_t)1024 * 1024)
#define OVERFLOW_UID   65534

struct file {
	const char *variable, *path;
	int descriptor;
	struct stat status;
	char *bytes; /* mapped */
	size_t length, mapped;
};

static int file_error(struct settings_loader *loader, const struct file *file, int err,
                      const char *text)
{
	struct text message = loader_error(loader, file->variable, "");

	text_add_quoted(&message, file->path);
	text_add(&message, " ");
	text_add(&message, text);
	return err;
}

static const char *open_problem(int err)
{
	switch (err) {
	case -ENOENT:
	case -ENOTDIR:
		return "does not exist; correct the path";
	case -EACCES:
		return "cannot be opened: permission denied; make it readable for this user";
	case -ELOOP:
		return "cannot be opened: too many symbolic links; correct the path";
	case -EMFILE:
	case -ENFILE:
		return "cannot be opened: too many files are open; raise the limit (ulimit -n)";
	default:
		return "cannot be opened or read; look whether cat FILE can";
	}
}

static const char unmapped[] = "is left alone: its owner has no id in this user namespace";

/* The next decimal number; false: there is none. */
static bool next_number(const char **at, uint64_t *ret)
{
	while (**at == ' ' || **at == '\n')
		(*at)++;
	*ret = 0;
	if (**at < '0' || **at > '9')
		return false;
	for (; **at >= '0' && **at <= '9'; (*at)++)
		*ret = *ret * 10 + (uint64_t)(**at - '0');
	return true;
}

/* Whose id has none in this user namespace, as root's in a rootless sandbox, is shown as this one.
 */
static bool owner_is_unmapped(const struct stat *status)
{
	char map[1024];
	uint64_t inside, outside, count;
	const char *at = map;
	long fd, n;

	if (status->st_uid != OVERFLOW_UID)
		return false;
	fd = sys_call(SYS_openat, AT_FDCWD, "/proc/self/uid_map", O_RDONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return false;
	n = sys_call(SYS_read, fd, map, sizeof(map) - 1);
	sys_call(SYS_close, fd);
	map[n < 0 ? 0 : n] = '\0';
	/* A new namespace has none yet; where 65534 has one, it may be that. */
	while (next_number(&at, &inside) && next_number(&at, &outside) && next_number(&at, &count))
		if (inside <= OVERFLOW_UID && OVERFLOW_UID - inside < count)
			return false;
	return n >= 0;
}

/* Who may have written it: root or we ourselves, nobody else. NULL: trusted. */
static const char *trust_problem(const struct stat *status)
{
	if (owner_is_unmapped(status))
		return unmapped;
	if (status->st_uid != 0 && status->st_uid != (uid_t)sys_call(SYS_geteuid))
		return "is refused: it belongs to another user; it must be root's or your own "
		       "(chown)";
	if (status->st_mode & (S_IWGRP | S_IWOTH))
		return "is refused: others may write to it (chmod go-w)";
	return NULL;
}

static struct file_identity identity_of(const struct settings_loader *loader,
                                        const struct file *file)
{
	const struct stat *status = &file->status;

	return (struct file_identity){
		.device = status->st_dev,
		.inode = status->st_ino,
		.size = (uint64_t)status->st_size,
		.mtime_ns = (uint64_t)status->st_mtim.tv_sec * 1000000000u +
	                    (uint64_t)status->st_mtim.tv_nsec,
		.ctime_ns = (uint64_t)status->st_ctim.tv_sec * 1000000000u +
	                    (uint64_t)status->st_ctim.tv_nsec,
		.path_hash = hash_string(HASH_START, file->path),
		.shared = loader->shared,
	};
}

/* Reads to the end, at most FILE_BYTES_MAX; the file may grow or shrink meanwhile. */
static int file_read(struct file *file)
{
	long n = 1, address;

	file->mapped = FILE_BYTES_MAX + 1;
	address = sys_call(SYS_mmap, NULL, file->mapped, PROT_READ | PROT_WRITE,
	                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (address < 0 && address > -4096)
		return (int)address;
	file->bytes = (char *)address;
	while (n > 0 && file->length < file->mapped) {
		n = sys_call(SYS_read, file->descriptor, file->bytes + file->length,
		             file->mapped - file->length);
		if (n == -EINTR)
			n = 1;
		else if (n > 0)
			file->length += (size_t)n;
	}
	return n < 0 ? (int)n : file->length > FILE_BYTES_MAX ? -EFBIG : 0;
}

static void file_close(struct file *file)
{
	if (file->bytes)
		sys_call(SYS_munmap, file->bytes, file->mapped);
	if (file->descriptor >= 0)
		sys_call(SYS_close, file->descriptor);
}

/* JSON that we could use is one object. YAML may start with a brace too, but hardly does. */
static bool file_is_json(const struct file *file)
{
	size_t i = 0;

	while (i < file->length && (file->bytes[i] == ' ' || file->bytes[i] == '\t' ||
	                            file->bytes[i] == '\n' || file->bytes[i] == '\r'))
		i++;
	return i < file->length && file->bytes[i] == '{';
}

/* OTEL_CONFIG_FILE that we can't use concerns the program's own SDK alone. */
static int file_left(struct settings_loader *loader, const struct file *file, const char *what)
{
	char line[300];
	struct text text = text_start(line, sizeof(line));

	text_add(&text, file->variable);
	text_add(&text, ": ");
	text_add_quoted(&text, file->path);
	text_add(&text, what);
	loader_note(loader, line);
	return 1;
}

static int file_parse(struct settings_loader *loader, const struct file *file)
{
	char reason[300];
	struct text why = text_start(reason, sizeof(reason)), text;
	struct json_api json;
	int err;

	err = loader->environment->open_json(&json, &why);
	if (err) {
		text = loader_error(loader, file->variable, "");
		text_add(&text, "the JSON library cannot be opened (Debian: libjansson4): ");
		text_add(&text, reason);
		return err;
	}
	err = settings_from_json(loader, &json, file->path, file->bytes, file->length);
	jansson_close(&json);
	return err;
}

static bool same_file(const struct settings_loader *loader, struct file *file)
{
	struct file_identity before = identity_of(loader, file), after;

	if (sys_call(SYS_newfstatat, file->descriptor, "", &file->status, AT_EMPTY_PATH) < 0)
		return false;
	after = identity_of(loader, file);
	return memcmp(&before, &after, sizeof(before)) == 0;
}

static int file_load(struct settings_loader *loader, struct file *file)
{
	const char *untrusted = trust_problem(&file->status);
	struct file_identity identity = identity_of(loader, file);
	bool blobs = loader->environment->blob_directory && !untrusted;
	struct text config_file;
	int err;

	if (blobs && settings_blob_read(loader, &identity))
		return 0;
	err = file_read(file);
	if (err == -EFBIG)
		return file_error(loader, file, err,
		                  "is larger than 1 MiB; name a file with settings alone");
	if (err)
		return file_error(loader, file, err, open_problem(err));
	if (loader->shared && !file_is_json(file))
		return file_left(loader, file, " is not JSON; left to the program's own SDK");
	if (untrusted)
		return file_error(loader, file, untrusted == unmapped ? -EOVERFLOW : -EACCES,
		                  untrusted);
	err = file_parse(loader, file);
	if (err)
		return err;
	config_file =
		text_start(loader->settings.config_file, sizeof(loader->settings.config_file));
	text_add(&config_file, file->path);
	settings_seal(&loader->settings);
	if (blobs && same_file(loader, file))
		settings_blob_write(loader, &identity);
	return 0;
}

int settings_from_file(struct settings_loader *loader, const char *variable, const char *path)
{
	struct file file = {.variable = variable, .path = path};
	int err;

	loader->source = SOURCE_FILE;
	file.descriptor = (int)sys_call(SYS_openat, AT_FDCWD, path,
	                                O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0);
	if (file.descriptor < 0 && loader->shared && !text_has_suffix(path, ".json"))
		return file_left(loader, &file, " cannot be opened; left to the program's own SDK");
	if (file.descriptor < 0)
		return file_error(loader, &file, file.descriptor, open_problem(file.descriptor));
	err = (int)sys_call(SYS_newfstatat, file.descriptor, "", &file.status, AT_EMPTY_PATH);
	if (err)
		err = file_error(loader, &file, err, open_problem(err));
	else if (!S_ISREG(file.status.st_mode) && loader->shared)
		err = file_left(loader, &file,
		                " is not a regular file; left to the program's own SDK");
	else if (!S_ISREG(file.status.st_mode))
		err = file_error(loader, &file, -EINVAL, "is not a regular file; name one");
	else
		err = file_load(loader, &file);
	file_close(&file);
	return err;
}
