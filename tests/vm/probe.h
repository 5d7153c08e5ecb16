/*
 * What the probe's files share: user_events' ABI as the kernel's source has it (Debian 12's headers
 * lack it), our two events, and functions that return 0 or a count, or -errno.
 */
#ifndef TESTS_VM_PROBE_H
#define TESTS_VM_PROBE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>

#define DATA_FILE    "/sys/kernel/tracing/user_events_data"
#define METRICS_ARGS "otlp_metrics u32 protocol; char[8] version; __rel_loc u8[] buffer"
#define RECORD_ARGS                                                                              \
	"otelue_metric u64 sequence; u32 pid; s64 value; u64 count; u64 p50; u64 p99; u64 max; " \
	"__rel_loc char[] name; __rel_loc char[] attributes; __rel_loc char[] unit; "            \
	"__rel_loc char[] service"
#define BUFFER_MAX 16384

struct user_reg {
	uint32_t size;
	uint8_t enable_bit;
	uint8_t enable_size;
	uint16_t flags;
	uint64_t enable_addr;
	uint64_t name_args;
	uint32_t write_index;
} __attribute__((packed));

struct user_unreg {
	uint32_t size;
	uint8_t disable_bit;
	uint8_t reserved;
	uint16_t reserved2;
	uint64_t disable_addr;
} __attribute__((packed));

#define DIAG_IOCSREG   _IOWR('*', 0, struct user_reg *)
#define DIAG_IOCSDEL   _IOW('*', 1, char *)
#define DIAG_IOCSUNREG _IOW('*', 2, struct user_unreg *)

struct metrics_head {
	uint32_t index;
	uint32_t protocol;
	char version[8];
	uint32_t buffer_loc;
} __attribute__((packed));

struct record_head {
	uint32_t index;
	uint64_t sequence;
	uint32_t pid;
	int64_t value;
	uint64_t count, p50, p99, max;
	uint32_t strings[4];
} __attribute__((packed));

extern volatile uint32_t metrics_word, record_word;
extern uint32_t metrics_index, record_index;
extern int data_fd;

int open_data(void);
int enable(struct user_reg reg, volatile void *word, const char *name_args, uint32_t *ret_index);
int enable_word(volatile uint32_t *word, const char *name_args, uint32_t *ret_index);
int disable_word(volatile uint32_t *word);
long write_parts(const void *head, size_t head_size, const void *tail, size_t tail_size);
long write_metrics(const void *buffer, size_t size);
long write_record(uint64_t sequence, const char *name);
const uint8_t *build_request(uint8_t *bytes, size_t size, uint64_t value);

#endif
