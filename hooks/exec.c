/*
 * Programs executed and processes ended: the counts are handed over before, and taken back where
 * exec returns. The variants with a list make an array of it on the stack and go on as the others.
 */
#include <alloca.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>
#include "hooks/hook.h"
#include "hooks/lifecycle.h"

static void exec_begin(int directory, const char *path, int flags)
{
	if (lifecycle_exec_finds(directory, path, flags))
		lifecycle_exec_begin();
}

/* A name without a slash is looked for by libc, in PATH. */
static void exec_begin_name(const char *file)
{
	if (!strchr(file, '/') || lifecycle_exec_finds(AT_FDCWD, file, 0))
		lifecycle_exec_begin();
}

int exec_failed(int result)
{
	int error = errno;

	lifecycle_exec_failed();
	counting_add(counting_here(HOOK_FAMILY_PROCESS), PLACE(PROCESS_ERRORS),
	             PROCESS_OPERATION_EXEC * PROCESS_ERROR_COUNT +
	                     hook_error_value(ATTRIBUTE_PROCESS_ERROR, error),
	             1);
	errno = error;
	return result;
}

OTELUE_EXPORT int execve(const char *path, char *const argv[], char *const envp[])
{
	exec_begin(AT_FDCWD, path, 0);
	return exec_failed(REAL(execve)(path, argv, envp));
}

OTELUE_EXPORT int execv(const char *path, char *const argv[])
{
	exec_begin(AT_FDCWD, path, 0);
	return exec_failed(REAL(execv)(path, argv));
}

OTELUE_EXPORT int execvp(const char *file, char *const argv[])
{
	exec_begin_name(file);
	return exec_failed(REAL(execvp)(file, argv));
}

OTELUE_EXPORT int execvpe(const char *file, char *const argv[], char *const envp[])
{
	exec_begin_name(file);
	return exec_failed(REAL(execvpe)(file, argv, envp));
}

OTELUE_EXPORT int fexecve(int fd, char *const argv[], char *const envp[])
{
	exec_begin(fd, "", AT_EMPTY_PATH);
	return exec_failed(REAL(fexecve)(fd, argv, envp));
}

OTELUE_EXPORT int execveat(int fd, const char *path, char *const argv[], char *const envp[],
                           int flags)
{
	if (!REAL(execveat)) {
		errno = ENOSYS;
		return -1;
	}
	exec_begin(fd, path, flags);
	return exec_failed(real.execveat(fd, path, argv, envp, flags));
}

/* Arguments up to and with the NULL that ends them. */
static size_t count_arguments(va_list rest)
{
	size_t count = 2; /* the first, which is not in `rest`, and the NULL */

	while (va_arg(rest, char *))
		count++;
	return count;
}

static void collect_arguments(char **argv, const char *first, va_list rest)
{
	*argv++ = (char *)(uintptr_t)first;
	if (!first)
		return;
	while ((*argv++ = va_arg(rest, char *)))
		;
}

/* `argument`, the list behind it and its NULL as an array on this function's stack. */
#define LIST_TO_ARRAY(argv, argument, rest)                                             \
	do {                                                                            \
		va_start(rest, argument);                                               \
		argv = alloca((argument ? count_arguments(rest) : 1) * sizeof(char *)); \
		va_end(rest);                                                           \
		va_start(rest, argument);                                               \
		collect_arguments(argv, argument, rest);                                \
	} while (0)

OTELUE_EXPORT int execl(const char *path, const char *argument, ...)
{
	va_list rest;
	char **argv;

	LIST_TO_ARRAY(argv, argument, rest);
	va_end(rest);
	return execv(path, argv);
}

OTELUE_EXPORT int execlp(const char *file, const char *argument, ...)
{
	va_list rest;
	char **argv;

	LIST_TO_ARRAY(argv, argument, rest);
	va_end(rest);
	return execvp(file, argv);
}

OTELUE_EXPORT int execle(const char *path, const char *argument, ...)
{
	va_list rest;
	char **argv, **envp;

	LIST_TO_ARRAY(argv, argument, rest);
	envp = va_arg(rest, char **);
	va_end(rest);
	return execve(path, argv, envp);
}

OTELUE_EXPORT void _exit(int status)
{
	lifecycle_exit();
	REAL(_exit)(status);
	__builtin_unreachable();
}

OTELUE_EXPORT void _Exit(int status)
{
	lifecycle_exit();
	REAL(_Exit)(status);
	__builtin_unreachable();
}

OTELUE_EXPORT void abort(void)
{
	lifecycle_abort();
	REAL(abort)();
	__builtin_unreachable();
}
