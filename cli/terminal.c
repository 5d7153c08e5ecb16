/* See terminal.h. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cli/terminal.h"

static bool has_colours(FILE *stream)
{
	const char *no = getenv("NO_COLOR"), *type = getenv("TERM");

	if (no && *no)
		return false;
	return type && *type && strcmp(type, "dumb") != 0 && isatty(fileno(stream));
}

const char *terminal_style(FILE *stream, enum terminal_style style)
{
	static const char *const sequences[] = {
		[STYLE_PLAIN] = "\033[0m", [STYLE_BOLD] = "\033[1m", [STYLE_DIM] = "\033[2m",
		[STYLE_GOOD] = "\033[32m", [STYLE_BAD] = "\033[31m", [STYLE_NOTE] = "\033[33m",
	};

	return has_colours(stream) ? sequences[style] : "";
}
