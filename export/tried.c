/* See tried.h. */
#include <fcntl.h>
#include <sys/file.h>
#include "base/clock.h"
#include "base/memory.h"
#include "export/tried.h"
#include "metrics/reader.h"

#define MAGIC    UINT64_C(0x3165697274656c65)
#define AGAIN_NS UINT64_C(60000000000)
#define PROBES   16 /* slots that may hold a key; with none free it is not remembered */
#define PRIME    UINT64_C(1099511628211)

_Static_assert(sizeof(struct tried_table) == SEGMENT_PAGE, "costs one page");

/* Another that is at work on all of it has the lock. */
static bool is_anew(struct tried *tried)
{
	struct tried_table *table = &tried->table;
	bool valid =
		reader_read_at(tried->fd, table, sizeof(*table), 0) == 0 && table->magic == MAGIC;

	if (valid && tried->now_ns - table->since_ns < AGAIN_NS)
		return false;
	return sys_call(SYS_flock, tried->fd, LOCK_EX | LOCK_NB) == 0 || !valid;
}

void tried_open(struct tried *tried, int directory, uint64_t pid_namespace, uint32_t listeners)
{
	tried->directory = directory;
	tried->seed = UINT64_C(14695981039346656037) ^ pid_namespace ^
	              ((uint64_t)segment_layout() << 32 | SEGMENT_VERSION);
	tried->listeners = listeners;
	tried->noted = false;
	tried->now_ns = clock_read_ns(CLOCK_REALTIME);
	tried->fd = reader_open(directory, TRIED_NAME, (uid_t)sys_call(SYS_geteuid), O_RDWR);
	tried->anew = tried->fd < 0 || is_anew(tried);
	if (!tried->anew)
		return;
	if (tried->fd >= 0)
		memset(&tried->table, 0, sizeof(tried->table));
	tried->table.magic = MAGIC;
	tried->table.since_ns = tried->now_ns;
}

uint64_t tried_key(const struct tried *tried, const char *name, uint64_t changed_ns)
{
	uint64_t hash = (tried->seed ^ changed_ns) * PRIME;

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * PRIME;
	hash &= ~(uint64_t)TRIED_LISTENERS;
	return hash ? hash : ~(uint64_t)TRIED_LISTENERS;
}

/* The slot of the key, or a free one; TRIED_SLOTS: neither. */
static uint32_t find(const struct tried *tried, uint64_t key)
{
	for (uint32_t i = 0; i < PROBES; i++) {
		uint32_t at = (uint32_t)((key >> 32) + i) % TRIED_SLOTS;
		uint64_t slot = tried->table.slots[at];

		if (!slot || (slot & ~(uint64_t)TRIED_LISTENERS) == key)
			return at;
	}
	return TRIED_SLOTS;
}

bool tried_has(const struct tried *tried, uint64_t key)
{
	uint32_t at = find(tried, key);

	return at < TRIED_SLOTS && tried->table.slots[at] &&
	       !(tried->listeners & ~tried->table.slots[at]);
}

void tried_note(struct tried *tried, uint64_t key)
{
	uint32_t at = find(tried, key);

	if (at == TRIED_SLOTS)
		return;
	tried->table.slots[at] |= key | tried->listeners;
	tried->noted = true;
}

static void write_table(struct tried *tried)
{
	if (tried->fd < 0)
		tried->fd = (int)sys_call(
			SYS_openat, tried->directory, TRIED_NAME,
			O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (tried->fd >= 0 && sys_call(SYS_pwrite64, tried->fd, &tried->table, sizeof(tried->table),
	                               0) != sizeof(tried->table))
		sys_call(SYS_unlinkat, tried->directory, TRIED_NAME, 0);
}

void tried_close(struct tried *tried, bool complete)
{
	/* What was not reached is not forgotten for the sake of what was. */
	if (tried->noted && (complete || !tried->anew))
		write_table(tried);
	else if (complete && tried->anew && tried->fd >= 0)
		sys_call(SYS_unlinkat, tried->directory, TRIED_NAME, 0);
	if (tried->fd >= 0)
		sys_call(SYS_close, tried->fd);
}
