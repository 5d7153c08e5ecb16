#!/bin/bash
# dlopen, dlmopen and dlclose: every call is counted, the caller that libc sees is the program, and the number of
# libraries is the one that the dynamic linker tells the program.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"

# expect_operations FILE DLOPEN DLCLOSE
expect_operations() {
	expect_equal "$("$metrics" value 'libc.loader.operations{libc.loader.operation=dlopen}' "$1")" "$2" dlopen
	expect_equal "$("$metrics" value 'libc.loader.operations{libc.loader.operation=dlclose}' "$1")" "$3" dlclose
}

compile_caller() {
	compile libown.so -shared -fPIC <<<'int own(void) { return 7; }'
	compile caller -pthread -ldl <<-'END'
	#include <dlfcn.h>
	#include <pthread.h>
	#include <stdio.h>
	#include <stdlib.h>
	#include <unistd.h>
	static int rounds;
	static void *work(void *unused)
	{
		for (int i = 0; i < rounds; i++) {
			void *own = dlopen("./libown.so", RTLD_NOW), *again = dlopen("./libown.so", RTLD_NOW | RTLD_NOLOAD);
			int (*call)(void) = own ? (int (*)(void))dlsym(own, "own") : NULL;
			if (!call || call() != 7 || again != own || dlopen("./absent.so", RTLD_LAZY) || !dlerror())
				abort();
			if (dlclose(again) || dlclose(own))
				abort();
		}
		return unused;
	}
	int main(int argc, char **argv)
	{
		pthread_t threads[8];
		int count = atoi(argv[1]);
		void *apart = dlmopen(LM_ID_NEWLM, "./libown.so", RTLD_NOW);
		rounds = atoi(argv[2]);
		if (!apart || dlclose(apart))
			abort();
		dlopen("./absent.so", RTLD_NOW);
		puts(dlerror());
		for (int i = 0; i < count; i++) pthread_create(&threads[i], NULL, work, NULL);
		for (int i = 0; i < count; i++) pthread_join(threads[i], NULL);
		if (!count)
			work(NULL);
		fflush(stdout);
		usleep(argc > 3 ? 500000 : 0);
		return 3;
	}
	END
}

# Once for each, by its name as given; what is loaded otherwise is not mentioned.
libraries_that_pass_us_by_are_named() {
	compile libown.so -shared -fPIC <<<'int own(void) { return 7; }'
	cp libown.so libthird.so
	compile deep -ldl <<-'END'
		#include <dlfcn.h>
		#include <stdio.h>
		int main(void)
		{
			for (int i = 0; i < 3; i++)
				dlopen("./libown.so", RTLD_NOW | RTLD_DEEPBIND);
			dlmopen(LM_ID_BASE, "./libthird.so", RTLD_NOW | RTLD_DEEPBIND);
			dlopen(NULL, RTLD_NOW | RTLD_DEEPBIND);
			return !dlopen("libc.so.6", RTLD_NOW);
		}
	END
	run "$OTELUE_BUILD/otelue" run -- ./deep
	expect_code 0
	expect_equal "$(grep -c 'its calls are not counted' <<<"$output$errors")" 2
	[[ $output$errors == *"./libown.so was loaded with RTLD_DEEPBIND: its calls are not counted"* ]] || fail "$output$errors"
	[[ $output$errors == *"./libthird.so was loaded with RTLD_DEEPBIND"* ]] || fail "$output$errors"
	OTELUE_LOG_LEVEL=error run "$OTELUE_BUILD/otelue" run -- ./deep
	expect_code 0
	[[ $output$errors != *RTLD_DEEPBIND* ]] || fail "said though nobody wants to know"
	expect_transparent ./deep
}

# families_but WHAT...: how many hooks of each family a program is told to reach that has its own WHAT... and no more.
families_but() {
	local family
	while read -r family; do
		if [[ " $* " == *" $family "* ]]; then
			echo "$family 0"
		else
			echo "$family $(grep -c "^HOOK(${family^^}," "$OTELUE_SRC/hooks/hooks.def")"
		fi
	done < <(sed -n 's/^HOOK(\([A-Z]*\),.*/\L\1/p' "$OTELUE_SRC/hooks/hooks.def" | sort -u)
}

# A library that finds libc before us: of what the program itself reaches nothing is lost, and what it does is counted.
# That the library's calls are not shows in coverage: half of the reads are its.
a_library_that_passes_us_by_takes_no_hook_from_the_program() {
	local own
	compile libdeep.so -shared -fPIC <<<'#include <stdlib.h>
	#include <unistd.h>
	void work(int zero, int times)
	{
		char bytes[10];
		for (int i = 0; i < times; i++) read(zero, bytes, 10), free(aligned_alloc(16, 112));
	}'
	cat >program.c <<-'END'
	#include <dlfcn.h>
	#include <fcntl.h>
	#include <stdlib.h>
	#include <unistd.h>
	#ifdef OWN
	static char pool[1 << 20] __attribute__((aligned(16)));
	static size_t used;
	void *malloc(size_t size)
	{
		size_t *block = (size_t *)(pool + used);
		if (size > sizeof(pool) - used - 64) return NULL;
		*block = size, used += (size + 31) / 16 * 16;
		return block + 2;
	}
	void free(void *block) { (void)block; }
	void *calloc(size_t n, size_t m) { return malloc(n * m); }
	void *realloc(void *old, size_t size)
	{
		char *block = malloc(size);
		for (size_t i = 0; block && old && i < size && i < ((size_t *)old)[-2]; i++) block[i] = ((char *)old)[i];
		return block;
	}
	void *aligned_alloc(size_t alignment, size_t size) { return malloc(size); }
	#endif
	int main(void)
	{
		void *library = dlopen("./libdeep.so", RTLD_NOW | RTLD_DEEPBIND);
		void (*work)(int, int) = (void (*)(int, int))dlsym(library, "work");
		int zero = open("/dev/zero", O_RDONLY);
		char bytes[10];
		for (int i = 0; i < 3000; i++) read(zero, bytes, 10), free(aligned_alloc(16, 112));
		work(zero, 3000);
		return 7;
	}
	END
	for own in "" OWN; do
		compile program ${own:+-DOWN} -fno-builtin -ldl <program.c
		expect_transparent ./program
		expect_code 7
		rm -f otlp.jsonl
		OTEL_METRICS_EXPORTER=otlp_file OTELUE_FILE=$PWD/otlp.jsonl run shim ./program
		"$metrics" list otlp.jsonl >told
		expect_equal "$(sed -n 's/^otelue.hooks.active otelue.hook.family=\([a-z]*\) \([0-9]*\).*/\1 \2/p' told | sort)" \
			"$(families_but ${own:+memory} | sort)" "hooks that a program reaches ${own:+with its own malloc}"
		expect_equal "$("$metrics" value 'libc.file.io{disk.io.direction=read,libc.file.type=character_device}' otlp.jsonl)" 30000
		expect_equal "$("$metrics" value 'libc.memory.allocations{libc.memory.operation=aligned}' otlp.jsonl)" \
			"$([[ $own ]] && echo 0 || echo 3000)" "aligned allocations"
		awk '$1 == "otelue.io.coverage" && $2 ~ /=read/ { n = $3 > 0.498 && $3 < 0.502 } END { exit !n }' told || fail "$(grep coverage told)"
	done
}

# every_call_is_counted THREADS ROUNDS
every_call_is_counted() {
	local times=$((($1 ? $1 : 1) * $2))
	compile_caller
	run "$OTELUE_BUILD/otelue" run --json --output "$PWD/run.json" -- ./caller "$@"
	expect_code 3
	expect_operations run.json $((3 * times + 2)) $((2 * times + 1))
	expect_transparent ./caller "$@"
}

# The library that reads the configuration is ours.
what_we_load_ourselves_does_not_count() {
	compile_caller
	write_configuration
	OTELUE_CONFIG=$PWD/otelue.json run "$OTELUE_BUILD/otelue" run --json --output "$PWD/run.json" -- ./caller 0 1
	expect_code 3
	expect_operations run.json 5 3
}

write_configuration() {
	printf '{"file_format": "1.1", "distribution": {"otelue": {"hooks": {"loader": {"enabled": %s}}}}}\n' "${1:-true}" >otelue.json
	chmod 600 otelue.json
}

the_family_can_be_switched_off() {
	compile_caller
	write_configuration false
	OTELUE_CONFIG=$PWD/otelue.json run "$OTELUE_BUILD/otelue" run --json --output "$PWD/run.json" -- ./caller 0 1
	expect_code 3
	[[ $("$metrics" list run.json) != *loader.operations* ]] || fail "$("$metrics" list run.json)"
}

# A library's run path holds for its own calls alone; the one of the program leads elsewhere.
each_caller_has_its_own_run_path() {
	mkdir near far
	compile near/libword.so -shared -fPIC <<<'const char *word(void) { return "near"; }'
	compile far/libword.so -shared -fPIC <<<'const char *word(void) { return "far"; }'
	cat >look.c <<-'END'
	#include <dlfcn.h>
	#include <string.h>
	const char *LOOK(int new)
	{
		void *l = new ? dlmopen(LM_ID_NEWLM, "libword.so", RTLD_NOW) : dlopen("libword.so", RTLD_NOW | RTLD_LOCAL);
		const char *(*word)(void) = l ? dlsym(l, "word") : 0;
		static char said[9];
		strcpy(said, word ? word() : "nothing");
		if (l) dlclose(l);
		return said;
	}
	END
	compile liblook.so -shared -fPIC -DLOOK=library_looks -Wl,-rpath,"$PWD/near",--enable-new-dtags -ldl <look.c
	{ cat look.c; cat; } >program.c <<-'END'
	#include <stdio.h>
	const char *library_looks(int); int main(void) { for (int new = 0; new < 2; new++) {
	printf("%s ", program_looks(new)); printf("%s\n", library_looks(new)); } return 0; }
	END
	compile program -DLOOK=program_looks ./liblook.so -Wl,-rpath,"$PWD/far:$PWD",--enable-new-dtags -ldl <program.c
	expect_transparent ./program
	expect_equal "$(cat .shim.out)" $'far near\nfar near'
}

# libraries_seen FILE: the numbers that were exported, one a line, each change once.
libraries_seen() {
	python3 - "$1" <<-'END'
		import json, sys
		seen = []
		for line in open(sys.argv[1]):
		    for scope in (s for r in json.loads(line)["resourceMetrics"] for s in r["scopeMetrics"]):
		        for metric in scope["metrics"]:
		            if metric["name"] == "libc.loader.library.count":
		                seen += [p["asInt"] for p in metric["sum"]["dataPoints"]]
		print("\n".join(v for v, before in zip(seen, [None] + seen) if v != before))
	END
}

# As the program sees it by dl_iterate_phdr, which names the program, the kernel's object and us besides.
libraries_are_counted_as_the_linker_does() {
	compile libother.so -shared -fPIC <<<'int other(void) { return 7; }'
	compile libown.so -shared -fPIC -Wl,--no-as-needed ./libother.so <<<'int own(void) { return 7; }'
	compile program -ldl <<-'END'
	#include <dlfcn.h>
	#include <link.h>
	#include <stdio.h>
	#include <string.h>
	#include <unistd.h>
	static int look(struct dl_phdr_info *info, size_t size, void *count)
	{
		*(int *)count += strchr(info->dlpi_name, '/') && !strstr(info->dlpi_name, "otelue");
		return 0;
	}
	static void tell(void)
	{
		int count = 0;
		dl_iterate_phdr(look, &count);
		printf("%d\n", count);
		fflush(stdout);
		usleep(1000000);
	}
	int main(void)
	{
		void *own, *again;
		tell();
		own = dlopen("./libown.so", RTLD_NOW);
		tell();
		if (own) dlclose(own);
		tell();
		again = dlopen("./libother.so", RTLD_NOW);
		tell();
		return !again;
	}
	END
	LD_PRELOAD=$OTELUE_PRELOAD OTEL_METRICS_EXPORTER=otlp_file OTELUE_FILE=$PWD/out.jsonl OTEL_METRIC_EXPORT_INTERVAL=200 run ./program
	expect_code 0
	expect_equal "$(wc -l <<<"$output")" 4 "lines"
	[[ $(sed -n 2p <<<"$output") == $(($(head -n 1 <<<"$output") + 2)) ]] || fail "libraries: $output"
	libraries_seen out.jsonl >seen
	expect_equal "$(<seen)" "$output" "libraries"
}

# The list is read while eight threads change it.
a_list_that_changes_is_read_safely() {
	compile_caller
	LD_PRELOAD=$OTELUE_PRELOAD OTEL_METRICS_EXPORTER=otlp_file OTELUE_FILE=$PWD/out.jsonl OTEL_METRIC_EXPORT_INTERVAL=100 \
		run ./caller 8 4000 rest
	expect_code 3
	expect_operations out.jsonl $((3 * 8 * 4000 + 2)) $((2 * 8 * 4000 + 1))
	local seen rest
	mapfile -t seen < <(libraries_seen out.jsonl)
	rest=$(ldd ./caller | grep -c /)
	expect_equal "${seen[-1]}" "$rest" "libraries at rest"
	for count in "${seen[@]}"; do
		expect_between "$rest" "$count" $((rest + 1)) libraries
	done
}

test_case every_call_is_counted 0 20
test_case every_call_is_counted 8 20
test_case what_we_load_ourselves_does_not_count
test_case the_family_can_be_switched_off
test_case each_caller_has_its_own_run_path
test_case libraries_are_counted_as_the_linker_does
test_case a_list_that_changes_is_read_safely
test_case libraries_that_pass_us_by_are_named
test_case a_library_that_passes_us_by_takes_no_hook_from_the_program
test_done
