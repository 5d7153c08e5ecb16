# shellcheck shell=bash
# The steps of ./check, in the order in which they run. Each is a function step_NAME, run in a process of its own
# with `set -e`; see steps.sh. A build is made once and used by the steps after it.
# shellcheck disable=SC2034,SC2154,SC2164 # shared with ./check and steps.sh; set -e is on

all_steps=(install gcc lint unit integration bench clang fuzz asan tsan aarch64 distcheck vm-kernel vm)
quick_steps=(gcc lint unit integration)
# Those that must have run tests of their own.
test_steps=(lint unit integration bench clang fuzz asan tsan aarch64 distcheck vm)
# Seconds; 900 where nothing stands here: several times what two idle cores need.
declare -A step_limit=([install]=1200 [distcheck]=1200 [vm-kernel]=2400 [vm]=1500)

# One name a line; a package also counts as there when another one brought a command of its name.
missing_packages() {
	local package
	sort -u "$source_dir/packages.txt" "$source_dir/tests/packages.txt" | while read -r package; do
		[[ -n $package && $package != '#'* ]] || continue
		[[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] ||
			command -v "$package" >/dev/null || echo "$package"
	done
}

step_install() {
	local missing unknown apt=(env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300)
	mapfile -t missing < <(missing_packages)
	((${#missing[@]} > 0)) || { say "all packages are there"; return; }
	command -v apt-get >/dev/null || { say "no apt-get: install by hand what gives ${missing[*]}"; return 1; }
	((EUID == 0)) || apt=(sudo -n "${apt[@]}")
	"${apt[@]}" update
	mapfile -t unknown < <(comm -23 <(printf '%s\n' "${missing[@]}") <(apt-cache pkgnames | sort))
	mapfile -t missing < <(comm -12 <(printf '%s\n' "${missing[@]}") <(apt-cache pkgnames | sort))
	((${#missing[@]} == 0)) || "${apt[@]}" install -y --no-install-recommends "${missing[@]}"
	((${#unknown[@]} == 0)) || {
		say "apt knows no ${unknown[*]}: is bookworm-security in /etc/apt/sources.list?"
		return 1
	}
}

# configured NAME [CONFIGURE ARGUMENTS]: configures in $work/NAME, anew only when configure changed, and goes there.
configured() {
	mkdir -p "$work/$1"
	cd "$work/$1"
	[[ -x $source_dir/configure && ! $source_dir/configure.ac -nt $source_dir/configure ]] || "$source_dir/autogen.sh"
	[[ -f config.status && config.status -nt $source_dir/configure ]] || "$source_dir/configure" --enable-werror "${@:2}"
}

# build NAME [CONFIGURE ARGUMENTS]: makes all, and what the tests need.
build() {
	configured "$1" --enable-tests "${@:2}"
	make -j"$jobs"
	make -j"$jobs" check TESTS=
}

# check_in NAME [TESTS]: runs tests of the build NAME and counts them.
check_in() {
	local code=0
	cd "$work/$1"
	make -k -j"$jobs" check ${2:+TESTS="$2"} || code=$?
	((code == 0)) || tell_failed "$work/$1"
	collect "$work/$1"
	return "$code"
}

step_gcc() { build gcc CC=gcc; }
step_lint() { check_in gcc "\$(lint_tests)"; }
step_unit() { check_in gcc "\$(unit_tests)"; }
step_integration() { check_in gcc "\$(integration_tests)"; }
step_bench() { check_in gcc "\$(bench_tests)"; }

step_clang() {
	build clang CC=clang
	check_in clang "\$(unit_tests)"
}

step_fuzz() {
	local program code=0
	configured fuzz CC=clang --enable-fuzzers
	make -k -j"$jobs" fuzz || code=$?
	for program in "$source_dir"/tests/fuzz/*.c; do
		program=$(basename "$program" .c)
		if [[ -z $(find fuzz -name "$program.*-*" -print -quit) && -n $(ls "fuzz/$program.corpus") ]]; then
			record pass "$program: no input makes it fail"
		else
			record fail "$program: no input makes it fail" "see what is left in $work/fuzz/fuzz"
		fi
	done
	return "$code"
}

step_asan() {
	build asan CC=gcc --enable-sanitizers=address,undefined
	check_in asan "\$(unit_tests)"
}

step_tsan() {
	build tsan CC=gcc --enable-sanitizers=thread --enable-tests=plain
	check_in tsan "\$(unit_tests)"
}

# Debian's jansson for the other processor, unpacked beside the build: this machine's own package lists stay as
# they are.
aarch64_packages() {
	local state=$work/aarch64-apt root=$work/aarch64-root package options
	[[ ! -f $root/complete ]] || return 0
	mkdir -p "$state"/lists/partial "$state"/cache/archives/partial "$root"
	: >"$state/status"
	options=(-o APT::Architecture=arm64 -o APT::Architectures=arm64 -o Acquire::Languages=none
		-o "Dir::State::lists=$state/lists" -o "Dir::State::status=$state/status" -o "Dir::Cache=$state/cache"
		-o "APT::Sandbox::User=$(id -un)")
	cd "$state"
	apt-get "${options[@]}" update
	apt-get "${options[@]}" download libjansson4 libjansson-dev
	for package in ./*.deb; do
		dpkg-deb -x "$package" "$root"
	done
	touch "$root/complete"
}

# The shim is loaded by the emulator's -E, so that the emulator itself stays as it is.
step_aarch64() {
	local root=$work/aarch64-root library=$work/aarch64-root/usr/lib/aarch64-linux-gnu
	export OTELUE_EMULATOR="qemu-aarch64 -L /usr/aarch64-linux-gnu -E LD_LIBRARY_PATH=$library"
	export PLAIN_SKIPS=$source_dir/tests/lib/plain/qemu-user-skips.txt
	aarch64_packages
	build aarch64 --host=aarch64-linux-gnu --enable-tests=plain JANSSON_CFLAGS="-I$root/usr/include" \
		JANSSON_LIBS="-L$library -ljansson"
	check_in aarch64 "\$(unit_tests) \$(cross_tests)"
}

# The tarball holds every file of the repository, and builds and passes its tests from a read-only source.
step_distcheck() {
	build gcc CC=gcc
	rm -f -- *.tar.xz
	make dist
	if [[ -e $source_dir/.git ]]; then
		git -C "$source_dir" ls-files | grep -v '^\.git\(ignore\|attributes\)$\|/\.keep$' | LC_ALL=C sort >tracked
		tar -tJf otelue-*.tar.xz | sed 's|^[^/]*/||' | LC_ALL=C sort >shipped
		comm -23 tracked shipped >lacking
		[[ ! -s lacking ]] || { say "not in the tarball:"; cat lacking; return 1; }
	fi
	record pass "the tarball holds every file"
	make distcheck DISTCHECK_CONFIGURE_FLAGS='--enable-werror --enable-tests' || {
		tell_failed otelue-*/_build
		return 1
	}
	record pass "make distcheck"
}

# Once; kept in ~/.cache/otelue.
step_vm-kernel() { "$source_dir/tests/vm/kernel"; }

# Each scenario prints `PASS NAME SECONDS` or `FAIL NAME SECONDS (WHY)`.
step_vm() {
	local code=0 verdict name rest
	build gcc CC=gcc
	OTELUE_SRC=$source_dir OTELUE_BUILD=$work/gcc "$source_dir/tests/vm/scenarios" | tee scenarios.out || code=$?
	while read -r verdict name rest; do
		case $verdict in
		PASS) record pass "$name" ;;
		FAIL) record fail "$name" "$rest" ;;
		esac
	done <scenarios.out
	return "$code"
}
