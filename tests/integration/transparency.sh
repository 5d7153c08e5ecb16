#!/bin/bash
# Whole programs do with the shim what they do without it: same output, same errors, same exit code.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"

cat >"$test_root/work.py" <<'EOT'
import os, subprocess, sys, threading
results = {}
def work(i):
    results[i] = sum(len(str(n)) for n in range(2000 * i))
threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
for t in threads: t.start()
for t in threads: t.join()
print(sorted(results.items()))
for i in range(10):
    print(subprocess.run(["echo", str(i)], capture_output=True, text=True).stdout.strip(), end=" ")
print(subprocess.run("exit 7", shell=True).returncode)
child = os.fork()
if child == 0:
    os.write(1, b"child\n")
    os._exit(5)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
print("last words", file=sys.stderr)
sys.exit(9)
EOT

sqlite_keeps_its_results() {
	need sqlite3
	cat >work.sql <<-'END'
	create table t(id integer primary key, name text, size real);
	with recursive n(i) as (select 1 union all select i + 1 from n where i < 20000)
	insert into t select i, 'name ' || i, i * 1.5 from n;
	create index by_name on t(name);
	select count(*), sum(size), max(name) from t;
	select * from nowhere;
	END
	expect_transparent sh -c 'rm -f file.db; sqlite3 file.db <work.sql'
}

gcc_makes_the_same_object() {
	need gcc
	printf '#include <stdio.h>\nint main(void) { puts("hello"); return 3; }\n' >hello.c
	printf 'int broken(\n' >broken.c
	expect_transparent sh -c 'gcc -O2 -o hello hello.c && ./hello; echo $?; gcc -c hello.c -o - 2>&1 | od -c | tail -n 1'
	expect_transparent gcc -c broken.c
	gcc -c hello.c -o plain.o
	shim gcc -c hello.c -o shimmed.o
	expect_same plain.o shimmed.o
}

git_keeps_its_results() {
	need git
	export GIT_CONFIG_GLOBAL=/dev/null GIT_AUTHOR_DATE='@0 +0000' GIT_COMMITTER_DATE='@0 +0000' GIT_PAGER=cat
	expect_transparent sh -c 'rm -rf repository; git init -q repository; cd repository
		git config user.name someone; git config user.email someone@example.org
		seq 1 1000 >numbers; git add .; git commit -q -m first; seq 5 1200 >numbers; git diff --stat; git commit -qam second
		git log --format=%H; git gc -q; git fsck; git show HEAD:numbers | tail -n 1; git no-such-verb'
}

a_sort_through_files_keeps_its_result() {
	seq 1 200000 | tr 0123456789 9182736450 >numbers
	expect_transparent sort -S 200k -T . --parallel=4 numbers
}

start_redis() {
	local i
	"$@" redis-server --port 0 --unixsocket "$PWD/socket" --dir "$PWD" --daemonize no --save '' --logfile log &
	redis=$!
	for i in {1..100}; do
		[[ $(redis-cli -s socket ping 2>/dev/null) != PONG ]] || return 0
		sleep 0.1
	done
	fail "no redis: $(cat log)"
}

redis_commands() {
	local i
	redis-cli -s socket flushall
	for i in {1..200}; do
		echo "set key:$i $i"
		echo "rpush list $i"
	done | redis-cli -s socket | sort | uniq -c
	redis-cli -s socket save
	redis-cli -s socket bgsave
	for i in {1..100}; do
		[[ $(redis-cli -s socket info persistence) == *rdb_bgsave_in_progress:1* ]] || break
		sleep 0.1
	done
	redis-cli -s socket info persistence | grep -a rdb_last_bgsave_status
	redis-cli -s socket lrange list 0 -1 | tail -n 2
	redis-cli -s socket debug digest
}

redis_answers_the_same_and_saves() {
	need redis-server redis-cli redis-benchmark
	local kind
	for kind in plain shimmed; do
		[[ $kind == plain ]] && start_redis env
		[[ $kind == shimmed ]] && start_redis env LD_PRELOAD="$OTELUE_PRELOAD"
		redis_commands >"$kind" 2>&1
		redis-benchmark -s socket -q -n 2000 -c 20 -P 4 -t set,get,lpush,mset >benchmark 2>&1
		redis-cli -s socket shutdown nosave >>"$kind" 2>&1
		wait "$redis"
		echo "exit code $?" >>"$kind"
	done
	expect_same plain shimmed
	grep -q 'rdb_last_bgsave_status:ok' shimmed || fail "bgsave failed: $(cat shimmed)"
}

test_case expect_transparent bash -c 'for i in {1..100}; do /bin/echo "$i"; done; exit 3'
test_case expect_transparent bash -c 'cat - <(seq 5) <<<word | tr a-z A-Z; (kill -TERM $BASHPID); echo $?; exit 200'
test_case expect_transparent sort "$OTELUE_SRC/LICENSE"
test_case a_sort_through_files_keeps_its_result
test_case sqlite_keeps_its_results
test_case expect_transparent python3 -B "$test_root/work.py"
test_case expect_transparent perl -e 'open(F, "-|", "seq 3") or die; print <F>; my @a = map { "x" x $_ } 1..2000; exit(scalar(@a) % 256)'
test_case gcc_makes_the_same_object
test_case git_keeps_its_results
test_case expect_transparent find "$OTELUE_SRC/metrics" -name '*.h' -exec wc -l '{}' +
test_case expect_transparent tar -cf /dev/null "$OTELUE_SRC/LICENSE"
test_case expect_transparent xz -9 -T 2 -c "$OTELUE_SRC/LICENSE"
test_case expect_transparent ls /nowhere
test_case redis_answers_the_same_and_saves
test_done
