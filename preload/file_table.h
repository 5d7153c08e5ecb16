/*
 * The emitter's table of descriptors: the program's are not ours to close, and ours are not its to
 * close or write into. On the emitter only.
 */
#ifndef PRELOAD_FILE_TABLE_H
#define PRELOAD_FILE_TABLE_H

#include <stdbool.h>

/* At the thread's birth, cheap: an empty table of its own, since one that two threads share makes
 * each of the program's calls on a descriptor dearer. False: not yet (Linux before 5.9). */
bool file_table_part(void);

/* Before the first descriptor is opened: parts if that has not been done, and opens 0 to 2. False:
 * the table is still the program's. */
bool file_table_ready(bool parted);

#endif
