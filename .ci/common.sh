# shellcheck shell=bash
# Shared by ./run, ./test, ./bench, ./format and .ci/run: sourced, with the working directory at the repository root.

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_UI_LANGUAGE=en DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1
# A build node that outlives the build would keep files and pipes of the caller open.
export MSBUILDDISABLENODEREUSE=1

mkdir -p .build
# dotnet wants a home folder; a container may have none.
[[ -w ${HOME:-/nowhere} ]] || export DOTNET_CLI_HOME=$PWD/.build/home

# Finds dotnet and lets the programs we build find it too (their launcher does not search PATH).
find_dotnet() {
    local place
    if ! command -v dotnet >/dev/null; then
        for place in "${DOTNET_ROOT:-}" "${HOME:-/nowhere}/.dotnet" /usr/lib/dotnet /usr/share/dotnet; do
            [[ -n $place && -x $place/dotnet ]] && PATH=$place:$PATH && break
        done
    fi
    command -v dotnet >/dev/null || no_sdk
    if [[ -z ${DOTNET_ROOT:-} ]]; then
        place=$(readlink -f "$(command -v dotnet)")
        [[ -d ${place%/*}/shared ]] && export DOTNET_ROOT=${place%/*}
    fi
    return 0
}

# The SDK that global.json asks for. Starting dotnet costs 0.1 s: only called before a build.
need_sdk() {
    dotnet --version >/dev/null 2>&1 || no_sdk
}

no_sdk() {
    echo "Altmap needs the .NET SDK 10.0: install it with 'sudo apt-get install dotnet-sdk-10.0' (Debian, Ubuntu) or 'sudo dnf install dotnet-sdk-10.0' (Fedora), and start this again." >&2
    exit 1
}

# One build at a time in one checkout. Commands started under the lock close fd 9, so that nothing they leave behind keeps it.
lock_build() {
    exec 9>.build/lock
    if command -v flock >/dev/null; then flock 9; fi
}

unlock_build() {
    exec 9>&-
}

# The compiler's errors and warnings in LOG, each once; the log's end when there are none.
show_build_errors() {
    local lines
    lines=$(grep -E '(: | )(error|warning) [A-Z]+[0-9]*' "$1" | sed -E 's/ \[[^]]*proj\]$//; s/^ +//' | awk '!seen[$0]++') || true
    if [[ -n $lines ]]; then printf '%s\n' "$lines" >&2; else tail -n 20 "$1" >&2; fi
}

# Runs dotnet with its output in LOG and nothing of ours open.
# Says on standard error what is done: one line; on a terminal it counts seconds, and names the project that is under way.
say_work() {
    local what=$1 log=$2 began=$SECONDS
    [[ -d src/Altmap.Cli/obj && -f src/Altmap.Cli/obj/project.assets.json ]] || what="restoring packages, then $what"
    echo "$what … (log: $log)" >&2
    work_pid=
    [[ -t 2 ]] || return 0
    while sleep 1; do
        printf '\r\033[K%d s  %s' $((SECONDS - began)) "$(find src tests -path '*/obj/Release/*' -name '*.dll' -newer .build/lock 2>/dev/null | sed 's|.*/||' | sort -u | wc -l) projects compiled" >&2
    done 9>&- &
    work_pid=$!
}

say_done() {
    [[ -n ${work_pid:-} ]] || return 0
    kill "$work_pid" 2>/dev/null || true
    wait "$work_pid" 2>/dev/null || true
    printf '\r\033[K' >&2
    work_pid=
}

dotnet_quiet() {
    local log=$1
    shift
    dotnet "$@" >"$log" 2>&1 </dev/null 9>&-
}

# Builds the solution in Release. A warning fails it like an error.
build_solution() {
    local log=.build/build.log ok=1
    lock_build
    say_work "building all projects ($(grep -c '<Project ' Altmap.slnx) of them)" "$log"
    dotnet_quiet "$log" build Altmap.slnx -c Release -v quiet --nologo || ok=0
    say_done
    unlock_build
    if [[ $ok == 1 ]] && grep -qE ': warning [A-Z]+[0-9]*' "$log"; then ok=0; fi
    [[ $ok == 1 ]] && return 0
    show_build_errors "$log"
    return 1
}

# The program as native code (ahead-of-time compiled, one file) in folder OUT, without its symbols. Needs a C linker: gcc or clang.
publish_native() {
    local log=.build/native.log out=$1 runtime=linux-x64
    case $(uname -m) in aarch64 | arm64) runtime=linux-arm64 ;; esac
    if ! command -v clang >/dev/null && ! command -v gcc >/dev/null; then
        echo 'Native code needs a C linker: install gcc or clang (apt-get install gcc).' >&2
        return 1
    fi
    dotnet_quiet "$log" publish src/Altmap.Cli -c Release -r "$runtime" -p:AltmapNative=true -o "$out" -v quiet --nologo && return 0
    show_build_errors "$log"
    return 1
}

# PROGRAM of a Debian package: true when it is there, or could be installed. Only root can install; else the tests that need it are skipped, and say so.
have_program() {
    local program=$1 package=$2
    command -v "$program" >/dev/null && return 0
    command -v apt-get >/dev/null && [[ $(id -u) == 0 ]] || return 1
    { apt-get install -y --no-install-recommends "$package" || { apt-get update && apt-get install -y --no-install-recommends "$package"; }; } \
        >".build/apt-$package.log" 2>&1 </dev/null
}
