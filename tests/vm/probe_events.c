/*
 * The probe's two events: registering them, writing to them, and a request to put in the first.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tests/vm/probe.h"

volatile uint32_t metrics_word, record_word;
uint32_t metrics_index, record_index;
int data_fd;

int open_data(void)
{
	int fd = open(DATA_FILE, O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int enable(struct user_reg reg, volatile void *word, const char *name_args, uint32_t *ret_index)
{
	reg.enable_addr = (uintptr_t)word;
	reg.name_args = (uintptr_t)name_args;
	if (ioctl(data_fd, DIAG_IOCSREG, &reg) < 0)
		return -errno;
	*ret_index = reg.write_index;
	return 0;
}

int enable_word(volatile uint32_t *word, const char *name_args, uint32_t *ret_index)
{
	struct user_reg reg = {.size = sizeof(reg), .enable_size = sizeof(*word)};

	return enable(reg, word, name_args, ret_index);
}

int disable_word(volatile uint32_t *word)
{
	struct user_unreg unreg = {.size = sizeof(unreg), .disable_addr = (uintptr_t)word};

	return ioctl(data_fd, DIAG_IOCSUNREG, &unreg) < 0 ? -errno : 0;
}

long write_parts(const void *head, size_t head_size, const void *tail, size_t tail_size)
{
	struct iovec parts[] = {{(void *)(uintptr_t)head, head_size},
	                        {(void *)(uintptr_t)tail, tail_size}};
	ssize_t n = writev(data_fd, parts, 2);

	return n < 0 ? -errno : n;
}

long write_metrics(const void *buffer, size_t size)
{
	struct metrics_head head = {.index = metrics_index, .buffer_loc = (uint32_t)size << 16};

	memcpy(head.version, "v0.19.00", sizeof(head.version));
	return write_parts(&head, sizeof(head), buffer, size);
}

long write_record(uint64_t sequence, const char *name)
{
	const char *texts[] = {name, "operation=malloc", "By", "probe"};
	struct record_head head = {.index = record_index,
	                           .sequence = sequence,
	                           .pid = (uint32_t)getpid(),
	                           .value = 4096 + (int64_t)sequence,
	                           .count = 12,
	                           .p50 = 10,
	                           .p99 = 20,
	                           .max = 30};
	char tail[256];
	uint32_t used = 0;

	/* A rel_loc counts from its own end. */
	for (uint32_t i = 0; i < 4; i++) {
		uint32_t size = (uint32_t)strlen(texts[i]) + 1;

		head.strings[i] = size << 16 | (used + 4 * (3 - i));
		memcpy(tail + used, texts[i], size);
		used += size;
	}
	return write_parts(&head, sizeof(head), tail, used);
}

/* Puts a field's key and length before the bytes that end at BUFFER_MAX, and returns where they
 * start now. */
static size_t wrap(uint8_t *bytes, size_t start, size_t end, uint8_t field)
{
	size_t size = end - start;

	bytes[--start] = (uint8_t)(size >> 14);
	bytes[--start] = (uint8_t)(0x80 | (size >> 7 & 0x7f));
	bytes[--start] = (uint8_t)(0x80 | (size & 0x7f));
	bytes[--start] = (uint8_t)(field << 3 | 2);
	return start;
}

/* An ExportMetricsServiceRequest of exactly size bytes with one sum; the metric's description is
 * the filling. */
const uint8_t *build_request(uint8_t *bytes, size_t size, uint64_t value)
{
	static const uint8_t sum_tail[] = {0x10, 1, 0x18, 1};
	const size_t overhead = 3 * 4 + 4 + 5 + 4 + (4 + 4 + 9 + sizeof(sum_tail));
	size_t at = BUFFER_MAX, text = size - overhead, end;

	at -= sizeof(sum_tail);
	memcpy(bytes + at, sum_tail, sizeof(sum_tail));
	end = at;
	at -= sizeof(value);
	memcpy(bytes + at, &value, sizeof(value));
	bytes[--at] = 6 << 3 | 1;
	at = wrap(bytes, at, end, 1);
	at = wrap(bytes, at, BUFFER_MAX, 7);
	end = at;
	at -= text;
	memset(bytes + at, 'a' + (int)(value % 26), text);
	at = wrap(bytes, at, end, 2);
	end = at;
	at -= 5;
	memcpy(bytes + at, "probe", 5);
	at = wrap(bytes, at, end, 1);
	at = wrap(bytes, at, BUFFER_MAX, 2);
	at = wrap(bytes, at, BUFFER_MAX, 2);
	at = wrap(bytes, at, BUFFER_MAX, 1);
	return bytes + at;
}
