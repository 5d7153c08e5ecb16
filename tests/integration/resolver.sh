#!/bin/bash
# Every function that asks a name server, against what the program saw and what the server was asked (name_server.py, in
# a network of its own).
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"

program=$programs/resolver
# 17 functions, of which two ask twice, and one asks once more where nobody can see it.
seen_a_round=19 asked_a_round=20
labels=(good missing broken empty refused confused)

# in_network COMMAND...: where the server is, and where /etc is a directory etc of this one. The server's log: queries.
in_network() {
	need unshare ip
	unshare -mn true 2>/dev/null || skip "a network of one's own needs root"
	mkdir -p etc
	echo 'hosts: dns' >etc/nsswitch.conf
	printf '%s\n' 'nameserver 127.0.0.1' 'options timeout:30 attempts:1' "${search-}" >etc/resolv.conf
	# shellcheck disable=SC2016 # for the inner shell
	unshare -mn bash -c '
		ip link set lo up && mount --bind etc /etc || exit 99
		exec {ready}< <(exec python3 -B -I "$1" queries)
		server=$!
		read -r -t 60 -u "$ready" || exit 98
		"${@:2}" {ready}<&- || code=$?
		kill "$server"
		exit ${code-0}' - "$OTELUE_SRC/tests/integration/name_server.py" "$@"
}
# counted ARGUMENTS...: of the program; what it saw is in own.
counted() {
	run in_network "$OTELUE_BUILD/otelue" run --json --output run.json -- "$program" "$@"
	((code == 0)) || { ((code != skip_code)) || exit "$code"; fail "exit code $code" "$errors"; }
	grep '^[A-Za-z_]* [0-9]*$' <<<"$output" >own
}
count_of() { "$metrics" count "dns.lookup.duration$1" run.json; }
expect_count() { expect_equal "$(count_of "$1")" "$2" "dns.lookup.duration$1"; }
# saw OUTCOME...: how often the program did.
saw() { awk -v outcomes=" $* " 'index(outcomes, " " $1 " ") { n += $2 } END { print n + 0 }' own; }
asked() { grep -cx "$1" queries || true; }

counts_are_what_the_program_saw() {
	expect_count '{error.type=EAI_NONAME}' "$(saw HOST_NOT_FOUND EAI_NONAME)"
	expect_count '{error.type=EAI_AGAIN}' "$(saw TRY_AGAIN EAI_AGAIN)"
	expect_count '{error.type=EAI_FAIL}' "$(saw NO_RECOVERY EAI_FAIL)"
	expect_count '{error.type=EAI_NODATA}' "$(saw NO_DATA EAI_NODATA)"
	expect_count '{error.type=_OTHER}' 0
	expect_count '' "$(awk '{ n += $2 } END { print n }' own)"
}

# each_outcome_is_counted_under_its_name THREADS ROUNDS
each_outcome_is_counted_under_its_name() {
	local n=$((($1 ? $1 : 1) * $2))
	counted all "$1" "$2" "${labels[@]}"
	for outcome in found HOST_NOT_FOUND TRY_AGAIN NO_RECOVERY NO_DATA EAI_NONAME EAI_AGAIN EAI_NODATA; do
		(($(saw "$outcome") >= n)) || fail "the program never saw $outcome"
	done
	counts_are_what_the_program_saw
	expect_count '' $((n * seen_a_round * ${#labels[@]}))
	expect_equal "$(wc -l <queries)" $((n * asked_a_round * ${#labels[@]})) "queries"
}

each_name_is_counted_as_the_server_was_asked() {
	local label n
	export OTELUE_DNS_QUESTION_NAME=true
	counted all 8 3 "${labels[@]}"
	for label in "${labels[@]}"; do
		n=$(count_of "{dns.question.name=$label.test.}")
		expect_equal "$n" $((24 * seen_a_round)) "$label"
		expect_equal "$(asked "$label.test.")" $((24 * asked_a_round)) "queries for $label"
	done
	expect_count '' "$(saw found HOST_NOT_FOUND TRY_AGAIN NO_RECOVERY NO_DATA EAI_NONAME EAI_AGAIN EAI_NODATA)"
}

no_answer_is_waited_for_in_full() {
	local how
	for how in getaddrinfo getaddrinfo_a gethostbyname_r res_query res_nsearch; do
		RES_OPTIONS=timeout:1 counted "$how" 1 1 silent
		expect_count '{error.type=EAI_AGAIN}' "$(saw TRY_AGAIN EAI_AGAIN)"
		(($(saw TRY_AGAIN EAI_AGAIN) >= 1)) || fail "$how was answered"
		expect_count '' "$(saw TRY_AGAIN EAI_AGAIN)"
		"$metrics" value dns.lookup.duration run.json >seconds
		awk -v n="$(saw TRY_AGAIN EAI_AGAIN)" '{ exit !($1 >= n && $1 < n * 60) }' seconds ||
			fail "$how lasted $(<seconds) s"
	done
}

# One look-up, though the server is asked for the name in each domain, and libc's res_search calls its res_query.
a_search_through_domains_is_one_look_up() {
	local search='search one.corp two.corp'
	compile program <<-'END'
	#include <netdb.h>
	#include <resolv.h>
	int main(void) {
		unsigned char answer[512];
		return !(res_search("missing", 1, 1, answer, 512) == -1 && h_errno == HOST_NOT_FOUND);
	}
	END
	OTELUE_DNS_QUESTION_NAME=true run in_network "$OTELUE_BUILD/otelue" run --json --output run.json -- ./program
	expect_code 0
	expect_count '{dns.question.name=missing,error.type=EAI_NONAME}' 1
	expect_count '' 1
	expect_equal "$(paste -sd' ' queries)" "missing.one.corp. missing.two.corp. missing."
}

names_of_two_parts_are_joined_and_bounded() {
	compile program <<-'END'
	#include <netdb.h>
	#include <resolv.h>
	#include <string.h>
	int main(void) {
		unsigned char answer[512];
		char label[64], half[200];
		memset(label, 'l', 63);
		label[63] = half[0] = 0;
		for (int i = 0; i < 3; i++) strcat(strcat(half, label), i < 2 ? "." : "");
		res_querydomain("good", 0, 1, 1, answer, 512);
		res_querydomain("good", "", 1, 1, answer, 512);
		res_querydomain(half, label, 1, 1, answer, 512);
		return 0;
	}
	END
	OTELUE_DNS_QUESTION_NAME=true run in_network "$OTELUE_BUILD/otelue" run --json --output run.json -- ./program
	expect_code 0
	expect_count '{dns.question.name=good}' 1
	expect_count '{dns.question.name=good.}' 1
	expect_count '{otel.metric.overflow=True}' 1 # 255 bytes
	expect_count '' 3
}

# What could not even be asked for (getaddrinfo_a) has no outcome, whatever stands in the request.
failures_of_the_machine_have_their_names() {
	compile program <<-'END'
	#include <netdb.h>
	#include <stdlib.h>
	#include <sys/resource.h>
	static struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *list;
	static void limit_memory(rlim_t most) {
		setrlimit(RLIMIT_AS, &(struct rlimit){most, RLIM_INFINITY});
	}
	int main(void) {
		struct gaicb request = {.ar_name = "10.1.1.1", .__return = EAI_FAIL}, *requests[] = {&request};
		struct rlimit files;
		int error, error_of_requests;
		getrlimit(RLIMIT_NOFILE, &files);
		setrlimit(RLIMIT_NOFILE, &(struct rlimit){0, files.rlim_max});
		if (getaddrinfo("good.test.", NULL, &hints, &list) != EAI_SYSTEM) return 1;
		setrlimit(RLIMIT_NOFILE, &files);
		hints.ai_flags = 1 << 30;
		if (getaddrinfo("127.0.0.1", NULL, &hints, &list) != EAI_BADFLAGS) return 2;
		hints.ai_flags = 0;
		limit_memory(0);
		for (size_t size = 1 << 24; size >= 16; size /= 2)
			while (malloc(size)) ;
		error = getaddrinfo("127.0.0.1", NULL, &hints, &list);
		error_of_requests = getaddrinfo_a(GAI_WAIT, requests, 1, NULL);
		limit_memory(RLIM_INFINITY);
		if (error_of_requests != EAI_SYSTEM) return 3;
		return error == EAI_MEMORY ? 0 : 4;
	}
	END
	run in_network "$OTELUE_BUILD/otelue" run --json --output run.json -- ./program
	expect_code 0
	for error in EAI_SYSTEM EAI_MEMORY _OTHER; do expect_count "{error.type=$error}" 1; done
	expect_count '' 3
}

# While the server keeps silent; each in a process of its own, since libc may keep locks.
a_look_up_is_left_by_cancellation_as_without_the_shim() {
	local how
	compile program <<-'END'
	#include <netdb.h>
	#include <pthread.h>
	#include <resolv.h>
	#include <stdio.h>
	#include <string.h>
	#include <sys/stat.h>
	#include <unistd.h>
	static void *ask(void *how)
	{
		struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *found;
		struct gaicb request = {.ar_name = "silent.test.", .ar_request = &hints}, *list[] = {&request};
		struct __res_state state = {0};
		struct hostent host, *entry;
		unsigned char answer[512];
		char buffer[512];
		int error;
		if (!strcmp(how, "getaddrinfo")) getaddrinfo("silent.test.", NULL, &hints, &found);
		if (!strcmp(how, "getaddrinfo_a")) getaddrinfo_a(GAI_WAIT, list, 1, NULL);
		if (!strcmp(how, "gethostbyname_r")) gethostbyname_r("silent.test.", &host, buffer, 512, &entry, &error);
		if (!strcmp(how, "res_query")) res_query("silent.test.", 1, 1, answer, 512);
		if (!strcmp(how, "res_nsearch")) res_ninit(&state), res_nsearch(&state, "silent.test.", 1, 1, answer, 512);
		return NULL;
	}
	int main(int argc, char **argv)
	{
		struct stat log = {0};
		pthread_t thread;
		void *result;
		pthread_create(&thread, NULL, ask, argv[1]);
		while (stat("queries", &log) || !log.st_size) usleep(1000);
		pthread_cancel(thread);
		pthread_join(thread, &result);
		printf("%s: %s\n", argv[1], result == PTHREAD_CANCELED ? "cancelled" : "returned");
		return 0;
	}
	END
	export RES_OPTIONS=timeout:2
	for how in getaddrinfo getaddrinfo_a gethostbyname_r res_query res_nsearch; do
		in_network ./program "$how" >>plain
		in_network env LD_PRELOAD="$OTELUE_PRELOAD" ./program "$how" >>shimmed
	done
	note "$(<plain)"
	expect_equal "$(wc -l <plain)" 5
	expect_same plain shimmed
}

# What each call gave, its h_errno and errno.
nothing_of_it_changes() {
	in_network "$program" all 0 2 "${labels[@]}" >plain
	OTELUE_DNS_QUESTION_NAME=true in_network env LD_PRELOAD="$OTELUE_PRELOAD" "$program" all 0 2 "${labels[@]}" >shimmed
	(($(wc -l <plain) > 200)) || fail "$(<plain)"
	expect_same plain shimmed
}

test_case each_outcome_is_counted_under_its_name 0 5
test_case each_outcome_is_counted_under_its_name 8 5
test_case each_name_is_counted_as_the_server_was_asked
test_case no_answer_is_waited_for_in_full
test_case a_search_through_domains_is_one_look_up
test_case names_of_two_parts_are_joined_and_bounded
test_case failures_of_the_machine_have_their_names
test_case a_look_up_is_left_by_cancellation_as_without_the_shim
test_case nothing_of_it_changes
test_done
