/*
 * The settings of one process: a flat struct without pointers, filled once by settings_load() and
 * never changed, copied as bytes into the shared segment and into a file (settings_blob.h).
 * Members, defaults and checks come from settings.def. The functions here are pure: no libc, no
 * allocation, any thread, the emitter's too.
 */
#ifndef CONFIG_SETTINGS_H
#define CONFIG_SETTINGS_H

#include <stddef.h>
#include <stdint.h>
#include "config/settings_words.h"
#include "metrics/metric.h"

#define SETTINGS_MAGIC   UINT64_C(0x746573656c65746f) /* "oteleset" */
#define SETTINGS_VERSION 1

enum settings_id {
#define SETTING(id, ...) SETTING_##id,
#include "config/settings.def"
#undef SETTING
	SETTING_COUNT
};

enum settings_kind {
	SETTING_KIND_BOOL,
	SETTING_KIND_NUMBER,
	SETTING_KIND_WORD,
	SETTING_KIND_EXPORTERS,  /* bit 1 << enum SINK */
	SETTING_KIND_FAMILIES,   /* bit 1 << enum HOOK_FAMILY */
	SETTING_KIND_METRICS,    /* bit 1 << OPTIONAL_METRIC(id) */
	SETTING_KIND_TEXT,       /* NUL-terminated UTF-8 */
	SETTING_KIND_PATH,       /* likewise, absolute */
	SETTING_KIND_ATTRIBUTES, /* settings_attribute_next() */
	SETTING_KIND_PATTERNS,   /* NUL-terminated patterns, then an empty one */
};

/* Where a setting came from; _LIST: a pair of the list of resource attributes there. */
enum settings_source {
	SOURCE_DEFAULT,
	SOURCE_VARIABLE,
	SOURCE_OTEL_VARIABLE,
	SOURCE_FILE,
	SOURCE_VARIABLE_LIST,
	SOURCE_OTEL_VARIABLE_LIST,
	SOURCE_FILE_LIST,
	SOURCE_COUNT
};

/* Type of a member before its name, and what follows the name. */
#define SETTING_TYPE_BOOL              uint32_t
#define SETTING_TYPE_NUMBER(low, high) uint32_t
#define SETTING_TYPE_WORD(list)        uint32_t
#define SETTING_TYPE_EXPORTERS         uint32_t
#define SETTING_TYPE_FAMILIES          uint32_t
#define SETTING_TYPE_METRICS           uint32_t
#define SETTING_TYPE_TEXT(room)        char
#define SETTING_TYPE_PATH(room)        char
#define SETTING_TYPE_ATTRIBUTES(room)  char
#define SETTING_TYPE_PATTERNS(room)    char
#define SETTING_ROOM_BOOL
#define SETTING_ROOM_NUMBER(low, high)
#define SETTING_ROOM_WORD(list)
#define SETTING_ROOM_EXPORTERS
#define SETTING_ROOM_FAMILIES
#define SETTING_ROOM_METRICS
#define SETTING_ROOM_TEXT(room)       [room]
#define SETTING_ROOM_PATH(room)       [room]
#define SETTING_ROOM_ATTRIBUTES(room) [room]
#define SETTING_ROOM_PATTERNS(room)   [room]

struct settings {
	uint64_t magic;
	uint32_t version;
	uint32_t size;
	uint64_t layout; /* of the rows that the writer was built with */
	uint64_t hash;   /* of all that follows */
	uint8_t source[SETTING_COUNT];
	char config_file[1024]; /* the file they were read from; "" if there was none; cut if longer
	                         */
	char notes[1024]; /* what was left aside and why, one line each, for `otelue doctor` */
#define SETTING(id, kind, ...) SETTING_TYPE_##kind id SETTING_ROOM_##kind;
#include "config/settings.def"
#undef SETTING
};

_Static_assert(sizeof(struct settings) <= 8192, "struct settings has outgrown its two pages");

/* Optional metrics numbered through: OPTIONAL_METRIC(MEMORY_ALLOCATION_DURATION) is a bit's number.
 */
#define OPTIONAL_ROWS_SHARD(n) 0
#define OPTIONAL_ROWS_OBSERVED 0
#define OPTIONAL_ROWS_DERIVED  0
#define OPTIONAL_ROWS_OPTIONAL 1
#define OPTIONAL_METRIC(id)    OPTIONAL_FIRST_##id
enum {
#define METRIC(id, family, kind, number, place, ...) \
	OPTIONAL_FIRST_##id, OPTIONAL_LAST_##id = OPTIONAL_FIRST_##id + OPTIONAL_ROWS_##place - 1,
#include "metrics/metrics.def"
#undef METRIC
	OPTIONAL_METRIC_COUNT
};
_Static_assert(OPTIONAL_METRIC_COUNT <= 32 && HOOK_FAMILY_COUNT < 32 && SINK_COUNT < 32,
               "bits of struct settings");

/* A row of settings.def. */
struct settings_row {
	uint32_t least, most; /* of a number */
	uint16_t offset, room;
	uint8_t kind;  /* enum settings_kind */
	uint8_t words; /* enum settings_words, of a word */
	char name[32], unit[12], pointer[104], variable[64], otel_variable[64], description[120];
};

extern const struct settings_row settings_table[SETTING_COUNT];
extern const struct settings settings_default; /* not sealed: no hash */

/* Names of exporters, by enum SINK, as variables have them. */
extern const char settings_exporter_names[SINK_COUNT][16];

/* A scalar setting's value. */
static inline uint32_t settings_number(const struct settings *settings, enum settings_id id)
{
	return *(const uint32_t *)((const char *)settings + settings_table[id].offset);
}

/* A text setting's bytes. */
static inline const char *settings_text(const struct settings *settings, enum settings_id id)
{
	return (const char *)settings + settings_table[id].offset;
}

static inline int settings_family_enabled(const struct settings *settings, int family)
{
	return family == FAMILY_NONE || (settings->families >> family & 1);
}

static inline int settings_exporter_enabled(const struct settings *settings, enum SINK sink)
{
	return settings->exporters >> sink & 1;
}

/* TEMPORALITY_PREFERENCE_* of what is written to a sink. */
static inline uint32_t settings_temporality(const struct settings *settings, enum SINK sink)
{
	return sink == SINK_USER_EVENTS ? settings->user_events_temporality
	                                : settings->otlp_file_temporality;
}

/* HISTOGRAM_AGGREGATION_* of what is written to a sink. */
static inline uint32_t settings_histogram(const struct settings *settings, enum SINK sink)
{
	return sink == SINK_USER_EVENTS ? settings->user_events_histogram
	                                : settings->otlp_file_histogram;
}

/* The bit of an optional metric in optional_metrics; -1 for the others. */
int settings_optional_bit(enum metric_id metric);

/* Is the metric collected: its family counts and, if it is optional, it was asked for. */
int settings_metric_enabled(const struct settings *settings, enum metric_id metric);

/* Is the program at this path (absolute, /proc/self/exe's target) to be observed. */
int settings_program_selected(const struct settings *settings, const char *executable);

/* Writes otlp_file_path with %p replaced, NUL-terminated; returns its length or -ENAMETOOLONG. */
int settings_file_path(const struct settings *settings, uint32_t pid, char *to, size_t size);

enum settings_attribute_type { ATTRIBUTE_STRING, ATTRIBUTE_INT, ATTRIBUTE_DOUBLE, ATTRIBUTE_BOOL };

struct settings_attribute {
	const char *key;  /* printable ASCII, NUL-terminated */
	const char *text; /* of a string: valid UTF-8, NUL-terminated, already cut to the limit */
	uint32_t key_length, text_length;
	enum settings_attribute_type type;
	int64_t integer; /* of an int; 0 or 1 of a bool */
	double real;     /* of a double */
};

/*
 * The resource's attributes one by one: start with *offset = 0; 1 while there is one, 0 at the end.
 * Keys are unique, service.name is not among them. Safe on any bytes.
 */
int settings_attribute_next(const struct settings *settings, uint32_t *offset,
                            struct settings_attribute *ret_attribute);

/* Fills in magic, version, size, layout and hash: the last step of whoever makes settings. The hash
 * covers padding too: copy sealed settings with memcpy. */
void settings_seal(struct settings *settings);

/* Are these bytes settings that this build wrote, whole, every value within its bounds. */
int settings_valid(const void *bytes, size_t length);

#endif
