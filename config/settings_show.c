/* Settings as people read them. */
#include <stdio.h>
#include <string.h>
#include "config/settings_show.h"

const char *settings_show_word(enum settings_id id, uint32_t value)
{
	const struct settings_word *word = settings_word_table[settings_table[id].words];

	while (word->text[0] && word->value != value)
		word++;
	return word->text;
}

static const char *metric_of_bit(uint32_t bit)
{
	for (int i = 0; i < METRIC_COUNT; i++)
		if (settings_optional_bit((enum metric_id)i) == (int)bit)
			return metric_table[i].name;
	return NULL;
}

const char *settings_show_bit(enum settings_id id, uint32_t bit)
{
	const struct attribute *families = &attribute_table[ATTRIBUTE_HOOK_FAMILY];

	switch (settings_table[id].kind) {
	case SETTING_KIND_EXPORTERS:
		return bit < SINK_COUNT ? settings_exporter_names[bit] : NULL;
	case SETTING_KIND_FAMILIES:
		return bit < families->count ? attribute_value(families, bit)->text : NULL;
	case SETTING_KIND_METRICS:
		return metric_of_bit(bit);
	default:
		return NULL;
	}
}

int settings_show_unlimited(enum settings_id id, uint32_t value)
{
	return settings_table[id].kind == SETTING_KIND_NUMBER && value == UINT32_MAX;
}

static void show_bits(uint32_t bits, enum settings_id id, struct text *to)
{
	const char *separator = "";

	for (uint32_t bit = 0; bit < 32; bit++) {
		if (!(bits >> bit & 1))
			continue;
		text_add(to, separator);
		text_add(to, settings_show_bit(id, bit));
		separator = ", ";
	}
	if (!bits)
		text_add(to, "none");
}

static void show_number(uint32_t value, enum settings_id id, struct text *to)
{
	if (settings_show_unlimited(id, value)) {
		text_add(to, "no limit");
		return;
	}
	text_add_u64(to, value);
	text_add(to, settings_table[id].unit[0] ? " " : "");
	text_add(to, settings_table[id].unit);
}

static void show_attributes(const struct settings *settings, struct text *to)
{
	struct settings_attribute attribute;
	const char *separator = "";
	char number[32];

	for (uint32_t offset = 0; settings_attribute_next(settings, &offset, &attribute);) {
		text_add(to, separator);
		text_add(to, attribute.key);
		text_add(to, "=");
		if (attribute.type == ATTRIBUTE_STRING) {
			text_add(to, attribute.text);
		} else if (attribute.type == ATTRIBUTE_DOUBLE) {
			snprintf(number, sizeof(number), "%.17g", attribute.real);
			text_add(to, number);
		} else if (attribute.type == ATTRIBUTE_INT) {
			text_add_s64(to, attribute.integer);
		} else {
			text_add(to, attribute.integer ? "true" : "false");
		}
		separator = ", ";
	}
}

static void show_patterns(const char *patterns, struct text *to)
{
	for (const char *separator = ""; *patterns; patterns += strlen(patterns) + 1) {
		text_add(to, separator);
		text_add(to, patterns);
		separator = ", ";
	}
}

void settings_show_value(const struct settings *settings, enum settings_id id, struct text *to)
{
	switch ((enum settings_kind)settings_table[id].kind) {
	case SETTING_KIND_BOOL:
		text_add(to, settings_number(settings, id) ? "true" : "false");
		break;
	case SETTING_KIND_NUMBER:
		show_number(settings_number(settings, id), id, to);
		break;
	case SETTING_KIND_WORD:
		text_add(to, settings_show_word(id, settings_number(settings, id)));
		break;
	case SETTING_KIND_EXPORTERS:
	case SETTING_KIND_FAMILIES:
	case SETTING_KIND_METRICS:
		show_bits(settings_number(settings, id), id, to);
		break;
	case SETTING_KIND_TEXT:
	case SETTING_KIND_PATH:
		text_add(to, settings_text(settings, id));
		break;
	case SETTING_KIND_ATTRIBUTES:
		show_attributes(settings, to);
		break;
	case SETTING_KIND_PATTERNS:
		show_patterns(settings_text(settings, id), to);
		break;
	}
}

const char *settings_show_place(const struct settings *settings, enum settings_id id)
{
	const struct settings_row *row = &settings_table[id];

	switch ((enum settings_source)settings->source[id]) {
	case SOURCE_VARIABLE:
		return row->variable;
	case SOURCE_OTEL_VARIABLE:
		return row->otel_variable;
	case SOURCE_FILE:
		return row->pointer;
	case SOURCE_VARIABLE_LIST:
		return settings_table[SETTING_resource_attributes].variable;
	case SOURCE_OTEL_VARIABLE_LIST:
		return settings_table[SETTING_resource_attributes].otel_variable;
	case SOURCE_FILE_LIST:
		return "/resource/attributes_list";
	default:
		return "default";
	}
}

const char *settings_show_source(const struct settings *settings, enum settings_id id)
{
	switch ((enum settings_source)settings->source[id]) {
	case SOURCE_VARIABLE:
	case SOURCE_OTEL_VARIABLE:
	case SOURCE_VARIABLE_LIST:
	case SOURCE_OTEL_VARIABLE_LIST:
		return "variable";
	case SOURCE_FILE:
	case SOURCE_FILE_LIST:
		return "file";
	default:
		return "default";
	}
}
