/* The descriptor tables, from metrics.def and attributes.def. Constant data. */
#include "base/memory.h"
#include "metrics/metric.h"

/* Where an attribute's values begin among those of all. */
enum {
#define ATTRIBUTE_BEGIN(id, key) FIRST_##id, LAST_##id = FIRST_##id + id##_COUNT - 1,
#define VALUE(id, name, text)
#define NAMED(id)
#define ATTRIBUTE_END(id)
#include "metrics/attributes.def"
#undef ATTRIBUTE_BEGIN
#undef VALUE
#undef NAMED
#undef ATTRIBUTE_END
};

const struct attribute_value attribute_value_table[] = {
#define ATTRIBUTE_BEGIN(id, key)
#define VALUE(id, name, text) [FIRST_##id + id##_##name] = {sizeof(text) - 1, text},
#define NAMED(id)             [FIRST_##id + id##_NAMED... FIRST_##id + id##_OVERFLOW] = {0, ""},
#define ATTRIBUTE_END(id)
#include "metrics/attributes.def"
#undef ATTRIBUTE_BEGIN
#undef VALUE
#undef NAMED
#undef ATTRIBUTE_END
};

const struct attribute attribute_table[ATTRIBUTE_ID_COUNT] = {
	[ATTRIBUTE_NONE] = {"", 0, 0, 1},
#define ATTRIBUTE_BEGIN(id, key) [ATTRIBUTE_##id] = {key, sizeof(key) - 1, FIRST_##id, id##_COUNT},
#define VALUE(id, name, text)
#define NAMED(id)
#define ATTRIBUTE_END(id)
#include "metrics/attributes.def"
#undef ATTRIBUTE_BEGIN
#undef VALUE
#undef NAMED
#undef ATTRIBUTE_END
};

#define ATTRIBUTE_BEGIN(id, key_) FITS(key_, attribute_table->key);
#define VALUE(id, name, text_)    FITS(text_, attribute_value_table->text);
#define NAMED(id)
#define ATTRIBUTE_END(id)
#include "metrics/attributes.def"
#undef ATTRIBUTE_BEGIN
#undef VALUE
#undef NAMED
#undef ATTRIBUTE_END

#define PLACE_OF_SHARD(n) PLACE_RECORDED
#define PLACE_OF_OBSERVED PLACE_OBSERVED
#define PLACE_OF_DERIVED  PLACE_DERIVED
#define PLACE_OF_OPTIONAL PLACE_OPTIONAL
#define HOOK_FAMILY_NONE  FAMILY_NONE
#define WORD_OF(type, id) (offsetof(struct type, id) / sizeof(uint64_t))

const struct metric metric_table[METRIC_COUNT] = {
#define METRIC(id, family_, kind_, number_, place_, name_, unit_, a, b, c, description_) \
	[METRIC_##id] = {                                                                \
		.kind = KIND_##kind_,                                                    \
		.number = NUMBER_##number_,                                              \
		.place = PLACE_OF_##place_,                                              \
		.family = HOOK_FAMILY_##family_,                                         \
		.attributes = {ATTRIBUTE_##a, ATTRIBUTE_##b, ATTRIBUTE_##c},             \
		.series = SERIES_OF(a, b, c),                                            \
		.width = WIDTH_##number_,                                                \
		.shard_series = IN_SHARD_##place_,                                       \
		.shard_word = WORD_OF(shard_values, id),                                 \
		.process_word = WORD_OF(process_values, id),                             \
		.name = name_,                                                           \
		.unit = unit_,                                                           \
		.description = description_,                                             \
	},
#include "metrics/metrics.def"
#undef METRIC
};

#define METRIC(id, family, kind, number, place, name_, unit_, a, b, c, description_) \
	FITS(name_, metric_table->name);                                             \
	FITS(unit_, metric_table->unit);                                             \
	FITS(description_, metric_table->description);
#include "metrics/metrics.def"
#undef METRIC

unsigned int metric_attribute_count(const struct metric *metric)
{
	unsigned int n = 0;

	while (n < METRIC_ATTRIBUTES && metric->attributes[n] != ATTRIBUTE_NONE)
		n++;
	return n;
}

uint32_t metric_attribute_value(const struct metric *metric, uint32_t series, unsigned int index)
{
	for (unsigned int i = METRIC_ATTRIBUTES - 1; i > index; i--)
		series /= attribute_table[metric->attributes[i]].count;
	return series % attribute_table[metric->attributes[index]].count;
}
