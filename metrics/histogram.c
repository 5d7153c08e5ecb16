/* The words of small values; the unit test compares them with the computation. */
#include "metrics/histogram.h"
#include "metrics/metric.h"

_Static_assert(HISTOGRAM_BUCKETS_BYTES >= HISTOGRAM_SMALL_BUCKETS &&
                       HISTOGRAM_BUCKETS_SECONDS >= HISTOGRAM_SMALL_BUCKETS,
               "small values are looked up without a look at the last bucket");

#define UP_TO(from, to, bucket) [(from)...(to)] = 2 + (bucket)

/* clang-format off */
const uint8_t histogram_small[HISTOGRAM_SMALL + 1] = {
	[0] = 1,
	UP_TO(1, 1, 0), UP_TO(2, 2, 4), UP_TO(3, 3, 7), UP_TO(4, 4, 8),
	UP_TO(5, 5, 10), UP_TO(6, 6, 11), UP_TO(7, 8, 12), UP_TO(9, 9, 13),
	UP_TO(10, 11, 14), UP_TO(12, 13, 15), UP_TO(14, 16, 16), UP_TO(17, 19, 17),
	UP_TO(20, 22, 18), UP_TO(23, 26, 19), UP_TO(27, 32, 20), UP_TO(33, 38, 21),
	UP_TO(39, 45, 22), UP_TO(46, 53, 23), UP_TO(54, 64, 24), UP_TO(65, 76, 25),
	UP_TO(77, 90, 26), UP_TO(91, 107, 27), UP_TO(108, 128, 28), UP_TO(129, 152, 29),
	UP_TO(153, 181, 30), UP_TO(182, 215, 31), UP_TO(216, 256, 32), UP_TO(257, 304, 33),
	UP_TO(305, 362, 34), UP_TO(363, 430, 35), UP_TO(431, 512, 36), UP_TO(513, 608, 37),
	UP_TO(609, 724, 38), UP_TO(725, 861, 39), UP_TO(862, 1024, 40),
};
/* clang-format on */
