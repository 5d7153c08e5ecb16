#!/bin/bash
# segment.scope "tree": a process and all that it starts are exported as one, whoever of them ends first and however.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"

# variables_of_tree [INTERVAL]: in $variables, what makes a command's tree export to otlp.PID.jsonl.
variables_of_tree() {
	variables=(OTELUE_SEGMENT_SCOPE=tree OTEL_METRICS_EXPORTER=otlp_file OTELUE_FILE="$PWD/otlp.%p.jsonl"
		OTEL_METRIC_EXPORT_INTERVAL="${1:-60000}" LD_PRELOAD="$OTELUE_PRELOAD")
}

# tree COMMAND...
tree() {
	variables_of_tree
	env "${variables[@]}" "$@"
}

# One file, one resource.
expect_one_tree() {
	local files=(otlp.*.jsonl)
	expect_equal "${#files[@]}" 1 "files"
	expect_equal "$("$metrics" resource service.instance.id "${files[0]}" | wc -l)" 1 "resources"
	expect_equal "otlp.$("$metrics" resource process.pid "${files[0]}").jsonl" "${files[0]}" "the pid in the file's name"
}

polls() { "$metrics" count 'libc.poll.duration{libc.poll.operation=poll}' otlp.*.jsonl; }

sessions() { find "/dev/shm/otelue.$EUID" -maxdepth 1 -name "session.$1.*" | wc -l; }

# Polls as often as told, in so many threads.
write_work() {
	cat >work.py <<-'END'
	import os, select, signal, subprocess, sys, threading, time

	def work(polls, threads=1):
	    def run():
	        poll = select.poll()
	        for _ in range(polls):
	            poll.poll(0)
	    started = [threading.Thread(target=run) for _ in range(threads)]
	    for thread in started:
	        thread.start()
	    for thread in started:
	        thread.join()

	def child(function, *arguments):
	    pid = os.fork()
	    if pid == 0:
	        function(*arguments)
	        os._exit(0)
	    return pid

	def kill_itself(polls):
	    work(polls)
	    os.kill(os.getpid(), signal.SIGKILL)
	END
}

a_shells_commands_are_one_series() {
	cat >commands.sh <<-'END'
	for i in 1 2 3 4 5; do cat /etc/passwd >/dev/null; done
	(for i in 1 2 3; do env true; done) &
	wait
	exit 3
	END
	run tree bash commands.sh
	expect_code 3
	expect_one_tree
	expect_equal "$("$metrics" value libc.process.created otlp.*.jsonl)" 9 "created"
	expect_equal "$("$metrics" value libc.process.execs otlp.*.jsonl)" 11 "execs"
	expect_equal "$("$metrics" value libc.process.reaped otlp.*.jsonl)" 9 "reaped"
	expect_equal "$(sessions "$("$metrics" resource process.pid otlp.*.jsonl)")" 0 "sessions left"
}

# Spawned, forked and executed, killed after their work and not; in many short intervals.
killed_children_lose_nothing() {
	write_work
	cat >>work.py <<-'END'
	if len(sys.argv) > 1:
	    work(1000, 8)
	    sys.exit()
	pids = []
	for i in range(20):
	    pids.append(child(kill_itself if i % 2 else work, 500))
	spawned = [subprocess.Popen([sys.executable, "-B", "work.py", "again"]) for _ in range(4)]
	work(1000, 8)
	for pid in pids:
	    os.waitpid(pid, 0)
	for process in spawned:
	    process.wait()
	END
	variables_of_tree 100
	run env "${variables[@]}" python3 -B work.py
	expect_code 0
	expect_equal "$errors" ""
	expect_one_tree
	expect_equal "$(polls)" 50000 polls
}

# The first process ends while others work on: one of them goes on exporting, in the same place.
survivors_go_on() {
	write_work
	cat >>work.py <<-'END'
	def later(parent):
	    while os.getppid() == parent:
	        time.sleep(0.01)
	    work(700)
	    end = time.monotonic() + 2.5
	    while time.monotonic() < end:
	        time.sleep(0.05)
	    work(300)
	    os.close(1)

	work(1000)
	for _ in range(3):
	    child(later, os.getpid())
	if sys.argv[1] != "ended":
	    # Who has never exported has told nobody what the tree is called: then it is called after who does.
	    while not os.path.exists(f"otlp.{os.getpid()}.jsonl"):
	        time.sleep(0.01)
	    os.kill(os.getpid(), signal.SIGKILL)
	END
	variables_of_tree 200
	# The pipe tells when the last one has closed its output; it exports a moment later.
	if [[ $1 == unreaped ]]; then # killed, and its parent does not look after it
		(env "${variables[@]}" python3 -B work.py "$1" & exec sleep 8) | cat >out
	else
		env "${variables[@]}" python3 -B work.py "$1" | cat >out || true
	fi
	for _ in $(seq 100); do
		[[ $(polls) == 4000 ]] && break
		sleep 0.1
	done
	expect_one_tree
	expect_equal "$(polls)" 4000 polls
	(($(wc -l <otlp.*.jsonl) >= 3)) || fail "the survivors have exported at their end alone"
}

# The process hands its totals over as soon as its emitter begins to walk through the session, for the first to the
# third time, which takes a while: they are here or there, not in both.
an_end_within_an_export_counts_once() {
	local walk
	compile program <<-'END'
	#include <fcntl.h>
	#include <poll.h>
	#include <stdio.h>
	#include <stdlib.h>
	#include <sys/inotify.h>
	#include <unistd.h>
	int main(int argc, char **argv)
	{
		int opened = inotify_init();
		char name[32];
		if (argc < 2 || chdir(getenv("OTELUE_SESSION"))) return 1;
		for (int i = 0; i < 1000; i++) {
			snprintf(name, sizeof(name), "1.%d", i);
			if (close(creat(name, 0600))) return 2;
		}
		for (int i = 0; i < 1000; i++) poll(NULL, 0, 0);
		if (inotify_add_watch(opened, ".", IN_OPEN | IN_ONLYDIR | IN_MASK_CREATE) < 0) return 3;
		for (int walks = 0; walks < atoi(argv[1]);) {
			struct inotify_event event;
			char names[4096];
			ssize_t n = read(opened, names, sizeof(names));
			for (ssize_t at = 0; at < n; at += sizeof(event) + event.len) {
				__builtin_memcpy(&event, names + at, sizeof(event));
				walks += (event.mask & IN_ISDIR) != 0;
			}
		}
		return 0;
	}
	END
	# A directory of its own: what is left there is nobody's to salvage.
	cat >otelue.json <<-END
	{"file_format": "1.1",
	 "meter_provider": {"readers": [{"periodic": {"interval": 100, "exporter": {
	   "otlp_file/development": {"output_stream": "file://$PWD/otlp.%p.jsonl"}}}}]},
	 "distribution": {"otelue": {"segment": {"scope": "tree", "directory": "$PWD/segments"}}}}
	END
	for walk in 1 2 3; do
		rm -rf otlp.*.jsonl segments
		mkdir segments
		run timeout 20 env OTELUE_CONFIG="$PWD/otelue.json" LD_PRELOAD="$OTELUE_PRELOAD" ./program "$walk"
		expect_code 0
		expect_one_tree
		expect_equal "$(polls)" 1000 "polls, walk $walk"
	done
}

# A process executes another program, and that another: still one.
executed_programs_are_of_the_tree() {
	run tree sh -c 'exec env sh -c "exec env true"'
	expect_code 0
	expect_one_tree
	expect_equal "$("$metrics" value libc.process.execs otlp.*.jsonl)" 4 execs
}

the_environment_holds_the_session_and_nothing_else() {
	write_work
	cat >show.c <<-'END'
	#include <stdio.h>
	#include <stdlib.h>
	#include <string.h>
	extern char **environ;
	int main(int argc, char **argv, char **envp)
	{
		for (char **at = environ; *at; at++)
			if (strncmp(*at, "OTELUE_SESSION=", 15))
				puts(*at);
		setenv("NEW", "value", 1);
		printf("%s %s %d\n", getenv("NEW"), getenv("FIRST"), getenv("OTELUE_SESSION") != NULL);
		unsetenv("OTELUE_SESSION");
		printf("%d\n", getenv("OTELUE_SESSION") != NULL);
		return 0;
	}
	END
	compile show <show.c
	run env -i FIRST=1 OTELUE_SEGMENT_SCOPE=tree OTELUE_SESSION=/gone LD_PRELOAD="$OTELUE_PRELOAD" LAST=2 ./show
	expect_output "$(printf '%s\n' FIRST=1 OTELUE_SEGMENT_SCOPE=tree LD_PRELOAD="$OTELUE_PRELOAD" LAST=2 'value 1 1' 0)"
}

# Only its exporter knows what it has told of the process that was killed.
salvage_leaves_a_tree_alone() {
	write_work
	cat >>work.py <<-'END'
	os.waitpid(child(kill_itself, 500), 0)
	open("killed", "w").close()
	while not os.path.exists("salvaged"):
	    time.sleep(0.01)
	work(100)
	END
	variables_of_tree
	env "${variables[@]}" python3 -B work.py &
	for _ in $(seq 500); do
		[[ -e killed ]] && break
		sleep 0.02
	done
	OTEL_METRICS_EXPORTER=otlp_file OTELUE_FILE="$PWD/alone.%p.jsonl" "$OTELUE_BUILD/otelue" salvage >said 2>&1 || true
	touch salvaged
	wait $!
	expect_one_tree
	expect_equal "$(polls)" 600 polls
	! grep -l libc.poll.duration alone.*.jsonl || fail "its process was told alone: $(<said)"
}

# The last program of each cannot be seen, so nobody removes its session: a later tree does.
sessions_that_are_left_do_not_pile_up() {
	need unshare
	((EUID == 0)) || skip "mounting needs root"
	compile static -static <<<'int main(void) { return 0; }'
	variables_of_tree
	# shellcheck disable=SC2016
	run env "${variables[@]}" unshare -m sh -c 'mount -t tmpfs tmpfs /dev/shm || exit 99
		i=0; while [ $((i += 1)) -le 200 ]; do env -u OTELUE_SESSION sh -c "exec ./static"; done
		find /dev/shm -name accumulator | wc -l'
	expect_code 0
	expect_between 2 "$output" 80 "sessions"
}

# A program without the shim finds nothing to take away, and who has another root cannot: the exporter does. One that was
# executed a moment ago may be one with the shim, which has nothing mapped yet: the session waits for it.
what_was_handed_over_does_not_pile_up() {
	mkfifo hold
	exec 7<>hold
	cat >work.py <<-'END'
	import os, subprocess, time

	session = os.environ["OTELUE_SESSION"]
	env = ["env", "-i"]
	pids = [subprocess.Popen([*env, "true"]) for _ in range(3)]
	for process in pids:
	    process.wait()
	gone = [process.pid for process in pids]
	if os.geteuid() == 0:
	    gone.append(os.fork())
	    if gone[-1] == 0:
	        os.chroot(".")
	        os._exit(0)
	    os.waitpid(gone[-1], 0)

	def left():
	    return [name for name in os.listdir(session) if name.split(".")[0] in map(str, gone)]

	end = time.monotonic() + 20
	while left() and time.monotonic() < end:
	    time.sleep(0.05)
	print(os.getpid(), left())
	with open("hold") as hold:
	    running = subprocess.Popen([*env, "cat"], stdin=hold, stdout=subprocess.DEVNULL)
	while open(f"/proc/{running.pid}/comm").read() != "cat\n":
	    time.sleep(0.01)
	print(os.path.exists(f"{session}/{running.pid}.exec"))
	END
	variables_of_tree 100
	run env "${variables[@]}" python3 -B work.py
	expect_code 0
	expect_output "$(printf '%s []\nTrue' "${output%% *}")"
	local pid=${output%% *} left
	"$OTELUE_BUILD/otelue" salvage >said || true
	left=$(sessions "$pid")
	exec 7>&-
	expect_equal "$left" 1 "sessions while it runs"
	for _ in {1..100}; do
		"$OTELUE_BUILD/otelue" run -q -- true
		(($(sessions "$pid") > 0)) || break
		sleep 0.1
	done
	expect_equal "$(sessions "$pid")" 0 "sessions left"
}

# Nobody reads what a program of another version left when it executed one that cannot be seen, and has ended since.
what_cannot_be_read_goes_with_the_session() {
	# shellcheck disable=SC2016 # for the inner shells
	run tree sh -c ': >"$OTELUE_SESSION/$(sh -c "echo \$\$").exec" && echo $$'
	expect_code 0
	expect_one_tree
	expect_equal "$output" "$("$metrics" resource process.pid otlp.*.jsonl)" "the pid"
	expect_equal "$(sessions "$output")" 0 "sessions left"
}

what_a_library_has_set_before_us_stays() {
	compile early.so -shared -fPIC <<<'#include <stdlib.h>
	__attribute__((constructor)) static void begin(void) { setenv("EARLY", "1", 1); }'
	compile program -Wl,--no-as-needed ./early.so -Wl,-rpath,. <<<'#include <stdlib.h>
	int main(void) { return getenv("EARLY") && getenv("OTELUE_SESSION") ? 0 : 1; }'
	run tree ./program
	expect_code 0
}

a_tree_within_a_run_is_counted_there_too() {
	run env OTELUE_SEGMENT_SCOPE=tree OTEL_METRICS_EXPORTER=otlp_file OTELUE_FILE="$PWD/otlp.%p.jsonl" \
		"$OTELUE_BUILD/otelue" run --json --output run.json -- sh -c 'for i in 1 2 3; do env true; done'
	expect_code 0
	[[ $errors != *"not empty"* ]] || fail "$errors"
	expect_one_tree
	expect_equal "$("$metrics" value libc.process.execs otlp.*.jsonl)" 3 "exported execs"
	expect_equal "$("$metrics" value libc.process.execs run.json)" 3 "execs in the table"
}

a_bad_scope_costs_one_line() {
	run env OTELUE_SEGMENT_SCOPE=forest LD_PRELOAD="$OTELUE_PRELOAD" true
	expect_code 0
	expect_equal "$(wc -l <<<"$errors")" 1 lines
	[[ $errors == *OTELUE_SEGMENT_SCOPE*process*tree* ]] || fail "$errors"
}

test_case a_shells_commands_are_one_series
test_case killed_children_lose_nothing
test_case survivors_go_on ended
test_case survivors_go_on killed
test_case survivors_go_on unreaped
test_case an_end_within_an_export_counts_once
test_case executed_programs_are_of_the_tree
test_case the_environment_holds_the_session_and_nothing_else
test_case salvage_leaves_a_tree_alone
test_case sessions_that_are_left_do_not_pile_up
test_case what_was_handed_over_does_not_pile_up
test_case what_cannot_be_read_goes_with_the_session
test_case what_a_library_has_set_before_us_stays
test_case a_tree_within_a_run_is_counted_there_too
test_case a_bad_scope_costs_one_line
test_done
