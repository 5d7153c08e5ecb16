/*
 * Sealing settings and checking sealed ones that come from outside (a file, a segment): nothing in
 * them is believed before every value has been found within its row's bounds. Pure, no libc.
 */
#include "config/hash.h"
#include "config/settings_pack.h"

/* Differs between builds whose rows, families or optional metrics differ: their bytes mean other
 * things. */
static uint64_t settings_layout(void)
{
	const struct attribute *families = &attribute_table[ATTRIBUTE_HOOK_FAMILY];
	uint64_t hash = HASH_START;

	for (int i = 0; i < SETTING_COUNT; i++) {
		const struct settings_row *row = &settings_table[i];

		hash = hash_string(hash, row->name);
		hash = hash_word(hash, (uint64_t)row->offset << 32 | (uint64_t)row->room << 8 |
		                               row->kind);
	}
	for (uint32_t i = 0; i < families->count; i++)
		hash = hash_string(hash, attribute_value(families, i)->text);
	for (int i = 0; i < METRIC_COUNT; i++)
		if (metric_table[i].place == PLACE_OPTIONAL)
			hash = hash_string(hash, metric_table[i].name);
	return hash;
}

static uint64_t settings_hash(const struct settings *settings)
{
	size_t start = offsetof(struct settings, source);

	return hash_bytes(HASH_START, (const char *)settings + start, sizeof(*settings) - start);
}

void settings_seal(struct settings *settings)
{
	settings->magic = SETTINGS_MAGIC;
	settings->version = SETTINGS_VERSION;
	settings->size = sizeof(*settings);
	settings->layout = settings_layout();
	settings->hash = settings_hash(settings);
}

static int word_valid(enum settings_words words, uint32_t value)
{
	for (const struct settings_word *word = settings_word_table[words]; word->text[0]; word++)
		if (word->value == value)
			return 1;
	return 0;
}

static int text_ends(const char *text, size_t room)
{
	for (size_t i = 0; i < room; i++)
		if (text[i] == '\0')
			return 1;
	return 0;
}

static int value_valid(const struct settings *settings, enum settings_id id)
{
	const struct settings_row *row = &settings_table[id];

	switch ((enum settings_kind)row->kind) {
	case SETTING_KIND_BOOL:
	case SETTING_KIND_NUMBER:
		return settings_number(settings, id) >= row->least &&
		       settings_number(settings, id) <= row->most;
	case SETTING_KIND_WORD:
		return word_valid(row->words, settings_number(settings, id));
	case SETTING_KIND_EXPORTERS:
	case SETTING_KIND_FAMILIES:
	case SETTING_KIND_METRICS:
		return (settings_number(settings, id) & ~row->most) == 0;
	case SETTING_KIND_TEXT:
		return text_ends(settings_text(settings, id), row->room);
	case SETTING_KIND_PATH:
		return text_ends(settings_text(settings, id), row->room) &&
		       (settings_text(settings, id)[0] == '/' || !settings_text(settings, id)[0]);
	case SETTING_KIND_ATTRIBUTES:
		return settings_attributes_valid(settings);
	case SETTING_KIND_PATTERNS:
		return settings_patterns_valid(settings_text(settings, id), row->room);
	}
	return 0;
}

int settings_valid(const void *bytes, size_t length)
{
	const struct settings *settings = bytes;

	if (length != sizeof(*settings) || (uintptr_t)bytes % _Alignof(struct settings))
		return 0;
	if (settings->magic != SETTINGS_MAGIC || settings->version != SETTINGS_VERSION ||
	    settings->size != sizeof(*settings) || settings->layout != settings_layout() ||
	    settings->hash != settings_hash(settings))
		return 0;
	for (int i = 0; i < SETTING_COUNT; i++)
		if (settings->source[i] >= SOURCE_COUNT ||
		    !value_valid(settings, (enum settings_id)i))
			return 0;
	return text_ends(settings->config_file, sizeof(settings->config_file)) &&
	       text_ends(settings->notes, sizeof(settings->notes)) &&
	       (!settings_exporter_enabled(settings, SINK_FILE) || settings->otlp_file_path[0]) &&
	       settings->segment_directory[0];
}
