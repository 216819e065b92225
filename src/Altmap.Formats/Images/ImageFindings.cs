using Altmap.Core.Findings;

namespace Altmap.Formats.Images;

/// <summary>What <see cref="ImageChecks"/> finds in an image beside what info-blocks, BTTs and labels have wrong of their own.</summary>
public static class ImageFindings
{
    /// <summary>All of them.</summary>
    public static readonly FindingTable Table = new("image.");

    private const string DiskSize = "block/blk-core.c bio_check_eod() (6.1): what reaches beyond the device fails with an I/O error";

    /// <summary>A file system that reaches beyond its device.</summary>
    public static readonly FindingCode FileSystemBeyondEnd = Table.Add(
        "fs.beyond-end",
        Severity.Error,
        "the file system is larger than the device that it is on",
        "mount refuses it (ext4: bad geometry: block count exceeds size of device), or reads and writes near its end fail",
        "make the image as large as the file system needs (altmap plan --usable says how large), or shrink the file system first: "
            + "resize2fs before the image is cut",
        DiskSize
    );

    /// <summary>Room behind a file system.</summary>
    public static readonly FindingCode FileSystemUnused = Table.Add(
        "fs.unused",
        Severity.Note,
        "there are bytes behind the file system that it does not use",
        "nothing is wrong; the bytes cost room in the image",
        "grow the file system (resize2fs, xfs_growfs), or make the image smaller",
        ""
    );

    /// <summary>A partition that reaches beyond its disk.</summary>
    public static readonly FindingCode PartitionBeyondEnd = Table.Add(
        "partition.beyond-end",
        Severity.Error,
        "a partition reaches beyond the end of the disk",
        "the kernel cuts the partition at the disk's end, or does not show it; a file system in it is then larger than its device",
        "the image was cut, or made for a larger disk: take a whole copy, or write the table anew for what is there",
        "block/partitions/core.c blk_add_partition() (6.1)"
    );

    /// <summary>Partitions that share bytes.</summary>
    public static readonly FindingCode PartitionOverlap = Table.Add(
        "partition.overlap",
        Severity.Error,
        "two partitions share bytes",
        "what is written to one destroys the other",
        "do not write to either; find out which one is right (altmap image info shows what each holds)",
        ""
    );

    /// <summary>First GPT header or its entries.</summary>
    public static readonly FindingCode GptPrimary = Table.Add(
        "gpt.primary",
        Severity.Error,
        "the first GPT header or its entries are damaged",
        "the kernel falls back to the copy at the end of the disk only with the parameter gpt; else there are no partitions",
        "altmap image repair IMAGE writes the first from the copy, where the copy is whole; so does sgdisk -e",
        "block/partitions/efi.c find_valid_gpt() (6.1)"
    );

    /// <summary>Copy of the GPT.</summary>
    public static readonly FindingCode GptBackup = Table.Add(
        "gpt.backup",
        Severity.Warning,
        "the copy of the GPT is damaged, or not at the end of the disk",
        "the kernel warns (Alternate GPT header not at the end of the disk) and uses the first; should that be damaged, nothing is left",
        "altmap image repair IMAGE, or sgdisk -e, writes it to the end of the disk",
        "block/partitions/efi.c compare_gpts() (6.1)"
    );

    /// <summary>Two tables that do not mean the same bytes.</summary>
    public static readonly FindingCode TwoTables = Table.Add(
        "two-tables",
        Severity.Error,
        "the partition table in front of the info-block and the one on the data do not mean the same bytes",
        "who takes the image for a plain disk and who takes it for an NVDIMM see different file systems, or one sees none",
        "a partition must start at the same byte of the image in both: its start in the front table is dataoff more than in the one on "
            + "the data (altmap image create --vmm kata makes such images)",
        ""
    );

    /// <summary>A file shorter than what its label or block speaks of.</summary>
    public static readonly FindingCode Truncated = Table.Add(
        "truncated",
        Severity.Error,
        "the image is shorter than what it was made for",
        "what was behind its end is missing: file systems and BTTs that reach there are damaged",
        "take a whole copy; work on none that was cut",
        "drivers/nvdimm/pfn_devs.c nd_pfn_init() (6.1): npfns is computed from the namespace's size"
    );

    /// <summary>More in the file than the block was made for.</summary>
    public static readonly FindingCode Longer = Table.Add(
        "longer",
        Severity.Warning,
        "the image is longer than the namespace that its info-block was made for",
        "where the rest belongs to a label area, or to another namespace, the size of the device is not what is said here",
        "give the size of the namespace (--size), or a label area of the DIMM",
        "drivers/nvdimm/pfn_devs.c nd_pfn_init() (6.1)"
    );

    /// <summary>No multiple of 2 MiB.</summary>
    public static readonly FindingCode Tail = Table.Add(
        "size.tail",
        Severity.Warning,
        "the size is no multiple of 2 MiB",
        "virtio-pmem maps whole multiples of 2 MiB: hypervisors refuse such a file, or pad the rest in memory of their own, and what "
            + "the guest writes there is lost",
        "truncate --size=%2M IMAGE makes it a multiple; then make the file system no larger than before",
        "QEMU hw/virtio/virtio-pmem.c; cloud-hypervisor vmm/src/device_manager.rs (size must be a multiple of 2 MiB); Firecracker "
            + "docs/pmem.md (the last part is mapped privately)"
    );

    /// <summary>Not raw bytes.</summary>
    public static readonly FindingCode Packed = Table.Add(
        "format",
        Severity.Error,
        "the file is no raw image",
        "its bytes are not those of a device: offsets in it mean nothing to an NVDIMM or virtio-pmem",
        "qemu-img convert -O raw IMAGE NEW.img, then look at that",
        ""
    );

    /// <summary>Labels of several DIMMs.</summary>
    public static readonly FindingCode Interleaved = Table.Add(
        "interleaved",
        Severity.Warning,
        "a label belongs to a namespace on several DIMMs",
        "one image holds every n-th piece of the namespace alone: nothing is said about it",
        "take an image of the namespace itself (/dev/pmemN in raw mode), or all the DIMMs",
        "drivers/nvdimm/label.h (nlabel), namespace_devs.c select_pmem_id() (6.1)"
    );
}
