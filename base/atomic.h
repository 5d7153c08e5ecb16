/*
 * Adds to shared memory. counter_add() is for a word with one writing thread: on x86-64 one
 * non-locked read-modify-write instruction, so that a signal handler on the same thread cannot lose
 * an update (a plain C `+=` may be split in load, add, store); on aarch64 an atomic add without
 * ordering. counter_add_shared() is for a word that several threads or processes write. Readers use
 * counter_read(). All relaxed.
 */
#ifndef BASE_ATOMIC_H
#define BASE_ATOMIC_H

#include <stdint.h>

#define likely(x)     __builtin_expect(!!(x), 1)
#define unlikely(x)   __builtin_expect(!!(x), 0)
#define always_inline inline __attribute__((always_inline))

static always_inline void counter_add_shared(uint64_t *word, uint64_t amount)
{
	__atomic_fetch_add(word, amount, __ATOMIC_RELAXED);
}

static always_inline void counter_add(uint64_t *word, uint64_t amount)
{
#if defined(__x86_64__)
	__asm__("addq %1, %0" : "+m"(*word) : "er"(amount) : "cc");
#else
	counter_add_shared(word, amount);
#endif
}

static always_inline uint64_t counter_read(const uint64_t *word)
{
	return __atomic_load_n(word, __ATOMIC_RELAXED);
}

#define relaxed_load(p)     __atomic_load_n(p, __ATOMIC_RELAXED)
#define relaxed_store(p, v) __atomic_store_n(p, v, __ATOMIC_RELAXED)
#define acquire_load(p)     __atomic_load_n(p, __ATOMIC_ACQUIRE)
#define release_store(p, v) __atomic_store_n(p, v, __ATOMIC_RELEASE)

#endif
