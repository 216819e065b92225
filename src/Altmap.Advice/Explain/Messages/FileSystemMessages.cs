using System.Collections.Immutable;
using Altmap.Core.Findings;

namespace Altmap.Advice.Explain.Messages;

/// <summary>Messages of file systems and mount about DAX.</summary>
internal static class FileSystemMessages
{
    public static readonly ImmutableArray<MessagePage> All =
    [
        new(
            "DAX unsupported by block device",
            "kernel, ext4 or xfs at mount -o dax",
            Severity.Warning,
            "the block device has no struct pages: a raw namespace on an NFIT bus, a BTT, an fsdax namespace with a start_pad, or "
                + "a partition that is not aligned to pages. It is mounted without DAX (ext4 up to 4.16 or so) or not at all",
            "make the namespace fsdax (altmap explain namespace.raw-no-dax), and align partitions to 2 MiB",
            "since 4.16 raw NFIT namespaces have no DAX"
        ),
        new(
            "Turning off DAX",
            "kernel, ext4, xfs",
            Severity.Warning,
            "mounted without DAX; the line before says why",
            "look at the line before"
        ),
        new(
            "error: dax access failed (*)",
            "kernel, generic_fsdax_supported(), __bdev_dax_supported()",
            Severity.Warning,
            "the device gives no pages where DAX looks: start_pad, or no page map",
            "altmap doctor CAPTURE"
        ),
        new(
            "error: unaligned partition for dax",
            "kernel, __bdev_dax_supported()",
            Severity.Warning,
            "the partition does not start at a page",
            "align partitions to 2 MiB"
        ),
        new("DAX enabled. Warning: EXPERIMENTAL, use at your own risk", "kernel, ext4, xfs", Severity.Note, "DAX works", "", "up to 5.x"),
        new(
            "mount: * wrong fs type, bad option, bad superblock on /dev/pmem*",
            "mount",
            Severity.Error,
            "no file system is where the device starts: is the namespace raw although it was fsdax? Then the data starts behind "
                + "the info-block",
            "altmap doctor CAPTURE; do not run mkfs"
        ),
    ];
}
