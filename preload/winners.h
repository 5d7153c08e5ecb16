/*
 * Does the program reach our hooks? Functions of the same name in the program itself, or in an
 * object preloaded before us, come first: a program with its own malloc. One function of each
 * family is looked up; where that is not ours, all of the family are.
 */
#ifndef PRELOAD_WINNERS_H
#define PRELOAD_WINNERS_H

/* Fills shim.hooks_active. Where malloc is another's, its blocks are not ours to measure. */
void winners_find(void) __attribute__((visibility("hidden")));

/* Says what was found, once there is a segment to say it in. */
void winners_tell(void) __attribute__((visibility("hidden")));

#endif
