/*
 * The hot paths that are measured. A path is one row of loops_table: a function that makes `calls`
 * rounds of it, and how many rounds one measurement takes. The functions are named run_*: callgrind
 * collects by that name. No path checks what its calls return beyond what it needs to go on, so
 * that the loop is the call and nothing else; loops.c checks each path once before.
 */
#ifndef BENCH_LOOPS_H
#define BENCH_LOOPS_H

#include <stdbool.h>

struct path {
	const char *name;
	void (*run)(unsigned long calls);
	unsigned long calls; /* rounds of one measurement */
	bool counted;        /* its instructions are counted, too: all of it runs in one thread */
	const char *what;
};

extern const struct path memory_paths[], file_paths[], stdio_paths[], socket_paths[],
	process_paths[], system_paths[];

/* Says why on standard error and ends the program, if a call that must work did not. */
void expect(bool worked, const char *what);

/* Keeps a value from being optimised away. */
#define keep(value) __asm__ volatile("" : : "r"(value) : "memory")

#endif
