/* Requests as text for people. */
#ifndef CLI_OTLP_TEXT_H
#define CLI_OTLP_TEXT_H

#include <jansson.h>
#include <stdio.h>

/*
 * A line on the resource, then a table with a line a data point. resource_metrics is a tree of
 * cli/otlp_read.h. Percentiles, and the maximum where the exporter sends none, are upper bounds of
 * buckets; "> 8 s" lies above the last bound.
 */
void otlp_text(FILE *to, json_t *resource_metrics);

#endif
