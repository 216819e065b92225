# What guest scripts use (busybox sh; a fork costs milliseconds here, a builtin nothing).
ND=/sys/bus/nd
settle() { # until the buses have probed all that is on them
    for w in $ND/devices/ndbus*/wait_probe; do [ -e $w ] && read -r _ < $w; done
    sync_dax
}
sync_dax() { :; }
mark() { echo "altmap:$1" > /dev/kmsg; }
attributes() { # DIR...: every readable attribute as path:value
    for d in "$@"; do [ -e "$d" ] && echo "$d"; done > /tmp/a.dirs
    [ -s /tmp/a.dirs ] || return 0
    find -L $(cat /tmp/a.dirs) -maxdepth 1 -type f ! -name uevent ! -name delete ! -name create ! -name deep_flush ! -name wait_probe \
        ! -name 'security*' ! -name 'autosuspend*' ! -name activate ! -name 'clear*' 2>/dev/null | sort | xargs grep -sH ''
}
drivers() { for d in "$@"; do [ -L $d/driver ] && l=$(readlink $d/driver) && echo "$d/driver:${l##*/}"; done; }
sysfs() {
    attributes $ND/devices/* $ND/devices/nmem*/nfit $ND/devices/region*/nfit $ND/devices/*/dax_region
    drivers $ND/devices/*
    attributes /sys/bus/dax/devices/* /sys/bus/dax/devices/*/mapping*
    drivers /sys/bus/dax/devices/*
    for b in /sys/block/pmem*; do [ -e $b ] || continue
        grep -H '' $b/size $b/ro $b/queue/dax $b/queue/logical_block_size $b/queue/physical_block_size $b/queue/hw_sector_size \
            $b/queue/minimum_io_size $b/queue/fua $b/queue/write_cache
        echo "/dev/${b##*/}.getsize64:$(blockdev --getsize64 /dev/${b##*/})"
    done
}
capture() { # DIR: what a person can collect of this machine (docs: capture), without changing it
    o=$1; mkdir -p $o
    ndctl list -RNDuXvi > $o/list.human.json 2>/dev/null
    ndctl list -BRNDFHXvvvi > $o/list.json 2>/dev/null
    daxctl list -RDMi > $o/daxctl.json 2>/dev/null
    sysfs > $o/sysfs.txt 2>&1
    cat /proc/iomem > $o/iomem.txt
    dmesg | sed 's/^\[[^]]*\] //' > $o/dmesg.txt
    cat /proc/cmdline > $o/cmdline.txt
}
labels() { # DIR: the label areas
    for n in $ND/devices/nmem*; do n=${n##*/}; [ -e $ND/devices/$n ] || continue
        ndctl read-labels $n -o $1/labels.$n.bin 2>/dev/null; done
}
region_at() { for d in $ND/devices/region*; do read -r x < $d/resource && [ $((x)) = $(($1)) ] && { echo ${d##*/}; return 0; }; done; echo none; return 1; }
ns_at() { r=$(region_at $1); echo namespace${r#region}.0; }
mkpfn() { # pfn|dax REGION NAMESPACE ram|pmem ALIGN UUID: by sysfs alone, so that only the kernel's own checks apply
    drv=nd_pmem; [ $1 = dax ] && drv=dax_pmem
    echo $3 > $ND/drivers/nd_pmem/unbind 2>/dev/null
    s=$(cat $ND/devices/$2/$1_seed); d=$ND/devices/$s
    for kv in align=$5 mode=$4 uuid=$6 namespace=$3; do ( echo ${kv#*=} > $d/${kv%%=*} ) 2>/tmp/e || echo "$kv: $(cat /tmp/e)"; done
    if ( echo $s > $ND/drivers/$drv/bind ) 2>/tmp/e; then echo "$s bound"; else echo "$s: bind: $(sed 's/.*: //' /tmp/e)"; fi
    for a in size resource align mode; do echo "  $s/$a=$(cat $d/$a 2>&1 | sed 's/^cat: //')"; done
}
