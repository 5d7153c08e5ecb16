/* Calibrating the counter; see clock.h. */
#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/ticks.h"
#include "hooks/hook.h"
#include "preload/clock.h"

#define CLOCKSOURCE     "/sys/devices/system/clocksource/clocksource0/current_clocksource"
#define WINDOW_LEAST_NS 5000000u             /* a shorter one would not be exact to 1e-4 */
#define WINDOW_MOST_NS  UINT64_C(3000000000) /* units << 32 has to fit into 64 bits */

static bool counter_is_trusted(void)
{
#if defined(__x86_64__)
	char name[32];

	return file_read(CLOCKSOURCE, name, sizeof(name)) > 0 && memcmp(name, "tsc\n", 4) == 0;
#else
	return true; /* the architecture's counter is what the kernel uses */
#endif
}

void clock_calibrate(uint64_t start_ticks, uint64_t start_ns)
{
	uint64_t ticks = hook_ticks() - start_ticks;
	uint64_t ns = clock_read_ns(CLOCK_MONOTONIC) - start_ns;

	if (ns < WINDOW_LEAST_NS || ticks == 0 || !counter_is_trusted())
		return;
	while (ns > WINDOW_MOST_NS) {
		ns >>= 1;
		ticks >>= 1;
	}
	hook_ticks_trust((ns_to_units(ns) << 32) / ticks);
}
