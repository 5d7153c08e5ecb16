/* Calibrating the counter; see clock.h. */
#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "hooks/hook.h"
#include "preload/clock.h"

#define CLOCKSOURCE "/sys/devices/system/clocksource/clocksource0/current_clocksource"
#define TRIES       3

/*
 * What one reading of the clock may take whose kernel keeps time by the counter: the vDSO then
 * reads nothing else. Other sources (hpet, acpi_pm) are a system call and half a microsecond at
 * least.
 */
#define READING_MOST_NS 150u

/* The kernel has said that it keeps time by something else. */
static uint32_t refused;

static long by_system_call(clockid_t clock, struct timespec *ret_time)
{
	return sys_call(SYS_clock_gettime, clock, ret_time);
}

/* Both, as close together as of some tries: a thread may lose its processor between them. */
static struct clock_pair read_pair(vdso_clock_gettime_type *clock)
{
	struct clock_pair best = {.apart = UINT64_MAX};
	struct timespec now = {0, 0};

	for (uint32_t i = 0; i < TRIES; i++) {
		uint64_t before = hook_ticks(), apart;

		clock(CLOCK_MONOTONIC, &now);
		apart = hook_ticks() - before;
		if (apart >= best.apart)
			continue;
		best.ticks = before + apart / 2;
		best.ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
		best.apart = apart;
	}
	return best;
}

struct clock_pair clock_pair_now(void)
{
	return read_pair(relaxed_load(&hook_clock));
}

void clock_calibrate_early(const struct clock_pair *start)
{
	struct clock_pair now = clock_pair_now();
	uint64_t multiplier = clock_pair_multiplier(start, &now);

	/* Who stops it waits for us, so one that runs now ran when it was read. */
	if (multiplier && hook_clock_is_running() &&
	    ticks_to_units(now.apart, multiplier) <= ns_to_units(READING_MOST_NS) &&
	    !relaxed_load(&refused))
		hook_ticks_trust(multiplier);
}

enum word { TRUSTS, REFUSES, IS_SILENT };

static enum word kernels_word(void)
{
#if defined(__x86_64__)
	char name[32];

	if (file_read(CLOCKSOURCE, name, sizeof(name)) <= 0)
		return IS_SILENT;
	return memcmp(name, "tsc\n", 4) == 0 ? TRUSTS : REFUSES;
#else
	return TRUSTS; /* the architecture's counter is what the kernel uses */
#endif
}

void clock_calibrate(const struct clock_pair *start)
{
	struct clock_pair now = read_pair(by_system_call);
	uint64_t multiplier = clock_pair_multiplier(start, &now);
	enum word word = kernels_word();

	if (word == TRUSTS && multiplier) {
		hook_ticks_trust(multiplier);
	} else if (word == REFUSES) {
		relaxed_store(&refused, 1);
		hook_ticks_distrust();
	}
}
