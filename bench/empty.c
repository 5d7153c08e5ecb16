/* What loading any object costs: nothing in it but a name. */
extern const int bench_empty;
const int bench_empty = 1;
