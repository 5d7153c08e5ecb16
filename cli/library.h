/* Finds the shim and names it in LD_PRELOAD. */
#ifndef CLI_LIBRARY_H
#define CLI_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>

#define LIBRARY_NAME     "libotelue_preload.so"
#define LIBRARY_VARIABLE "LD_PRELOAD"

/*
 * Absolute path of the shim that belongs to this command: beside it as installed or in a build
 * tree, else where configure said libraries go. 0; -ENOENT: nowhere.
 */
int library_find(char *to, size_t size);

/* The places that library_find() looks at, one a line (for an error message). */
const char *library_places(void);

/*
 * The value of LD_PRELOAD with the shim at its end, in new memory; a copy of `before` (may be NULL)
 * if one is named there already. NULL: the path holds a space or colon, which LD_PRELOAD cannot
 * express.
 */
char *library_preload(const char *before, const char *path);

/* The first path in a value of LD_PRELOAD where there is no file, in new memory; NULL: none. Names
 * without a slash the loader looks for itself. */
char *library_missing(const char *preload);

/* Is the file a shared object, for what it looks like? */
bool library_is_object(const char *path);

#endif
