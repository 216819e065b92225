using System.Buffers.Binary;
using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Kernels;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Btt;
using Altmap.Formats.Btt.Check;
using Altmap.Formats.Btt.Device;
using Altmap.Formats.Btt.Repair;
using Altmap.Formats.InfoBlocks;
using Altmap.Formats.Labels;
using Altmap.Formats.Namespaces;
using Altmap.Formats.Writes;

namespace Altmap.Fuzz;

/// <summary>
/// BTT arenas, good and bad. Input: profile (1 byte), options (1), then runs of an offset (4 bytes), a length (1) and that many bytes,
/// which are put into a good BTT;
/// the checksums of info-blocks are put right afterwards so that the fuzzer gets past them.
/// </summary>
public static class BttTarget
{
    private const int HeaderBytes = 2,
        RunBytes = 5;
    private static readonly ByteSize s_size = ByteSize.MiB(20);
    private static readonly Uuid s_uuid = new(1, 2);

    /// <summary>One input. Throws when an invariant is broken.</summary>
    public static void Run(ReadOnlySpan<byte> input)
    {
        if (input.Length < HeaderBytes)
            return;
        KernelProfile kernel = KernelProfiles.All[input[0] % KernelProfiles.All.Length];
        ClaimClass claim = (input[1] & 1) == 0 ? ClaimClass.None : ClaimClass.Btt2;
        uint lbaSize = BttConstants.SectorSizes[(input[1] >> 1) % BttConstants.SectorSizes.Length];
        SparseBytes media = Damage(Good(claim, lbaSize), input[HeaderBytes..]);
        ulong start = BttVersion.Of(claim).Start.Bytes;
        if ((input[1] & 0x80) == 0)
            media = Mend(Mend(media, start), start + (1 << 20));

        byte[] head = media.Read(0, NamespaceBinding.HeadBytes);
        BttProbe probe = BttPresence.Probe(
            head,
            new NamespaceExtent(new PhysicalRange(new PhysicalAddress(1UL << 32), s_size), Uuid.Zero),
            claim
        );
        Check(!probe.IsFound || BttInfoBlock.Parse(head.AsSpan((int)start)) is not null, "found without a block");
        BttLoadResult load = BttLoad.Run(new BttLoadRequest(media, Uuid.Zero, claim, s_uuid, lbaSize, null), kernel);
        if (load.IsUnpredictable)
            return;
        Check(load.Plan.Fits(s_size), "a write outside of the namespace");
        SparseBytes after = load.Plan.Apply(media);
        Check(Undo.Of(load.Plan, media).Apply(after).ContentEquals(media), "the plan cannot be undone");
        Check((load.Errno == Errno.None) != load.Arenas.IsEmpty, "a disk without arenas, or arenas without disk");
        Check(
            load.Errno != Errno.None || !load.Messages.Any(m => m.Text.StartsWith("init:", StringComparison.Ordinal)),
            "a failure that is none"
        );
        CheckAndRepair(media);
        if (!load.IsNew)
            return;
        BttLoadResult again = BttLoad.Run(new BttLoadRequest(after, Uuid.Zero, claim, s_uuid, lbaSize, null), kernel);
        Check(again is { Errno: Errno.None, IsNew: false, Plan.IsEmpty: true }, "a new BTT is not taken as it is");
    }

    /// <summary>Any bytes: what is called usable can be read, a repair stays inside, leaves nothing worse, and has nothing to do when done
    /// again.</summary>
    private static void CheckAndRepair(SparseBytes media)
    {
        var request = new BttCheckRequest(Subject.SomeNamespace);
        BttReport report = BttCheck.Run(media, request);
        BttRepairResult repair = BttRepair.Plan(media, request, new BttRepairOptions { Uuid = s_uuid });
        Check(repair.Plan.Fits(s_size), "a repair outside of the namespace");
        Check(!report.IsUsable || repair.After.IsUsable, "a repair made it worse");
        SparseBytes after = repair.Plan.Apply(media);
        Check(BttRepair.Plan(after, request, new BttRepairOptions { Uuid = s_uuid }).Plan.IsEmpty, "a repair that is never done");
        if (!repair.After.IsUsable)
            return;
        var device = BttDevice.Open(after, null, repair.After);
        byte[] sector = new byte[device.SectorBytes];
        for (ulong at = 0; at < device.Sectors; at += 97)
            device.Read(at, sector);
    }

    /// <summary>Each field of the info-block, a lane of the log, a map entry.</summary>
    public static IEnumerable<byte[]> Seeds()
    {
        yield return [4, 0];
        yield return [4, 7];
        foreach (var field in BttInfoBlockLayout.Fields.Where(f => f.WidthBytes <= 8 && f != BttInfoBlockLayout.Checksum))
            yield return [4, 6, .. RunOf(4096u + (uint)field.OffsetBytes, new byte[field.WidthBytes])];
        uint log = (uint)(s_size.Bytes - 20480);
        yield return [4, 6, .. RunOf(log + 16, [1, 0, 0, 0, 1, 0, 0, 0, 9, 0, 0, 0, 2, 0, 0, 0])];
    }

    private static byte[] RunOf(uint offset, ReadOnlySpan<byte> bytes)
    {
        byte[] run = new byte[RunBytes + bytes.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(run, offset);
        run[4] = (byte)bytes.Length;
        bytes.CopyTo(run.AsSpan(RunBytes));
        return run;
    }

    private static SparseBytes Good(ClaimClass claim, uint lbaSize) =>
        BttGeometry
            .LayDown(BttGeometry.Plan(s_size, BttVersion.Of(claim), lbaSize, s_uuid, Uuid.Zero))
            .Apply(SparseBytes.Zero(s_size.Bytes));

    private static SparseBytes Damage(SparseBytes media, ReadOnlySpan<byte> runs)
    {
        while (runs.Length > RunBytes)
        {
            ulong offset = BinaryPrimitives.ReadUInt32LittleEndian(runs) % s_size.Bytes;
            int length = (int)Math.Min((ulong)Math.Min(runs[4], runs.Length - RunBytes), s_size.Bytes - offset);
            media = media.Write(offset, runs.Slice(RunBytes, length));
            runs = runs[(RunBytes + length)..];
        }
        return media;
    }

    private static SparseBytes Mend(SparseBytes media, ulong at) =>
        BttInfoBlock.Parse(media.Read(at, BttInfoBlock.SizeBytes)) is { } block ? media.Write(at, block.ToBytes()) : media;

    private static void Check(bool holds, string what)
    {
        if (!holds)
            throw new InvalidOperationException(what);
    }
}
