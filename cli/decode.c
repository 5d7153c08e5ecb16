/*
 * otelue decode: OTLP metrics as text, whatever wrote them. Protobuf or JSON lines is told from the
 * first bytes: a request starts with 0a, a line with {, and lines may be blank before it. (A
 * request whose first part has 123 bytes starts with a newline and a brace too, but no blank or
 * quote.)
 */
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cli/cli.h"
#include "cli/memory.h"
#include "cli/otlp_read.h"
#include "cli/otlp_text.h"

#define LARGEST   ((size_t)1 << 30) /* bytes of one input */
#define BAD_NAMED 3                 /* lines of a file; the others are counted */
#define BLANK     " \t\r\n"

static const struct cli_option options[] = {
	{'j', "json", NULL, "print OTLP JSON lines instead of text"},
	{0, NULL, NULL, NULL},
};

static const struct cli_usage usage = {
	"decode",
	"[--json] [FILE...]",
	"Prints OTLP metrics as text: a line a data point. A FILE (- or none: standard input)\n"
	"holds the protobuf bytes of one request or of several in a row, as in the buffer of\n"
	"the otlp_metrics event, or OTLP JSON lines, as the exporter otlp_file writes them.\n"
	"p50, p99 and max of histograms are upper bounds of buckets.\n",
	options,
	false,
};

struct input {
	char *bytes;
	size_t length;
};

struct printer {
	struct otlp_visitor visitor;
	bool json;
	size_t printed;
};

static void print_json(json_t *resource_metrics)
{
	json_t *request = json_pack("{s:[O]}", "resourceMetrics", resource_metrics);

	json_dumpf(request, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(request);
}

static void print(struct otlp_visitor *visitor, json_t *resource_metrics)
{
	struct printer *printer = (struct printer *)visitor;

	if (printer->json) {
		print_json(resource_metrics);
		return;
	}
	if (printer->printed++)
		putchar('\n');
	otlp_text(stdout, resource_metrics);
}

/* 0 or -errno. The bytes are the caller's to free; a NUL follows them. */
static int read_all(FILE *file, struct input *ret)
{
	struct input input = {NULL, 0};
	size_t room = 0, n;

	do {
		if (input.length == room) {
			room = room ? 2 * room : 65536;
			input.bytes = memory_grow(input.bytes, room + 1, 1);
		}
		n = fread(input.bytes + input.length, 1, room - input.length, file);
		input.length += n;
	} while (n > 0 && input.length <= LARGEST);
	if (!ferror(file) && input.length <= LARGEST) {
		input.bytes[input.length] = '\0';
		*ret = input;
		return 0;
	}
	free(input.bytes);
	return ferror(file) ? -errno : -EFBIG;
}

static int decode_lines(const char *name, const struct input *input, struct printer *printer)
{
	struct otlp_error error;
	size_t at = 0, bad = 0;

	/* One that was torn, where a disk was full, does not take those behind it with it. */
	for (size_t line = 1; at < input->length; line++) {
		const char *start = input->bytes + at;
		const char *end = memchr(start, '\n', input->length - at);
		size_t length = end ? (size_t)(end - start) : input->length - at;

		at += length + 1;
		if (strspn(start, " \t\r") >= length)
			continue;
		if (otlp_read_json(start, length, &printer->visitor, &error) < 0) {
			fflush(stdout);
			if (bad++ < BAD_NAMED)
				cli_error(usage.verb, "%s: line %zu: %s", name, line, error.text);
		}
	}
	if (bad > BAD_NAMED)
		cli_error(usage.verb, "%s: and %zu more such lines", name, bad - BAD_NAMED);
	return bad ? CLI_PROBLEM : CLI_OK;
}

static int decode_bytes(const char *name, const struct input *input, struct printer *printer)
{
	struct otlp_error error;

	if (otlp_read_protobuf((const uint8_t *)input->bytes, input->length, &printer->visitor,
	                       &error) == 0)
		return CLI_OK;
	fflush(stdout);
	cli_error(usage.verb, "%s: %s", name, error.text);
	return CLI_PROBLEM;
}

static bool is_lines(const struct input *input)
{
	const char *first = input->bytes + strspn(input->bytes, BLANK);

	return *first == '{' && (input->bytes[0] != '\n' || strchr("\" \t}", first[1]));
}

static int decode_stream(const char *name, FILE *file, struct printer *printer)
{
	struct input input = {NULL, 0};
	int code, err = read_all(file, &input);

	if (err < 0) {
		cli_error(usage.verb, "%s: %s", name,
		          err == -EFBIG ? "larger than 1 GiB" : strerror(-err));
		return CLI_PROBLEM;
	}
	if (strspn(input.bytes, BLANK) == input.length) {
		cli_error(usage.verb, "%s: empty", name);
		code = CLI_PROBLEM;
	} else if (is_lines(&input)) {
		code = decode_lines(name, &input, printer);
	} else {
		code = decode_bytes(name, &input, printer);
	}
	free(input.bytes);
	return code;
}

static int decode_file(const char *name, struct printer *printer)
{
	FILE *file;
	int code;

	if (strcmp(name, "-") == 0)
		return decode_stream("standard input", stdin, printer);
	file = fopen(name, "rb");
	if (!file) {
		cli_error(usage.verb, "%s: %s", name, strerror(errno));
		return CLI_PROBLEM;
	}
	code = decode_stream(name, file, printer);
	fclose(file);
	return code;
}

int cli_decode(int argc, char **argv)
{
	struct printer printer = {{print}, false, 0};
	const char *argument;
	int option, code = CLI_OK;

	while ((option = cli_next(&usage, argc, argv, &argument, &code)) != CLI_NO_MORE) {
		if (option == CLI_EXIT)
			return code;
		printer.json = true;
	}
	if (optind == argc)
		code = decode_file("-", &printer);
	for (int i = optind; i < argc; i++) {
		if (decode_file(argv[i], &printer) != CLI_OK)
			code = CLI_PROBLEM;
	}
	return cli_finish_output(usage.verb, code);
}
