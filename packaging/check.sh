# shellcheck shell=bash
# What ./package --check does, sourced by it: each check is a line, and the last line counts them.
passed=0 failed=0 skipped=0

said() {
    case $1 in
    ok) passed=$((passed + 1)) ;;
    FAILED) failed=$((failed + 1)) ;;
    skipped) skipped=$((skipped + 1)) ;;
    esac
    printf '%-8s %s\n' "$1" "$2"
}

# Runs a command with its output in a log: $1 what is checked, the rest the command.
try() {
    local what=$1
    shift
    if "$@" >.build/package-check.log 2>&1; then
        said ok "$what"
    else
        said FAILED "$what"
        tail -n 20 .build/package-check.log >&2
    fi
}

same_again() {
    rm -rf .build/packages-again
    mkdir -p .build/packages-again
    make_all "$PWD/.build/packages-again"
    diff <(cd "$output" && cat SHA256SUMS) .build/packages-again/SHA256SUMS
}

# The sample of examples/library with nothing of this checkout but the packages.
sample() {
    local place=.build/package-sample
    rm -rf "$place" && mkdir -p "$place"
    cp examples/library/Program.cs "$place"
    cat >"$place/Sample.csproj" <<TEXT
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <Nullable>enable</Nullable>
    <ImplicitUsings>enable</ImplicitUsings>
    <ManagePackageVersionsCentrally>false</ManagePackageVersionsCentrally>
    <RestoreAdditionalProjectSources>$output</RestoreAdditionalProjectSources>
    <RestorePackagesPath>packages</RestorePackagesPath>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="Altmap.Advice" Version="$version" />
  </ItemGroup>
</Project>
TEXT
    touch "$place/Directory.Build.props" "$place/Directory.Packages.props"
    for file in Directory.Build.props Directory.Packages.props; do echo '<Project />' >"$place/$file"; done
    (cd "$place" && dotnet run -v quiet) | tee .build/package-sample.txt
    grep -q 'fsdax on .* usable' .build/package-sample.txt && grep -q 'not online' .build/package-sample.txt
}

tool() {
    local place=$PWD/.build/package-tool
    rm -rf "$place"
    dotnet tool install altmap --tool-path "$place" --add-source "$output" --version "$version" --no-cache
    "$place/altmap" --version | grep -q "^altmap $version "
    "$place/altmap" plan --start 4G --usable 1G | grep -q 'info-block area'
}

tarball() {
    local place=.build/package-tarball
    rm -rf "$place" && mkdir -p "$place"
    tar -xzf "$output"/altmap-*.tar.gz -C "$place"
    (
        cd "$place"/altmap-*
        ./altmap --version | grep -q "^altmap $version "
        ./altmap map examples/shared-section.json | grep -q 'share section'
        ./altmap run examples/nvdimm.json -- ndctl list -R | grep -q region0
        zcat man/man1/altmap.1.gz | grep -q '^\.TH'
    )
}

# A clean system, and in it what a person does after installing: the program, its manual, completion, the examples.
chroot_use() {
    local root mirror suite rc=0
    root=$(mktemp -d /var/tmp/altmap-chroot.XXXXXX)
    suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
    mirror=$(apt-get indextargets --format '$(SITE)' 2>/dev/null | grep -m1 '/debian/*$')
    debootstrap --variant=minbase --include=man-db,bash-completion "$suite" "$root" "$mirror" && used_in "$root" || rc=1
    rm -rf "$root"
    return "$rc"
}

used_in() {
    local root=$1
    cp "$output"/altmap_*.deb "$root/tmp/altmap.deb"
    chroot "$root" dpkg -i /tmp/altmap.deb &&
        chroot "$root" altmap --version | grep -q "^altmap $version " &&
        chroot "$root" sh -c 'man -P cat altmap' | grep -q 'EXIT STATUS' &&
        chroot "$root" bash -c '. /usr/share/bash-completion/bash_completion; . /usr/share/bash-completion/completions/altmap; COMP_LINE="altmap exp" COMP_POINT=10 COMP_WORDS=(altmap exp) COMP_CWORD=1; _altmap; printf "%s\n" "${COMPREPLY[@]}"' | grep -q '^explore$' &&
        chroot "$root" sh -c 'cd /usr/share/doc/altmap && altmap map examples/shared-section.json' | grep -q 'share section' &&
        chroot "$root" sh -c 'cd /usr/share/doc/altmap && altmap plan examples/nvdimm.json --usable 1G' | grep -q 'ndctl create-namespace' &&
        chroot "$root" sh -c 'cd /usr/share/doc/altmap && altmap run examples/nvdimm.json -- ndctl list -R' | grep -q region0 &&
        chroot "$root" dpkg -r altmap
}

try 'the same bytes when made again' same_again
try 'tarball: program, map, run and manual' tarball
try 'libraries: the sample builds and runs with the packages alone' sample
try 'dotnet tool install altmap' tool
if ! command -v dpkg-deb >/dev/null; then
    said skipped 'deb: dpkg-deb is not there'
else
    if have_program lintian lintian; then
        try 'deb: lintian has no errors' lintian --fail-on error "$output"/altmap_*.deb
    else
        said skipped 'deb: lintian is not there and could not be installed'
    fi
    if [[ $(id -u) != 0 ]]; then
        said skipped 'deb: installed and used in a clean chroot: needs root'
    elif have_program debootstrap debootstrap; then
        try 'deb: installed and used in a clean chroot' chroot_use
    else
        said skipped 'deb: installed and used in a clean chroot: debootstrap could not be installed'
    fi
fi
echo "$passed passed, $failed failed, $skipped skipped"
[[ $failed == 0 ]]
