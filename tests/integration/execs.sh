#!/bin/bash
# All ways to execute a program, those that fail too: one that took place is told once.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"

# What has been exported cannot be taken back. Here it is seen beforehand. an_exec_that_failed_was_none TEMPORALITY
an_exec_that_failed_was_none() {
	compile program <<-'END'
	#include <fcntl.h>
	#include <string.h>
	#include <sys/syscall.h>
	#include <unistd.h>
	extern char **environ;
	int main(int argc, char **argv)
	{
		char *arguments[] = {"x", NULL};
		int closed = open("closed", O_RDONLY), here = open(".", O_RDONLY);
		for (int i = 0; i < 3; i++) {
			execve("/nonexistent/x", arguments, environ);
			execv("/etc/passwd/x", arguments);
			execvp("./nonexistent", arguments);
			execl("/nonexistent/x", "x", NULL);
			execve("closed", arguments, environ);
			execv("loop", arguments);
			fexecve(closed, arguments, environ);
			fexecve(999, arguments, environ);
			execveat(here, "nothing", arguments, environ, 0);
			execveat(here, "closed", arguments, environ, AT_SYMLINK_NOFOLLOW);
			execveat(closed, "", arguments, environ, AT_EMPTY_PATH);
			syscall(SYS_execve, "closed", arguments, environ);
			syscall(SYS_execveat, here, "closed", arguments, environ, 0);
		}
		if (argc > 1) execlp("true", "true", NULL);
		return 0;
	}
	END
	touch closed
	ln -s loop loop
	export OTEL_METRICS_EXPORTER=otlp_file OTELUE_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=$1
	OTELUE_FILE=$PWD/none.jsonl run shim ./program
	expect_code 0
	expect_equal "$("$metrics" value libc.process.execs none.jsonl)" 0 "execs of one that executed nothing"
	expect_equal "$("$metrics" value 'libc.process.errors{libc.process.operation=exec}' none.jsonl)" 39 "failed ones"
	expect_equal "$(wc -l <none.jsonl)" 1 "exports"
	OTELUE_FILE=$PWD/one.%p.jsonl run shim ./program and
	expect_equal "$("$metrics" value libc.process.execs one.*.jsonl)" 1 "execs of one that executed another"
}

# Why exec fails here shows when it is called, and what was exported is the next one's: no sum falls, none is told twice.
# an_exec_told_too_early_is_that_which_follows TEMPORALITY
an_exec_told_too_early_is_that_which_follows() {
	compile program <<-'END'
	#include <fcntl.h>
	#include <stdio.h>
	#include <errno.h>
	#include <string.h>
	#include <sys/syscall.h>
	#include <unistd.h>
	extern char **environ;
	#define FAILS(call) (call, printf("%s\n", strerror(errno)), fflush(stdout))
	int main(int argc, char **argv)
	{
		static char huge[200000];
		char *words[] = {"x", NULL}, *many[] = {memset(huge, 'x', sizeof(huge) - 1), NULL};
		int empty = open("empty", O_RDONLY), here = open(".", O_RDONLY);
		for (int i = 0; i < 2; i++) {
			FAILS(execv("directory", words));
			FAILS(execve("empty", words, environ));
			FAILS(execve("interpreted", words, environ));
			FAILS(execve("/bin/true", many, environ));
			FAILS(execvp("name-that-is-nowhere", words));
			FAILS(execvpe("closed-too", words, environ));
			FAILS(execlp("name-that-is-nowhere", "x", NULL));
			FAILS(fexecve(empty, words, environ));
			FAILS(execveat(here, "empty", words, environ, 0));
			FAILS(execveat(here, "empty", words, environ, 1 << 30));
			FAILS(syscall(SYS_execve, "empty", words, environ));
			FAILS(syscall(SYS_execveat, here, "empty", words, environ, 0));
		}
		return argc > 1 ? execl("/bin/true", "true", NULL) : 0;
	}
	END
	mkdir directory path
	touch path/closed-too empty
	chmod a+x empty
	printf '#!%s\n' "$PWD/nothing" >interpreted
	chmod a+x interpreted
	local PATH=$PWD/path:$PATH ends
	expect_transparent ./program
	expect_transparent ./program and
	expect_equal "$(wc -l <.plain.out)" 24
	export OTEL_METRICS_EXPORTER=otlp_file OTELUE_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=$1
	for ends in '' and; do
		rm -f otlp.jsonl
		OTELUE_FILE=$PWD/otlp.jsonl run shim ./program ${ends:+"$ends"}
		expect_code 0
		expect_equal "$("$metrics" value libc.process.execs otlp.jsonl)" 1 "execs that were told"
		expect_equal "$("$metrics" value 'libc.process.errors{libc.process.operation=exec}' otlp.jsonl)" 24 "failed ones"
		(($(wc -l <otlp.jsonl) >= 24)) || fail "only $(wc -l <otlp.jsonl) exports"
		python3 - otlp.jsonl <<-'END' || fail "a sum that only grows fell"
		import json, sys
		seen, fell = {}, 0
		for line in open(sys.argv[1]):
		    for resource in json.loads(line)["resourceMetrics"]:
		        for metric in resource["scopeMetrics"][0]["metrics"]:
		            sums = metric.get("sum", {})
		            if not sums.get("isMonotonic"):
		                continue
		            delta = sums["aggregationTemporality"] == 1
		            for point in sums["dataPoints"]:
		                value = float(point.get("asInt", point.get("asDouble", 0)))
		                key = (metric["name"], json.dumps(resource["resource"]), json.dumps(point.get("attributes", [])))
		                if value < (0 if delta else seen.get(key, 0)):
		                    print(key, seen.get(key), "then", value)
		                    fell = 1
		                seen[key] = value
		sys.exit(fell or not seen)
		END
	done
}

# Each function of the family: fails, then executes the program anew with these words and this environment.
every_exec_hands_the_same_words_on() {
	local way
	compile program <<-'END'
	#include <errno.h>
	#include <fcntl.h>
	#include <stdio.h>
	#include <stdlib.h>
	#include <string.h>
	#include <unistd.h>
	extern char **environ;
	static int by(const char *way, const char *path, int fd)
	{
		char *words[] = {"program", "one", "", "two words", NULL}, *none[] = {"program", NULL};
		char *some[3] = {"WORD=1", getenv("LD_PRELOAD") ? getenv("LD_PRELOAD") - 11 : NULL, NULL};
		if (!strcmp(way, "execve")) return execve(path, words, some);
		if (!strcmp(way, "execv")) return execv(path, words);
		if (!strcmp(way, "execvp")) return execvp(path, words);
		if (!strcmp(way, "execvpe")) return execvpe(path, words, some);
		if (!strcmp(way, "fexecve")) return fexecve(fd, words, some);
		if (!strcmp(way, "execveat")) return execveat(fd, "", words, some, AT_EMPTY_PATH);
		if (!strcmp(way, "execl")) return execl(path, "program", "one", "", "two words", NULL);
		if (!strcmp(way, "execlp")) return execlp(path, "program", "one", "", "two words", NULL);
		if (!strcmp(way, "execle")) return execle(path, "program", "one", "", "two words", NULL, some);
		return execl(path, "program", NULL);
	}
	int main(int argc, char **argv)
	{
		for (int i = 0; i < argc; i++) printf("[%s]", argv[i]);
		printf(" %s %d\n", getenv("WORD") ? getenv("WORD") : "none", getenv("LATER") != NULL);
		if (argc != 3) return argc;
		fflush(stdout);
		setenv("LATER", "1", 1);
		errno = 0;
		printf("%d %d\n", by(argv[1], "./absent", 999), errno);
		fflush(stdout);
		by(argv[1], argv[2], open("program", O_RDONLY | O_CLOEXEC));
		return 99;
	}
	END
	for way in execve execv execvp execvpe fexecve execveat execl execlp execle few; do
		PATH=$PWD:$PATH expect_transparent ./program "$way" "$([[ $way == *p* && $way != few ]] && echo program || echo ./program)"
		expect_code "$([[ $way == few ]] && echo 1 || echo 4)"
		run "$OTELUE_BUILD/otelue" run --json --output run.json -- ./program "$way" ./program
		expect_equal "$("$metrics" value libc.process.execs run.json)" 1 "$way"
		expect_equal "$("$metrics" value 'libc.process.errors{libc.process.operation=exec}' run.json)" 1 "$way that fails"
	done
}

for temporality in delta cumulative; do
	test_case an_exec_that_failed_was_none "$temporality"
	test_case an_exec_told_too_early_is_that_which_follows "$temporality"
done
test_case every_exec_hands_the_same_words_on
test_done
