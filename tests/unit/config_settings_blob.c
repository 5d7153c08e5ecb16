/* Parsed settings that are left behind: used when they are right, never when they are not. */
#include <errno.h>
#include <sys/resource.h>
#include <time.h>
#include "config/settings_blob.h"
#include "tests/unit/settings_fixture.h"

static char blobs[100];
static int parsed; /* how often the JSON library was opened */

static int open_counted(struct json_api *ret_api, struct text *why)
{
	parsed++;
	return jansson_open_linked(ret_api, why);
}

static void make_directories(void)
{
	scratch_make();
	snprintf(blobs, sizeof(blobs), "%s/blobs", scratch);
	parsed = 0;
}

static void remove_directories(void)
{
	char command[200];

	snprintf(command, sizeof(command), "rm -rf %s", blobs);
	cr_assert_eq(system(command), 0);
	scratch_remove();
}

TestSuite(settings_blob, .init = make_directories, .fini = remove_directories);

static char assignment[700];

static int load_again(const char *more)
{
	const char *variables[] = {assignment, more, NULL};
	struct settings_environment environment = {(char *const *)variables, false, open_counted,
	                                           blobs};

	memset(&settings, 0xa5, sizeof(settings));
	return settings_load(&environment, &settings, &error);
}

/* Files that were changed a moment ago leave no blob; a test need not wait if it makes the time
 * stamps old. */
static void settle(void)
{
	struct timespec wait = {2, 200000000};

	nanosleep(&wait, NULL);
}

static void write_document(const char *text)
{
	snprintf(assignment, sizeof(assignment), "OTELUE_CONFIG=%s",
	         write_file("otelue.json", text));
}

#define WITH_REFERENCE DOCUMENT("'log_level': '${LEVEL:-warn}'")

/* Leaves a blob of the document; returns its path. */
static const char *leave_blob(const char *text)
{
	static char path[600];
	struct dirent *entry;
	DIR *directory;

	write_document(text);
	settle();
	cr_assert_eq(load_again(NULL), 0, "%s", error.text);
	cr_assert_eq(parsed, 1);
	parsed = 0;
	directory = opendir(blobs);
	cr_assert_not_null(directory);
	path[0] = '\0';
	while ((entry = readdir(directory)))
		if (entry->d_name[0] != '.')
			snprintf(path, sizeof(path), "%s/%s", blobs, entry->d_name);
	closedir(directory);
	cr_assert_neq(path[0], '\0');
	return path;
}

Test(settings_blob, the_second_process_does_not_parse)
{
	struct settings first;

	leave_blob(WITH_REFERENCE);
	memcpy(&first, &settings, sizeof(first));
	cr_assert_eq(load_again(NULL), 0);
	cr_assert_eq(parsed, 0);
	cr_assert_arr_eq(&settings, &first, sizeof(first));
	cr_assert_eq(settings.log_level, LOG_LEVEL_WARN);
}

Test(settings_blob, it_is_closed_to_others)
{
	struct stat status;

	cr_assert_eq(stat(leave_blob(WITH_REFERENCE), &status), 0);
	cr_assert_eq(status.st_mode & 07777, 0600);
	cr_assert_eq(stat(blobs, &status), 0);
	cr_assert_eq(status.st_mode & 07777, 0700);
}

Test(settings_blob, a_changed_variable_is_noticed_and_remembered)
{
	leave_blob(WITH_REFERENCE);
	cr_assert_eq(load_again("LEVEL=error"), 0);
	cr_assert_eq(settings.log_level, LOG_LEVEL_ERROR);
	cr_assert_eq(parsed, 1);
	cr_assert_eq(load_again("LEVEL=error"), 0);
	cr_assert_eq(load_again(NULL), 0);
	cr_assert_eq(settings.log_level, LOG_LEVEL_WARN);
	cr_assert_eq(parsed, 1);
}

Test(settings_blob, other_variables_do_not_matter)
{
	leave_blob(WITH_REFERENCE);
	cr_assert_eq(load_again("OTEL_SERVICE_NAME=shop"), 0);
	cr_assert_eq(parsed, 0);
}

Test(settings_blob, the_kill_switch_goes_before_it)
{
	leave_blob(WITH_REFERENCE);
	cr_assert_eq(load_again("OTELUE_DISABLED=true"), 0);
	cr_assert(settings.disabled);
}

Test(settings_blob, many_sets_of_variables_leave_a_few_files_only)
{
	char variable[32];
	int n = 0;
	struct dirent *entry;
	DIR *directory;

	leave_blob(DOCUMENT("'resource': {'attributes_list': 'a=${A}'}"));
	for (int i = 0; i < 50; i++) {
		snprintf(variable, sizeof(variable), "A=%d", i);
		cr_assert_eq(load_again(variable), 0);
		cr_assert_str_eq(attribute_text("a"), variable + 2);
	}
	directory = opendir(blobs);
	while ((entry = readdir(directory)))
		n += entry->d_name[0] != '.';
	closedir(directory);
	cr_assert_leq(n, BLOB_WAYS);
}

Test(settings_blob, a_changed_file_is_noticed)
{
	leave_blob(WITH_REFERENCE);
	write_document(DOCUMENT("'log_level': 'debug'"));
	cr_assert_eq(load_again(NULL), 0);
	cr_assert_eq(settings.log_level, LOG_LEVEL_DEBUG);
	cr_assert_eq(parsed, 1);
}

Test(settings_blob, a_change_of_same_size_and_modification_time_is_noticed)
{
	struct stat before;
	const char *path;

	write_document(DOCUMENT("'log_level': 'warn'"));
	leave_blob(DOCUMENT("'log_level': 'warn'"));
	path = strchr(assignment, '=') + 1;
	cr_assert_eq(stat(path, &before), 0);
	write_document(DOCUMENT("'log_level': 'info'"));
	cr_assert_eq(
		utimensat(AT_FDCWD, path, (struct timespec[]){before.st_atim, before.st_mtim}, 0),
		0);
	cr_assert_eq(load_again(NULL), 0);
	cr_assert_eq(settings.log_level, LOG_LEVEL_INFO);
}

Test(settings_blob, a_file_changed_a_moment_ago_leaves_none)
{
	write_document(WITH_REFERENCE);
	cr_assert_eq(load_again(NULL), 0);
	cr_assert_eq(access(blobs, F_OK), -1);
}

Test(settings_blob, a_file_that_became_unsafe_is_refused_all_the_same)
{
	leave_blob(WITH_REFERENCE);
	cr_assert_eq(chmod(strchr(assignment, '=') + 1, 0666), 0);
	cr_assert_eq(load_again(NULL), -EACCES);
}

Test(settings_blob, a_bad_file_leaves_none)
{
	write_document(DOCUMENT("'log_level': 'loud'"));
	settle();
	cr_assert_eq(load_again(NULL), -EINVAL);
	cr_assert_eq(access(blobs, F_OK), -1);
}

Test(settings_blob, every_damaged_byte_is_noticed)
{
	const char *path = leave_blob(WITH_REFERENCE);
	int fd = open(path, O_RDWR);
	off_t size = lseek(fd, 0, SEEK_END);
	char byte;

	for (off_t i = 0; i < size; i += 7) {
		cr_assert_eq(pread(fd, &byte, 1, i), 1);
		byte ^= 1;
		cr_assert_eq(pwrite(fd, &byte, 1, i), 1);
		parsed = 0;
		cr_assert_eq(load_again(NULL), 0);
		cr_assert_eq(parsed, 1, "byte %ld", (long)i);
		cr_assert_eq(settings.log_level, LOG_LEVEL_WARN);
		close(fd);
		fd = open(path, O_RDWR);
		cr_assert_eq(lseek(fd, 0, SEEK_END), size);
	}
	close(fd);
}

Test(settings_blob, a_shortened_one_is_not_used)
{
	cr_assert_eq(truncate(leave_blob(WITH_REFERENCE), 100), 0);
	cr_assert_eq(load_again(NULL), 0);
	cr_assert_eq(parsed, 1);
	cr_assert_eq(load_again(NULL), 0);
	cr_assert_eq(parsed, 1, "a good one has taken its place");
}

Test(settings_blob, one_that_others_could_write_to_is_not_used)
{
	cr_assert_eq(chmod(leave_blob(WITH_REFERENCE), 0660), 0);
	cr_assert_eq(load_again(NULL), 0);
	cr_assert_eq(parsed, 1);
}

Test(settings_blob, one_of_another_owner_is_not_used)
{
	if (geteuid() != 0)
		cr_skip_test("only root can give files away");
	cr_assert_eq(chown(leave_blob(WITH_REFERENCE), 65534, 65534), 0);
	cr_assert_eq(load_again(NULL), 0);
	cr_assert_eq(parsed, 1);
}

Test(settings_blob, a_link_is_not_followed)
{
	const char *path = leave_blob(WITH_REFERENCE);
	char other[600];

	snprintf(other, sizeof(other), "%s/elsewhere", scratch);
	cr_assert_eq(rename(path, other), 0);
	cr_assert_eq(symlink(other, path), 0);
	cr_assert_eq(load_again(NULL), 0);
	cr_assert_eq(parsed, 1);
}

Test(settings_blob, a_directory_that_others_may_enter_is_not_used)
{
	leave_blob(WITH_REFERENCE);
	cr_assert_eq(chmod(blobs, 0755), 0);
	cr_assert_eq(load_again(NULL), 0);
	cr_assert_eq(parsed, 1);
}

Test(settings_blob, a_directory_that_is_a_link_is_not_used)
{
	char real[200];

	leave_blob(WITH_REFERENCE);
	snprintf(real, sizeof(real), "%s/real", scratch);
	cr_assert_eq(rename(blobs, real), 0);
	cr_assert_eq(symlink(real, blobs), 0);
	cr_assert_eq(load_again(NULL), 0);
	cr_assert_eq(parsed, 1);
	cr_assert_eq(unlink(blobs), 0);
	cr_assert_eq(rename(real, blobs), 0);
}

/* With a right hash: what is in it must be within bounds and about this very file all the same. */
static void forge(const char *path, size_t offset, uint32_t value)
{
	unsigned char bytes[16384];
	struct settings *inside;
	size_t size, start;
	FILE *file = fopen(path, "r+");

	size = fread(bytes, 1, sizeof(bytes), file);
	for (start = 0; start + sizeof(*inside) <= size; start += 8)
		if (settings_valid(bytes + start, sizeof(*inside)))
			break;
	inside = (struct settings *)(bytes + start);
	memcpy((char *)inside + offset, &value, sizeof(value));
	settings_seal(inside);
	rewind(file);
	cr_assert_eq(fwrite(bytes, 1, size, file), size);
	fclose(file);
}

Test(settings_blob, a_forged_one_is_not_used)
{
	const char *path = leave_blob(WITH_REFERENCE);

	forge(path, offsetof(struct settings, log_level), LOG_LEVEL_ERROR);
	cr_assert_eq(load_again(NULL), 0);
	cr_assert_eq(settings.log_level, LOG_LEVEL_WARN);
	cr_assert_eq(parsed, 1);
}

Test(settings_blob, an_unfinished_one_of_a_dead_process_is_cleared_away)
{
	char unfinished[640];
	const char *path = leave_blob(WITH_REFERENCE);
	struct timespec old[2] = {{1, 0}, {1, 0}};

	snprintf(unfinished, sizeof(unfinished), "%s.new", path);
	cr_assert_eq(rename(path, unfinished), 0);
	cr_assert_eq(load_again(NULL), 0);
	cr_assert_eq(access(unfinished, F_OK), 0, "it may be a living process's");
	cr_assert_eq(utimensat(AT_FDCWD, unfinished, old, 0), 0);
	cr_assert_eq(load_again(NULL), 0);
	cr_assert_eq(access(unfinished, F_OK), -1);
	cr_assert_eq(load_again(NULL), 0);
	cr_assert_eq(access(path, F_OK), 0);
}

Test(settings_blob, without_room_to_write_nothing_is_left)
{
	struct rlimit limit = {1000, RLIM_INFINITY};

	write_document(WITH_REFERENCE);
	settle();
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	cr_assert_eq(load_again(NULL), 0);
	cr_assert_eq(access(blobs, F_OK), -1);
	limit.rlim_cur = RLIM_INFINITY;
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}
