/* Is a line among the last ones of a file? Raw system calls. */
#ifndef EXPORT_FILE_TAIL_H
#define EXPORT_FILE_TAIL_H

#include <stddef.h>

#define FILE_TAIL_BYTES (4l * 1024 * 1024) /* not looked for further back: others append too */

enum file_tail {
	FILE_TAIL_ABSENT,
	FILE_TAIL_CUT, /* absent, and the file ends within a line */
	FILE_TAIL_FOUND,
};

/* line: with its newline; scratch: memory to read into. A file that is not there, is none or cannot
 * be read: absent. */
enum file_tail file_tail_find(const char *path, const char *line, size_t length, char *scratch,
                              size_t size);

#endif
