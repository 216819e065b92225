using Altmap.Conformance.Guests;
using Altmap.Formats.Btt;
using Altmap.Formats.InfoBlocks;

namespace Altmap.Conformance.Defects;

/// <summary>What kernel and ndctl do to BTTs whose metadata are not as a kernel writes them.</summary>
internal static class BttDefects
{
    private const ulong Mib = 1 << 20,
        Gib = 1 << 30,
        Size = 32 * Mib;
    private const uint Sector = 4096;

    private const string Check =
        "ndctl disable-namespace namespace0.0 >/dev/null 2>&1; ndctl check-namespace namespace0.0; echo check=$?\n";
    private const string Repair = "ndctl check-namespace -R namespace0.0; echo repair=$?\n";

    /// <summary>Gives the raw namespace, and its BTT back.</summary>
    private const string Raw = """
        raw() { ndctl disable-namespace namespace0.0 >/dev/null 2>&1; echo 1 > $ND/devices/namespace0.0/force_raw; ndctl enable-namespace namespace0.0 >/dev/null 2>&1; }
        unraw() { ndctl disable-namespace namespace0.0 >/dev/null 2>&1; echo 0 > $ND/devices/namespace0.0/force_raw; ndctl enable-namespace namespace0.0 >/dev/null 2>&1; }
        block() { dd if=/dev/pmem0s bs=4096 skip=$1 count=1 iflag=direct 2>/dev/null | head -c 4; echo; }
        fill() { yes $2 | tr -d '\n' | head -c 4096 | dd of=/dev/pmem0s bs=4096 seek=$1 oflag=direct conv=notrunc 2>/dev/null; }

        """;

    private static readonly GuestMachine Machine = new() { Nvdimms = [new GuestNvdimm(Size, 0, 4 * Gib)] };
    private static readonly BttArena Arena = DefectMedia.Arena(Size, Sector);
    private static BttInfoBlock Info => Arena.Info;

    /// <summary>The lane whose crash came between log and map: the map still has the old block.</summary>
    private static (ulong Offset, byte[] Bytes) Pending(uint block) => DefectMedia.Slot(Arena, 0, 0, block, block, Info.ExternalBlocks, 1);

    /// <summary>A sector whose entry lies, 4 KiB too high, in the sequence number of a log slot that has none.</summary>
    private static uint SectorInLog =>
        Enumerable
            .Range((int)(Info.ExternalBlocks - 1000), 1000)
            .Select(n => (uint)n)
            .First(n =>
                Info.MapOffset + 4096 + (4ul * n) is var at
                && at >= Info.LogOffset + BttLog.LaneBytes
                && (at - Info.LogOffset) % BttLog.LaneBytes == 60
            );

    public static IEnumerable<Defect> All =>
        [
            new()
            {
                Id = "btt-zero-sequences",
                Whose = "kernel",
                Title = "a lane of the BTT log with sequence numbers 0 and 0 loads, and the next write destroys another sector",
                Kernels = ["6.1"],
                Machine = Machine,
                Media = [.. DefectMedia.Btt(Size, Sector), DefectMedia.Slot(Arena, 0, 0, 0, 0, 0, 0)],
                Script = Raw + "fill 0 A; block 0; fill 5 B; block 0",
                Shows = @"^AAAA\nBBBB$",
                What =
                    "A first sequence number of 0 makes the second slot the newest without any check (btt_log_get_old()). An all-zero lane then "
                    + "offers block 0 as free, although sector 0 is mapped to it: writing sector 5 puts its data there.",
                Cost = "Data of a sector that nobody wrote are replaced in silence, after a load without a message.",
                Instead =
                    "`altmap btt check` names the lane, the block and the sector that would be lost; `btt repair` gives the lane a free block.",
            },
            new()
            {
                Id = "btt-mapoff-writes-log",
                Whose = "kernel",
                Title = "recovery with a wrong mapoff writes into the log, and the next load is refused",
                Kernels = ["6.1"],
                Machine = Machine,
                Media =
                [
                    .. DefectMedia.Btt(Size, Sector, i => i with { MapOffset = i.MapOffset + 4096 }),
                    DefectMedia.Slot(Arena, 0, 0, SectorInLog, SectorInLog, Info.ExternalBlocks, 1),
                ],
                Script = Raw + "ls /sys/block; unraw; ls /sys/block; echo end",
                Shows = @"^pmem0s$(.|\n)*log|^pmem0s$(.|\n)*end(.|\n)*error -",
                What =
                    "mapoff is taken from the media unchecked. The pending write of a lane is completed at the wrong place, which is the log "
                    + "behind the map: its padding is not empty any more.",
                Cost = "Loading a damaged BTT makes it worse: what could be read before cannot be loaded after.",
                Instead = "`altmap btt check` compares all offsets with the geometry and says so before a kernel has seen the image.",
            },
            new()
            {
                Id = "btt-stale-block-adopted",
                Whose = "kernel",
                Title = "an old BTT with a zero parent uuid is taken for the new one, with a wrong sector size",
                Kernels = ["6.1"],
                Machine = Machine with { CommandLine = "guest.noload" },
                Media = DefectMedia.Btt(Size, 512),
                Script = """
                    modprobe nfit; settle; b=$(cat $ND/devices/region0/btt_seed)
                    echo 4096 > $ND/devices/$b/sector_size; echo c0000000-0000-4000-8000-00000000000b > $ND/devices/$b/uuid; echo namespace0.0 > $ND/devices/$b/namespace
                    modprobe nd_btt; modprobe nd_pmem; echo $b > $ND/drivers/nd_pmem/bind 2>/dev/null; settle
                    echo "disk $(($(cat /sys/block/pmem0s/size) * 512)) of $(cat $ND/devices/namespace0.0/size)"
                    """,
                Shows = @"^disk 2\d{8} of 33554432$",
                What =
                    "A new BTT of 4096 byte sectors is asked for where the info-block of an old one of 512 bytes lies. The old one is valid, so nothing "
                    + "is laid down: map and count of sectors stay, only the sector size is the new one.",
                Cost = "The disk says it is eight times as large as the namespace; what is written lands on other sectors.",
                Instead =
                    "`altmap plan` and the model zero what `ndctl create-namespace` does not; `doctor` finds the block that contradicts the label.",
            },
            new()
            {
                Id = "check-hopeless-first",
                Whose = "ndctl",
                Title = "check-namespace calls a BTT lost whose first info-block is bad, though its copy is good",
                Kernels = ["6.1"],
                Machine = Machine,
                Media = [.. DefectMedia.Btt(Size, Sector), (Arena.Start.Bytes, new byte[16])],
                Script = Check + Repair,
                Shows = @"Unable to recover any BTT(.|\n)*check=250(.|\n)*repair=0",
                What = "Without -R the copy is found, but not used; the check ends as if nothing could be done, and -R then mends it.",
                Cost = "Who asks before he repairs, as he should, is told that this may not be a sector mode namespace, and makes it anew.",
                Instead = "`altmap btt check` says which of the two is good and what repair would write.",
            },
            new()
            {
                Id = "check-missing-copy-passes",
                Whose = "ndctl",
                Title = "check-namespace reports a missing copy of the info-block, and exits with 0",
                Kernels = ["6.1"],
                Machine = Machine,
                Media = [.. DefectMedia.Btt(Size, Sector), (Arena.Start.Bytes + Info.Info2Offset, new byte[4096])],
                Script = Check,
                Shows = @"BTT info2 needs to be restored(.|\n)*check=0",
                What = "The line is printed, the exit code is that of a sound BTT.",
                Cost = "A script that checks exit codes runs on without the only copy.",
                Instead = "`altmap btt check` exits with 4 for any finding that wants an act.",
            },
            new()
            {
                Id = "check-repair-loses-copy",
                Whose = "ndctl",
                Title = "check-namespace -R overwrites the good copy of the info-block with a first one that the kernel does not take",
                Kernels = ["6.1"],
                Machine = Machine,
                Media = [.. DefectMedia.Btt(Size, Sector), (Arena.Start.Bytes, (Info with { VersionMajor = 3 }).ToBytes())],
                Script =
                    Raw
                    + Check
                    + Repair
                    + "raw; dd if=/dev/pmem0 bs=1 skip="
                    + (Arena.Start.Bytes + Info.Info2Offset + 0x34)
                    + " count=1 2>/dev/null | od -An -tu1",
                Shows = @"Restoring BTT info2(.|\n)*repair=0(.|\n)*^ +3$",
                What = "The first block, of version 3.1 with a right checksum, counts as good; the copy, which differs, is replaced by it.",
                Cost =
                    "After the repair no block is left that a kernel reads: the namespace is raw, and a file system made there ends the data.",
                Instead = "`altmap btt repair` takes the block that the kernel takes, and its undo file holds the other.",
            },
            new()
            {
                Id = "check-refused-then-works",
                Whose = "ndctl",
                Title = "check-namespace fails on its first run after the kernel refused the BTT, and works on the second",
                Kernels = ["6.1"],
                Machine = Machine,
                Media = [.. DefectMedia.Btt(Size, Sector), DefectMedia.Slot(Arena, 0, 0, 0, Info.ExternalBlocks, Info.ExternalBlocks, 9)],
                Script = "ndctl check-namespace namespace0.0; echo first=$?; ndctl check-namespace namespace0.0; echo second=$?",
                Shows = @"failed to enable in raw mode(.|\n)*first=(?!0)(.|\n)*second=",
                What = "The BTT device that failed still holds the namespace; the first run lets it go and gives up.",
                Cost = "`failed to enable in raw mode` looks like a fault of the device.",
                Instead = "The model answers in the same way; `altmap btt check` reads the image without a device.",
            },
            new()
            {
                Id = "check-crash-state",
                Whose = "ndctl",
                Title = "check-namespace calls a plain crash state damage",
                Kernels = ["6.1"],
                Machine = Machine with { CommandLine = "guest.noload" },
                Media = [.. DefectMedia.Btt(Size, Sector), Pending(5)],
                Script = "modprobe nfit; settle; echo 1 > $ND/devices/namespace0.0/force_raw; modprobe nd_pmem; settle\n" + Check,
                Shows = @"bitmap error(.|\n)*check=250",
                What =
                    "A power cut between the writes of log and map leaves a lane whose write is to be completed, which every load does. The check counts blocks first.",
                Cost = "A sound namespace is taken for a corrupted one after each power cut.",
                Instead = "`altmap btt check` calls it a pending write that the next load completes.",
            },
        ];
}
