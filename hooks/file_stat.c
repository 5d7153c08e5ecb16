/* Hooks that ask about files: what they are, who may use them. */
#include "hooks/file.h"

OTELUE_EXPORT int stat(const char *restrict path, struct stat *restrict ret_status)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(stat)(path, ret_status);

	return (int)file_end(timer, FILE_OPERATION_METADATA, result);
}

OTELUE_EXPORT int stat64(const char *restrict path, struct stat64 *restrict ret_status)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(stat64)(path, ret_status);

	return (int)file_end(timer, FILE_OPERATION_METADATA, result);
}

OTELUE_EXPORT int lstat(const char *restrict path, struct stat *restrict ret_status)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(lstat)(path, ret_status);

	return (int)file_end(timer, FILE_OPERATION_METADATA, result);
}

OTELUE_EXPORT int lstat64(const char *restrict path, struct stat64 *restrict ret_status)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(lstat64)(path, ret_status);

	return (int)file_end(timer, FILE_OPERATION_METADATA, result);
}

OTELUE_EXPORT int fstat(int fd, struct stat *ret_status)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(fstat)(fd, ret_status);

	return (int)file_end(timer, FILE_OPERATION_METADATA, result);
}

OTELUE_EXPORT int fstat64(int fd, struct stat64 *ret_status)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(fstat64)(fd, ret_status);

	return (int)file_end(timer, FILE_OPERATION_METADATA, result);
}

OTELUE_EXPORT int fstatat(int directory, const char *restrict path,
                          struct stat *restrict ret_status, int flags)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(fstatat)(directory, path, ret_status, flags);

	return (int)file_end(timer, FILE_OPERATION_METADATA, result);
}

OTELUE_EXPORT int fstatat64(int directory, const char *restrict path,
                            struct stat64 *restrict ret_status, int flags)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(fstatat64)(directory, path, ret_status, flags);

	return (int)file_end(timer, FILE_OPERATION_METADATA, result);
}

OTELUE_EXPORT int __xstat(int version, const char *path, struct stat *ret_status)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(__xstat) ? real.__xstat(version, path, ret_status) : hook_missing();

	return (int)file_end(timer, FILE_OPERATION_METADATA, result);
}

OTELUE_EXPORT int __xstat64(int version, const char *path, struct stat64 *ret_status)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(__xstat64) ? real.__xstat64(version, path, ret_status) : hook_missing();

	return (int)file_end(timer, FILE_OPERATION_METADATA, result);
}

OTELUE_EXPORT int __lxstat(int version, const char *path, struct stat *ret_status)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(__lxstat) ? real.__lxstat(version, path, ret_status) : hook_missing();

	return (int)file_end(timer, FILE_OPERATION_METADATA, result);
}

OTELUE_EXPORT int __lxstat64(int version, const char *path, struct stat64 *ret_status)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(__lxstat64) ? real.__lxstat64(version, path, ret_status) : hook_missing();

	return (int)file_end(timer, FILE_OPERATION_METADATA, result);
}

OTELUE_EXPORT int __fxstat(int version, int fd, struct stat *ret_status)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(__fxstat) ? real.__fxstat(version, fd, ret_status) : hook_missing();

	return (int)file_end(timer, FILE_OPERATION_METADATA, result);
}

OTELUE_EXPORT int __fxstat64(int version, int fd, struct stat64 *ret_status)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(__fxstat64) ? real.__fxstat64(version, fd, ret_status) : hook_missing();

	return (int)file_end(timer, FILE_OPERATION_METADATA, result);
}

OTELUE_EXPORT int __fxstatat(int version, int directory, const char *path, struct stat *ret_status,
                             int flags)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(__fxstatat) ? real.__fxstatat(version, directory, path, ret_status, flags)
	                              : hook_missing();

	return (int)file_end(timer, FILE_OPERATION_METADATA, result);
}

OTELUE_EXPORT int __fxstatat64(int version, int directory, const char *path,
                               struct stat64 *ret_status, int flags)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(__fxstatat64)
	                     ? real.__fxstatat64(version, directory, path, ret_status, flags)
	                     : hook_missing();

	return (int)file_end(timer, FILE_OPERATION_METADATA, result);
}

OTELUE_EXPORT int statx(int directory, const char *restrict path, int flags, unsigned int mask,
                        struct statx *restrict ret_status)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(statx)(directory, path, flags, mask, ret_status);

	return (int)file_end(timer, FILE_OPERATION_METADATA, result);
}

OTELUE_EXPORT int access(const char *path, int mode)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(access)(path, mode);

	return (int)file_end(timer, FILE_OPERATION_METADATA, result);
}

OTELUE_EXPORT int euidaccess(const char *path, int mode)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(euidaccess)(path, mode);

	return (int)file_end(timer, FILE_OPERATION_METADATA, result);
}

OTELUE_EXPORT int eaccess(const char *path, int mode)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(eaccess)(path, mode);

	return (int)file_end(timer, FILE_OPERATION_METADATA, result);
}

OTELUE_EXPORT int faccessat(int directory, const char *path, int mode, int flags)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(faccessat)(directory, path, mode, flags);

	return (int)file_end(timer, FILE_OPERATION_METADATA, result);
}
