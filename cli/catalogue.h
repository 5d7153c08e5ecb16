/* The catalogue in words. */
#ifndef CLI_CATALOGUE_H
#define CLI_CATALOGUE_H

#include <stdbool.h>
#include "metrics/metric.h"

/* "counter", "updown", "gauge" or "histogram". */
const char *catalogue_kind(const struct metric *metric);

/* The family's name as in configuration, "" for rows of none. */
const char *catalogue_family(const struct metric *metric);

/* Do its data points carry doubles. */
bool catalogue_is_real(const struct metric *metric);

#endif
