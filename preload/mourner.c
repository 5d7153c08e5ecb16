/* See mourner.h. */
#include <sys/mman.h>
#include "base/syscall.h"
#include "export/salvage.h"
#include "hooks/counting.h"
#include "preload/mourner.h"
#include "preload/shim.h"

static void salvage(struct exporter *exporter, const uint32_t *stop)
{
	struct salvager *salvager;
	long base = sys_call(SYS_mmap, NULL, sizeof(*salvager), PROT_READ | PROT_WRITE,
	                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if ((unsigned long)base > -4096ul)
		return;
	sys_call(SYS_madvise, base, sizeof(*salvager), MADV_DONTFORK);
	salvager = (struct salvager *)base;
	salvager->user_events = &exporter->user_events;
	salvager->stop = stop;
	salvager->quick = true;
	salvage_directory(salvager, shim.directory);
	sys_call(SYS_munmap, base, sizeof(*salvager));
}

void mourner_look(struct exporter *exporter, const uint32_t *stop)
{
	const struct segment *segment = counting_segment();

	if (shim.session || !segment->header || !segment->path[0] || acquire_load(stop))
		return;
	salvage(exporter, stop);
	if (!acquire_load(stop))
		segment_sweep(shim.directory, segment->header->pid_namespace);
}
