/* Looking after the dead: runs on the emitter. No libc. */
#ifndef PRELOAD_MOURNER_H
#define PRELOAD_MOURNER_H

#include <stdint.h>
#include "preload/exporter.h"

/*
 * Exports what killed processes of this user left in the directory of segments, where they left
 * settings too and this process reaches their sinks, also of whole trees; then the names of all but
 * the latest go. False if it is to be done again: *stop is no longer `go_on`, which ended it.
 * Nothing in a session of otelue run, which looks after all of them.
 */
bool mourner_look(struct exporter *exporter, const uint32_t *stop, uint32_t go_on);

#endif
