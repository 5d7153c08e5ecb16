/* What hooks/memory.c (the fast ways) and hooks/memory_general.c (all others) share. */
#ifndef HOOKS_MEMORY_H
#define HOOKS_MEMORY_H

#include <stdlib.h>
#include "hooks/bootstrap.h"
#include "hooks/hook.h"

/* Why a call goes another way than the fastest; 0: it need not. */
#define MEMORY_UNRESOLVED 1u  /* the real allocator is not known yet */
#define MEMORY_OFF        2u  /* not counted: switched off, or another object's allocator wins */
#define MEMORY_TIMED      4u  /* libc.memory.allocation.duration was asked for */
#define MEMORY_BOOTSTRAP  8u  /* blocks of the bootstrap buffer are about */
#define MEMORY_FOREIGN    16u /* usable sizes are to be asked for, not read */
#define MEMORY_UNKNOWN    32u /* whether they are is to be found out */
#define MEMORY_GENERAL    (MEMORY_UNRESOLVED | MEMORY_OFF | MEMORY_TIMED)
#define MEMORY_HINDERED   (MEMORY_GENERAL | MEMORY_BOOTSTRAP)
/* Of these, the one alone that leaves nothing to be done but the call. */
#define MEMORY_ONLY_CALLS(mode) (((mode)&MEMORY_HINDERED) == MEMORY_OFF)
extern uint32_t memory_mode HOOK_HIDDEN;

/* What malloc and calloc call: the allocator's, or general_malloc and general_calloc where the time
 * is taken. NULL while the allocator is not known yet. */
struct memory_calls {
	void *(*malloc)(size_t size);
	void *(*calloc)(size_t count, size_t size);
};
extern struct memory_calls memory_calls HOOK_HIDDEN;

/* Looks the real allocator up. Must have happened before a free inside dlsym (which frees its last
 * error) comes to the hooks: another look-up there would free it again. */
void memory_resolve(void) HOOK_HIDDEN;
/* From now on the time is taken. */
void memory_take_time(void) HOOK_HIDDEN;

/*
 * The usable size of a block of glibc's allocator stands before it, in the size of its chunk:
 * reading it there saves more than a third of the instructions of counting. Until some blocks
 * have agreed with malloc_usable_size(), and for blocks that were mapped one by one, that is
 * called.
 */
#if defined(__x86_64__)
#define MEMORY_HEADERS 1
#else
#define MEMORY_HEADERS 0 /* tagged pointers may not be used to read what is not theirs */
#endif
#define MEMORY_HEADER_FLAGS  ((size_t)7)
#define MEMORY_HEADER_MAPPED ((size_t)2)

static always_inline size_t memory_header(const void *block)
{
	return ((const size_t *)block)[-1];
}

static always_inline size_t memory_header_usable(size_t header)
{
	return (header & ~MEMORY_HEADER_FLAGS) - sizeof(size_t);
}

/* Modes in which sizes are asked for, if headers are ever read. */
#define MEMORY_ASKED (MEMORY_HEADERS ? MEMORY_FOREIGN | MEMORY_UNKNOWN : 0)

/* Without those modes: whether this block has a header that tells, and what it tells. */
static always_inline bool memory_tells(const void *block)
{
	return !MEMORY_HEADERS || !(memory_header(block) & MEMORY_HEADER_MAPPED);
}

static always_inline size_t memory_told(void *block)
{
	return MEMORY_HEADERS ? memory_header_usable(memory_header(block))
	                      : real.malloc_usable_size(block);
}

static always_inline size_t memory_usable(void *block)
{
	if (likely(!(memory_mode & MEMORY_ASKED)) && likely(memory_tells(block)))
		return memory_told(block);
	return real.malloc_usable_size(block);
}

/* The same functions in full: bootstrap, switched off, timed. Those of malloc and calloc make the
 * call and take its time, and do not count it. */
void *general_malloc(size_t size) HOOK_HIDDEN;
void *general_calloc(size_t count, size_t size) HOOK_HIDDEN;
/* And with their counts: the first calls. */
void *general_first_malloc(size_t size) HOOK_HIDDEN;
void *general_first_calloc(size_t count, size_t size) HOOK_HIDDEN;
/* The end of malloc, calloc and realloc where what they gave is not plain. */
void *general_allocated(void *block, enum MEMORY_OPERATION operation, size_t requested) HOOK_HIDDEN;
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
