/* What reader.c and reader_session.c share. */
#ifndef METRICS_READER_INTERNAL_H
#define METRICS_READER_INTERNAL_H

#include "metrics/reader.h"

/* Zeros stand where a message is being written: left out. to may be from. */
void reader_copy_messages(char *to, const char *from, uint32_t length, uint32_t size);

#endif
