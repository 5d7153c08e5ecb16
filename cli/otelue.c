/*
 * otelue: runs programs with the shim, shows what it counted and checks the machine. Main and the
 * one table of verbs; each verb stands in a file of its own.
 */
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include "build-config.h"
#include "cli/cli.h"

struct verb {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help; /* NULL: not listed */
};

static const struct verb verbs[] = {
	{"run", cli_run, "run a program and show what it and its children did"},
	{"show", cli_show, "show what running programs have counted"},
	{"config", cli_config, "check a configuration and print the settings that would hold"},
	{"metrics", cli_metrics, "list the metrics and their attributes"},
	{"decode", cli_decode, "print OTLP metrics as text"},
	{"salvage", cli_salvage, "export what killed processes had not exported yet"},
	{"doctor", cli_doctor, "check the machine and say what to do"},
	{"register", cli_register, "make the events before the first program does"},
	{"help", cli_help, "print what a verb does"},
	{HOOKS_VERB, cli_hooks_here, NULL},
};

#define VERBS (sizeof(verbs) / sizeof(verbs[0]))

static const struct verb *find_verb(const char *name)
{
	for (size_t i = 0; i < VERBS; i++) {
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	}
	return NULL;
}

static void print_verbs(FILE *to)
{
	fputs("usage: otelue VERB [options] ...\n"
	      "OpenTelemetry metrics of unmodified programs through Linux user_events.\n\nverbs:\n",
	      to);
	for (size_t i = 0; i < VERBS; i++) {
		if (verbs[i].help)
			fprintf(to, "  %-10s %s\n", verbs[i].name, verbs[i].help);
	}
	fputs("\notelue help VERB or otelue VERB --help tells the options of a verb.\n"
	      "exit code: 0 all is well, 1 a problem was found or something failed, 2 wrong "
	      "usage;\n"
	      "run: that of the program run, or 125 to 127 (see otelue help run).\n",
	      to);
}

static int no_such_verb(const char *name)
{
	fprintf(stderr, "otelue: there is no verb '%s' (otelue help lists them)\n", name);
	return CLI_USAGE;
}

int cli_help(int argc, char **argv)
{
	static const struct cli_option options[] = {{0, NULL, NULL, NULL}};
	static const struct cli_usage usage = {
		"help",  "[VERB]", "Prints the list of verbs, or what one of them does.\n",
		options, true,
	};
	const struct verb *verb;
	const char *argument;
	int code, value = cli_next(&usage, argc, argv, &argument, &code);

	if (value == CLI_EXIT)
		return code;
	if (argc == 1) {
		print_verbs(stdout);
		return cli_finish_output("help", CLI_OK);
	}
	verb = find_verb(argv[1]);
	if (!verb)
		return no_such_verb(argv[1]);
	return verb->run(2, (char *[]){argv[1], (char[]){"--help"}, NULL});
}

int main(int argc, char **argv)
{
	const struct verb *verb;

	setlocale(LC_CTYPE, "");
	if (argc < 2) {
		print_verbs(stderr);
		return CLI_USAGE;
	}
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
		puts(PACKAGE_STRING);
		return cli_finish_output("--version", CLI_OK);
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		print_verbs(stdout);
		return cli_finish_output("--help", CLI_OK);
	}
	verb = find_verb(argv[1]);
	if (!verb)
		return no_such_verb(argv[1]);
	return verb->run(argc - 1, argv + 1);
}
