#!/bin/bash
# Every hooked call that blocks, left by cancellation, by a signal and by success: what comes of it is the same as
# without the shim, and the calls that returned are counted.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"

blocked_calls_end_as_without_the_shim() {
	expect_transparent "$programs/blocking"
	expect_code 0
	(($(wc -l <.plain.out) > 300)) || fail "only $(wc -l <.plain.out) lines of results"
}

calls_that_returned_are_counted() {
	local times metric
	run "$OTELUE_BUILD/otelue" run --json --output run.json -- "$programs/blocking" returned
	expect_code 0
	(($(wc -l <returned) > 20)) || fail "only $(wc -l <returned) metrics"
	while read -r times metric; do
		expect_equal "$("$metrics" count "$metric" run.json)" "$times" "$metric"
	done <returned
}

# Each line of the output that ends so is one call that a signal ended.
interrupted_calls_are_errors() {
	local family kinds name
	run "$OTELUE_BUILD/otelue" run --json --output run.json -- "$programs/blocking"
	expect_code 0
	for family in file socket lock; do
		case $family in
		file) kinds='read|readv|preadv2|eventfd_read|write|writev|pwritev2|eventfd_write|sendfile|splice|tee|vmsplice|open of a fifo|flock|lockf|F_.*' ;;
		socket) kinds='recv.*|send|send(to|msg|mmsg)|(read of|write to) a socket|connect|accept4?' ;;
		lock) kinds='sem_.*' ;;
		esac
		[[ $family == lock ]] && name=libc.lock.errors || name=libc.$family.operation.errors
		expect_equal "$("$metrics" value "$name{error.type=EINTR}" run.json)" \
			"$(grep -cE "^($kinds), interrupted: -1 errno 4\$" .output)" "$name of EINTR"
	done
}

test_case blocked_calls_end_as_without_the_shim
test_case calls_that_returned_are_counted
test_case interrupted_calls_are_errors
test_done
