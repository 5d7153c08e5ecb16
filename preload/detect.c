/* Detecting the resource; see detect.h. What cannot be found out is left out. */
#include <sys/utsname.h>
#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "export/describe.h"
#include "preload/detect.h"
#include "preload/shim.h"

static void decimal(char *to, uint64_t value, int digits)
{
	while (digits-- > 0) {
		to[digits] = (char)('0' + value % 10);
		value /= 10;
	}
}

/* ISO 8601 in UTC with milliseconds; the calendar is proleptic Gregorian. */
static void time_text(char to[25], uint64_t ns)
{
	uint64_t seconds = ns / 1000000000u, days = seconds / 86400, left = seconds % 86400;
	uint64_t z = days + 719468, era = z / 146097, doe = z % 146097;
	uint64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	uint64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
	uint64_t month = mp < 10 ? mp + 3 : mp - 9;

	memcpy(to, "0000-00-00T00:00:00.000Z", 25);
	decimal(to, yoe + era * 400 + (month <= 2), 4);
	decimal(to + 5, month, 2);
	decimal(to + 8, doy - (153 * mp + 2) / 5 + 1, 2);
	decimal(to + 11, left / 3600, 2);
	decimal(to + 14, left / 60 % 60, 2);
	decimal(to + 17, left % 60, 2);
	decimal(to + 20, ns / 1000000 % 1000, 3);
}

/* Start of the process: field 22 of /proc/self/stat, in 1/100 s since boot. */
static void add_creation_time(struct resource *resource)
{
	char text[320], iso[25];
	const char *at;
	long length = file_read("/proc/self/stat", text, sizeof(text));
	uint64_t boot_ns = clock_read_ns(CLOCK_REALTIME) - clock_read_ns(CLOCK_BOOTTIME);

	if (length <= 0)
		return;
	for (at = text + length; at > text && *at != ')'; at--)
		;
	for (int field = 2; field < 22 && *at; at++)
		field += *at == ' ';
	time_text(iso, boot_ns + string_to_u64(&at) * 10000000u);
	describe_text(resource, "process.creation.time", iso);
}

/* The name of our uid in /etc/passwd, else the uid itself. Long files are read as far as the buffer
 * goes. */
static void add_owner(struct resource *resource)
{
	static char text[8192] LARGE_MEMORY; /* one thread detects at a time */
	uint64_t uid = (uint64_t)sys_call(SYS_geteuid);
	char number[21], *name = text, *at = text;

	if (file_read("/etc/passwd", text, sizeof(text)) > 0) {
		for (; *at; name = at) {
			char *end = name;
			const char *field;

			while (*end && *end != ':' && *end != '\n')
				end++;
			field = end + (*end == ':');
			while (*field && *field != ':' && *field != '\n')
				field++;
			if (*end == ':' && *field == ':' &&
			    (field++, string_to_u64(&field) == uid)) {
				*end = '\0';
				describe_text(resource, "process.owner", name);
				return;
			}
			for (at = end; *at && *at != '\n'; at++)
				;
			at += *at == '\n';
		}
	}
	string_from_u64(number, uid);
	describe_text(resource, "process.owner", number);
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/* The first run of exactly 64 hexadecimal digits: how Docker, containerd, CRI-O and podman name
 * containers. */
static bool find_container(char *text, const char **ret_id)
{
	for (char *start = text; *start; start++) {
		char *end = start;

		while (is_hex(*end))
			end++;
		if (end - start == 64) {
			*end = '\0';
			*ret_id = start;
			return true;
		}
		if (end > start)
			start = end - 1;
	}
	return false;
}

static void add_container(struct resource *resource)
{
	static char text[16384] LARGE_MEMORY; /* one thread detects at a time */
	const char *id;

	if (file_read("/proc/self/cgroup", text, sizeof(text)) > 0 && find_container(text, &id)) {
		describe_text(resource, "container.id", id);
		return;
	}
	/* cgroup version 2 in a namespace of its own shows only "/": look where hostname comes
	 * from. */
	if (file_read("/proc/self/mountinfo", text, sizeof(text)) <= 0)
		return;
	for (char *line = text; *line; line++) {
		if (memcmp(line, "/containers/", 12) == 0 && find_container(line + 12, &id)) {
			describe_text(resource, "container.id", id);
			return;
		}
	}
}

static void add_machine(struct resource *resource)
{
	struct utsname name;
	char id[64];

	if (sys_call(SYS_uname, &name) == 0)
		describe_text(resource, "host.name", name.nodename);
	if (file_read("/etc/machine-id", id, sizeof(id)) >= 32) {
		id[32] = '\0';
		describe_text(resource, "host.id", id);
	}
#if defined(__x86_64__)
	describe_text(resource, "host.arch", "amd64");
#else
	describe_text(resource, "host.arch", "arm64");
#endif
	describe_text(resource, "os.type", "linux");
}

static void add_executable(struct resource *resource)
{
	char path[200];
	long length = sys_call(SYS_readlinkat, AT_FDCWD, "/proc/self/exe", path, sizeof(path) - 1);

	path[length > 0 ? length : 0] = '\0';
	describe_executable(resource, path);
}

void detect_resource(struct resource *resource, const uint8_t uuid[16])
{
	resource_init(resource, shim.settings->attribute_value_length_limit);
	add_executable(resource);
	describe_instance(resource, uuid);
	resource_add_int(resource, RESOURCE_DETECTED, "process.pid", sys_call(SYS_getpid));
	resource_add_int(resource, RESOURCE_DETECTED, "process.parent_pid", sys_call(SYS_getppid));
	add_creation_time(resource);
	add_owner(resource);
	add_machine(resource);
	add_container(resource);
	describe_rest(resource, shim.settings);
}
