/*
 * Hooks of functions that walk through directories: one call each, whose time holds that of the
 * program's functions which they call. The descriptors that they open and close inside are in no
 * row. Where a visitor of nftw returns -1, that is a failure to us.
 */
#include <dirent.h>
#include "hooks/file.h"

/* No match is no failure. */
static int end_glob(struct hook_timer timer, int result)
{
	bool failed = result == GLOB_ABORTED || result == GLOB_NOSPACE;

	file_end(timer, FILE_OPERATION_METADATA, failed ? -1 : 0);
	return result;
}

OTELUE_EXPORT int scandir(const char *restrict path, struct dirent ***restrict ret_list,
                          int (*select)(const struct dirent *),
                          int (*compare)(const struct dirent **, const struct dirent **))
{
	struct hook_timer timer = hook_timer_start();
	int count = REAL(scandir)(path, ret_list, select, compare);

	return (int)file_end(timer, FILE_OPERATION_METADATA, count);
}

OTELUE_EXPORT int scandir64(const char *restrict path, struct dirent64 ***restrict ret_list,
                            int (*select)(const struct dirent64 *),
                            int (*compare)(const struct dirent64 **, const struct dirent64 **))
{
	struct hook_timer timer = hook_timer_start();
	int count = REAL(scandir64)(path, ret_list, select, compare);

	return (int)file_end(timer, FILE_OPERATION_METADATA, count);
}

OTELUE_EXPORT int scandirat(int fd, const char *restrict path, struct dirent ***restrict ret_list,
                            int (*select)(const struct dirent *),
                            int (*compare)(const struct dirent **, const struct dirent **))
{
	struct hook_timer timer = hook_timer_start();
	int count = REAL(scandirat)(fd, path, ret_list, select, compare);

	return (int)file_end(timer, FILE_OPERATION_METADATA, count);
}

OTELUE_EXPORT int scandirat64(int fd, const char *restrict path,
                              struct dirent64 ***restrict ret_list,
                              int (*select)(const struct dirent64 *),
                              int (*compare)(const struct dirent64 **, const struct dirent64 **))
{
	struct hook_timer timer = hook_timer_start();
	int count = REAL(scandirat64)(fd, path, ret_list, select, compare);

	return (int)file_end(timer, FILE_OPERATION_METADATA, count);
}

OTELUE_EXPORT int ftw(const char *path, __ftw_func_t visit, int descriptors)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(ftw)(path, visit, descriptors);

	return (int)file_end(timer, FILE_OPERATION_METADATA, result);
}

OTELUE_EXPORT int ftw64(const char *path, __ftw64_func_t visit, int descriptors)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(ftw64)(path, visit, descriptors);

	return (int)file_end(timer, FILE_OPERATION_METADATA, result);
}

OTELUE_EXPORT int nftw(const char *path, __nftw_func_t visit, int descriptors, int flags)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(nftw)(path, visit, descriptors, flags);

	return (int)file_end(timer, FILE_OPERATION_METADATA, result);
}

OTELUE_EXPORT int nftw64(const char *path, __nftw64_func_t visit, int descriptors, int flags)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(nftw64)(path, visit, descriptors, flags);

	return (int)file_end(timer, FILE_OPERATION_METADATA, result);
}

OTELUE_EXPORT int glob(const char *restrict pattern, int flags, int (*failed)(const char *, int),
                       glob_t *restrict ret_found)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(glob)(pattern, flags, failed, ret_found);

	return end_glob(timer, result);
}

OTELUE_EXPORT int glob64(const char *restrict pattern, int flags, int (*failed)(const char *, int),
                         glob64_t *restrict ret_found)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(glob64)(pattern, flags, failed, ret_found);

	return end_glob(timer, result);
}
