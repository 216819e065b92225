using Altmap.Conformance.Guests;

namespace Altmap.Conformance.Defects;

/// <summary>Defects of ndctl and daxctl.</summary>
internal static class ToolDefects
{
    private const ulong Mib = 1 << 20,
        Gib = 1 << 30;

    private static GuestMachine Nvdimm(ulong size, ulong labels = 0, ulong at = 4 * Gib, string parameters = "") =>
        new() { Nvdimms = [new GuestNvdimm(size, labels, at)], CommandLine = parameters };

    /// <summary>The first copy of a BTT's info-block through the raw disk.</summary>
    private const string Raw = """
        raw() { ndctl disable-namespace namespace0.0 2>/dev/null >&2; echo 1 > $ND/devices/namespace0.0/force_raw; ndctl enable-namespace namespace0.0 2>/dev/null >&2; }
        unraw() { ndctl disable-namespace namespace0.0 2>/dev/null >&2; echo 0 > $ND/devices/namespace0.0/force_raw; }

        """;

    public static IEnumerable<Defect> All =>
        [
            new()
            {
                Id = "check-refuses-520",
                Whose = "ndctl",
                Title = "check-namespace refuses every BTT with 520, 528 or 4104 byte sectors",
                Kernels = ["6.1"],
                Machine = Nvdimm(64 * Mib),
                Script =
                    "ndctl create-namespace -f -e namespace0.0 -m sector -l 520 > /dev/null; ndctl disable-namespace namespace0.0; "
                    + "ndctl check-namespace namespace0.0; echo rc=$?",
                Shows = @"rc=[1-9]",
                What =
                    "A sound BTT with metadata in its sectors fails the check: the tool computes the size of a sector otherwise "
                    + "than the kernel.",
                Cost = "Whoever trusts the check recreates a sound namespace and loses it.",
                Instead = "`altmap btt check` accepts all seven sector sizes that the kernel offers.",
            },
            new()
            {
                Id = "check-misses-duplicates",
                Whose = "ndctl",
                Title = "check-namespace misses two sectors on one block",
                Kernels = ["6.1"],
                Machine = Nvdimm(32 * Mib),
                Media = DefectMedia.Btt(32 * Mib, 4096, null, (0, 0xc000_0005)),
                Script = "ndctl disable-namespace namespace0.0; ndctl check-namespace namespace0.0; echo rc=$?",
                Shows = @"rc=0|successfully|checked 1",
                What =
                    "Map entries 0 and 5 both name block 5. The check counts blocks in a bitmap that is never compared with the "
                    + "number of sectors.",
                Cost = "A write to one sector changes another one's data, after a check that said all is well.",
                Instead = "`altmap btt check` names both sectors and the block.",
            },
            new()
            {
                Id = "write-infoblock-zeroes",
                Whose = "ndctl",
                Title = "write-infoblock -o zeroes the first 4 KiB of the file",
                Kernels = ["6.1"],
                Script =
                    "dd if=/dev/urandom of=f bs=4096 count=16 2>/dev/null; cp f g; ndctl write-infoblock -o f -s 64M -m fsdax; cmp -n 4096 f g; "
                    + "head -c 4096 f | tr -d '\\000' | wc -c",
                Shows = @"differ(.|\n)*^0$",
                What = "The block belongs at 4096; the tool writes 8 KiB, the first half zero.",
                Cost = "Given an image with data in its first page (a boot sector, a BTT 2.0 info-block), that page is lost.",
                Instead = "`altmap infoblock write` writes the block and nothing else, through a plan with an undo.",
            },
            new()
            {
                Id = "read-infoblock-minor-10",
                Whose = "ndctl",
                Title = "read-infoblock shows nothing of a block whose minor version has two digits",
                Kernels = ["6.1"],
                Script = """
                    ndctl write-infoblock -o f -s 64M -m fsdax 2>/dev/null; ndctl read-infoblock -j -i f | grep -c version
                    printf '\012' | dd of=f bs=1 seek=$((4096 + 0x36)) conv=notrunc 2>/dev/null; ndctl read-infoblock -j -i f; echo rc=$?
                    """,
                Shows = @"^1\n(?!(.|\n)*version)(.|\n)*rc=0",
                What =
                    "The version is printed through a buffer of four bytes; \"1.10\" does not fit, and the whole object vanishes, with exit code 0.",
                Cost = "A block that a newer kernel wrote looks like none, and its place like free space.",
                Instead = "`altmap infoblock read` shows every field of it; the model's `ndctl` answers as the tool does.",
            },
            new()
            {
                Id = "read-infoblock-one-byte",
                Whose = "ndctl",
                Title = "read-infoblock -V takes a block for this namespace's when one byte of the UUID fits",
                Kernels = ["6.1"],
                Machine = Nvdimm(64 * Mib, 128 << 10),
                Script = """
                    ndctl disable-region all; ndctl init-labels -f all; ndctl enable-region all
                    ndctl create-namespace -m fsdax -M mem -u c1000000-0000-4000-8000-000000000001 > /dev/null; n=$(ls -d $ND/devices/namespace*.0 | head -1); n=${n##*/}
                    u=$(cat $ND/devices/$n/uuid); ndctl disable-namespace $n
                    ndctl write-infoblock $n -m fsdax -M mem -p ${u%%-*}-9999-4999-8999-999999999999 -u c2000000-0000-4000-8000-000000000002; ndctl read-infoblock -V -j $n
                    """,
                Shows = @"999999999999",
                What = "The parent UUID is compared byte by byte, but only the first byte decides.",
                Cost = "One foreign block in 256 is shown as valid, although the kernel will not take it.",
                Instead = "`altmap infoblock check` compares all 16 bytes, as the kernel does; `read -V` of the model answers as the tool.",
            },
            new()
            {
                Id = "idle-seed-keeps-uuid",
                Whose = "ndctl",
                Title = "create-namespace -e on an idle seed leaves a uuid behind, and later creates fail",
                Kernels = ["6.1"],
                Machine = Nvdimm(256 * Mib, 128 << 10),
                Script = """
                    ndctl disable-region all; ndctl init-labels -f all; ndctl enable-region all
                    s=$(cat $ND/devices/region0/namespace_seed); ndctl create-namespace -e $s -f -u c0000000-0000-4000-8000-000000000005
                    ndctl create-namespace -r region0 -m raw -s 16M -u c0000000-0000-4000-8000-000000000006; echo rc=$?
                    """,
                Shows = @"set_uuid failed: Device or resource busy(.|\n)*rc=240",
                What = "The uuid is set before the size is refused, and not taken back.",
                Cost = "No namespace can be made in that region until it is bound again.",
                Instead = "The model fails in the same way; the explanation of the failure names the seed and the way out.",
            },
            new()
            {
                Id = "no-autolabel-raw-btt",
                Whose = "ndctl",
                Title = "--no-autolabel on a blank label area: the BTT is raw after a reboot",
                Kernels = ["6.1"],
                Machine = Nvdimm(64 * Mib, 128 << 10),
                Script = """
                    ndctl create-namespace -f -e namespace0.0 -m sector -L > /dev/null; ndctl list -N | grep mode
                    ndctl disable-region all; echo region0 > $ND/drivers/nd_region/bind; settle; ndctl list -Ni | grep mode
                    """,
                Shows = @"""sector""(.|\n)*""raw""",
                What =
                    "The kernel writes a 1.2 parent into the BTT of a namespace that has no label; the next scan does not accept "
                    + "the block.",
                Cost = "The file system is not found after the reboot; a new mkfs destroys it.",
                Instead = "The model does the same; `doctor` knows the block that is there but not taken.",
            },
            new()
            {
                Id = "daxctl-takes-ram-block",
                Whose = "daxctl",
                Title = "daxctl takes a block of boot RAM for the device's own",
                Kernels = ["6.1"],
                Machine = new GuestMachine { RamMib = 2048, CommandLine = "memmap=320M!768M guest.kmem" },
                Script = """
                    ndctl create-namespace -f -e namespace0.0 -m devdax -M mem -a 2M > /dev/null
                    daxctl reconfigure-device -m system-ram dax0.0; daxctl offline-memory dax0.0; echo rc=$?; dmesg | grep -i offlin
                    """,
                Shows = @"rc=[1-9]|memory\d+",
                What =
                    "The last block that the range touches holds boot RAM; daxctl counts it to the device, and tries to take it offline.",
                Cost = "offline-memory and the way back to devdax fail with EINVAL, or a block of RAM goes offline.",
                Instead = "The model fails as the tool does, and says which block is not the device's.",
            },
            new()
            {
                Id = "no-movable-writes-online",
                Whose = "daxctl",
                Title = "--no-movable writes `online`, so the memory can become Movable all the same",
                Kernels = ["6.1"],
                Machine = Nvdimm(512 * Mib, parameters: "guest.kmem movable_node"),
                Script = """
                    ndctl create-namespace -f -e namespace0.0 -m devdax -M mem -a 2M > /dev/null
                    daxctl reconfigure-device -N -m system-ram dax0.0 > /dev/null
                    daxctl online-memory --no-movable dax0.0; cat /sys/devices/system/memory/memory3[3-5]/valid_zones
                    """,
                Shows = @"Movable",
                What =
                    "`online` leaves the zone to the kernel's policy (movable_node, auto-movable); only `online_kernel` would ask "
                    + "for Normal.",
                Cost = "Kernel allocations that the option was chosen for cannot use the memory.",
                Instead = "The model applies the policy, and `lsmem -o ZONES` shows the zone.",
            },
            new()
            {
                Id = "check-repair-gives-up",
                Whose = "ndctl",
                Title = "check-namespace -R cannot mend a single map entry out of range",
                Kernels = ["6.1"],
                Machine = Nvdimm(32 * Mib),
                Media = DefectMedia.Btt(32 * Mib, 4096, null, (1, 0xc0ff_ffff)),
                Script =
                    "ndctl disable-namespace namespace0.0; ndctl check-namespace namespace0.0; echo check=$?; ndctl check-namespace "
                    + "-R namespace0.0; echo repair=$?; ndctl check-namespace namespace0.0; echo again=$?",
                Shows = @"repair=[1-9]|again=[1-9]",
                What =
                    "A map entry out of range stops the check at once; -R has no way to mend it and ends with an error, with the "
                    + "arena half looked at.",
                Cost = "One bad sector leaves a namespace that the tool can neither check nor repair.",
                Instead =
                    "`altmap btt check` lists every damaged entry with its place; `image repair` mends what can be mended and keeps "
                    + "the old bytes.",
            },
        ];
}
