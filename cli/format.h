/*
 * Numbers for people: three digits and a unit (1.25 MiB, 830 ns); counts whole. Where the locale is
 * not UTF-8, microseconds are "us".
 */
#ifndef CLI_FORMAT_H
#define CLI_FORMAT_H

#include <stddef.h>
#include <stdint.h>
#include "metrics/snapshot.h"

#define FORMAT_SIZE 24 /* room that any of them fits in */

void format_count(char to[FORMAT_SIZE], int64_t value);
void format_bytes(char to[FORMAT_SIZE], int64_t bytes);
void format_duration(char to[FORMAT_SIZE], int64_t ns);
void format_percent(char to[FORMAT_SIZE], int64_t ppm);

/* A number point's value, or a value of a histogram point (its sum, a percentile) in its unit. */
void format_value(char to[FORMAT_SIZE], const struct point *point);
void format_measured(char to[FORMAT_SIZE], const struct point *point, uint64_t measured);

/* How fast it went on average: what a counter has, or how often a histogram was added to, per
 * second. Empty for what is no amount (gauges, what goes up and down) and for times. */
void format_rate(char to[FORMAT_SIZE], const struct point *point, uint64_t duration_ns);

/* The values of the point's attributes, with a space between them; those that say nothing are left
 * out. Returns the length. */
size_t format_attributes(char *to, size_t size, const struct point *point);

/* Columns that valid UTF-8 takes on a terminal (one a character). */
int format_width(const char *text);

#endif
