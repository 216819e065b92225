# One device becomes two, of which one gets what is left.
daxctl disable-device dax0.0
daxctl reconfigure-device -s 64G dax0.0
daxctl create-device -r 0
daxctl list -DM
