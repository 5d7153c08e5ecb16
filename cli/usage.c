/* Options, help and errors for all verbs, from each verb's struct cli_usage. See cli.h. */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cli/cli.h"

#define OPTIONS_MAX 32

static void print_option(const struct cli_option *option)
{
	char form[64];

	snprintf(form, sizeof(form), "--%s%s%s", option->name, option->argument ? " " : "",
	         option->argument ? option->argument : "");
	if (option->value <= 255)
		printf("  -%c, %-26s %s\n", option->value, form, option->help);
	else
		printf("      %-26s %s\n", form, option->help);
}

static void print_help(const struct cli_usage *usage)
{
	static const struct cli_option help = {'h', "help", NULL, "print this help"};

	printf("usage: otelue %s %s\n\n%s\noptions:\n", usage->verb, usage->synopsis,
	       usage->description);
	for (const struct cli_option *option = usage->options; option->name; option++)
		print_option(option);
	print_option(&help);
}

/* getopt's two tables out of ours. */
static void make_tables(const struct cli_usage *usage, struct option *longs, char *shorts)
{
	size_t n = 0;

	if (usage->stop_at_operand)
		*shorts++ = '+';
	*shorts++ = ':';
	*shorts++ = 'h';
	longs[n++] = (struct option){"help", no_argument, NULL, 'h'};
	for (const struct cli_option *option = usage->options; option->name; option++) {
		longs[n++] = (struct option){option->name,
		                             option->argument ? required_argument : no_argument,
		                             NULL, option->value};
		if (option->value <= 255) {
			*shorts++ = (char)option->value;
			if (option->argument)
				*shorts++ = ':';
		}
	}
	longs[n] = (struct option){NULL, 0, NULL, 0};
	*shorts = '\0';
}

/* The word stands before getopt's next one only behind the last of its letters. */
static int no_such_option(const struct cli_usage *usage, const char *word)
{
	for (const struct cli_option *option = usage->options; option->name; option++) {
		if (option->value == optopt) /* --json=3 */
			return cli_usage_error(usage, "there is no option %s", word);
	}
	if (optopt > ' ' && optopt < 127)
		return cli_usage_error(usage, "there is no option -%c", optopt);
	return cli_usage_error(usage, "there is no option %s", word);
}

/* As the user may have written it. */
static const char *name_of(const struct cli_usage *usage, int value)
{
	static char name[40] = "";

	for (const struct cli_option *option = usage->options; option->name; option++)
		if (option->value == value)
			snprintf(name, sizeof(name), "--%s", option->name);
	return name;
}

int cli_next(const struct cli_usage *usage, int argc, char **argv, const char **ret_argument,
             int *ret_exit)
{
	struct option longs[OPTIONS_MAX];
	char shorts[2 * OPTIONS_MAX];
	int value;

	make_tables(usage, longs, shorts);
	opterr = 0;
	value = getopt_long(argc, argv, shorts, longs, NULL);
	switch (value) {
	case 'h':
		print_help(usage);
		*ret_exit = cli_finish_output(usage->verb, CLI_OK);
		return CLI_EXIT;
	case '?':
		*ret_exit = no_such_option(usage, argv[optind - 1]);
		return CLI_EXIT;
	case ':':
		*ret_exit = cli_usage_error(usage, "option %s needs an argument", argv[optind - 1]);
		return CLI_EXIT;
	}
	if (value != -1 && optarg && !*optarg) {
		*ret_exit = cli_usage_error(usage, "option %s needs an argument that is not empty",
		                            name_of(usage, value));
		return CLI_EXIT;
	}
	*ret_argument = optarg;
	return value;
}

__attribute__((format(printf, 2, 0))) static void say(const char *verb, const char *format,
                                                      va_list arguments)
{
	fprintf(stderr, "otelue %s: ", verb);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
}

void cli_error(const char *verb, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say(verb, format, arguments);
	va_end(arguments);
}

int cli_usage_error(const struct cli_usage *usage, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say(usage->verb, format, arguments);
	va_end(arguments);
	fprintf(stderr, "usage: otelue %s %s\n(otelue help %s tells more)\n", usage->verb,
	        usage->synopsis, usage->verb);
	return CLI_USAGE;
}

int cli_no_operands(const struct cli_usage *usage, int argc, char **argv)
{
	if (optind == argc)
		return CLI_OK;
	return cli_usage_error(usage, "'%s' is one word too many", argv[optind]);
}

long cli_milliseconds(const char *seconds)
{
	char *end;
	double value = strtod(seconds, &end);

	if (end == seconds || *end || !(value >= 0.1 && value <= INT32_MAX / 1000.0))
		return -1;
	return lround(value * 1000);
}

int cli_finish_output(const char *verb, int code)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	cli_error(verb, "cannot write to standard output: %s", strerror(errno));
	return CLI_PROBLEM;
}
