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

/* The ledger's snapshot to every sink that takes it. 0 where one took all, else the last error. */
int salvage_deliver(struct salvager *salvager);

#endif
