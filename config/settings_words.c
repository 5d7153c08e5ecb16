/* The words that settings are chosen from, as files and variables have them. Constant data. */
#include <stddef.h>
#include "config/settings.h"

/* SINK_FILE is called after its format, as in OpenTelemetry's schema. */
const char settings_exporter_names[SINK_COUNT][16] = {
	[SINK_USER_EVENTS] = "user_events",
	[SINK_FILE] = "otlp_file",
};

#define LEVELS(name, level)                                          \
	{name, level}, {name "2", level + 1}, {name "3", level + 2}, \
	{                                                            \
		name "4", level + 3                                  \
	}

static const struct settings_word log_levels[] = {
	LEVELS("trace", LOG_LEVEL_TRACE),
	LEVELS("debug", LOG_LEVEL_DEBUG),
	LEVELS("info", LOG_LEVEL_INFO),
	LEVELS("warn", LOG_LEVEL_WARN),
	LEVELS("error", LOG_LEVEL_ERROR),
	LEVELS("fatal", LOG_LEVEL_FATAL),
	{"none", LOG_LEVEL_NONE},
	/* What SDKs call the ends of the scale in OTEL_LOG_LEVEL. */
	{"all", LOG_LEVEL_TRACE},
	{"verbose", LOG_LEVEL_TRACE},
	{"", 0},
};

static const struct settings_word temporalities[] = {
	{"cumulative", TEMPORALITY_PREFERENCE_CUMULATIVE},
	{"delta", TEMPORALITY_PREFERENCE_DELTA},
	{"low_memory", TEMPORALITY_PREFERENCE_LOW_MEMORY},
	{"lowmemory", TEMPORALITY_PREFERENCE_LOW_MEMORY}, /* the variable's spelling */
	{"", 0},
};

static const struct settings_word histograms[] = {
	{"explicit_bucket_histogram", HISTOGRAM_AGGREGATION_EXPLICIT},
	{"base2_exponential_bucket_histogram", HISTOGRAM_AGGREGATION_EXPONENTIAL},
	{"", 0},
};

static const struct settings_word scopes[] = {
	{"process", SCOPE_PROCESS},
	{"tree", SCOPE_TREE},
	{"", 0},
};

const struct settings_word *const settings_word_table[WORDS_COUNT] = {
	[WORDS_LOG_LEVEL] = log_levels,
	[WORDS_TEMPORALITY] = temporalities,
	[WORDS_HISTOGRAM] = histograms,
	[WORDS_SCOPE] = scopes,
};
