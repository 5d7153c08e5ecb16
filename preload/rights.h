/*
 * The emitter gives up what a thread of the program has given up. On the emitter only.
 */
#ifndef PRELOAD_RIGHTS_H
#define PRELOAD_RIGHTS_H

#include "hooks/lifecycle.h"

/* Makes the system call for itself. Its result, or -errno. */
long rights_follow(const struct lifecycle_call *call);

#endif
