/* Hooks that set and ask for the position in a stream; both may flush. */
#include "hooks/stdio.h"

static long stdio_end_seek(long result)
{
	counting_add(counting_here(HOOK_FAMILY_STDIO), PLACE(STDIO_OPERATIONS),
	             STDIO_OPERATION_SEEK, 1);
	if (unlikely(result == -1))
		stdio_count_failure(STDIO_OPERATION_SEEK, errno);
	return result;
}

OTELUE_EXPORT int fseek(FILE *stream, long offset, int whence)
{
	return (int)stdio_end_seek(REAL(fseek)(stream, offset, whence));
}

OTELUE_EXPORT int fseeko(FILE *stream, off_t offset, int whence)
{
	return (int)stdio_end_seek(REAL(fseeko)(stream, offset, whence));
}

OTELUE_EXPORT int fseeko64(FILE *stream, off64_t offset, int whence)
{
	return (int)stdio_end_seek(REAL(fseeko64)(stream, offset, whence));
}

OTELUE_EXPORT void rewind(FILE *stream)
{
	REAL(rewind)(stream);
	stdio_end_seek(0);
}

OTELUE_EXPORT int fsetpos(FILE *stream, const fpos_t *position)
{
	return (int)stdio_end_seek(REAL(fsetpos)(stream, position));
}

OTELUE_EXPORT int _IO_fsetpos(FILE *stream, const fpos_t *position)
{
	return (int)stdio_end_seek(REAL(_IO_fsetpos)(stream, position));
}

OTELUE_EXPORT int fsetpos64(FILE *stream, const fpos64_t *position)
{
	return (int)stdio_end_seek(REAL(fsetpos64)(stream, position));
}

OTELUE_EXPORT int _IO_fsetpos64(FILE *stream, const fpos64_t *position)
{
	return (int)stdio_end_seek(REAL(_IO_fsetpos64)(stream, position));
}

OTELUE_EXPORT long ftell(FILE *stream)
{
	return stdio_end_seek(REAL(ftell)(stream));
}

OTELUE_EXPORT long _IO_ftell(FILE *stream)
{
	return stdio_end_seek(REAL(_IO_ftell)(stream));
}

OTELUE_EXPORT off_t ftello(FILE *stream)
{
	return stdio_end_seek(REAL(ftello)(stream));
}

OTELUE_EXPORT off64_t ftello64(FILE *stream)
{
	return stdio_end_seek(REAL(ftello64)(stream));
}

OTELUE_EXPORT int fgetpos(FILE *restrict stream, fpos_t *restrict ret_position)
{
	return (int)stdio_end_seek(REAL(fgetpos)(stream, ret_position));
}

OTELUE_EXPORT int _IO_fgetpos(FILE *restrict stream, fpos_t *restrict ret_position)
{
	return (int)stdio_end_seek(REAL(_IO_fgetpos)(stream, ret_position));
}

OTELUE_EXPORT int fgetpos64(FILE *restrict stream, fpos64_t *restrict ret_position)
{
	return (int)stdio_end_seek(REAL(fgetpos64)(stream, ret_position));
}

OTELUE_EXPORT int _IO_fgetpos64(FILE *restrict stream, fpos64_t *restrict ret_position)
{
	return (int)stdio_end_seek(REAL(_IO_fgetpos64)(stream, ret_position));
}
