/* Hooks that open, close and flush streams. */
#include "hooks/stdio.h"

OTELUE_EXPORT FILE *fopen(const char *restrict path, const char *restrict mode)
{
	struct hook_timer timer = hook_timer_start();
	FILE *stream = REAL(fopen)(path, mode);

	return stdio_end_open(timer, DESCRIPTOR_OPENED(FILE), stream);
}

OTELUE_EXPORT FILE *fopen64(const char *restrict path, const char *restrict mode)
{
	struct hook_timer timer = hook_timer_start();
	FILE *stream = REAL(fopen64)(path, mode);

	return stdio_end_open(timer, DESCRIPTOR_OPENED(FILE), stream);
}

OTELUE_EXPORT FILE *_IO_fopen(const char *restrict path, const char *restrict mode)
{
	struct hook_timer timer = hook_timer_start();
	FILE *stream = REAL(_IO_fopen)(path, mode);

	return stdio_end_open(timer, DESCRIPTOR_OPENED(FILE), stream);
}

OTELUE_EXPORT FILE *fdopen(int fd, const char *mode)
{
	struct hook_timer timer = hook_timer_start();
	FILE *stream = REAL(fdopen)(fd, mode);

	return stdio_end_adopt(timer, stream);
}

OTELUE_EXPORT FILE *_IO_fdopen(int fd, const char *mode)
{
	struct hook_timer timer = hook_timer_start();
	FILE *stream = REAL(_IO_fdopen)(fd, mode);

	return stdio_end_adopt(timer, stream);
}

OTELUE_EXPORT FILE *freopen(const char *restrict path, const char *restrict mode,
                            FILE *restrict stream)
{
	struct stdio_closing closing = stdio_begin_reopen(stream);
	FILE *again = REAL(freopen)(path, mode, stream);

	return stdio_end_reopen(&closing, path, again);
}

OTELUE_EXPORT FILE *freopen64(const char *restrict path, const char *restrict mode,
                              FILE *restrict stream)
{
	struct stdio_closing closing = stdio_begin_reopen(stream);
	FILE *again = REAL(freopen64)(path, mode, stream);

	return stdio_end_reopen(&closing, path, again);
}

OTELUE_EXPORT FILE *tmpfile(void)
{
	struct hook_timer timer = hook_timer_start();
	FILE *stream = REAL(tmpfile)();

	return stdio_end_open(timer, DESCRIPTOR_OF(FILE, REGULAR), stream);
}

OTELUE_EXPORT FILE *tmpfile64(void)
{
	struct hook_timer timer = hook_timer_start();
	FILE *stream = REAL(tmpfile64)();

	return stdio_end_open(timer, DESCRIPTOR_OF(FILE, REGULAR), stream);
}

OTELUE_EXPORT FILE *fmemopen(void *buffer, size_t size, const char *mode)
{
	struct hook_timer timer = hook_timer_start();
	FILE *stream = REAL(fmemopen)(buffer, size, mode);

	return stdio_end_adopt(timer, stream);
}

OTELUE_EXPORT FILE *open_memstream(char **ret_buffer, size_t *ret_size)
{
	struct hook_timer timer = hook_timer_start();
	FILE *stream = REAL(open_memstream)(ret_buffer, ret_size);

	return stdio_end_adopt(timer, stream);
}

OTELUE_EXPORT FILE *fopencookie(void *restrict cookie, const char *restrict mode,
                                cookie_io_functions_t functions)
{
	struct hook_timer timer = hook_timer_start();
	FILE *stream = REAL(fopencookie)(cookie, mode, functions);

	return stdio_end_adopt(timer, stream);
}

OTELUE_EXPORT int fclose(FILE *stream)
{
	struct stdio_closing closing = stdio_begin_close(stream);
	int result = REAL(fclose)(stream);

	return stdio_end_close(&closing, result);
}

OTELUE_EXPORT int _IO_fclose(FILE *stream)
{
	struct stdio_closing closing = stdio_begin_close(stream);
	int result = REAL(_IO_fclose)(stream);

	return stdio_end_close(&closing, result);
}

OTELUE_EXPORT int fflush(FILE *stream)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(fflush)(stream);

	return stdio_end(timer, STDIO_TIMED_FLUSH, result);
}

OTELUE_EXPORT int _IO_fflush(FILE *stream)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(_IO_fflush)(stream);

	return stdio_end(timer, STDIO_TIMED_FLUSH, result);
}

OTELUE_EXPORT int fflush_unlocked(FILE *stream)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(fflush_unlocked)(stream);

	return stdio_end(timer, STDIO_TIMED_FLUSH, result);
}

/* In spite of its name it flushes all streams and closes none. */
OTELUE_EXPORT int fcloseall(void)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(fcloseall)();

	return stdio_end(timer, STDIO_TIMED_FLUSH, result);
}
