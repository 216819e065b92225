using System.Collections.Immutable;
using Altmap.Core.Findings;

namespace Altmap.Advice.Explain.Messages;

/// <summary>Messages of daxctl (76 to 81).</summary>
internal static class DaxctlMessages
{
    public static readonly ImmutableArray<MessagePage> All =
    [
        new(
            "error: kernel policy will auto-online memory, aborting",
            "daxctl reconfigure-device --mode=system-ram",
            Severity.Error,
            "the kernel onlines memory as it comes (auto_online_blocks), so --no-online, or a zone of its own, cannot be had "
                + "(EBUSY). Distributions set it, or do the same by udev rules",
            "echo offline > /sys/devices/system/memory/auto_online_blocks before, or --force"
        ),
        new("was already in system-ram mode", "daxctl reconfigure-device", Severity.Note, "nothing to change", ""),
        new("was already in devdax mode", "daxctl reconfigure-device", Severity.Note, "nothing to change", ""),
        new(
            "memory operations are not applicable in devdax mode",
            "daxctl online-memory, offline-memory",
            Severity.Error,
            "the device is not System RAM",
            "daxctl reconfigure-device --mode=system-ram first"
        ),
        new(
            "status operations are only applicable in devdax mode",
            "daxctl enable-device, disable-device",
            Severity.Error,
            "the device is System RAM",
            "daxctl reconfigure-device --mode=devdax first"
        ),
        new(
            "failed to offline memory: *",
            "daxctl offline-memory, reconfigure-device",
            Severity.Warning,
            "a memory block stays online: pages are in use that cannot move, or the block is of boot RAM, which daxctl 76 takes "
                + "for the device's",
            "only zone Movable can be relied on"
        ),
        new(
            "failed to online memory: *",
            "daxctl online-memory",
            Severity.Error,
            "the kernel refused a block",
            "look at dmesg and valid_zones"
        ),
        new(
            "Failed to offline *memory*/state: *",
            "libdaxctl offline_one_memblock()",
            Severity.Warning,
            "this memory block stays online",
            "only zone Movable can be relied on; daxctl 76 also tries a block of boot RAM in which the device ends"
        ),
        new(
            "libdaxctl: daxctl_dev_enable: * failed to enable",
            "libdaxctl",
            Severity.Error,
            "no driver took the device; dmesg says why",
            "dmesg | altmap explain -"
        ),
        new(
            "libdaxctl: daxctl_dev_set_*",
            "libdaxctl",
            Severity.Error,
            "an attribute was refused",
            "look at available_size and align of the dax region"
        ),
        new("all memory sections (*) already *", "daxctl", Severity.Note, "nothing to do", ""),
        new("memory section* already *", "daxctl", Severity.Note, "some blocks were in that state already", ""),
        new(
            "error reconfiguring devices: *",
            "daxctl reconfigure-device",
            Severity.Error,
            "the device was not changed; the line before says why",
            "look at the line before"
        ),
        new("error * memory: *", "daxctl", Severity.Error, "not all memory changed; the line before says why", "look at the line before"),
        new("disable failed: *", "daxctl", Severity.Error, "the device could not be unbound", "look at dmesg and at who uses it"),
        new("enable failed: *", "daxctl", Severity.Error, "no driver took the device; dmesg says why", "dmesg | altmap explain -"),
        new(
            "refusing to change modes",
            "daxctl reconfigure-device",
            Severity.Error,
            "memory of the device is online",
            "daxctl offline-memory first, or --force"
        ),
        new(
            "error creating devices: *",
            "daxctl create-device",
            Severity.Error,
            "no dax device was made: no such region, or no " + "free space in it",
            "daxctl list -Ri: available_size"
        ),
        new(
            "error destroying devices: *",
            "daxctl destroy-device",
            Severity.Error,
            "not all devices were destroyed; a device " + "must be disabled first",
            "daxctl disable-device"
        ),
        new(
            "error disabling device: *",
            "daxctl disable-device",
            Severity.Error,
            "the device could not be unbound",
            "look at dmesg and at who uses it"
        ),
    ];
}
