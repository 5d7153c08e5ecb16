/* What the hooks of the loader say beside what they count. */
#ifndef HOOKS_LOADER_H
#define HOOKS_LOADER_H

#include <stdbool.h>

/* Libraries whose calls pass us by are to be named among the messages. */
extern bool loader_tells __attribute__((visibility("hidden")));

#endif
