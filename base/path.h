/*
 * The true name of a file, as realpath(3) tells it, by raw system calls and in memory of the
 * caller's.
 */
#ifndef BASE_PATH_H
#define BASE_PATH_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Writes the absolute path of `path` without symbolic links and NUL into ret[size]. False, ret is
 * then of no use: it does not begin with '/', leads through /proc, a part of it cannot be looked
 * at, or it is longer or has more links than a program's has. Any thread; keeps errno.
 */
bool path_resolve(const char *path, char *ret, size_t size);

#endif
