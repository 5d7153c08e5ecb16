/* Streams opened, read, written and moved in. See stream_names.h. */
#include <fcntl.h>
#include <stdlib.h>
#include "tests/integration/programs/stream_names.h"

void stream_by_path(void *function)
{
	closed(opened(CAST(FILE *, const char *, const char *)("text", "r")));
}

void stream_adopt(void *function)
{
	closed(opened(CAST(FILE *, int, const char *)(open("text", O_RDONLY), "r")));
}

void stream_reopen(void *function)
{
	closed(opened(CAST(FILE *, const char *, const char *, FILE *)("text", "r", text())));
}

void stream_temporary(void *function)
{
	closed(opened(CAST(FILE *, void)()));
}

void stream_in_memory(void *function)
{
	closed(opened(CAST(FILE *, void *, size_t, const char *)(NULL, 10, "w+")));
}

void stream_growing(void *function)
{
	char *buffer = NULL;
	size_t size;

	closed(opened(CAST(FILE *, char **, size_t *)(&buffer, &size)));
	free(buffer);
}

void stream_by_cookie(void *function)
{
	cookie_io_functions_t none = {0};

	closed(opened(CAST(FILE *, void *, const char *, cookie_io_functions_t)(NULL, "r", none)));
}

void stream_by_close(void *function)
{
	check(CAST(int, FILE *)(text()) == 0);
	sums[CLOSE]++;
}

void stream_flush(void *function)
{
	check(CAST(int, FILE *)(NULL) == 0);
	sums[FLUSH]++;
}

void stream_flush_all(void *function)
{
	check(CAST(int, void)() == 0);
	sums[FLUSH]++;
}

void stream_items(void *function)
{
	char to[20];
	FILE *stream = text();

	has_read(stream, CAST(size_t, void *, size_t, size_t, FILE *)(to, 3, 2, stream) == 2, 6);
}

void stream_items_chk(void *function)
{
	char to[20];
	FILE *stream = text();

	has_read(stream,
	         CAST(size_t, void *, size_t, size_t, size_t, FILE *)(to, 20, 3, 2, stream) == 2,
	         6);
}

void stream_a_line(void *function)
{
	char to[20];
	FILE *stream = text();

	has_read(stream, CAST(char *, char *, int, FILE *)(to, 20, stream) == to, 8);
}

void stream_line_chk(void *function)
{
	char to[20];
	FILE *stream = text();

	has_read(stream, CAST(char *, char *, size_t, int, FILE *)(to, 20, 20, stream) == to, 8);
}

void stream_allocated(void *function)
{
	char *line = NULL;
	size_t size = 0;
	FILE *stream = text();

	has_read(stream, CAST(ssize_t, char **, size_t *, FILE *)(&line, &size, stream) == 8, 8);
	free(line);
}

void stream_delimited(void *function)
{
	char *line = NULL;
	size_t size = 0;
	FILE *stream = text();

	has_read(stream,
	         CAST(ssize_t, char **, size_t *, int, FILE *)(&line, &size, ' ', stream) == 3, 3);
	free(line);
}

void stream_write_items(void *function)
{
	FILE *stream = text();

	wrote(stream, CAST(size_t, const void *, size_t, size_t, FILE *)("abcd", 2, 2, stream) == 2,
	      4);
}

void stream_put(void *function)
{
	FILE *stream = text();

	wrote(stream, CAST(int, const char *, FILE *)("abcd", stream) >= 0, 4);
}

void stream_put_line(void *function)
{
	wrote(NULL, CAST(int, const char *)("abcd") >= 0, 5);
}

void stream_seek(void *function)
{
	FILE *stream = text();

	check(CAST(int, FILE *, long, int)(stream, 1, SEEK_SET) == 0);
	sums[SEEK]++;
	closed(stream);
}

void stream_rewinding(void *function)
{
	FILE *stream = text();

	CAST(void, FILE *)(stream);
	sums[SEEK]++;
	closed(stream);
}

void stream_tell(void *function)
{
	FILE *stream = text();

	check(CAST(long, FILE *)(stream) == 0);
	sums[SEEK]++;
	closed(stream);
}

void stream_get_position(void *function)
{
	fpos_t position;
	FILE *stream = text();

	check(CAST(int, FILE *, fpos_t *)(stream, &position) == 0);
	sums[SEEK]++;
	closed(stream);
}

void stream_set_position(void *function)
{
	fpos_t position;
	FILE *stream = text();

	check(fgetpos(stream, &position) == 0);
	check(CAST(int, FILE *, const fpos_t *)(stream, &position) == 0);
	sums[SEEK] += 2;
	closed(stream);
}
