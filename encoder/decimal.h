/* Doubles in decimal without libc: the fewest digits that read back as the same double (Steele and
 * White's free-format algorithm, exact in big integers). Pure. */
#ifndef ENCODER_DECIMAL_H
#define ENCODER_DECIMAL_H

#include <stddef.h>

#define DECIMAL_BYTES 32

/*
 * Writes a finite value as a JSON number, with NUL, into to[DECIMAL_BYTES]; returns its length
 * without NUL. Whole numbers have no point; small and large ones an exponent ("1e-07", "1.5e+300").
 */
size_t decimal_from_double(char *to, double value);

#endif
