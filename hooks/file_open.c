/* Hooks that open files. The third argument of open is there only when the flags say so. */
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include "hooks/file.h"

OTELUE_EXPORT int open(const char *path, int flags, ...)
{
	struct hook_timer timer;
	mode_t mode = 0;
	va_list more;

	va_start(more, flags);
	if (file_needs_mode(flags))
		mode = va_arg(more, mode_t);
	va_end(more);
	timer = hook_timer_start();
	return file_end_open(timer, file_entry_of_flags(flags), REAL(open)(path, flags, mode));
}

OTELUE_EXPORT int open64(const char *path, int flags, ...)
{
	struct hook_timer timer;
	mode_t mode = 0;
	va_list more;

	va_start(more, flags);
	if (file_needs_mode(flags))
		mode = va_arg(more, mode_t);
	va_end(more);
	timer = hook_timer_start();
	return file_end_open(timer, file_entry_of_flags(flags), REAL(open64)(path, flags, mode));
}

OTELUE_EXPORT int __open(const char *path, int flags, ...)
{
	struct hook_timer timer;
	mode_t mode = 0;
	va_list more;

	va_start(more, flags);
	if (file_needs_mode(flags))
		mode = va_arg(more, mode_t);
	va_end(more);
	timer = hook_timer_start();
	return file_end_open(timer, file_entry_of_flags(flags), REAL(__open)(path, flags, mode));
}

OTELUE_EXPORT int __open64(const char *path, int flags, ...)
{
	struct hook_timer timer;
	mode_t mode = 0;
	va_list more;

	va_start(more, flags);
	if (file_needs_mode(flags))
		mode = va_arg(more, mode_t);
	va_end(more);
	timer = hook_timer_start();
	return file_end_open(timer, file_entry_of_flags(flags), REAL(__open64)(path, flags, mode));
}

OTELUE_EXPORT int __open_2(const char *path, int flags)
{
	struct hook_timer timer = hook_timer_start();
	int fd = REAL(__open_2)(path, flags);

	return file_end_open(timer, file_entry_of_flags(flags), fd);
}

OTELUE_EXPORT int __open64_2(const char *path, int flags)
{
	struct hook_timer timer = hook_timer_start();
	int fd = REAL(__open64_2)(path, flags);

	return file_end_open(timer, file_entry_of_flags(flags), fd);
}

OTELUE_EXPORT int openat(int directory, const char *path, int flags, ...)
{
	struct hook_timer timer;
	mode_t mode = 0;
	va_list more;

	va_start(more, flags);
	if (file_needs_mode(flags))
		mode = va_arg(more, mode_t);
	va_end(more);
	timer = hook_timer_start();
	return file_end_open(timer, file_entry_of_flags(flags),
	                     REAL(openat)(directory, path, flags, mode));
}

OTELUE_EXPORT int openat64(int directory, const char *path, int flags, ...)
{
	struct hook_timer timer;
	mode_t mode = 0;
	va_list more;

	va_start(more, flags);
	if (file_needs_mode(flags))
		mode = va_arg(more, mode_t);
	va_end(more);
	timer = hook_timer_start();
	return file_end_open(timer, file_entry_of_flags(flags),
	                     REAL(openat64)(directory, path, flags, mode));
}

OTELUE_EXPORT int __openat_2(int directory, const char *path, int flags)
{
	struct hook_timer timer = hook_timer_start();
	int fd = REAL(__openat_2)(directory, path, flags);

	return file_end_open(timer, file_entry_of_flags(flags), fd);
}

OTELUE_EXPORT int __openat64_2(int directory, const char *path, int flags)
{
	struct hook_timer timer = hook_timer_start();
	int fd = REAL(__openat64_2)(directory, path, flags);

	return file_end_open(timer, file_entry_of_flags(flags), fd);
}

OTELUE_EXPORT int creat(const char *path, mode_t mode)
{
	struct hook_timer timer = hook_timer_start();
	int fd = REAL(creat)(path, mode);

	return file_end_open(timer, DESCRIPTOR_OPENED(FILE), fd);
}

OTELUE_EXPORT int creat64(const char *path, mode_t mode)
{
	struct hook_timer timer = hook_timer_start();
	int fd = REAL(creat64)(path, mode);

	return file_end_open(timer, DESCRIPTOR_OPENED(FILE), fd);
}

OTELUE_EXPORT int mkstemp(char *path)
{
	struct hook_timer timer = hook_timer_start();
	int fd = REAL(mkstemp)(path);

	return file_end_open(timer, DESCRIPTOR_OF(FILE, REGULAR), fd);
}

OTELUE_EXPORT int mkstemp64(char *path)
{
	struct hook_timer timer = hook_timer_start();
	int fd = REAL(mkstemp64)(path);

	return file_end_open(timer, DESCRIPTOR_OF(FILE, REGULAR), fd);
}

OTELUE_EXPORT int mkostemp(char *path, int flags)
{
	struct hook_timer timer = hook_timer_start();
	int fd = REAL(mkostemp)(path, flags);

	return file_end_open(timer, DESCRIPTOR_OF(FILE, REGULAR), fd);
}

OTELUE_EXPORT int mkostemp64(char *path, int flags)
{
	struct hook_timer timer = hook_timer_start();
	int fd = REAL(mkostemp64)(path, flags);

	return file_end_open(timer, DESCRIPTOR_OF(FILE, REGULAR), fd);
}

OTELUE_EXPORT int mkstemps(char *path, int suffix)
{
	struct hook_timer timer = hook_timer_start();
	int fd = REAL(mkstemps)(path, suffix);

	return file_end_open(timer, DESCRIPTOR_OF(FILE, REGULAR), fd);
}

OTELUE_EXPORT int mkstemps64(char *path, int suffix)
{
	struct hook_timer timer = hook_timer_start();
	int fd = REAL(mkstemps64)(path, suffix);

	return file_end_open(timer, DESCRIPTOR_OF(FILE, REGULAR), fd);
}

OTELUE_EXPORT int mkostemps(char *path, int suffix, int flags)
{
	struct hook_timer timer = hook_timer_start();
	int fd = REAL(mkostemps)(path, suffix, flags);

	return file_end_open(timer, DESCRIPTOR_OF(FILE, REGULAR), fd);
}

OTELUE_EXPORT int mkostemps64(char *path, int suffix, int flags)
{
	struct hook_timer timer = hook_timer_start();
	int fd = REAL(mkostemps64)(path, suffix, flags);

	return file_end_open(timer, DESCRIPTOR_OF(FILE, REGULAR), fd);
}

OTELUE_EXPORT int memfd_create(const char *name, unsigned int flags)
{
	struct hook_timer timer = hook_timer_start();
	int fd = REAL(memfd_create) ? real.memfd_create(name, flags) : hook_missing();

	return file_end_open(timer, DESCRIPTOR_OF(FILE, REGULAR), fd);
}

/* A file in /dev/shm. */
OTELUE_EXPORT int shm_open(const char *name, int flags, mode_t mode)
{
	struct hook_timer timer = hook_timer_start();
	int fd = REAL(shm_open)(name, flags, mode);

	return file_end_open(timer, DESCRIPTOR_OF(FILE, REGULAR), fd);
}

OTELUE_EXPORT int posix_openpt(int flags)
{
	struct hook_timer timer = hook_timer_start();

	return file_end_open(timer, file_entry_of_flags(flags), REAL(posix_openpt)(flags));
}

OTELUE_EXPORT int getpt(void)
{
	struct hook_timer timer = hook_timer_start();

	return file_end_open(timer, file_entry_of_flags(O_RDWR), REAL(getpt)());
}

/* One call, two descriptors. */
OTELUE_EXPORT int openpty(int *ret_terminal, int *ret_line, char *ret_name,
                          const struct termios *settings, const struct winsize *size)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(openpty)(ret_terminal, ret_line, ret_name, settings, size);

	file_end(timer, FILE_OPERATION_OPEN, result);
	if (result == 0) {
		descriptor_made(*ret_terminal, file_entry_of_flags(O_RDWR));
		descriptor_made(*ret_line, file_entry_of_flags(O_RDWR));
	}
	return result;
}
