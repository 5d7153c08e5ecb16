/* What hooks/memory.c (the fast ways) and hooks/memory_general.c (all others) share. */
#ifndef HOOKS_MEMORY_H
#define HOOKS_MEMORY_H

#include <stdlib.h>
#include "hooks/bootstrap.h"
#include "hooks/hook.h"

/* Why a call cannot go the fast way; 0: it can. */
#define MEMORY_UNRESOLVED 1u /* the real allocator is not known yet */
#define MEMORY_OFF        2u /* not counted: switched off, or another object's allocator wins */
#define MEMORY_TIMED      4u /* libc.memory.allocation.duration was asked for */
extern uint32_t memory_mode HOOK_HIDDEN;

/* Looks the real allocator up. Must have happened before a free inside dlsym (which frees its last
 * error) comes to the hooks: another look-up there would free it again. */
void memory_resolve(void) HOOK_HIDDEN;

/* The same functions in full: bootstrap, switched off, timed. */
void *general_malloc(size_t size) HOOK_HIDDEN;
void *general_calloc(size_t count, size_t size) HOOK_HIDDEN;
void *general_realloc(void *old, size_t size) HOOK_HIDDEN;
void general_free(void *block) HOOK_HIDDEN;

static always_inline void count_allocation(struct counting here, enum MEMORY_OPERATION operation,
                                           size_t usable, size_t requested)
{
	counting_add(here, PLACE(MEMORY_ALLOCATED), operation, usable);
	counting_record(here, PLACE(MEMORY_ALLOCATION_SIZE), operation, requested);
}

static always_inline void count_release(struct counting here, enum MEMORY_RELEASE release,
                                        size_t usable)
{
	counting_add(here, PLACE(MEMORY_FREED), release, usable);
	counting_add(here, PLACE(MEMORY_DEALLOCATIONS), release, 1);
}

#endif
