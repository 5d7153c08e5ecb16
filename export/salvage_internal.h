/* What salvaging a process and salvaging a tree share: from settings, resource and ledger, which
 * stand in the salvager, to the sinks. */
#ifndef EXPORT_SALVAGE_INTERNAL_H
#define EXPORT_SALVAGE_INTERNAL_H

#include "export/salvage.h"

/* Is there a sink that takes it? SALVAGE_EXPORTED, SALVAGE_NOBODY or SALVAGE_NO_EXPORTER. */
enum salvage_outcome salvage_find_sink(const struct salvager *salvager);

/* The export that the death interrupted is entered or not; then what is left is new. For a process
 * of this number, or a tree called after it: reading.pid. */
void salvage_prepare(struct salvager *salvager);

/* These totals, of a process or tree that began then and was last seen alive then (0: never), are
 * the snapshot that is told. */
void salvage_take(struct salvager *salvager, const struct process_values *totals, uint64_t start_ns,
                  uint64_t seen_ns);

/* The resource, as far as it can be told of a process that was killed before it had said anything
 * itself: from `reading`, with `settings`. */
void salvage_describe(struct salvager *salvager);

/* Is the open file still what the name stands for? */
bool salvage_is_named(int directory, const char *name, int fd);

/* The ledger's snapshot to every sink that takes it. 0 where one took all, else the last error. */
int salvage_deliver(struct salvager *salvager);

#endif
