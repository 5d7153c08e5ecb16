/* The segments in a directory, one name after another, by raw system calls. */
#ifndef METRICS_SEGMENT_LIST_H
#define METRICS_SEGMENT_LIST_H

#include <stdbool.h>
#include <stdint.h>

struct segment_list {
	int directory; /* open; close it */
	long bytes, at;
	char entries[2048] __attribute__((aligned(8)));
};

/* 0 or -errno. */
int segment_list_open(struct segment_list *list, const char *path);
void segment_list_close(struct segment_list *list);

/* The next name but "." and "..", valid until the next call; NULL: there is none. */
const char *segment_list_any(struct segment_list *list);

/* The next "<pid>.<time>", valid until the next call; NULL: there is none. "<pid>.exec", whose
 * totals have been handed over, is left out. */
const char *segment_list_next(struct segment_list *list);

/* Is there no segment in the directory (or no directory)? list: to work in. */
bool segment_list_empty(struct segment_list *list, const char *path);

#endif
