/* Memory for the command: when there is none left, it says so and ends. */
#ifndef CLI_MEMORY_H
#define CLI_MEMORY_H

#include <stddef.h>

void *memory_take(size_t size);       /* zeroed */
void *memory_take_pages(size_t size); /* zeroed; aligned to a page, and given back by munmap() */
void *memory_grow(void *old, size_t count, size_t size); /* like reallocarray() */
__attribute__((format(printf, 1, 2))) char *memory_text(const char *format, ...);

/* Says so and ends. */
__attribute__((noreturn)) void memory_exhausted(void);

#endif
