echo e820_pmem > /sys/bus/platform/drivers/e820_pmem/unbind
echo ramdax > /sys/devices/platform/e820_pmem/driver_override
modprobe ramdax
ndctl list -R
ndctl create-namespace -m fsdax -s 256M
