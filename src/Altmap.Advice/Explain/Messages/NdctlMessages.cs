using System.Collections.Immutable;
using Altmap.Core.Findings;

namespace Altmap.Advice.Explain.Messages;

/// <summary>Messages of ndctl (76 to 81).</summary>
internal static class NdctlMessages
{
    public static readonly ImmutableArray<MessagePage> All =
    [
        new(
            "Legacy / label-less namespaces do not support sub-dividing a region",
            "ndctl create-namespace",
            Severity.Error,
            "the region has no labels: its one namespace has all of it",
            "for several namespaces: ndctl disable-region, ndctl init-labels of its DIMMs (where their label areas really are "
                + "blank: keep a copy first, ndctl read-labels -o), ndctl enable-region"
        ),
        new(
            "Retry without -s/--size=",
            "ndctl create-namespace",
            Severity.Note,
            "goes with the line before it: the label-less " + "region can only be taken whole",
            "leave --size away"
        ),
        new(
            "failed to create namespace: No space left on device",
            "ndctl create-namespace",
            Severity.Error,
            "no region has " + "enough free space in one piece",
            "ndctl list -Rv: available_size and max_available_extent; altmap plan --usable SIZE"
        ),
        new(
            "failed to create namespace: *",
            "ndctl create-namespace",
            Severity.Error,
            "the namespace was not made; the line " + "before says why",
            "look at the line before"
        ),
        new(
            "failed to reconfigure namespace: *",
            "ndctl create-namespace -e",
            Severity.Error,
            "the namespace was not changed, or " + "is left without a mode; the line before says why",
            "look at the line before and at ndctl list -Ni"
        ),
        new(
            "align setting is * size * is misaligned",
            "ndctl create-namespace",
            Severity.Error,
            "the size is no multiple of the " + "region's align (16 MiB by default)",
            "give a --size that is a multiple of it; echo ALIGN > "
                + "/sys/bus/nd/devices/regionN/align changes it, at a price for "
                + "later namespaces",
            "kernels since 5.7, ndctl " + "since 68 or so"
        ),
        new(
            "misaligned to 16M, adjust region alignment and retry",
            "ndctl create-namespace",
            Severity.Error,
            "the namespace "
                + "would start or end at an address that is no multiple of 16 MiB: one before it had such a size, or the "
                + "region starts so",
            "destroy and make the namespaces with sizes that are multiples of 16 MiB, or --force where 2 MiB will do"
        ),
        new(
            "'--size=' must be >= * for '*' mode",
            "ndctl create-namespace",
            Severity.Error,
            "the namespace would be too " + "small for its metadata",
            "ask for 16 MiB or more"
        ),
        new(
            "'--size=' must align to interleave-width: * and alignment: *",
            "ndctl create-namespace",
            Severity.Error,
            "the size is no multiple of the alignment times the DIMMs of the set",
            "take the size that the next line proposes"
        ),
        new("did you intend --size=*", "ndctl create-namespace", Severity.Note, "the next size that would do", "take it"),
        new(
            "is active, specify --force for re-configuration",
            "ndctl create-namespace -e",
            Severity.Warning,
            "the namespace has " + "a driver; changing its mode gives up its data",
            "unmount, copy the data out, then --force"
        ),
        new(
            "is active, specify --force for deletion",
            "ndctl destroy-namespace",
            Severity.Warning,
            "the namespace has a driver; " + "destroying it gives up its data",
            "unmount, copy the data out, then --force"
        ),
        new("is active, skipping...", "ndctl", Severity.Warning, "the device has a driver and is left alone", "disable it first"),
        new(
            "failed to enable for zeroing, continuing",
            "ndctl destroy-namespace",
            Severity.Warning,
            "the info-block could not be "
                + "zeroed: the old block stays on the media and comes back when a namespace is made at the "
                + "same place",
            "look at dmesg; after a reboot destroy a raw namespace made there"
        ),
        new(
            "does not support * mode",
            "ndctl create-namespace",
            Severity.Error,
            "the region's driver or kernel cannot do that mode",
            "modprobe nd_btt, nd_pmem, dax_pmem; look at the kernel's configuration"
        ),
        new(
            "mode does not support setting an alignment",
            "ndctl create-namespace",
            Severity.Error,
            "--align goes with fsdax and " + "devdax alone",
            "leave it away"
        ),
        new(
            "only valid for fsdax mode namespace",
            "ndctl create-namespace",
            Severity.Error,
            "--map goes with fsdax and devdax alone",
            "leave it away"
        ),
        new(
            "--map only valid for an devdax mode pmem namespace",
            "ndctl create-namespace",
            Severity.Error,
            "--map goes with " + "fsdax and devdax alone",
            "leave it away"
        ),
        new(
            "unsupported align: *",
            "ndctl create-namespace",
            Severity.Error,
            "the device does not offer that alignment",
            "cat supported_alignments of the pfn or dax device: 4K, 2M, 1G on x86-64"
        ),
        new(
            "sector_size: * not supported",
            "ndctl create-namespace",
            Severity.Error,
            "a BTT has sectors of 512, 520, 528, 4096, " + "4104, 4160 or 4224 bytes",
            "take one of them"
        ),
        new(
            "read-only, re-configuration disabled",
            "ndctl create-namespace -e",
            Severity.Error,
            "the region is read-only",
            "echo 0 > read_only of the region"
        ),
        new(
            "Unable to determine scrub state: *",
            "ndctl create-namespace",
            Severity.Note,
            "the bus cannot scrub for media errors " + "(QEMU, e820)",
            "nothing"
        ),
        new(
            "error: labels already initialized",
            "ndctl init-labels",
            Severity.Warning,
            "there are labels: --force would give up " + "all namespaces of the DIMM",
            "keep a copy (ndctl read-labels -o) before anything; usually there is nothing to do"
        ),
        new(
            "regions active, abort label write",
            "ndctl init-labels, write-labels, zero-labels",
            Severity.Warning,
            "a region of " + "the DIMM is in use",
            "ndctl disable-region first"
        ),
        new(
            "dimm is active, abort label write",
            "ndctl init-labels, write-labels, zero-labels",
            Severity.Warning,
            "the DIMM is in use",
            "ndctl disable-region, disable-dimm first"
        ),
        new(
            "is active in *, failing autolabel",
            "ndctl create-namespace",
            Severity.Warning,
            "the DIMM is in use, so its labels " + "cannot be initialised on the way",
            "ndctl disable-region first"
        ),
        new(
            "failed to initialize labels",
            "ndctl create-namespace",
            Severity.Error,
            "the label area could not be written",
            "ndctl list -D; look at dmesg"
        ),
        new("is not a valid label version", "ndctl init-labels", Severity.Error, "1.1 or 1.2 are", "--label-version=1.2"),
        new(
            "successfully verified * nmem label*",
            "ndctl check-labels",
            Severity.Note,
            "an index block is valid. Labels " + "themselves are not looked at",
            "altmap labels check FILE looks at the labels too"
        ),
        new(
            "libndctl: ndctl_pfn_enable: * failed to enable",
            "libndctl",
            Severity.Error,
            "the kernel did not take the pfn " + "device; dmesg says why",
            "dmesg | altmap explain -"
        ),
        new(
            "libndctl: ndctl_dax_enable: * failed to enable",
            "libndctl",
            Severity.Error,
            "the kernel did not take the dax " + "device; dmesg says why",
            "dmesg | altmap explain -"
        ),
        new(
            "libndctl: ndctl_btt_enable: * failed to enable",
            "libndctl",
            Severity.Error,
            "the kernel did not take the BTT; dmesg " + "says why",
            "dmesg | altmap explain -; altmap btt check FILE"
        ),
        new(
            "libndctl: ndctl_*_enable: * failed to enable",
            "libndctl",
            Severity.Error,
            "the kernel did not take the device; " + "dmesg says why",
            "dmesg | altmap explain -"
        ),
        new(
            "error checking infoblocks: *",
            "ndctl write-infoblock",
            Severity.Error,
            "no info-block could be laid out",
            "altmap infoblock write says more"
        ),
        new(
            "error reading infoblock data: *",
            "ndctl read-infoblock",
            Severity.Error,
            "the namespace or file could not be read",
            "is there a block at byte 4096? altmap infoblock check FILE"
        ),
        new(
            "Unable to recover any BTT info blocks",
            "ndctl check-namespace",
            Severity.Error,
            "no arena was found. ndctl says so "
                + "also where the second info-block is whole and --repair was not given, and for a "
                + "namespace that never had a BTT",
            "do not give up: altmap btt check FILE looks at the second blocks; ndctl check-namespace --repair, on a copy",
            "ndctl 76: as if hopeless without -R"
        ),
        new(
            "Info block error flag is set, aborting",
            "ndctl check-namespace",
            Severity.Error,
            "the arena is marked bad: it " + "reads, and writes fail",
            "copy the data out"
        ),
        new(
            "Problem parsing arena[*] metadata",
            "ndctl check-namespace",
            Severity.Error,
            "numbers of an arena contradict each other",
            "keep a raw copy; altmap btt check FILE"
        ),
        new(
            "bitmap error: internal blocks are incorrectly referenced",
            "ndctl check-namespace",
            Severity.Error,
            "the map and the " + "log do not name every block exactly once. ndctl 76 says so for a plain crash state too",
            "altmap btt check FILE",
            "ndctl 76"
        ),
        new(
            "found a pair of log entries with the same sequence number",
            "ndctl check-namespace",
            Severity.Error,
            "a lane's log " + "was cut while it was written, or damaged",
            "altmap btt check FILE says which lane"
        ),
        new(
            "found a map entry that is out of bounds",
            "ndctl check-namespace",
            Severity.Error,
            "a sector's map entry names no block",
            "altmap btt check FILE names the sector"
        ),
        new(
            "is referenced by two map entries",
            "ndctl check-namespace",
            Severity.Error,
            "two sectors share a block: one of them " + "reads the other's data",
            "altmap btt check FILE names both"
        ),
        new(
            "BTT info* needs to be restored",
            "ndctl check-namespace",
            Severity.Warning,
            "one of the two info-blocks of an arena " + "is damaged and the other whole",
            "--repair restores it; ndctl 76 may overwrite a good copy with a bad first block: " + "on a copy first",
            "ndctl 76"
        ),
        new(
            "failed to enable in raw mode: *",
            "ndctl check-namespace",
            Severity.Warning,
            "happens on the first run after a BTT " + "that the kernel refused",
            "run it again"
        ),
        new(
            "error checking namespaces: *",
            "ndctl check-namespace",
            Severity.Error,
            "the check did not end; the line before says why",
            "look at the line before"
        ),
        new(
            "error creating namespaces: *",
            "ndctl",
            Severity.Error,
            "nothing was made; the line before says why",
            "look at the " + "line before"
        ),
        new(
            "error destroying namespaces: *",
            "ndctl destroy-namespace",
            Severity.Error,
            "not all was destroyed; the line before says why",
            "look at the line before"
        ),
        new(
            "error * namespaces: *",
            "ndctl",
            Severity.Error,
            "not all devices were done; the line before says why",
            "look at the " + "line before"
        ),
        new("unknown type \"*\"", "ndctl", Severity.Error, "no such type of namespace", "pmem"),
        new(
            "invalid mode: '*'",
            "ndctl",
            Severity.Error,
            "no such mode",
            "sector, fsdax, devdax or raw; before ndctl 63 they " + "were called safe, memory, dax"
        ),
        new(
            "align must be a power-of-2 greater than *",
            "ndctl create-namespace",
            Severity.Error,
            "--align is none",
            "4K, 2M or 1G on x86-64"
        ),
        new("alt name overflow", "ndctl create-namespace", Severity.Error, "--name has more than 63 bytes", "take a shorter name"),
        new(
            "failed to parse *",
            "ndctl, daxctl",
            Severity.Error,
            "the value of an option cannot be read",
            "sizes as 4096, 64K, " + "1G; UUIDs with four dashes"
        ),
        new("invalid map location '*'", "ndctl create-namespace", Severity.Error, "--map says where struct pages lie", "dev or mem"),
        new("invalid mode '*'", "ndctl create-namespace", Severity.Error, "no such mode", "sector, fsdax, devdax or raw"),
        new("Error: *: failed to enable", "ndctl", Severity.Error, "no driver took the device; dmesg says why", "dmesg | altmap explain -"),
        new("unknown switch `*'", "ndctl, daxctl", Severity.Error, "no such option", "the command with --help"),
        new(
            "failed to re-enable namespace",
            "ndctl check-namespace",
            Severity.Error,
            "the check is over, and the kernel does not " + "take the namespace afterwards",
            "dmesg | altmap explain -"
        ),
    ];
}
