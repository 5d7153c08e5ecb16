/* The state that all hooks share, and what is too rare to be inlined. */
#include "base/memory.h"
#include "base/syscall.h"
#include "hooks/hook.h"

uint64_t hook_ticks_multiplier;
uint64_t hook_due FORK_MEMORY;

static long clock_by_system_call(clockid_t clock, struct timespec *ret_time)
{
	return sys_call(SYS_clock_gettime, clock, ret_time);
}

static long clock_off(clockid_t clock, struct timespec *ret_time)
{
	(void)clock;
	ret_time->tv_sec = ret_time->tv_nsec = 0;
	return 0;
}

vdso_clock_gettime_type *hook_clock = clock_by_system_call;

void hook_clock_begin(const void *vdso)
{
	vdso_clock_gettime_type *found = vdso_clock_gettime(vdso);

	if (found)
		relaxed_store(&hook_clock, found);
}

static struct timespec stopped_at;
static vdso_clock_gettime_type *running;

static long clock_stopped(clockid_t clock, struct timespec *ret_time)
{
	(void)clock;
	*ret_time = stopped_at;
	return 0;
}

void hook_clock_stop(void)
{
	vdso_clock_gettime_type *now = relaxed_load(&hook_clock);

	if (now == clock_stopped || now == clock_off)
		return;
	now(CLOCK_MONOTONIC, &stopped_at);
	running = now;
	release_store(&hook_clock, clock_stopped);
}

void hook_clock_resume(void)
{
	if (relaxed_load(&hook_clock) == clock_stopped)
		relaxed_store(&hook_clock, running);
}

bool hook_clock_is_running(void)
{
	vdso_clock_gettime_type *now = acquire_load(&hook_clock);

	return now != clock_stopped && now != clock_off;
}

void hook_clock_off(void)
{
	relaxed_store(&hook_clock, clock_off);
}

uint64_t hook_clock_start(void)
{
	return counting_is_off() ? 0 : hook_clock_ns();
}

uint64_t hook_clock_elapsed(uint64_t start_ns)
{
	uint64_t now, elapsed;

	if (counting_is_off() && relaxed_load(&hook_due) == UINT64_MAX)
		return 1;
	now = hook_clock_ns();
	elapsed = now > start_ns ? ns_to_units(now - start_ns) : 0;
	if (now >= relaxed_load(&hook_due))
		hook_do_what_is_due();
	return elapsed + !elapsed;
}

static bool ticks_forbidden;

uint64_t hook_ticks(void)
{
	return relaxed_load(&ticks_forbidden) ? 0 : ticks_read();
}

/* The emitter calibrates while a thread forbids: each writes its word before it looks at the
 * other's, or writes it last. */
void hook_ticks_trust(uint64_t multiplier)
{
	__atomic_store_n(&hook_ticks_multiplier, multiplier, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&ticks_forbidden, __ATOMIC_SEQ_CST))
		relaxed_store(&hook_ticks_multiplier, 0);
}

void hook_ticks_distrust(void)
{
	__atomic_store_n(&hook_ticks_multiplier, 0, __ATOMIC_SEQ_CST);
	/* It was in ticks: then now. */
	if (relaxed_load(&hook_due) != UINT64_MAX)
		relaxed_store(&hook_due, 0);
}

/* The vDSO reads the counter too. */
void hook_ticks_forbid(void)
{
	vdso_clock_gettime_type *now = relaxed_load(&hook_clock);

	__atomic_store_n(&ticks_forbidden, true, __ATOMIC_SEQ_CST);
	if (now == clock_stopped)
		running = clock_by_system_call;
	else if (now != clock_off)
		relaxed_store(&hook_clock, clock_by_system_call);
	hook_ticks_distrust();
}

/* The errno's that a set of attributes.def names. */
static const struct {
	int error;
	char name[16];
} error_names[] = {
#define ERROR(name)         \
	{                   \
		name, #name \
	}
	ERROR(ENOMEM),     ERROR(EINVAL),  ERROR(ENOENT),       ERROR(EACCES),
	ERROR(EEXIST),     ERROR(EINTR),   ERROR(ENOSPC),       ERROR(EIO),
	ERROR(EBADF),      ERROR(EMFILE),  ERROR(ECONNREFUSED), ERROR(ECONNRESET),
	ERROR(ETIMEDOUT),  ERROR(EPIPE),   ERROR(EHOSTUNREACH), ERROR(ENETUNREACH),
	ERROR(EADDRINUSE), ERROR(EAGAIN),  ERROR(EPERM),        ERROR(ENOEXEC),
	ERROR(E2BIG),      ERROR(EDEADLK), ERROR(EOWNERDEAD),
#undef ERROR
};

static const char *error_name(int error)
{
	for (size_t i = 0; i < sizeof(error_names) / sizeof(error_names[0]); i++) {
		if (error_names[i].error == error)
			return error_names[i].name;
	}
	return "";
}

uint32_t hook_error_value(enum attribute_id id, int error)
{
	const struct attribute *attribute = &attribute_table[id];
	const char *name = error_name(error);
	uint32_t value = 0;

	while (value < attribute->count - 1 &&
	       !string_equal(attribute_value(attribute, value)->text, name))
		value++;
	return value;
}

int hook_missing(void)
{
	errno = ENOSYS;
	return -1;
}
