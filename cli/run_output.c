/* See run_output.h. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "cli/run_output.h"

static bool is_same_file(int a, int b)
{
	struct stat of_a, of_b;

	return fstat(a, &of_a) == 0 && fstat(b, &of_b) == 0 && of_a.st_dev == of_b.st_dev &&
	       of_a.st_ino == of_b.st_ino;
}

int run_output_open(struct run_output *output, const char *path, bool json, bool quiet)
{
	int fd;

	output->path = path;
	output->json = json;
	output->to = quiet ? NULL : stderr;
	if (!path)
		return 0;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	output->made = fd >= 0;
	if (fd < 0 && errno == EEXIST)
		fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	for (int stream = 1; fd >= 0 && stream <= 2 && !output->shared; stream++) {
		if (!is_same_file(fd, stream))
			continue;
		/* What the program has written there stays, and comes first. */
		output->shared = true;
		close(fd);
		fd = fcntl(stream, F_DUPFD_CLOEXEC, 3);
	}
	output->to = fd >= 0 ? fdopen(fd, "w") : NULL;
	return output->to ? 0 : -errno;
}

void run_output_drop(struct run_output *output)
{
	if (output->made)
		unlink(output->path);
}

/* The old result goes when the new one is there. */
static int empty_file(FILE *file)
{
	struct stat status;

	if (fstat(fileno(file), &status) < 0)
		return -errno;
	return S_ISREG(status.st_mode) && ftruncate(fileno(file), 0) < 0 ? -errno : 0;
}

static void explain_nothing(FILE *to, const struct report *report)
{
	fprintf(to,
	        "otelue: nothing was counted: %s may be statically linked, set-user-ID, of another "
	        "architecture or libc,\notelue: or excluded by the configuration (otelue doctor "
	        "tells more)\n",
	        report->command[0]);
}

int run_output_write(const struct run_output *output, const struct report *report, bool explained)
{
	const struct tree *tree = report->tree;
	int err = 0;

	if (!output->to)
		return 0;
	if (output->path && !output->shared)
		err = empty_file(output->to);
	/* The terminal has shown ^C, and no end of line. */
	if (!output->json && WIFSIGNALED(report->status) && isatty(fileno(output->to)))
		fputc('\n', output->to);
	if (output->json && !err)
		err = report_json(output->to, report);
	else if (!err)
		report_table(output->to, report);
	if (tree->ended + tree->killed + tree->running == 0 && !output->json && !explained)
		explain_nothing(output->to, report);
	if (fflush(output->to) != 0 && !err)
		err = -errno;
	return err;
}
