/*
 * Calls each hooked function of streams once, by its own name, and tells what that adds up to:
 *
 *	stream_names          writes to descriptor 3 "open N close N flush N read N write N
 *	                      seek N in BYTES out BYTES"
 *	stream_names --list   the names
 *
 * The file "text" must be there and begin with "17 word\n"; standard input has nothing. A name that
 * no object has is not called.
 */
#ifndef TESTS_STREAM_NAMES_H
#define TESTS_STREAM_NAMES_H

#include <stdio.h>

enum operation { OPEN, CLOSE, FLUSH, READ, WRITE, SEEK, OPERATIONS };

/* What has been called. */
extern unsigned long sums[OPERATIONS], bytes_in, bytes_out;

/* Ends the program, and says why, if a result is not what libc's is. */
void check(int right);
/* A stream that must be there, opened by a call that counts; the file "text"; its close. */
FILE *opened(FILE *stream);
FILE *text(void);
void closed(FILE *stream);
/* A call that wrote or read, of a stream that is then closed if there is one. */
void wrote(FILE *stream, int right, unsigned long bytes);
void has_read(FILE *stream, int right, unsigned long bytes);

/* The ways to call a function, one for each sort of parameters. */
#define CAST(type, ...) ((type(*)(__VA_ARGS__))function)

void stream_by_path(void *function);
void stream_adopt(void *function);
void stream_reopen(void *function);
void stream_temporary(void *function);
void stream_in_memory(void *function);
void stream_growing(void *function);
void stream_by_cookie(void *function);
void stream_by_close(void *function);
void stream_flush(void *function);
void stream_flush_all(void *function);
void stream_items(void *function);
void stream_items_chk(void *function);
void stream_a_line(void *function);
void stream_line_chk(void *function);
void stream_allocated(void *function);
void stream_delimited(void *function);
void stream_write_items(void *function);
void stream_put(void *function);
void stream_put_line(void *function);
void stream_print(void *function);
void stream_print_chk(void *function);
void stream_print_stream(void *function);
void stream_print_stream_chk(void *function);
void stream_print_fd(void *function);
void stream_print_fd_chk(void *function);
void stream_vprint(void *function);
void stream_vprint_chk(void *function);
void stream_vprint_stream(void *function);
void stream_vprint_stream_chk(void *function);
void stream_vprint_fd(void *function);
void stream_vprint_fd_chk(void *function);
void stream_scan(void *function);
void stream_scan_stream(void *function);
void stream_vscan(void *function);
void stream_vscan_stream(void *function);
void stream_got(void *function);
void stream_got_chk(void *function);
void stream_wide_line(void *function);
void stream_wide_line_chk(void *function);
void stream_wide_put(void *function);
void stream_wide_print(void *function);
void stream_wide_print_chk(void *function);
void stream_wide_print_stream(void *function);
void stream_wide_print_stream_chk(void *function);
void stream_wide_vprint(void *function);
void stream_wide_vprint_chk(void *function);
void stream_wide_vprint_stream(void *function);
void stream_wide_vprint_stream_chk(void *function);
void stream_wide_scan(void *function);
void stream_wide_scan_stream(void *function);
void stream_wide_vscan(void *function);
void stream_wide_vscan_stream(void *function);
void stream_seek(void *function);
void stream_rewinding(void *function);
void stream_tell(void *function);
void stream_get_position(void *function);
void stream_set_position(void *function);

#endif
