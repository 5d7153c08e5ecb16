/* See catalogue.h. */
#include "cli/catalogue.h"

const char *catalogue_kind(const struct metric *metric)
{
	static const char *const kinds[] = {
		[KIND_COUNTER] = "counter",
		[KIND_UPDOWN] = "updown",
		[KIND_GAUGE] = "gauge",
		[KIND_HISTOGRAM] = "histogram",
	};

	return kinds[metric->kind];
}

const char *catalogue_family(const struct metric *metric)
{
	return metric->family == FAMILY_NONE
	               ? ""
	               : attribute_value(&attribute_table[ATTRIBUTE_HOOK_FAMILY], metric->family)
	                         ->text;
}

bool catalogue_is_real(const struct metric *metric)
{
	return metric->number != NUMBER_INTEGER;
}
