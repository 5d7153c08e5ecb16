/* What counting.c tells hooks/thread.c. */
#ifndef HOOKS_THREAD_H
#define HOOKS_THREAD_H

#include "hooks/counting.h"

/* This thread ends; it may still count. */
void thread_ended(void) HOOK_HIDDEN;

#endif
