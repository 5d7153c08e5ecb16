/* The shared segment in use: shards claimed and released, growth, names around exec, messages. See
 * segment.h. */
#include <errno.h>
#include <fcntl.h>
#include "base/atomic.h"
#include "base/memory.h"
#include "metrics/segment_internal.h"

static unsigned char *shard_address(const struct segment *segment, uint32_t index)
{
	uint32_t behind = index - SEGMENT_FIRST_CHUNK;

	if (index < SEGMENT_FIRST_CHUNK)
		return segment->chunks[0] + (size_t)index * SEGMENT_SHARD_SIZE;
	return segment->chunks[1 + behind / SEGMENT_CHUNK] +
	       (size_t)(behind % SEGMENT_CHUNK) * SEGMENT_SHARD_SIZE;
}

struct shard_values *segment_shard(const struct segment *segment, uint32_t index)
{
	if (index >= acquire_load(&segment->shards_mapped) ||
	    !(acquire_load(&segment->owners[index]) & SHARD_RESIDENT))
		return NULL;
	return (struct shard_values *)shard_address(segment, index);
}

/* -EINVAL: an old kernel, where the first mapping was allocated with the file. */
static bool is_starved(int err)
{
	return err && err != -EINVAL;
}

/*
 * Maps the next chunk of the file without a descriptor: mremap() with an old size of 0 makes a
 * second mapping of shared pages, and it may reach further into the file than the first. It begins
 * with the last page mapped so far. -ENOSPC: there is no more to be had; -EAGAIN: another thread is
 * at it, or a handler interrupted this one.
 */
static int grow(struct segment *segment)
{
	uint32_t mapped, limit, shards;
	unsigned char *last;
	int err = -ENOSPC;
	long base;

	if (__atomic_exchange_n(&segment->growing, 1, __ATOMIC_ACQUIRE))
		return -EAGAIN;
	mapped = segment->shards_mapped;
	limit = segment->header->shard_limit;
	shards = mapped + SEGMENT_CHUNK <= limit ? SEGMENT_CHUNK : limit - mapped;
	if (mapped < SEGMENT_FIRST_CHUNK || mapped >= limit || !segment->path[0])
		goto out;
	if (mapped + shards > SEGMENT_OWNERS_FIRST &&
	    is_starved(populate((char *)segment->header + SEGMENT_PAGE, SEGMENT_PAGE)))
		goto out;
	last = shard_address(segment, mapped - 1) + SEGMENT_SHARD_SIZE - SEGMENT_PAGE;
	base = sys_call(SYS_mremap, last, 0, SEGMENT_PAGE + (size_t)shards * SEGMENT_SHARD_SIZE,
	                MREMAP_MAYMOVE);
	if (is_error(base))
		goto out;
	sys_call(SYS_madvise, base, SEGMENT_PAGE + (size_t)shards * SEGMENT_SHARD_SIZE,
	         MADV_DONTDUMP);
	segment->chunks[1 + (mapped - SEGMENT_FIRST_CHUNK) / SEGMENT_CHUNK] =
		(unsigned char *)base + SEGMENT_PAGE;
	release_store(&segment->shards_mapped, mapped + shards); /* pairs with claim's acquire */
	err = 0;
out:
	release_store(&segment->growing, 0);
	return err;
}

bool segment_populate_process(struct segment *segment, uint64_t pages)
{
	uint64_t missing = pages & ~relaxed_load(&segment->process_pages);
	uint32_t page, count;

	while (missing) {
		page = (uint32_t)__builtin_ctzll(missing);
		count = (uint32_t)__builtin_ctzll(~(missing >> page));
		if (is_starved(populate((char *)segment->process + (size_t)page * SEGMENT_PAGE,
		                        (size_t)count * SEGMENT_PAGE)))
			return false;
		missing &= ~(UINT64_MAX >> (64 - count) << page);
	}
	/* Pairs with the collector's acquire. */
	__atomic_fetch_or(&segment->process_pages, pages, __ATOMIC_RELEASE);
	return true;
}

/* Takes shard `index` if it is free and its memory can be had; *ret_starved: it can not. */
static struct shard_values *take(struct segment *segment, uint32_t index, uint32_t tid,
                                 bool *ret_starved)
{
	unsigned char *shard = shard_address(segment, index);
	uint32_t *owner = &segment->owners[index];
	uint32_t word = relaxed_load(owner);

	/* Acquire pairs with segment_release(): the totals of the owner before are ours to add to.
	 */
	if ((word & ~SHARD_RESIDENT) != 0 ||
	    !__atomic_compare_exchange_n(owner, &word, word | tid, false, __ATOMIC_ACQUIRE,
	                                 __ATOMIC_RELAXED))
		return NULL;
	if (!(word & SHARD_RESIDENT)) {
		if (is_starved(populate(shard, SEGMENT_SHARD_SIZE))) {
			release_store(owner, 0);
			*ret_starved = true;
			return NULL;
		}
		release_store(owner, tid | SHARD_RESIDENT); /* pairs with the readers' acquire */
	}
	return (struct shard_values *)shard;
}

struct shard_values *segment_claim(struct segment *segment, uint32_t tid)
{
	struct shard_values *shard;
	bool starved = false;
	int err;

	if (!segment->header || relaxed_load(&segment->full))
		return NULL;
	for (uint32_t index = 0;; index++) {
		while (index >= acquire_load(&segment->shards_mapped)) {
			err = starved ? -ENOSPC : grow(segment);
			if (err == -ENOSPC)
				relaxed_store(&segment->full, 1);
			if (err)
				return NULL;
		}
		shard = take(segment, index, tid, &starved);
		if (shard)
			return shard;
	}
}

void segment_release(struct segment *segment, struct shard_values *shard)
{
	for (uint32_t index = 0; index < acquire_load(&segment->shards_mapped); index++) {
		if (shard_address(segment, index) == (unsigned char *)shard) {
			release_store(&segment->owners[index], SHARD_RESIDENT);
			relaxed_store(&segment->full, 0);
			return;
		}
	}
}

void segment_unlink(struct segment *segment)
{
	if (segment->path[0])
		sys_call(SYS_unlinkat, AT_FDCWD, segment->path, 0);
	segment->path[0] = '\0';
}

/* "<directory>/<pid>.exec" */
static void exec_path(char *path, size_t size, const char *directory, size_t directory_length,
                      uint32_t pid)
{
	char number[21];
	size_t n = directory_length < size ? directory_length : size - 1;

	memcpy(path, directory, n);
	path[n] = '\0';
	n += string_copy(path + n, size - n, "/");
	string_from_u64(number, pid);
	n += string_copy(path + n, size - n, number);
	string_copy(path + n, size - n, ".exec");
}

static size_t directory_length(const char *path)
{
	size_t n = string_length(path);

	while (n > 0 && path[n] != '/')
		n--;
	return n;
}

static void rename_file(const char *from, const char *to)
{
	sys_call(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

void segment_exec_begin(struct segment *segment)
{
	char path[sizeof(segment->path) + 32];

	relaxed_store(&segment->header->state, SEGMENT_EXEC);
	if (!segment->path[0])
		return;
	exec_path(path, sizeof(path), segment->path, directory_length(segment->path),
	          segment->header->pid);
	rename_file(segment->path, path);
}

void segment_exec_failed(struct segment *segment)
{
	char path[sizeof(segment->path) + 32];

	relaxed_store(&segment->header->state, SEGMENT_LIVE);
	if (!segment->path[0])
		return;
	exec_path(path, sizeof(path), segment->path, directory_length(segment->path),
	          segment->header->pid);
	rename_file(path, segment->path);
}

static void sweep_below(const char *directory, size_t length, uint32_t pid)
{
	char path[232];

	exec_path(path, sizeof(path), directory, length, pid);
	sys_call(SYS_unlinkat, AT_FDCWD, path, 0);
}

void segment_exec_sweep(const char *directory, uint32_t pid, bool session)
{
	sweep_below(directory, string_length(directory), pid);
	if (session)
		sweep_below(directory, directory_length(directory), pid);
}

/* The pages of an object's bytes [from, to). */
static int populate_bytes(void *object, size_t from, size_t to)
{
	uintptr_t start = ((uintptr_t)object + from) & ~(uintptr_t)(SEGMENT_PAGE - 1);
	int err = populate((void *)start, SEGMENT_ROUND((uintptr_t)object + to - start));

	return err == -EINVAL ? 0 : err; /* an old kernel: allocated with the file */
}

/* Without names nobody looks at what tells them apart: almost half of it. */
static int populate_values(struct process_values *values, bool named)
{
	int err;

	if (named)
		return populate_bytes(values, 0, sizeof(*values));
	err = populate_bytes(values, 0, NAMED_WORD * sizeof(uint64_t));
	return err ? err
	           : populate_bytes(values, NAMED_END * sizeof(uint64_t),
	                            PROCESS_WORDS * sizeof(uint64_t));
}

static int populate_baseline(struct baseline *baseline, bool named)
{
	int err = populate_values(&baseline->told, named);

	return err ? err : populate_bytes(baseline->time_ns, 0, sizeof(baseline->time_ns));
}

struct ledger *segment_ledger(struct segment *segment, enum ledger_state state, uint32_t accounts,
                              bool named)
{
	struct ledger *ledger = (struct ledger *)((char *)segment->header + SEGMENT_LEDGER_OFFSET);
	int err;

	if (!segment->header || !segment->ledger_fits)
		return NULL;
	err = populate_bytes(ledger, 0, offsetof(struct ledger, snapshot));
	if (!err && state == LEDGER_KEPT)
		err = populate_values(&ledger->snapshot.totals, named);
	for (int account = 0; account < LEDGER_ACCOUNTS && !err; account++) {
		if (state == LEDGER_KEPT && (accounts >> account & 1))
			err = populate_baseline(&ledger->baselines[account].baseline, named);
	}
	return err ? NULL : ledger;
}

void *segment_disown(struct segment *segment, const struct shard_values *in_use)
{
	uint32_t mapped = segment->shards_mapped, index = SEGMENT_FIRST_CHUNK, shards;
	void *first = segment->header;

	for (; index < mapped; index += SEGMENT_CHUNK) {
		unsigned char *start = shard_address(segment, index) - SEGMENT_PAGE;
		size_t size = SEGMENT_PAGE;

		shards = mapped - index < SEGMENT_CHUNK ? mapped - index : SEGMENT_CHUNK;
		size += (size_t)shards * SEGMENT_SHARD_SIZE;
		if ((uintptr_t)in_use - (uintptr_t)start < size)
			sys_call(SYS_mmap, start, size, PROT_READ | PROT_WRITE,
			         MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		else
			sys_call(SYS_munmap, start, size);
	}
	memset(segment, 0, sizeof(*segment));
	return first;
}

void segment_message(struct segment *segment, const char *text)
{
	struct segment_header *header = segment->header;
	uint32_t length = (uint32_t)string_length(text), at;

	if (!header || length + 1 > SEGMENT_MESSAGES_SIZE)
		return;
	at = relaxed_load(&header->messages_length);
	do {
		if (at + length + 1 > SEGMENT_MESSAGES_SIZE)
			return;
	} while (!__atomic_compare_exchange_n(&header->messages_length, &at, at + length + 1, false,
	                                      __ATOMIC_RELAXED, __ATOMIC_RELAXED));
	memcpy(header->messages + at, text, length);
	header->messages[at + length] = '\n';
}
