/*
 * A process and all that it starts exported as one: setting segment.scope "tree". They share a
 * session (metrics/session.h), whose `exporter` word says which of them exports for all; the others
 * register nothing and run no emitter. When the exporter has gone, the first that notices, at a
 * timed hook or at its end, takes the word and goes on where it left off. No libc; any thread.
 */
#ifndef PRELOAD_TREE_H
#define PRELOAD_TREE_H

#include <stdbool.h>
#include <stdint.h>

/* In the constructor, when the directory is known and before there is a segment: joins the tree's
 * session, or makes one and names it in the environment. */
void tree_join(char *const *envp);

/* Does this process belong to a tree? */
bool tree_is_one(void);

/* True: this process exports, for itself or for its tree, from now on. False: another one does. */
bool tree_take_over(void);

/* Is it this process that exports? */
bool tree_is_exporter(void);

/* The exporter's emitter is at work. */
void tree_emitter(uint32_t tid);

/* Of another process of the tree, now and then: takes over what the exporter has found out. */
void tree_look(void);

/* The process that the tree is called after, in names of files and records. */
uint32_t tree_pid(void);

/* What an export is about to tell has so many changes of the session in it. */
void tree_collected(uint64_t changes);

/* Another process may export from now on; this one's emitter must not be exporting. */
void tree_resign(void);

/*
 * The end of a process whose totals have been handed over: the last one exports what nobody has
 * exported yet. export_all: exports once and ends the emitter; false: it
 * could not; *ret_wanted: somebody gets something out of it.
 */
void tree_end(bool (*export_all)(bool *ret_wanted));

#endif
