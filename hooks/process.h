/* For all that makes processes. */
#ifndef HOOKS_PROCESS_H
#define HOOKS_PROCESS_H

#include "hooks/counting.h"

/* Counts one, or where result is negative that there was none, and the error why. */
void process_created(enum PROCESS_OPERATION operation, long result, int error) HOOK_HIDDEN;

#endif
