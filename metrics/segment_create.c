/* The shared segment of one process: made, grown, claimed from. Raw system calls only; see
 * segment.h. */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include "base/atomic.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/syscall.h"
#include "metrics/segment_internal.h"

#define KERNEL_SIGSET_SIZE  8
#define SWEEP_FILES         512 /* in the file system: more of them may be segments of the dead */
#define SEGMENT_SPACE_SHARE 16  /* at most this part of what the file system has free */

/* Some of a name, so that the compiler works the whole sum out: starting should not. */
#define LAYOUT_NAME(name) \
	(sizeof(name) + (sizeof(name) << 8) * name[sizeof(name) / 2] + 31u * name[sizeof(name) - 2])

uint32_t segment_layout(void)
{
	uint32_t hash = 2166136261u;

#define METRIC(id, family, kind, number, place, name, unit, a, b, c, description) \
	hash = (hash ^ (uint32_t)LAYOUT_NAME(name)) * 16777619u;                  \
	hash = (hash ^ SERIES_OF(a, b, c)) * 16777619u;                           \
	hash = (hash ^ (WIDTH_##number << 16 | IN_SHARD_##place)) * 16777619u;
#include "metrics/metrics.def"
#undef METRIC
	return (hash ^ sizeof(struct name_table)) * 16777619u;
}

static long map_first(void *place, int flags, int fd)
{
	if (place)
		flags |= MAP_FIXED;
	return sys_call(SYS_mmap, place, SEGMENT_FIRST_MAP, PROT_READ | PROT_WRITE, flags, fd, 0);
}

int segment_open_directory(const char *path, bool make)
{
	struct stat status;
	int fd, err;

	fd = (int)sys_call(SYS_openat, AT_FDCWD, path,
	                   O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
	if (fd == -ENOENT && make) {
		sys_call(SYS_mkdirat, AT_FDCWD, path, 0700);
		fd = (int)sys_call(SYS_openat, AT_FDCWD, path,
		                   O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
	}
	if (fd < 0)
		return fd;
#if defined(__x86_64__)
	err = (int)sys_call(SYS_fstat, fd, &status);
#else
	err = (int)sys_call(SYS_newfstatat, fd, "", &status, AT_EMPTY_PATH);
#endif
	if (err == 0 && (status.st_uid != (uid_t)sys_call(SYS_geteuid) || (status.st_mode & 077)))
		err = -EACCES;
	if (err) {
		sys_call(SYS_close, fd);
		return err;
	}
	return fd;
}

/* How many shards there is room for: in the part of the file system that we allow ourselves, and
 * within RLIMIT_FSIZE, whose SIGXFSZ would kill. -ENOSPC: not even one. */
static int shards_that_fit(const struct statfs *fs, bool *ret_ledger_fits)
{
	uint64_t share, limit = segment_file_limit();

	share = (uint64_t)fs->f_bavail * (uint64_t)fs->f_bsize / SEGMENT_SPACE_SHARE;
	if (fs->f_blocks == 0 || share > limit) /* tmpfs without a limit has no blocks */
		share = limit;
	if (share < SEGMENT_FIXED_SIZE + SEGMENT_SHARD_SIZE ||
	    limit < SEGMENT_SHARDS_OFFSET + SEGMENT_SHARD_SIZE)
		return -ENOSPC;
	*ret_ledger_fits = share >= SEGMENT_SHARDS_OFFSET + SEGMENT_SHARD_SIZE;
	share -= *ret_ledger_fits ? SEGMENT_SHARDS_OFFSET : SEGMENT_FIXED_SIZE;
	if (share > limit - SEGMENT_SHARDS_OFFSET)
		share = limit - SEGMENT_SHARDS_OFFSET;
	share /= SEGMENT_SHARD_SIZE;
	return share < SEGMENT_SHARDS_MAX ? (int)share : (int)SEGMENT_SHARDS_MAX;
}

/* "<pid>.<boot time in ns>" behind the directory; pid and time together are unique on a machine. */
static int make_path(struct segment *segment, const char *directory, uint64_t boottime_ns)
{
	char number[21];
	char *path = segment->path;
	size_t size = sizeof(segment->path), n = string_length(directory);

	if (n + 1 + 20 + 1 + 20 + 1 > size)
		return -ENAMETOOLONG;
	n = string_copy(path, size, directory);
	path[n++] = '/';
	string_from_u64(number, (uint64_t)sys_call(SYS_getpid));
	n += string_copy(path + n, size - n, number);
	path[n++] = '.';
	string_from_u64(number, boottime_ns);
	string_copy(path + n, size - n, number);
	return 0;
}

/* MADV_POPULATE_WRITE came with Linux 5.14; older kernels get all of the first mapping allocated at
 * once. */
static int allocate(struct segment *segment, int fd, void *base, uint32_t *shard_limit)
{
	int err = populate(base, SEGMENT_PAGE);

	if (err != -EINVAL)
		return err;
	segment->process_pages = SEGMENT_PROCESS_PAGES_ALL;
	if (*shard_limit > SEGMENT_FIRST_CHUNK)
		*shard_limit = SEGMENT_FIRST_CHUNK;
	return fd < 0 ? 0 : (int)sys_call(SYS_fallocate, fd, 0, 0, SEGMENT_FIRST_MAP);
}

uint64_t segment_pid_namespace(void)
{
	static const char before[] = "pid:[";
	char text[32];
	const char *number = text + sizeof(before) - 1;
	/* Not stat(): the kernel would make an inode, which costs a start 2 us. */
	long length =
		sys_call(SYS_readlinkat, AT_FDCWD, "/proc/self/ns/pid", text, sizeof(text) - 1);

	if (length <= (long)sizeof(before) || memcmp(text, before, sizeof(before) - 1) != 0)
		return 0;
	text[length] = '\0';
	return string_to_u64(&number);
}

static int map_file(struct segment *segment, struct segment_identity *identity, int directory_fd,
                    void *place, uint64_t boottime_ns, uint32_t *ret_limit)
{
	const char *directory = identity->directory;
	struct statfs fs;
	int fits, fd, err;
	long base;

	if (sys_call(SYS_fstatfs, directory_fd, &fs) < 0)
		return -ENOSPC;
	/* Elsewhere there may be no leases to tell the dead by. */
	if (fs.f_type != TMPFS_MAGIC && !identity->pid_namespace)
		identity->pid_namespace = segment_pid_namespace();
	fits = shards_that_fit(&fs, &segment->ledger_fits);
	/* Also where every process is killed before its emitter has swept. Not each start may pay
	 * for it where that many are others' files. */
	if (fs.f_files - fs.f_ffree > SWEEP_FILES && !identity->session)
		segment_sweep(directory, segment_pid_namespace(), 2 * SEGMENT_DEAD_KEPT);
	if (fits < 0)
		return fits;
	*ret_limit = (uint32_t)fits;
	err = make_path(segment, directory, boottime_ns);
	if (err)
		return err;
	fd = (int)sys_call(SYS_openat, directory_fd, segment->path + string_length(directory) + 1,
	                   O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return fd;
	err = (int)sys_call(SYS_ftruncate, fd,
	                    SEGMENT_SHARDS_OFFSET + (size_t)*ret_limit * SEGMENT_SHARD_SIZE);
	base = err ? err : map_first(place, MAP_SHARED, fd);
	err = is_error(base) ? (int)base : allocate(segment, fd, (void *)base, ret_limit);
	sys_call(SYS_close, fd);
	if (err) {
		if (!is_error(base))
			sys_call(SYS_munmap, base, SEGMENT_FIRST_MAP);
		segment_unlink(segment);
		return err;
	}
	segment->header = (struct segment_header *)base;
	return 0;
}

static int map_anonymous(struct segment *segment, void *place, uint32_t *ret_limit)
{
	long base = map_first(place, MAP_SHARED | MAP_ANONYMOUS, -1);
	int err;

	segment->path[0] = '\0';
	segment->ledger_fits = true;
	if (is_error(base))
		return (int)base;
	*ret_limit = SEGMENT_FIRST_CHUNK;
	err = allocate(segment, -1, (void *)base, ret_limit);
	if (err) {
		sys_call(SYS_munmap, base, SEGMENT_FIRST_MAP);
		return err;
	}
	segment->header = (struct segment_header *)base;
	return 0;
}

static void make_uuid(uint8_t uuid[16], uint64_t seed)
{
	if (sys_call(SYS_getrandom, uuid, 16, 1 /* GRND_NONBLOCK */) != 16) {
		for (int i = 0; i < 16; i++) {
			seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
			uuid[i] = (uint8_t)(seed >> 56);
		}
	}
	uuid[6] = (uint8_t)(0x40 | (uuid[6] & 0x0f));
	uuid[8] = (uint8_t)(0x80 | (uuid[8] & 0x3f));
}

static void write_header(struct segment *segment, const struct segment_identity *identity,
                         uint64_t boottime_ns, uint32_t shard_limit)
{
	struct segment_header *header = segment->header;

	header->version = SEGMENT_VERSION;
	header->layout = segment_layout();
	header->process_offset = SEGMENT_PROCESS_OFFSET;
	header->process_size = sizeof(struct process_values);
	header->shards_offset = SEGMENT_SHARDS_OFFSET;
	header->shard_size = SEGMENT_SHARD_SIZE;
	header->shard_limit = shard_limit;
	header->state = SEGMENT_LIVE;
	header->pid = (uint32_t)sys_call(SYS_getpid);
	header->parent_pid = (uint32_t)sys_call(SYS_getppid);
	header->pid_namespace = identity->pid_namespace;
	header->created_boottime_ns = boottime_ns;
	header->start_time_ns = identity->start_time_ns;
	header->inherited_bytes = identity->inherited_bytes;
	header->inherited_blocks = identity->inherited_blocks;
	make_uuid(header->instance_id, boottime_ns ^ header->pid);
	if (identity->program)
		string_copy(header->program, sizeof(header->program), identity->program);
	else
		sys_call(SYS_readlinkat, AT_FDCWD, "/proc/self/exe", header->program,
		         sizeof(header->program) - 1);
	release_store(&header->magic, SEGMENT_MAGIC); /* pairs with the reader's acquire */
}

static int create(struct segment *segment, const struct segment_identity *given, void *place)
{
	struct segment_identity completed = *given, *identity = &completed;
	uint64_t boottime_ns = clock_read_ns(CLOCK_BOOTTIME);
	uint32_t limit = 0;
	int fd = segment_open_directory(identity->directory, !identity->session), err = fd;

	/* Else it is the emitter that asks: it costs a start 8 us. */
	if (identity->session && !identity->pid_namespace)
		identity->pid_namespace = segment_pid_namespace();
	if (fd >= 0) {
		err = map_file(segment, identity, fd, place, boottime_ns, &limit);
		sys_call(SYS_close, fd);
	}
	if (err)
		err = map_anonymous(segment, place, &limit);
	if (err)
		return err;
	sys_call(SYS_madvise, segment->header, SEGMENT_FIRST_MAP, MADV_DONTDUMP);
	write_header(segment, identity, boottime_ns, limit);
	segment->owners = (uint32_t *)((char *)segment->header + SEGMENT_OWNERS_OFFSET);
	segment->chunks[0] = (unsigned char *)segment->header + SEGMENT_SHARDS_OFFSET;
	segment->shards_mapped = limit < SEGMENT_FIRST_CHUNK ? limit : SEGMENT_FIRST_CHUNK;
	/* Last: whoever sees it finds the rest in place. */
	release_store(&segment->process,
	              (struct process_values *)((char *)segment->header + SEGMENT_PROCESS_OFFSET));
	return 0;
}

int segment_create_at(struct segment *segment, const struct segment_identity *identity, void *place)
{
	uint64_t all = ~UINT64_C(0), before = 0;
	int err;

	memset(segment, 0, sizeof(*segment));
	/* No handler may see our descriptor. */
	sys_call(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before, KERNEL_SIGSET_SIZE);
	err = create(segment, identity, place);
	sys_call(SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL, KERNEL_SIGSET_SIZE);
	return err;
}

int segment_create(struct segment *segment, const struct segment_identity *identity)
{
	return segment_create_at(segment, identity, NULL);
}
