using Altmap.Conformance.Guests;
using Altmap.Formats.InfoBlocks;

namespace Altmap.Conformance.Defects;

/// <summary>Defects of the kernel.</summary>
internal static class KernelDefects
{
    private const ulong Mib = 1 << 20,
        Gib = 1 << 30;
    private static readonly string[] Every = ["5.10", "6.1", "6.12", "7.2"];

    private static GuestMachine Nvdimm(ulong size, ulong labels = 0, ulong at = 4 * Gib, string parameters = "") =>
        new() { Nvdimms = [new GuestNvdimm(size, labels, at)], CommandLine = parameters };

    /// <summary>Where the map of a BTT of 512 byte sectors on 32 MiB starts.</summary>
    private static ulong FirstEntry => DefectMedia.Arena(32 * Mib, 512) is var arena ? arena.Start.Bytes + arena.Info.MapOffset : 0;

    public static IEnumerable<Defect> All =>
        [
            new()
            {
                Id = "failed-map-stays",
                Whose = "kernel",
                Title = "a mapping that fails half-way is not rolled back",
                Kernels = Every,
                Machine = Nvdimm(256 * Mib),
                Media = DefectMedia.Block(InfoBlockKind.Pfn, 2, 0x500000, 4096),
                Script = """
                    echo namespace0.0 > $ND/drivers/nd_pmem/unbind 2>/dev/null
                    p=$(cat $ND/devices/namespace0.0/holder); echo $p > $ND/drivers/nd_pmem/bind; echo $p > $ND/drivers/nd_pmem/bind
                    """,
                Shows = @"pfn0\.\d+.* (failed with error|error) -17",
                What =
                    "An fsdax info-block whose page map has room for one section of two (dataoff 0x500000 of 256 MiB, map on the device) "
                    + "makes memremap_pages() fail with -12 in the middle. "
                    + "The section that was added stays: the next try fails with -17 (EEXIST), whatever is on the media by then.",
                Cost = "The range cannot be used until a reboot, and pfn_to_online_page() answers wrongly in it at rest.",
                Instead = "The model keeps the half-made sections and gives -17 from then on; `altmap map` and `altmap pfn` show them.",
            },
            new()
            {
                Id = "align-1g-bad-block",
                Whose = "kernel",
                Title = "align 1G in a range without a 1 GiB boundary writes a bad info-block",
                Kernels = ["6.12", "7.2"],
                Machine = new GuestMachine { RamMib = 1024, CommandLine = "memmap=256M!384M" },
                Script = """
                    mkpfn pfn region0 namespace0.0 pmem 1073741824 c0000000-0000-4000-8000-000000000002
                    echo > $ND/devices/pfn0.0/namespace; echo namespace0.0 > $ND/drivers/nd_pmem/bind
                    """,
                Shows = "exceeds capacity|WARNING: CPU",
                What =
                    "The bind of a pfn device with align 1G is refused only after the info-block was written; npfns and end_trunc "
                    + "in it are nonsense.",
                Cost = "The namespace then refuses to bind at all, also raw, until the block is overwritten.",
                Instead =
                    "The model writes the same block and refuses afterwards; `altmap plan` does not propose the align, and `doctor` "
                    + "finds the block.",
            },
            new()
            {
                Id = "zero-size-device",
                Whose = "kernel",
                Title = "a device of zero bytes is bound",
                Kernels = ["5.10", "6.1"],
                Machine = new GuestMachine { RamMib = 2304, CommandLine = "memmap=129M!1920M" },
                Script = """
                    mkpfn pfn region0 namespace0.0 ram 1073741824 c0000000-0000-4000-8000-000000000003
                    echo "disk: $(cat /sys/block/pmem0/size)"
                    """,
                Shows = "bound(.|\n)*disk: 0",
                What =
                    "fsdax with align 1G in 129 MiB around a 1 GiB boundary: start_pad and end_trunc leave nothing, and the driver "
                    + "makes a disk of 0 sectors.",
                Cost = "Nothing can be stored; later kernels refuse the namespace after an upgrade.",
                Instead = "The model binds it as those kernels do; `altmap plan` refuses it and says which align fits.",
            },
            new()
            {
                Id = "map-without-room",
                Whose = "kernel",
                Title = "an info-block with dataoff 0 is accepted, and its device never binds",
                Kernels = ["6.1"],
                Machine = Nvdimm(128 * Mib),
                Media = DefectMedia.Block(InfoBlockKind.Pfn, 2, 0, 4096),
                Script = "ndctl list -Ni",
                Shows = @"could not reserve region",
                What =
                    "nd_pfn_validate() does not ask whether dataoff leaves room for the block itself. The claim of the page map's "
                    + "place, 0 bytes, then fails with EBUSY.",
                Cost = "`could not reserve region` sends people to look for a conflict in /proc/iomem that does not exist.",
                Instead = "The model says EBUSY and the same words; `altmap infoblock check` names dataoff as the cause.",
            },
            new()
            {
                Id = "map-in-its-own-block",
                Whose = "kernel",
                Title = "WARNING in badblocks_check() for a page map that starts right behind the info-block",
                Kernels = ["7.2"],
                Machine = Nvdimm(128 * Mib),
                Media = DefectMedia.Block(InfoBlockKind.Pfn, 2, 0x2000, 4096),
                Script = "ndctl list -Ni",
                Shows = @"WARNING.*badblocks_check",
                What =
                    "dataoff 8 KiB leaves no place for the page map; the range that is asked for bad blocks has no sectors, which "
                    + "badblocks_check() of 6.15 and later warns of.",
                Cost = "A tainted kernel, and a stop where panic_on_warn is set.",
                Instead = "The model logs the same; `altmap infoblock check` names dataoff.",
            },
            new()
            {
                Id = "dax-size-wraps",
                Whose = "kernel",
                Title = "a devdax device whose end_trunc is beyond the namespace gets a size near 2^64",
                Kernels = ["6.1"],
                Machine = new GuestMachine { CommandLine = "memmap=64M!512M", RamInFile = true },
                Media = DefectMedia.Block(InfoBlockKind.Dax, 1, 0x200000, 0x200000, endTrunc: 0xffe00000, at: 512 * Mib),
                Script = "cat /sys/bus/dax/devices/dax0.0/size; ndctl list -Ni",
                Shows = @"^1844674\d+\n(.|\n)*""size"":-",
                What =
                    "dax_pmem subtracts start_pad, dataoff and end_trunc without a check. The device exists, with a negative size "
                    + "in `ndctl list`; only device_dax fails, with EBUSY.",
                Cost = "Scripts that add up sizes get nonsense; the cause is not named anywhere.",
                Instead = "The model shows the same numbers; `altmap infoblock check` names end_trunc.",
            },
            new()
            {
                Id = "pfn-size-wraps",
                Whose = "kernel",
                Title = "an fsdax device whose start_pad and dataoff exceed the namespace is bound",
                Kernels = ["6.1"],
                Machine = Nvdimm(132 * Mib),
                Media = DefectMedia.Block(InfoBlockKind.Pfn, 1, 0x4200000, 0x200000, startPad: 0x7e00000),
                Script = "ndctl list -Ni",
                Shows = @"""size"":-",
                What =
                    "start_pad and dataoff are each checked against the size, not their sum: the pmem disk is there and its size is "
                    + "negative.",
                Cost = "Reads and writes end in I/O errors; a partition scan reads beyond the namespace.",
                Instead = "The model lists the same; `altmap infoblock check` says that nothing is left for data.",
            },
            new()
            {
                Id = "btt-metadata-oops",
                Whose = "kernel",
                Title = "a BTT with more than 255 bytes of metadata a sector oopses the kernel when it is enabled",
                Kernels = ["6.1"],
                Machine = Nvdimm(32 * Mib, parameters: "guest.noload"),
                Media = DefectMedia.Btt(32 * Mib, 512, i => i with { ExternalLbaSize = 1024 }),
                Script =
                    "for m in nd_pmem nd_btt nfit; do modprobe $m; done; settle; ls /sys/block; dd if=/dev/pmem0s of=/dev/null "
                    + "bs=4096 count=1; sleep 5",
                Shows = "NULL pointer dereference",
                Kills = true,
                What =
                    "external_lbasize 1024 is taken from the media: 512 bytes of metadata a sector. The block layer keeps that size "
                    + "in a byte (0), and the first read walks off the empty integrity payload.",
                Cost = "A machine with such a label-less namespace (a corrupted or forged info-block) does not boot.",
                Instead = "The model stops there and says that the real kernel oopses; `altmap btt check` finds the sector size.",
            },
            new()
            {
                Id = "btt-read-sets-error",
                Whose = "kernel",
                Title = "reading a sector whose map entry is out of range changes the entry",
                Kernels = ["6.1"],
                Machine = Nvdimm(32 * Mib),
                Media = DefectMedia.Btt(32 * Mib, 512, null, (0, 0xc0ff_ffff)),
                Script = $"""
                    dd if=/dev/pmem0s of=/dev/null bs=4096 count=1 iflag=direct
                    ndctl disable-namespace namespace0.0; echo 1 > $ND/devices/namespace0.0/force_raw; ndctl enable-namespace namespace0.0
                    dd if=/dev/pmem0 bs=1 skip={FirstEntry} count=4 2>/dev/null | od -An -tx1
                    """,
                Shows = @"^ ff ff ff 40$",
                What =
                    "Entry 0 is 0xc0ffffff, a written sector on a block beyond the arena. The first read, of the partition scan already, turns it into "
                    + "0x40ffffff, a sector with an error: a read writes.",
                Cost = "What the entry said is changed before anybody could look, and each load of a damaged BTT makes more such entries.",
                Instead = "`altmap btt check` names the entry of an image without loading it, and tells the two states apart.",
            },
            new()
            {
                Id = "kmem-cuts-silently",
                Whose = "kernel",
                Title = "kmem cuts memory to whole blocks without a word",
                Kernels = ["5.10", "6.1"],
                Machine = Nvdimm(320 * Mib, at: (4 * Gib) + (64 * Mib), parameters: "guest.kmem"),
                Script = """
                    ndctl create-namespace -f -e namespace0.0 -m devdax -M mem -a 2M > /dev/null; dmesg -c > /dev/null
                    daxctl reconfigure-device -m system-ram dax0.0 > /dev/null; grep kmem /proc/iomem
                    echo "said: $(dmesg | grep -c -i truncated)"
                    """,
                Shows = @"System RAM \(kmem\)(.|\n)*said: 0",
                What =
                    "318 MiB of devdax at 4 GiB + 66 MiB become 128 or 256 MiB of memory; nothing says where the rest went (7.2 logs it).",
                Cost = "Up to 254 MiB a device are paid for and unused.",
                Instead = "`altmap plan --mode system-ram` has the cut in its ledger; the model's iomem shows it.",
            },
            new()
            {
                Id = "kmem-binds-nothing",
                Whose = "kernel",
                Title = "kmem binds to a device without a whole memory block",
                Kernels = ["5.10"],
                Machine = Nvdimm(100 * Mib, parameters: "guest.kmem"),
                Script = """
                    ndctl create-namespace -f -e namespace0.0 -m devdax -M mem -a 2M > /dev/null
                    echo dax0.0 > /sys/bus/dax/drivers/device_dax/unbind; echo dax0.0 > /sys/bus/dax/drivers/kmem/new_id
                    echo "driver $(readlink /sys/bus/dax/devices/dax0.0/driver)"; echo "kmem: $(grep -c kmem /proc/iomem)"
                    """,
                Shows = @"driver .*kmem\nkmem: 0",
                What = "98 MiB hold no whole block of 128 MiB. kmem keeps the device all the same, with no memory.",
                Cost = "daxctl shows system-ram; no memory appears and no error is given.",
                Instead = "The model binds on 5.10 and refuses later, as the kernels do; `altmap plan` refuses on all.",
            },
            new()
            {
                Id = "memunmap-oops",
                Whose = "kernel",
                Title = "disabling a namespace whose info-block leaves no data oopses in memunmap_pages()",
                Kernels = ["5.10", "6.1"],
                Machine = Nvdimm(Gib, at: 0x101000000),
                Script = "ndctl create-namespace -f -e namespace0.0 -m fsdax -M dev -a 1G; ndctl disable-namespace namespace0.0; sleep 3",
                Shows = "memunmap_pages|BUG|Oops",
                Kills = true,
                What =
                    "1 GiB at 0x101000000 with align 1G: the data would start where the namespace ends. ndctl makes it, the kernel "
                    + "maps it, and the way back dies.",
                Cost = "The machine is lost on `disable-namespace` or `destroy-namespace`.",
                Instead = "`run` makes the namespace, refuses the disable and says why; `altmap plan` refuses the place.",
            },
            new()
            {
                Id = "small-gap-hides-space",
                Whose = "kernel",
                Title = "two small namespaces at the start of a DIMM hide all of its free space",
                Kernels = ["5.10", "6.1", "6.12", "7.2"],
                Machine = Nvdimm(128 * Mib, 128 << 10),
                Script = """
                    ndctl disable-region all; ndctl init-labels -f all; ndctl enable-region all; r=$ND/devices/region0
                    a=$(cat $r/align); echo 2097152 > $r/align
                    ndctl create-namespace -m raw -s 4M > /dev/null; ndctl create-namespace -m raw -s 16M > /dev/null; echo $a > $r/align
                    echo "available $(cat $r/available_size) extent $(cat $r/max_available_extent)"; ndctl create-namespace -m raw -s 16M
                    """,
                Shows = @"^available [1-9]\d+ extent 0$",
                What =
                    "space_valid() aligns the end of each gap down, and takes 1 away for its last byte. The empty gap between two namespaces "
                    + "below the first 16 MiB becomes one up to 2^64; what is asked for there meets the second namespace, and the search ends.",
                Cost = "available_size shows space, but no namespace can be made, and the log has a warning (`pmem reserve underrun`).",
                Instead = "The model wraps in the same place; `altmap plan` says that nothing fits.",
            },
            new()
            {
                Id = "dpa-extents-oops",
                Whose = "kernel",
                Title = "reading dpa_extents of a namespace whose DIMM has no driver oopses the kernel",
                Kernels = ["6.1", "6.12"],
                Machine = Nvdimm(64 * Mib, 128 << 10),
                Script = """
                    ndctl disable-region all; ndctl init-labels -f all; ndctl enable-region all; settle
                    ndctl create-namespace -r region0 -m raw -s 16M
                    echo nmem0 > $ND/drivers/nvdimm/unbind
                    cat $ND/devices/namespace0.0/dpa_extents; sleep 3
                    """,
                Shows = "NULL pointer dereference",
                Kills = true,
                What =
                    "dpa_extents_show() walks the reservations of a labelled namespace on each DIMM and does not ask whether its driver, which has them, is "
                    + "there. A DIMM may be unbound while its region is active; `ndctl disable-dimm` refuses that, sysfs does not.",
                Cost =
                    "Any user who may read the file (0444) brings the machine down in that state; so does a script that reads all of sysfs.",
                Instead = "The model stops there and says that the real kernel reads a null pointer.",
            },
            new()
            {
                Id = "region-without-its-dimm",
                Whose = "kernel",
                Title = "a region comes up without its DIMM's driver, and its labels can then be rewritten under it",
                Kernels = ["6.1", "6.12"],
                Machine = Nvdimm(128 * Mib, 128 << 10),
                Script = """
                    ndctl disable-region region0; echo nmem0 > $ND/drivers/nvdimm/unbind; ndctl enable-region region0
                    echo nmem0 > $ND/drivers/nvdimm/bind; cat $ND/devices/nmem0/state; ndctl init-labels nmem0; ndctl list -N
                    """,
                Shows = @"^enabled 1 region\n(.|\n)*^idle\n(.|\n)*initialized 1 nmem(.|\n)*add_dev\(\) failed",
                What =
                    "With a blank label area the region is enabled while nvdimm is unbound, and its namespace is in use. When the DIMM's driver "
                    + "comes back, the DIMM counts as idle, and init-labels is let through.",
                Cost = "The disk works until the next boot, which finds labels and no namespace in them: the data are gone from sight.",
                Instead = "The model follows the kernel: a dry run shows the namespace vanish.",
            },
        ];
}
