#!/bin/sh
# First process of a guest: mounts, loads drivers, then does what the host writes to the second serial port.
# A request is the line "N"; its script is /host/req.N, what it prints becomes /host/out.N, and "N RC" goes back.
export PATH=/usr/bin:/usr/sbin:/bin:/sbin HOME=/ LC_ALL=C
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t tmpfs tmpfs /tmp
mount -t debugfs debugfs /sys/kernel/debug 2>/dev/null
for m in virtio_pci 9pnet_virtio 9p; do modprobe $m; done
mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144,cache=none host /host || { echo "GUEST: no shared folder"; poweroff -f; }
read -r words < /proc/cmdline
case " $words " in *" guest.noload "*) ;; *)
    for m in nd_pmem nd_btt dax_pmem device_dax nd_e820 nfit; do modprobe $m 2>/dev/null; done
    case " $words " in *" guest.kmem "*) modprobe kmem 2>/dev/null ;; esac ;;
esac
. /lab/lab.sh
settle
stty -F /dev/ttyS1 raw -echo
exec 3<>/dev/ttyS1
echo "ready $(uname -r)" >&3
while read -r n <&3; do
    [ "$n" = off ] && break
    ( . /host/req.$n ) > /tmp/out.$n 2>&1 3>&-
    rc=$?
    cat /tmp/out.$n > /host/out.$n
    rm -f /tmp/out.$n
    echo "$n $rc" >&3
done
poweroff -f
