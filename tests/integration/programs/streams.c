/*
 * Calls on streams of known number and outcome, in the current directory: see
 * tests/integration/streams.sh for the sums.
 *
 *	streams SCENARIO [THREADS [ROUNDS]]
 *
 * Each result, and errno where a call fails, is compared with what it is without a shim.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <wchar.h>

static int failed;
static unsigned long rounds;

#define EXPECT(what, right)                                                             \
	do {                                                                            \
		long result_ = (long)(what);                                            \
		if (result_ != (long)(right)) {                                         \
			fprintf(stderr, "%d: %s: %ld (%s)\n", __LINE__, #what, result_, \
			        strerror(errno));                                       \
			failed = 1;                                                     \
		}                                                                       \
	} while (0)
#define EXPECT_ERROR(what, failure, error) \
	do {                               \
		errno = 0;                 \
		EXPECT(what, failure);     \
		EXPECT(errno, error);      \
	} while (0)

static FILE *expect_stream(FILE *stream, const char *what)
{
	if (stream)
		return stream;
	perror(what);
	exit(2);
}

/* Opens, closes and flushes once; writes 300 + 11 + 5 bytes in 3 calls, and 2 more in none. */
static void write_lines(const char *path)
{
	FILE *stream = expect_stream(fopen(path, "w"), path);
	static const char block[300];

	EXPECT(fwrite(block, 100, 3, stream), 3);
	EXPECT(fputs("0123456789\n", stream) >= 0, 1);
	EXPECT(fflush(stream), 0);
	EXPECT(putc('x', stream), 'x');
	EXPECT(putc('\n', stream), '\n');
	EXPECT(fwrite("last\n", 1, 5, stream), 5);
	EXPECT(fclose(stream), 0);
}

/* Opens and closes once; reads 300 + 11 + 2 + 5 bytes in 4 calls, and nothing in 2. */
static void read_lines(const char *path)
{
	FILE *stream = expect_stream(fopen(path, "r"), path);
	char block[300], *line = NULL;
	size_t size = 0;

	EXPECT(fread(block, 100, 3, stream), 3);
	EXPECT(fgets(block, sizeof(block), stream), block);
	EXPECT(strcmp(block, "0123456789\n"), 0);
	EXPECT(getline(&line, &size, stream), 2);
	EXPECT(getdelim(&line, &size, 't', stream), 4);
	EXPECT(fread(block, 1, 10, stream), 1);
	EXPECT_ERROR(fgets(block, sizeof(block), stream), NULL, 0);
	EXPECT(fclose(stream), 0);
	free(line);
}

static void *traffic_thread(void *name)
{
	char path[20];

	snprintf(path, sizeof(path), "lines.%ld", (long)name);
	for (unsigned long i = 0; i < rounds; i++) {
		write_lines(path);
		read_lines(path);
		EXPECT_ERROR(fopen("nowhere/lines", "r"), NULL, ENOENT);
	}
	return NULL;
}

static void run_threads(void *(*run)(void *name), long threads)
{
	pthread_t thread[64];

	if (threads == 0)
		run(NULL);
	for (long i = 0; i < threads; i++)
		EXPECT(pthread_create(&thread[i], NULL, run, (void *)(i + 1)), 0);
	for (long i = 0; i < threads; i++)
		EXPECT(pthread_join(thread[i], NULL), 0);
}

/* 7 failures: 1 open, 3 reads, 2 writes, 1 close; 1 read that would have to wait. */
static void run_failures(long unused)
{
	char block[8192], *line = NULL;
	size_t size = 0;
	FILE *stream = expect_stream(fopen(".", "r"), ".");
	int ends[2];

	(void)unused;
	EXPECT_ERROR(fgets(block, sizeof(block), stream), NULL, EISDIR);
	EXPECT_ERROR(fwrite("x", 1, 1, stream), 0, EBADF);
	EXPECT(fclose(stream), 0);
	EXPECT_ERROR(fopen("nowhere/lines", "w"), NULL, ENOENT);
	stream = expect_stream(fopen("/dev/full", "w"), "/dev/full");
	memset(block, 0, sizeof(block));
	EXPECT(setvbuf(stream, NULL, _IONBF, 0), 0);
	EXPECT_ERROR(fputs("x", stream), EOF, ENOSPC);
	EXPECT(fclose(stream), 0);
	stream = expect_stream(fopen("/dev/full", "w"), "/dev/full");
	EXPECT_ERROR(fread(block, 1, 1, stream), 0, EBADF);
	EXPECT(fwrite("x", 1, 1, stream), 1);
	EXPECT_ERROR(fclose(stream), EOF, ENOSPC);
	stream = expect_stream(fopen("/dev/zero", "r"), "/dev/zero");
	EXPECT_ERROR(getline(NULL, &size, stream), -1, EINVAL);
	EXPECT(fread(block, 0, 10, stream), 0);
	EXPECT(fclose(stream), 0);
	EXPECT(pipe2(ends, O_NONBLOCK), 0);
	stream = expect_stream(fdopen(ends[0], "r"), "pipe");
	EXPECT_ERROR(getdelim(&line, &size, '\n', stream), -1, EAGAIN);
	EXPECT(fclose(stream), 0);
	EXPECT(close(ends[1]), 0);
	free(line);
}

/* Descriptors made: 8 of files, 1 socket pair; all closed. 10 calls open, 1 of them badly, 6
 * close, 1 of them badly. */
static void run_descriptors(long unused)
{
	FILE *stream = expect_stream(fopen("one", "w"), "one");
	int pair[2], fd;
	char byte;

	(void)unused;
	stream = expect_stream(freopen("two", "w", stream), "two"); /* closes one */
	EXPECT(fclose(stream), 0);
	EXPECT(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	stream = expect_stream(fdopen(pair[0], "w"), "socket");
	EXPECT(fclose(stream), 0);
	/* Its number goes to a file: what was a socket is one no more. */
	fd = open("one", O_RDONLY);
	EXPECT(fd, pair[0]);
	EXPECT(read(fd, &byte, 1), 0);
	EXPECT(close(fd), 0);
	EXPECT(close(pair[1]), 0);
	stream = expect_stream(tmpfile(), "tmpfile");
	EXPECT(fputs("1", stream) >= 0, 1);
	EXPECT(fclose(stream), 0);
	/* Closed by number first: the stream's close closes nothing. */
	stream = expect_stream(fopen("two", "r"), "two");
	EXPECT(close(fileno(stream)), 0);
	EXPECT_ERROR(fclose(stream), EOF, EBADF);
	/* Not a descriptor's. */
	stream = expect_stream(fmemopen(&byte, 1, "r"), "memory");
	EXPECT_ERROR(fclose(stream), 0, 0);
	/* Closed by number, as daemons do, and opened anew. */
	stream = expect_stream(fopen("one", "r"), "one");
	EXPECT(close(fileno(stream)), 0);
	stream = expect_stream(freopen("two", "r", stream), "two");
	EXPECT(fclose(stream), 0);
	/* Closed though nothing is opened. */
	stream = expect_stream(fopen("one", "r"), "one");
	EXPECT_ERROR(freopen("nowhere/one", "r", stream), NULL, ENOENT);
}

/* The compiler makes calls of printf's kin of these, as it does of a program's own. */
__attribute__((format(printf, 2, 3))) static int write_stream(FILE *stream, const char *format, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = stream ? vfprintf(stream, format, arguments) : vprintf(format, arguments);
	va_end(arguments);
	return n;
}

__attribute__((format(printf, 2, 3))) static int write_descriptor(int fd, const char *format, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = vdprintf(fd, format, arguments);
	va_end(arguments);
	return n;
}

__attribute__((format(scanf, 2, 3))) static int scan_stream(FILE *stream, const char *format, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = stream ? vfscanf(stream, format, arguments) : vscanf(format, arguments);
	va_end(arguments);
	return n;
}

/* 6 calls write 14 + 2 + 6 + 2 + 6 + 3 bytes, 2 more fail; 7 calls read, 1 of them badly. */
static void run_formats(long unused)
{
	char word[10];
	double number = 0;
	int count = 0;
	FILE *stream;

	(void)unused;
	for (unsigned long i = 0; i < rounds; i++) {
		stream = expect_stream(fopen("formats", "w"), "formats");
		EXPECT(fprintf(stream, "%d %s %.3f\n", 42, "word", 1.5), 14);
		EXPECT(write_stream(stream, "%c\n", '7'), 2);
		EXPECT(fflush(stream), 0);
		EXPECT(dprintf(fileno(stream), "%05d\n", 3), 6);
		EXPECT(write_descriptor(fileno(stream), "%x\n", 9u), 2);
		EXPECT_ERROR(fscanf(stream, "%d", &count), EOF, EBADF);
		EXPECT(fclose(stream), 0);
		EXPECT(printf("%s %d\n", "out", 1), 6);
		EXPECT(write_stream(NULL, "%d\n", 88), 3);
		stream = expect_stream(fopen("formats", "r"), "formats");
		EXPECT(fscanf(stream, "%d %9s %lf", &count, word, &number), 3);
		EXPECT(count == 42 && number == 1.5 && strcmp(word, "word") == 0, 1);
		EXPECT(scan_stream(stream, "%d", &count), 1);
		EXPECT(fscanf(stream, "%d %d %d", &count, &count, &count), 2);
		EXPECT_ERROR(scan_stream(stream, "%d", &count), EOF, 0);
		EXPECT_ERROR(fprintf(stream, "%d\n", 1), -1, EBADF);
		EXPECT(fclose(stream), 0);
		EXPECT_ERROR(dprintf(-1, "%d\n", 1), -1, EBADF);
		EXPECT_ERROR(scanf("%d", &count), EOF, 0);
		EXPECT_ERROR(scan_stream(NULL, "%d", &count), EOF, 0);
	}
}

static int write_wide(FILE *stream, const wchar_t *format, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = vfwprintf(stream, format, arguments);
	va_end(arguments);
	return n;
}

/* 5 writes, of which 2 fail, and 7 reads; the one character is not seen. */
static void *wide_thread(void *name)
{
	char path[20];
	wchar_t line[40];
	int number = 0;
	FILE *stream;

	snprintf(path, sizeof(path), "wide.%ld", (long)name);
	for (unsigned long i = 0; i < rounds; i++) {
		stream = expect_stream(fopen(path, "w"), path);
		EXPECT(fputws(L"a line\n", stream) >= 0, 1);
		EXPECT(fwprintf(stream, L"%d %ls\n", 42, L"word"), 8);
		EXPECT(write_wide(stream, L"%c\n", '7'), 2);
		EXPECT(fputwc(L'x', stream), L'x');
		EXPECT(fclose(stream), 0);
		stream = expect_stream(fopen(path, "r"), path);
		EXPECT(fgetws(line, 40, stream), line);
		EXPECT(fwscanf(stream, L"%d", &number), 1);
		EXPECT_ERROR(fputws(L"x", stream), -1, EBADF);
		EXPECT_ERROR(fwprintf(stream, L"x"), -1, EBADF);
		while (fgetws(line, 40, stream))
			;
		EXPECT_ERROR(fwscanf(stream, L"%d", &number), EOF, 0);
		EXPECT(fclose(stream), 0);
	}
	return NULL;
}

static void run_traffic(long threads)
{
	run_threads(traffic_thread, threads);
}

static void run_wide(long threads)
{
	run_threads(wide_thread, threads);
}

/* 11 calls, of which 3 fail. */
static void run_seeks(long unused)
{
	FILE *stream = expect_stream(tmpfile(), "tmpfile");
	fpos_t position;
	int ends[2];

	(void)unused;
	EXPECT(fputs("0123456789", stream) >= 0, 1);
	EXPECT(ftell(stream), 10);
	EXPECT(fseek(stream, 4, SEEK_SET), 0);
	EXPECT(ftello(stream), 4);
	EXPECT(fgetpos(stream, &position), 0);
	EXPECT(fseeko(stream, 0, SEEK_END), 0);
	EXPECT(fsetpos(stream, &position), 0);
	EXPECT(getc(stream), '4');
	rewind(stream);
	EXPECT(getc(stream), '0');
	EXPECT_ERROR(fseek(stream, 0, 77), -1, EINVAL);
	EXPECT(fclose(stream), 0);
	EXPECT(pipe(ends), 0);
	stream = expect_stream(fdopen(ends[0], "r"), "pipe");
	EXPECT_ERROR(ftell(stream), -1, ESPIPE);
	EXPECT_ERROR(fseeko(stream, 0, SEEK_SET), -1, ESPIPE);
	rewind(stream);
	EXPECT(fclose(stream), 0);
	EXPECT(close(ends[1]), 0);
}

/* 4 commands: 2 end well, 1 badly, 1 by a signal; their pipes are closed. */
static void run_commands(long unused)
{
	char line[10];
	FILE *stream = popen("echo said", "r");

	(void)unused;
	stream = expect_stream(stream, "popen");
	EXPECT(fgets(line, sizeof(line), stream), line);
	EXPECT(strcmp(line, "said\n"), 0);
	EXPECT(pclose(stream), 0);
	stream = expect_stream(popen("cat >heard", "w"), "popen");
	EXPECT(fputs("told\n", stream) >= 0, 1);
	EXPECT(pclose(stream), 0);
	EXPECT(access("heard", R_OK), 0);
	stream = expect_stream(popen("sleep 0.1; exit 3", "r"), "popen");
	EXPECT(pclose(stream), 3 << 8);
	stream = expect_stream(popen("kill -9 $$", "r"), "popen");
	EXPECT(pclose(stream), 9);
	EXPECT_ERROR(popen("true", "?"), NULL, EINVAL);
}

static void *waiting_thread(void *stream)
{
	char line[10];

	EXPECT(fgets(line, sizeof(line), stream), line);
	return NULL;
}

/* Waiting in a call on a stream ends by cancellation, as it does without us; it counts nothing. */
static void run_cancellation(long unused)
{
	pthread_t thread;
	void *result = NULL;
	FILE *stream;
	int ends[2];

	(void)unused;
	EXPECT(pipe(ends), 0);
	stream = expect_stream(fdopen(ends[0], "r"), "pipe");
	EXPECT(pthread_create(&thread, NULL, waiting_thread, stream), 0);
	usleep(50000);
	EXPECT(pthread_cancel(thread), 0);
	EXPECT(pthread_join(thread, &result), 0);
	EXPECT(result == PTHREAD_CANCELED, 1);
	EXPECT(dprintf(ends[1], "more\n"), 5);
	EXPECT(getc(stream), 'm');
	EXPECT(fclose(stream), 0);
	EXPECT(close(ends[1]), 0);
}

static const struct {
	const char *name;
	void (*run)(long threads);
} scenarios[] = {
	{"traffic", run_traffic},           {"failures", run_failures}, {"formats", run_formats},
	{"descriptors", run_descriptors},   {"seeks", run_seeks},       {"commands", run_commands},
	{"cancellation", run_cancellation}, {"wide", run_wide},
};

int main(int argc, char **argv)
{
	long threads = argc > 2 ? atol(argv[2]) : 0;

	rounds = argc > 3 ? strtoul(argv[3], NULL, 10) : 1;
	for (size_t i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
		if (argc > 1 && strcmp(argv[1], scenarios[i].name) == 0) {
			scenarios[i].run(threads);
			return failed;
		}
	}
	fprintf(stderr, "streams: no such scenario\n");
	return 2;
}
