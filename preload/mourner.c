/* See mourner.h. */
#include "base/atomic.h"
#include "base/mapping.h"
#include "base/syscall.h"
#include "config/settings_load.h"
#include "export/salvage.h"
#include "hooks/counting.h"
#include "preload/mourner.h"
#include "preload/shim.h"

static void salvage(struct exporter *exporter, const char *directory, uint64_t pid_namespace,
                    const uint32_t *stop, uint32_t go_on)
{
	struct salvager *salvager = mapping_take(sizeof(*salvager));

	if (!salvager)
		return;
	salvager->user_events = &exporter->user_events;
	salvager->stop = stop;
	salvager->go_on = go_on;
	salvager->quick = true;
	salvager->pid_namespace = pid_namespace;
	salvage_directory(salvager, directory);
	/* Those that were known of have been swept, if they were too many. */
	if (salvager->left_anew && acquire_load(stop) == go_on)
		segment_sweep(directory, pid_namespace, SEGMENT_DEAD_KEPT);
	sys_call(SYS_munmap, salvager, sizeof(*salvager));
}

/* The user's; none in a session of otelue run. */
static bool find_directory(char *ret, size_t size)
{
	if (shim.session && relaxed_load(&shim.session->own) != SESSION_OF_TREE)
		return false;
	return settings_user_directory(shim.settings->segment_directory, ret, size) >= 0;
}

bool mourner_look(struct exporter *exporter, const uint32_t *stop, uint32_t go_on)
{
	const struct segment *segment = counting_segment();
	char directory[sizeof(shim.directory)];

	if (!segment->header || !segment->path[0] || !find_directory(directory, sizeof(directory)))
		return true;
	if (acquire_load(stop) == go_on)
		salvage(exporter, directory, segment->header->pid_namespace, stop, go_on);
	return acquire_load(stop) == go_on;
}
