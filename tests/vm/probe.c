/*
 * Registers our two events with user_events and writes to them, without a line of the product:
 * tests of the kernel's facts and of the tools that read them stand on it. Compiled by
 * scenario_selftest.sh, which checks what it prints. Every command prints `what: result`, where
 * result is a count of bytes or the name of an errno.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/vm/probe.h"

static void say(const char *what, long result)
{
	if (result < 0)
		printf("%s: %s\n", what, strerrorname_np((int)-result));
	else
		printf("%s: %ld\n", what, result);
	fflush(stdout);
}

static void must(int result, const char *what)
{
	if (result >= 0)
		return;
	fprintf(stderr, "probe: %s: %s\n", what, strerror(-result));
	exit(2);
}

static void enable_both(void)
{
	data_fd = open_data();
	must(data_fd, "open " DATA_FILE);
	must(enable_word(&metrics_word, METRICS_ARGS, &metrics_index), "register otlp_metrics");
	must(enable_word(&record_word, RECORD_ARGS, &record_index), "register otelue_metric");
}

static void save(const char *directory, int number, const void *bytes, size_t size)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%06d.pb", directory, number);
	file = fopen(path, "w");
	if (!file || fwrite(bytes, 1, size, file) != size || fclose(file))
		must(-errno, path);
}

static int wait_for(volatile uint32_t *word, uint32_t wanted, int seconds)
{
	struct timespec pause = {.tv_nsec = 20000000};

	for (int i = 0; i < seconds * 50; i++) {
		if (*word == wanted)
			return 1;
		nanosleep(&pause, NULL);
	}
	return 0;
}

/* Nobody listens: the write must say EBADF, and a record must too. */
static void command_unheard(void)
{
	enable_both();
	say("words", metrics_word | record_word);
	say("otlp_metrics", write_metrics("x", 1));
	say("otelue_metric", write_record(1, "libc.memory.allocated"));
}

/* send-metrics DIRECTORY SIZE...: one request of each size; the bytes also go to files in
 * DIRECTORY. */
static void command_send_metrics(int count, char **arguments)
{
	static uint8_t bytes[BUFFER_MAX];
	char what[64];

	enable_both();
	if (!wait_for(&metrics_word, 1, 20))
		must(-ETIME, "nobody listens to otlp_metrics");
	for (int i = 1; i < count; i++) {
		size_t size = strtoul(arguments[i], NULL, 10);
		const uint8_t *request = build_request(bytes, size, (uint64_t)i);

		if (bytes + BUFFER_MAX - request != (long)size)
			must(-EINVAL, "size of the request");
		snprintf(what, sizeof(what), "otlp_metrics %zu", size);
		say(what, write_metrics(request, size));
		save(arguments[0], i, request, size);
	}
}

/* send-records COUNT: as many readable events, every second one of another name. */
static void command_send_records(const char *count)
{
	enable_both();
	if (!wait_for(&record_word, 1, 20))
		must(-ETIME, "nobody listens to otelue_metric");
	for (int i = 1; i <= atoi(count); i++)
		say("otelue_metric", write_record((uint64_t)i, i % 2 ? "libc.memory.allocated"
		                                                     : "libc.dns.lookups"));
}

/* Holds the events until a signal ends it, so that tracers find them. */
static void command_hold(void)
{
	enable_both();
	say("holding", 0);
	pause();
}

/* persist FD NAME_ARGS: an event that stays after we have gone, until `delete NAME`. */
static void command_persist(const char *number, const char *name_args)
{
	static uint32_t word;
	struct user_reg reg = {.size = sizeof(reg), .enable_size = sizeof(word), .flags = 1};
	uint32_t index;

	data_fd = atoi(number);
	say("persist", enable(reg, &word, name_args, &index));
}

static void command_delete(const char *name)
{
	data_fd = open_data();
	must(data_fd, "open " DATA_FILE);
	say("delete", ioctl(data_fd, DIAG_IOCSDEL, name) < 0 ? -errno : 0);
}

static void command_twice(void)
{
	uint32_t index;

	enable_both();
	say("same word again", enable_word(&metrics_word, METRICS_ARGS, &index));
	close(data_fd);
	data_fd = open_data();
	say("after reopen", enable_word(&metrics_word, METRICS_ARGS, &index));
	say("unregister", disable_word(&metrics_word));
	say("unregister again", disable_word(&metrics_word));
	say("after unregister", enable_word(&metrics_word, METRICS_ARGS, &index));
}

/* Parent and child each print what they see while a tracer comes and goes. */
static void command_fork(void)
{
	uint32_t index;
	pid_t child;

	enable_both();
	say("waiting", 0);
	child = fork();
	say(child ? "parent set" : "child set", wait_for(&record_word, 1, 30));
	say(child ? "parent cleared" : "child cleared", wait_for(&record_word, 0, 30));
	if (child) {
		waitpid(child, NULL, 0);
		return;
	}
	say("child same word", enable_word(&record_word, RECORD_ARGS, &index));
	say("child unregister", disable_word(&record_word));
	say("child after unregister", enable_word(&record_word, RECORD_ARGS, &index));
	_exit(0);
}

/* inherit FD: as whoever we are, through a descriptor that somebody else opened. */
static void command_inherit(const char *number)
{
	say("uid", (long)getuid());
	say("open", open_data());
	data_fd = atoi(number);
	say("register", enable_word(&record_word, RECORD_ARGS, &record_index));
	say("heard", wait_for(&record_word, 1, 20));
	say("otelue_metric", write_record(7, "libc.memory.allocated"));
}

/* A description of exactly this length, NUL not counted. */
static int enable_long(uint32_t *word, size_t length)
{
	struct user_reg reg = {.size = sizeof(reg), .enable_size = sizeof(*word)};
	char text[1024] = "probe_long";
	uint32_t index;

	for (int i = 0; strlen(text) + 20 < length; i++)
		sprintf(text + strlen(text), " u8 x%04d;", i);
	sprintf(text + strlen(text), " u8 y%0*d", (int)(length - strlen(text) - 5), 0);
	return enable(reg, word, text, &index);
}

static void registration_errors(void)
{
	struct user_reg good = {.size = sizeof(good), .enable_size = 4};
	struct user_reg reg = good;
	void *read_only = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	static uint32_t words[8];
	uint32_t index;

	say("other fields", enable(good, &words[0], "otelue_metric u64 sequence", &index));
	say("type double", enable(good, &words[1], "probe_type double x", &index));
	say("type long", enable(good, &words[1], "probe_type long x", &index));
	say("type u8[8]", enable(good, &words[1], "probe_type u8[8] x", &index));
	say("type char[1025]", enable(good, &words[1], "probe_type char[1025] x", &index));
	say("511 characters", enable_long(&words[5], 511));
	say("512 characters", enable_long(&words[6], 512));
	reg.flags = 4;
	say("bad flag", enable(reg, &words[2], "probe_flag u32 x", &index));
	reg = good;
	reg.enable_size = 3;
	say("bad size", enable(reg, &words[3], "probe_size u32 x", &index));
	say("bad alignment", enable(good, (char *)&words[4] + 1, "probe_alignment u32 x", &index));
	say("read-only word", enable(good, read_only, "probe_read_only u32 x", &index));
	munmap(read_only, 4096);
	say("unmapped word", enable(good, read_only, "probe_unmapped u32 x", &index));
}

static void command_errors(void)
{
	struct metrics_head head = {.buffer_loc = 1 << 16};

	enable_both();
	registration_errors();
	if (!wait_for(&metrics_word, 1, 20))
		must(-ETIME, "nobody listens to otlp_metrics");
	head.index = 1000;
	say("unknown index", write_parts(&head, sizeof(head), "x", 1));
	head.index = UINT32_MAX;
	say("negative index", write_parts(&head, sizeof(head), "x", 1));
	head.index = metrics_index;
	say("short payload", write_parts(&head, 12, "x", 0));
	say("bad pointer", write_parts(&head, sizeof(head), (void *)8, 1));
	head.buffer_loc = 2000 << 16;
	say("rel_loc past the end", write_parts(&head, sizeof(head), "x", 1));
	say("strings without NUL",
	    write_parts(&(struct record_head){.index = record_index, .strings = {1 << 16 | 12}},
	                sizeof(struct record_head), "x", 1));
}

int main(int argc, char **argv)
{
	const char *command = argc > 1 ? argv[1] : "";

	if (!strcmp(command, "unheard"))
		command_unheard();
	else if (!strcmp(command, "hold"))
		command_hold();
	else if (!strcmp(command, "send-metrics") && argc > 3)
		command_send_metrics(argc - 2, argv + 2);
	else if (!strcmp(command, "send-records") && argc == 3)
		command_send_records(argv[2]);
	else if (!strcmp(command, "persist") && argc == 4)
		command_persist(argv[2], argv[3]);
	else if (!strcmp(command, "delete") && argc == 3)
		command_delete(argv[2]);
	else if (!strcmp(command, "twice"))
		command_twice();
	else if (!strcmp(command, "fork"))
		command_fork();
	else if (!strcmp(command, "inherit") && argc == 3)
		command_inherit(argv[2]);
	else if (!strcmp(command, "errors"))
		command_errors();
	else
		must(-EINVAL, "usage: see the commands in probe.c");
	return 0;
}
