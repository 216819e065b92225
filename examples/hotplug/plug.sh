# a hypervisor plugs 256 MiB; half of it goes online
hotplug add-dimm 0x400000000 256M
echo online_movable > /sys/devices/system/memory/memory129/state
lsmem
cat /proc/zoneinfo
dmesg
hotplug remove 0x400000000
lsmem --summary
