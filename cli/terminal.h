/* Colours, where somebody sees them: on a terminal that has them, unless NO_COLOR is set. */
#ifndef CLI_TERMINAL_H
#define CLI_TERMINAL_H

#include <stdio.h>

enum terminal_style { STYLE_PLAIN, STYLE_BOLD, STYLE_DIM, STYLE_GOOD, STYLE_BAD, STYLE_NOTE };

/* The sequence that starts a style on this stream (STYLE_PLAIN ends all); "" without colours. */
const char *terminal_style(FILE *stream, enum terminal_style style);

#endif
