#!/bin/bash
# The shim beside other code in the process: libraries with constructors, other preloads, programs with functions of
# the same names. The programs are compiled here, because how they are linked is the point.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"

write_configuration() {
	cat >otelue.json <<-'END'
	{"file_format": "1.1", "meter_provider": {"readers": [{"periodic": {"interval": 1000, "exporter": {"user_events": null}}}]}}
	END
	chmod 600 otelue.json
}

environment_and_names_are_intact() {
	write_configuration
	expect_transparent env -i A=b "C=d e" "$programs/names" one 'two three'
	OTELUE_CONFIG=$PWD/otelue.json expect_transparent env A=b "$programs/names" one
}

libraries_that_write_at_start_and_end_do_so_in_order() {
	compile library.so -shared -fPIC <<-'END'
	#include <stdio.h>
	#include <stdlib.h>
	#include <unistd.h>
	static char *kept;
	__attribute__((constructor)) static void begin(void) { kept = malloc(50); printf("library begins, %s\n", getenv("WORD")); }
	__attribute__((destructor)) static void end(void)
	{ FILE *f = fopen("/dev/null", "r"); printf("library ends\n"); fclose(f); free(kept); write(1, "raw\n", 4); free(malloc(5)); }
	END
	compile program -Wl,--no-as-needed ./library.so -Wl,-rpath,. <<-'END'
	#include <stdio.h>
	#include <stdlib.h>
	static void late(void) { puts("atexit"); }
	int main(void) { atexit(late); puts("main"); return 3; }
	END
	WORD=word expect_transparent ./program
	[[ $(cat .shim.out) == *'library begins'*main*atexit*'library ends'* ]] || fail "$(cat .shim.out)"
	WORD=word run env LD_PRELOAD="$PWD/library.so $OTELUE_PRELOAD" ./program
	expect_code 3
	expect_output "$(cat .plain.out)"
}

a_failing_dlsym_is_the_programs_own_business() {
	compile program -pthread -ldl <<-'END'
	#include <dlfcn.h>
	#include <pthread.h>
	#include <stdio.h>
	#include <stdlib.h>
	static void *work(void *unused)
	{
		for (int i = 0; i < 200; i++) {
			free(malloc(i));
			if (dlsym(RTLD_NEXT, "no_such_function") || !dlerror() || dlopen("/no/such.so", RTLD_NOW) || !dlerror())
				abort();
		}
		return NULL;
	}
	int main(void)
	{
		pthread_t threads[8];
		for (int i = 0; i < 8; i++) pthread_create(&threads[i], NULL, work, NULL);
		for (int i = 0; i < 8; i++) pthread_join(threads[i], NULL);
		dlsym(RTLD_DEFAULT, "no_such_function");
		puts(dlerror());
	}
	END
	expect_transparent ./program
}

# A wrapper that looks up malloc with failing look-ups around it, before and after the shim.
other_allocator_wrappers_go_along() {
	local order
	compile wrapper.so -shared -fPIC -ldl <<-'END'
	#include <dlfcn.h>
	#include <stddef.h>
	static void *(*next)(size_t);
	static int busy;
	extern void *__libc_malloc(size_t);
	void *malloc(size_t size)
	{
		if (!next && !busy) {
			busy = 1;
			dlsym(RTLD_NEXT, "no_such_function");
			next = dlsym(RTLD_NEXT, "malloc");
			dlerror();
		}
		return next ? next(size) : __libc_malloc(size);
	}
	END
	compile program <<<'#include <stdio.h>
	#include <stdlib.h>
	int main(void) { for (int i = 1; i < 1000; i++) free(realloc(malloc(i), 2 * i)); puts("done"); return 4; }'
	for order in "$OTELUE_PRELOAD $PWD/wrapper.so" "$PWD/wrapper.so $OTELUE_PRELOAD" "$OTELUE_PRELOAD $OTELUE_PRELOAD"; do
		run env LD_PRELOAD="$order" ./program
		expect_code 4
		expect_output "done"
		expect_equal "$errors" ""
	done
}

a_program_with_its_own_json_loads_keeps_it() {
	write_configuration
	compile program -rdynamic <<<'#include <stdio.h>
	#include <stdlib.h>
	void *json_loads(void) { puts("hijacked"); abort(); }
	void *json_object_get(void) { puts("hijacked"); abort(); }
	int main(void) { puts("main"); return 0; }'
	OTELUE_CONFIG=$PWD/otelue.json run shim ./program
	expect_code 0
	expect_output main
	expect_equal "$errors" ""
}

# A jansson that calls its own functions by name, as one may be built: the program's may not come between.
the_librarys_own_calls_stay_its_own() {
	write_configuration
	mkdir lib
	{
		echo '#define STUB(name) void *name(void) { return 0; }'
		sed -n '/loadb/d; s/^JSON_FUNCTION([^,]*, \([a-z_]*\),.*/STUB(json_\1)/p' "$OTELUE_SRC/config/jansson_api.def"
		cat <<-'END'
		#include <string.h>
		#include <unistd.h>
		void *json_object(void) { write(1, "the library's\n", 14); return 0; }
		void *json_loadb(const char *text, size_t size, size_t flags, char *error)
		{
			memset(error, 0, 3 * sizeof(int) + 80 + 160);
			return json_object();
		}
		END
	} | compile lib/libjansson.so.4 -shared -fPIC
	compile program -rdynamic <<<'#include <unistd.h>
	void *json_object(void) { write(1, "hijacked\n", 9); return 0; }
	int main(void) { return 0; }'
	OTELUE_CONFIG=$PWD/otelue.json LD_LIBRARY_PATH=$PWD/lib run shim ./program
	expect_code 0
	expect_output "the library's"
}

# What went wrong is told once, by dlerror(): looking up a real function must not take it away, nor leave word of its own.
dlerror_is_left_to_the_program() {
	compile program -ldl <<<'#include <dlfcn.h>
	#include <stdio.h>
	#include <string.h>
	#include <sys/stat.h>
	#include <unistd.h>
	int main(void)
	{
		struct stat status;
		const char *error;
		dlsym(RTLD_DEFAULT, "no_such_function");
		fsync(-1), stat("/", &status), access("/", R_OK), getpid(), usleep(1);
		error = dlerror();
		printf("%s\n", error ? strstr(error, "undefined symbol") : "lost");
		lstat("/", &status), fdatasync(-1);
		error = dlerror();
		printf("%s\n", error ? error : "none");
		return 0;
	}'
	expect_transparent ./program
	expect_equal "$(<.shim.out)" $'undefined symbol: no_such_function\nnone'
}

# What a library has left there before us is there when main begins, though a configuration was read, and though the
# kernel (here valgrind) gives no vDSO, which libc answers with an error.
errno_is_left_to_the_program() {
	write_configuration
	compile early.so -shared -fPIC <<<'#include <errno.h>
	__attribute__((constructor)) static void begin(void) { errno = 77; }'
	compile program -Wl,--no-as-needed ./early.so -Wl,-rpath,. <<<'#include <errno.h>
	int main(void) { return errno; }'
	OTELUE_CONFIG=$PWD/otelue.json expect_transparent ./program
	expect_code 77
	need valgrind
	run valgrind -q --trace-children=yes env LD_PRELOAD="$OTELUE_PRELOAD" ./program
	expect_code 77
}

# An object before us whose dlsym allocates, as that of older libc does, and one behind us whose tables are of an older
# kind, so that it is asked. What it was given while the allocator was looked up is as good as any other block.
dlsym_may_allocate() {
	compile first.so -shared -fPIC -O2 -ldl <<-'END'
	#include <dlfcn.h>
	#include <malloc.h>
	#include <stdio.h>
	#include <stdlib.h>
	#include <string.h>
	static char *kept[500];
	static int count;
	typedef void *ask(void *, const char *);
	void *dlsym(void *restrict handle, const char *restrict name)
	{
		static const char *const versions[] = {"GLIBC_2.34", "GLIBC_2.2.5", "GLIBC_2.17"};
		static ask *real;
		for (int i = 0; !real && i < 3; i++) real = (ask *)dlvsym(RTLD_NEXT, "dlsym", versions[i]);
		if (count == 0) /* more than any buffer holds */
			kept[count++] = strcpy(malloc(100000), "word");
		if (count < 498) {
			kept[count] = strcpy(malloc(10), "word");
			kept[count + 1] = realloc(strcpy(calloc(2, 10), "word"), 60);
			count += 2;
		}
		return real(handle, name);
	}
	__attribute__((destructor)) static void end(void)
	{
		int exact = 0;
		for (int i = 0; i < count; i++) {
			exact += malloc_usable_size(kept[i]) == 10;
			if (i % 4 != 1) kept[i] = realloc(kept[i], 200000);
			if (strcmp(kept[i], "word") || malloc_usable_size(kept[i]) < (i % 4 != 1 ? 200000 : 10)) abort();
			free(kept[i]);
			free(strcpy(malloc(10), "others"));
		}
		printf("%s, %s\n", count ? "asked" : "not asked", exact ? "bootstrapped" : "not bootstrapped");
	}
	END
	compile second.so -shared -fPIC -Wl,--hash-style=sysv <<<'int second;'
	compile program <<<'#include <stdio.h>
	#include <stdlib.h>
	int main(void) { for (int i = 1; i < 100; i++) free(realloc(malloc(i), 2 * i)); fsync(-1); return 4; }'
	run env LD_PRELOAD="$PWD/first.so $OTELUE_PRELOAD $PWD/second.so" ./program
	expect_code 4
	expect_output "asked, bootstrapped"
	expect_equal "$errors" ""
}

# Not how it is meant to be loaded, but no reason to harm the program.
a_program_may_load_the_shim_itself() {
	compile program -ldl <<<'#include <dlfcn.h>
	#include <stdio.h>
	#include <stdlib.h>
	int main(int argc, char **argv)
	{
		void *library = dlopen(argv[1], RTLD_NOW | (argc > 2 ? RTLD_GLOBAL : RTLD_LOCAL));
		void *(*get)(size_t) = library ? (void *(*)(size_t))dlsym(library, "malloc") : NULL;
		void *block = get ? get(20) : NULL;
		puts(block ? "got" : "nothing");
		free(block);
		return 3;
	}'
	run ./program "$OTELUE_PRELOAD"
	expect_code 3
	expect_output got
	run ./program "$OTELUE_PRELOAD" global
	expect_code 3
	expect_output got
}

# Blocks that no hook gave out come to no hook; nothing crashes, nothing is counted.
a_program_with_its_own_malloc_is_left_alone() {
	compile program -rdynamic <<-'END'
	#include <stddef.h>
	#include <stdio.h>
	#include <string.h>
	static char pool[1 << 20] __attribute__((aligned(16)));
	static size_t used;
	void *malloc(size_t size)
	{
		size_t *block = (size_t *)(pool + used);
		if (size > sizeof(pool) - used - 64) return NULL;
		*block = size;
		used += (size + 16 + 15) / 16 * 16;
		return block + 2;
	}
	void free(void *block) { (void)block; }
	void *calloc(size_t n, size_t m) { return malloc(n * m); }
	void *realloc(void *old, size_t size) { void *p = malloc(size); if (p && old) memcpy(p, old, size); return p; }
	int main(void)
	{
		char *line = NULL;
		size_t size = 0;
		FILE *f = fopen("/proc/self/comm", "r");
		for (int i = 0; i < 100; i++) free(malloc(i));
		printf("%d\n", getline(&line, &size, f) > 0);
		free(line);
		fclose(f);
		return 0;
	}
	END
	expect_transparent ./program
	"$OTELUE_BUILD/otelue" run --json --output run.json -- ./program >out
	expect_equal "$("$metrics" value libc.memory.allocations run.json)" 0 "allocations"
	expect_equal "$(active ./program memory)" 0 "hooks active"
	grep -q "malloc of the program.*comes before ours" run.json || fail "$(<run.json)"
}

# active PROGRAM FAMILY: how many hooks of the family the program reaches, as an export at its end tells.
active() {
	rm -f active.jsonl
	OTEL_METRICS_EXPORTER=otlp_file OTELUE_FILE=$PWD/active.jsonl shim "$1" >active.out
	grep -o '"name":"otelue.hooks.active".*' active.jsonl |
		sed "s/.*\"asInt\":\"\([0-9]*\)\",\"attributes\":\[{\"key\":\"otelue.hook.family\",\"value\":{\"stringValue\":\"$2\"}}.*/\1/"
}

rows_of_family() { grep -c "^HOOK($1," "$OTELUE_SRC/hooks/hooks.def"; }

# Only what the program has itself is lost; what it takes the address of without being position-independent is not.
the_hooks_that_a_program_reaches_are_told() {
	local opens
	opens=$(sed -n 's/^HOOK(FILE, [A-Z]*, int, \(open\|open64\), .*/\1/p' "$OTELUE_SRC/hooks/hooks.def" | wc -l)
	compile opens -rdynamic <<<'int open(const char *path, int flags, ...) { return path && flags ? -1 : 7; }
	int open64(const char *path, int flags, ...) { return path && flags ? -1 : 8; }
	int main(void) { return open(0, 0) + open64(0, 0) - 15; }'
	expect_equal "$opens" 2
	expect_equal "$(active ./opens file)" $(($(rows_of_family FILE) - 2)) "a program with its own open"
	expect_equal "$(active ./opens memory)" "$(rows_of_family MEMORY)" "its memory hooks"
	compile fixed -no-pie -fno-pie -fno-builtin <<<'#include <stdlib.h>
	__attribute__((noinline)) static void use(void *(*get)(size_t)) { for (int i = 0; i < 100; i++) free(get(10)); }
	int main(void) { use(malloc); return 0; }'
	readelf -W --dyn-syms fixed | grep -q '0*[1-9a-f][0-9a-f]* .* UND malloc' || fail "no jump: $(readelf -W --dyn-syms fixed)"
	expect_equal "$(active ./fixed memory)" "$(rows_of_family MEMORY)" "a program that is not position-independent"
	compile allocator.so -shared -fPIC -fno-builtin <<<'#include <stddef.h>
	static char room[1 << 20]; static size_t used;
	void *malloc(size_t n) { char *p = room + used; used += (n + 31) & ~(size_t)15; return p; }
	void free(void *p) { (void)p; }
	void *calloc(size_t n, size_t m) { return malloc(n * m); }
	void *realloc(void *p, size_t n) { char *q = malloc(n); for (size_t i = 0; p && i < n; i++) q[i] = ((char *)p)[i]; return q; }'
	expect_equal "$(OTELUE_PRELOAD="$PWD/allocator.so $OTELUE_PRELOAD" active ./fixed memory)" 0 \
		"the same behind an allocator that was preloaded before"
	expect_equal "$(OTELUE_PRELOAD="$PWD/allocator.so $OTELUE_PRELOAD" active ./fixed file)" "$(rows_of_family FILE)" \
		"its file hooks"
}

a_library_is_found_by_the_callers_run_path() {
	mkdir inner
	compile inner/libinner.so -shared -fPIC <<<'int inner(void) { return 42; }'
	compile libouter.so -shared -fPIC -Wl,-rpath,'$ORIGIN/inner' -Wl,--enable-new-dtags -ldl <<<'#include <dlfcn.h>
	int outer(void) { void *l = dlopen("libinner.so", RTLD_NOW); int (*f)(void) = l ? dlsym(l, "inner") : 0; return f ? f() : -1; }'
	compile program ./libouter.so -Wl,-rpath,. <<<'#include <stdio.h>
	int outer(void); int main(void) { printf("%d\n", outer()); return 0; }'
	expect_transparent ./program
	expect_equal "$(cat .shim.out)" 42
}

# Linked in twice, counted once: in two lists, and under two names.
the_shim_named_twice_counts_once() {
	compile program <<<'#include <stdlib.h>
	int main(void) { for (int i = 0; i < 100; i++) free(aligned_alloc(16, 112)); return 0; }'
	ln -s "$OTELUE_PRELOAD" other-name.so
	OTEL_METRICS_EXPORTER=otlp_file OTELUE_FILE=$PWD/otlp.jsonl \
		run env LD_PRELOAD="$OTELUE_PRELOAD $PWD/other-name.so $OTELUE_PRELOAD" ./program
	expect_code 0
	expect_equal "$errors" ""
	expect_equal "$("$metrics" value 'libc.memory.allocations{libc.memory.operation=aligned}' otlp.jsonl)" 100 allocations
	"$OTELUE_BUILD/otelue" run --json --output outer.json -- "$OTELUE_BUILD/otelue" run --json --output inner.json -- ./program
	expect_equal "$("$metrics" value 'libc.memory.allocations{libc.memory.operation=aligned}' outer.json)" 100 "allocations, outer run"
}

test_case environment_and_names_are_intact
test_case libraries_that_write_at_start_and_end_do_so_in_order
test_case a_failing_dlsym_is_the_programs_own_business
test_case dlerror_is_left_to_the_program
test_case errno_is_left_to_the_program
test_case dlsym_may_allocate
test_case a_program_may_load_the_shim_itself
test_case other_allocator_wrappers_go_along
test_case a_program_with_its_own_json_loads_keeps_it
test_case the_librarys_own_calls_stay_its_own
test_case a_program_with_its_own_malloc_is_left_alone
test_case the_hooks_that_a_program_reaches_are_told
test_case a_library_is_found_by_the_callers_run_path
test_case the_shim_named_twice_counts_once
test_done
