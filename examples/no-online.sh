daxctl reconfigure-device --mode=devdax --force dax0.0
daxctl reconfigure-device --mode=system-ram --no-online dax0.0
