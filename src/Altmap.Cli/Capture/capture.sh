#!/bin/sh
# Collects what Altmap needs to know of this machine's persistent memory: sysfs, /proc, firmware tables, ndctl's lists, label areas and the
# first bytes of namespaces. Reads only; writes only below DIR. Needs no root: what cannot be read is listed in DIR/missing.txt.
#
#   sh capture.sh [--serials] [--tar] [--root ROOT] DIR
#
#   --serials   keep serial numbers of DIMMs and CXL devices, and the NFIT, which holds them
#   --tar       also DIR/capture.tar, all of it in one file
#   --root ROOT read ROOT/sys, ROOT/proc and ROOT/dev instead, a tree that was copied from elsewhere; no tool is asked then
#
# Host names are left out: only lines of the kernel log about memory are kept, and words of the command line that name hosts lose their value.
set -u
LC_ALL=C
export LC_ALL
umask 077

serials=0
tar=0
root=
dir=
wrong() {
    echo "capture: $1" >&2
    echo "usage: capture.sh [--serials] [--tar] [--root ROOT] DIR" >&2
    exit 16
}
while [ $# -gt 0 ]; do
    case $1 in
        --serials) serials=1 ;;
        --tar) tar=1 ;;
        --root)
            [ $# -gt 1 ] || wrong "--root needs a folder"
            root=${2%/}
            shift
            ;;
        -*) wrong "there is no option $1" ;;
        *)
            [ -z "$dir" ] || wrong "one folder is enough: $dir, $1"
            dir=$1
            ;;
    esac
    shift
done
[ -n "$dir" ] || wrong "where to? DIR is missing"
case $dir in -*) dir=./$dir ;; esac
if [ -e "$dir" ]; then
    [ -d "$dir" ] || wrong "$dir: this is no folder"
    for f in "$dir"/* "$dir"/.[!.]*; do
        [ ! -e "$f" ] || wrong "$dir: it is not empty; name a new folder"
    done
else
    mkdir "$dir" || exit 8
fi
: > "$dir/missing.txt" || exit 8

# miss FILE WHY: what is not there, and what that leaves open.
miss() {
    echo "$1: $2" >> "$dir/missing.txt"
}

# keep SOURCE NAME WHY: a file as it is.
keep() {
    if [ -r "$root$1" ] && cat "$root$1" > "$dir/$2" 2> /dev/null && [ -s "$dir/$2" ]; then
        return 0
    fi
    rm -f "$dir/$2"
    [ -z "$3" ] || miss "$2" "$3"
    return 1
}

# without_hosts: words of a command line that name hosts.
without_hosts() {
    sed -e 's/\(systemd\.hostname\)=[^ ]*/\1=removed/g' -e 's/\(hostname\)=[^ ]*/\1=removed/g' -e 's/ ip=[^ ]*/ ip=removed/g' \
        -e 's/\(nfsroot\)=[^ ]*/\1=removed/g' -e 's/\(netroot\)=[^ ]*/\1=removed/g' -e 's/\(iscsi_[a-z]*\)=[^ ]*/\1=removed/g'
}

# show FILE...: lines path:value, of the first line of each.
show() {
    for f in "$@"; do
        [ -f "$f" ] && [ -r "$f" ] || continue
        case $f in
            */uevent | */security | */reset | */remove | */delete | */scrub | */wait_probe | */activate | */deep_flush | */trigger_poison_list) continue ;;
        esac
        if [ $serials = 0 ]; then
            case $f in
                */nfit/serial | */nfit/id | */papr/*serial* | */serial) continue ;;
            esac
        fi
        value=
        if { IFS= read -r value < "$f"; } 2> /dev/null || [ -n "$value" ]; then
            printf '%s:%s\n' "${f#"$root"}" "$value"
        fi
    done
}

# target LINK: the last name that a link leads to.
target() {
    ls -ld "$1" 2> /dev/null | sed -e 's/.* -> //' -e 's,.*/,,'
}

# drivers FOLDER...: which driver a device is bound to.
drivers() {
    for f in "$@"; do
        [ -e "$f/driver" ] && printf '%s:%s\n' "${f#"$root"}/driver" "$(target "$f/driver")"
    done
}

sys=$root/sys
show "$sys"/bus/nd/devices/*/* "$sys"/bus/nd/devices/*/nfit/* "$sys"/bus/nd/devices/*/papr/* > "$dir/sysfs.txt"
{
    drivers "$sys"/bus/nd/devices/* "$sys"/bus/dax/devices/*
    show "$sys"/bus/dax/devices/*/* "$sys"/bus/dax/devices/*/mapping*/* "$sys"/bus/nd/devices/*/dax*/dax_region/*
    show "$sys"/block/pmem*/size "$sys"/block/pmem*/ro "$sys"/block/pmem*/queue/dax "$sys"/block/pmem*/queue/logical_block_size
    show "$sys"/bus/cxl/devices/*/*
    show "$sys"/devices/system/memory/block_size_bytes "$sys"/devices/system/memory/auto_online_blocks
    show "$sys"/devices/system/memory/memory*/state "$sys"/devices/system/memory/memory*/valid_zones
    show "$sys"/devices/system/node/online "$sys"/devices/system/node/has_memory "$sys"/devices/system/node/node*/distance
    show "$sys"/module/memory_hotplug/parameters/*
} >> "$dir/sysfs.txt"
if [ ! -s "$dir/sysfs.txt" ]; then
    rm -f "$dir/sysfs.txt"
    miss sysfs.txt "there is no /sys: devices, regions and namespaces are not known"
fi

if keep /proc/iomem iomem.txt "where memory and persistent memory lie is not known"; then
    if ! sed -n 's/^\([0-9a-f]*\)-\([0-9a-f]*\) .*/\1\2/p' "$dir/iomem.txt" | grep -q '[1-9a-f]'; then
        rm -f "$dir/iomem.txt"
        miss iomem.txt "its addresses are zero without root: where memory and persistent memory lie is not known"
    fi
fi
if [ -r "$root/proc/cmdline" ]; then
    without_hosts < "$root/proc/cmdline" > "$dir/cmdline.txt"
else
    miss cmdline.txt "memmap=, mem= and the like are not known"
fi
keep /proc/version version.txt "which kernel ran is not known"
keep /proc/zoneinfo zoneinfo.txt ""
if [ -z "$root" ]; then
    release=$(uname -r)
    keep /proc/config.gz config.gz "" || keep "/boot/config-$release" config.txt "" || miss config.txt "the kernel's configuration (KMSAN, DEBUG_VM) is not known"
fi

for f in "$sys"/firmware/memmap/*; do
    [ -r "$f/start" ] && [ -r "$f/end" ] && [ -r "$f/type" ] || continue
    IFS= read -r start < "$f/start"
    IFS= read -r end < "$f/end"
    IFS= read -r type < "$f/type"
    printf '%s-%s : %s\n' "$start" "$end" "$type"
done > "$dir/firmware-memmap.txt"
[ -s "$dir/firmware-memmap.txt" ] || rm -f "$dir/firmware-memmap.txt"

for t in SRAT CEDT NFIT; do
    [ -e "$sys/firmware/acpi/tables/$t" ] || continue
    if [ $t = NFIT ] && [ $serials = 0 ]; then
        miss acpi.NFIT.bin "it holds serial numbers: --serials keeps it"
        continue
    fi
    keep "/sys/firmware/acpi/tables/$t" "acpi.$t.bin" "read it as root: nodes, CXL windows or ranges of the firmware are not known"
done

log='Linux version|ommand line:|BIOS-e820|efi: mem|SRAT|NUMA|  node |memmap|e820|nvdimm|nd_|nd |pmem|namespace[0-9]|pfn[0-9]|btt[0-9]|dax|kmem|cxl|CXL|NFIT|CEDT|ersistent|memremap|mhp|emory block|memory_hotplug'
if [ -n "$root" ]; then
    [ -r "$root/var/log/dmesg" ] && grep -E "$log" "$root/var/log/dmesg" | without_hosts > "$dir/dmesg.txt"
else
    { dmesg 2> /dev/null || cat /var/log/dmesg 2> /dev/null; } | grep -E "$log" | without_hosts > "$dir/dmesg.txt"
fi
if [ ! -s "$dir/dmesg.txt" ]; then
    rm -f "$dir/dmesg.txt"
    miss dmesg.txt "read it as root: the firmware's map before memmap=, and what the kernel said, are not known"
fi

# without_serials: ids and serials of a list.
without_serials() {
    if [ $serials = 1 ]; then
        cat
    else
        sed -e 's/"id":"[^"]*"/"id":""/' -e 's/"serial":"[^"]*"/"serial":""/' -e 's/"serial":[0-9][0-9]*/"serial":0/'
    fi
}

# tool NAME FILE WORDS...: what a tool prints, where it is there.
tool() {
    name=$1
    file=$2
    shift 2
    if [ -n "$root" ]; then
        [ -r "$root/$file" ] && without_serials < "$root/$file" > "$dir/$file"
        return 0
    fi
    if ! command -v "$name" > /dev/null 2>&1; then
        [ "$name" = lsmem ] || miss "$file" "$name is not here"
        return 0
    fi
    "$name" "$@" 2> /dev/null | without_serials > "$dir/$file"
    [ -s "$dir/$file" ] || rm -f "$dir/$file"
}
tool ndctl list.json list -BRNDvvvi
tool daxctl daxctl.json list -RDMi
tool cxl cxl.json list -BPDRTMi
tool lsmem lsmem.json -J -b
unread=
for n in "$sys"/bus/nd/devices/nmem*; do
    [ -e "$n" ] || continue
    n=${n##*/}
    if [ -n "$root" ]; then
        keep "/labels.$n.bin" "labels.$n.bin" "" || unread="$unread $n"
        continue
    fi
    if command -v ndctl > /dev/null 2>&1 && ndctl read-labels "$n" > "$dir/labels.$n.bin" 2> /dev/null; then
        continue
    fi
    rm -f "$dir/labels.$n.bin"
    unread="$unread $n"
done
[ -z "$unread" ] || miss "labels of$unread" "sudo ndctl read-labels: what is in the label areas is not known"

# bytes DEVICE-FILE ADDRESS NAME OFFSET: 8 KiB, page by page.
bytes() {
    [ -r "$1" ] || return 1
    dd if="$1" of="$dir/media.$3.$4.bin" bs=4096 skip="$2" count=2 2> /dev/null
    [ -s "$dir/media.$3.$4.bin" ] && return 0
    rm -f "$dir/media.$3.$4.bin"
    return 1
}

unread=
for n in "$sys"/bus/nd/devices/namespace*; do
    [ -r "$n/resource" ] && [ -r "$n/size" ] || continue
    IFS= read -r start < "$n/resource"
    IFS= read -r size < "$n/size"
    holder=
    [ -r "$n/holder" ] && IFS= read -r holder < "$n/holder"
    n=${n##*/}
    case $start in 0x*) ;; *) continue ;; esac
    case $size in '' | 0 | *[!0-9]*) continue ;; esac
    page=$((start / 4096))
    device=${n#namespace}
    device=${device%.0}
    if [ -z "$holder" ] && bytes "$root/dev/pmem$device" 0 "$n" 0; then
        continue
    fi
    if bytes "$root/dev/mem" "$page" "$n" 0; then
        # A BTT keeps its second block at the end of the arena; of one arena that is the end of the namespace.
        case $holder in btt*) bytes "$root/dev/mem" $((page + size / 4096 - 2)) "$n" $((size / 4096 * 4096 - 8192)) ;; esac
        continue
    fi
    unread="$unread $n"
done
[ -z "$unread" ] || miss "media of$unread" "the first 8 KiB need root and a kernel that lets /dev/mem be read: what other kernels make of them is not known"

[ -s "$dir/missing.txt" ] || rm -f "$dir/missing.txt"
if [ $tar = 1 ]; then
    (
        cd "$dir" || exit 8
        set --
        for f in *; do
            set -- "$@" "$f"
        done
        tar cf capture.tar "$@"
    ) || exit 8
    echo "$dir/capture.tar"
else
    echo "$dir"
fi
if [ -f "$dir/missing.txt" ]; then
    echo "not collected:" >&2
    sed 's/^/  /' "$dir/missing.txt" >&2
fi
