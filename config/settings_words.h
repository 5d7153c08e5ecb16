/*
 * Words that settings are chosen from, and their numbers in struct settings. Constants only; the
 * words as they are written stand in settings_words.c, in the same order.
 */
#ifndef CONFIG_SETTINGS_WORDS_H
#define CONFIG_SETTINGS_WORDS_H

#include <stdint.h>

/* OpenTelemetry severity numbers; a message is kept when its severity is at least the setting. */
enum {
	LOG_LEVEL_TRACE = 1,
	LOG_LEVEL_DEBUG = 5,
	LOG_LEVEL_INFO = 9,
	LOG_LEVEL_WARN = 13,
	LOG_LEVEL_ERROR = 17,
	LOG_LEVEL_FATAL = 21,
	LOG_LEVEL_NONE = 25,
};

/* Up-down sums are cumulative whatever is preferred. */
enum {
	TEMPORALITY_PREFERENCE_CUMULATIVE,
	TEMPORALITY_PREFERENCE_DELTA,
	TEMPORALITY_PREFERENCE_LOW_MEMORY,
};

enum { HISTOGRAM_AGGREGATION_EXPLICIT, HISTOGRAM_AGGREGATION_EXPONENTIAL };

enum { SCOPE_PROCESS, SCOPE_TREE };

enum settings_words {
	WORDS_LOG_LEVEL,
	WORDS_TEMPORALITY,
	WORDS_HISTOGRAM,
	WORDS_SCOPE,
	WORDS_COUNT
};

#define SETTINGS_WORD_ROOM 36

struct settings_word {
	char text[SETTINGS_WORD_ROOM]; /* no pointer, which would be relocated at every start */
	uint32_t value;
};

/* The words of a list, closed by an empty one. The first word of a value is the one to print.
 */
extern const struct settings_word *const settings_word_table[WORDS_COUNT];

#endif
