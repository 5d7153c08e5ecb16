/* Reads "bytes N" or "seconds N" (units of 2^-30 s) a line; prints N in the metric's unit, exactly,
 * and the OTLP index of the bucket in which a histogram of ours counts it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "metrics/histogram.h"
#include "metrics/metric.h"

int main(void)
{
	char kind[16];
	uint64_t value;

	while (scanf("%15s %" SCNu64, kind, &value) == 2) {
		const struct metric *metric =
			&metric_table[strcmp(kind, "bytes") == 0 ? METRIC_FILE_IO_SIZE
		                                                 : METRIC_FILE_OPERATION_DURATION];
		double unit = metric->number == NUMBER_BYTES ? 1 : 0x1p-30;

		printf("%a %d\n", (double)value * unit,
		       (int)histogram_bucket(value, metric_buckets(metric)) +
		               metric_bucket_offset(metric));
	}
	return 0;
}
