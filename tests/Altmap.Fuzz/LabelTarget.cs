using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Kernels;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Labels;
using Altmap.Shell.Json;

namespace Altmap.Fuzz;

/// <summary>Any bytes as a label area: read, checked, printed and updated. Throws only when a promise of the library is broken.</summary>
public static class LabelTarget
{
    private const int AreaBytesMax = 4096;
    private static readonly KernelProfile Wide = KernelProfiles.All.First(p => p.Get(Rules.ChecksLabelSizeField));
    private static readonly KernelProfile Narrow = KernelProfiles.All.First(p => !p.Get(Rules.ChecksLabelSizeField));

    /// <summary>
    /// The first byte chooses: bit 0 the kernel, bit 1 whether the index blocks get right checksums (so that what lies behind is reached),
    /// bit 2 whether an update is made. The rest is the area.
    /// </summary>
    public static void Run(ReadOnlySpan<byte> input)
    {
        if (input.IsEmpty)
            return;
        byte mode = input[0];
        byte[] bytes = input[1..Math.Min(input.Length, AreaBytesMax + 1)].ToArray();
        if ((mode & 2) != 0)
            Seal(bytes);
        SparseBytes media = SparseBytes.From(bytes);
        KernelProfile kernel = (mode & 1) != 0 ? Wide : Narrow;

        var area = LabelArea.Parse(media, kernel);
        IReadOnlyList<Finding> findings = LabelChecks.Validate(media, kernel);
        Demand(findings.Count > 0, "a verdict");
        Demand(area.HasCurrentIndex == findings.Any(f => f.Code.Name == "labels.index.current"), "checks agree with the reader");
        if (NdctlLabelCheck.Check(media).IsValid)
            Demand(LabelGeometry.For(new ByteSize(media.LengthBytes), 128) is not null, "a valid area has room");
        if (LabelJson.Read(media) is { } dump)
            Demand(LabelJson.Format([("nmem0", dump)]).Length > 0, "text");
        DpaAllocation.Reserve(area.ActiveLabels);
        if ((mode & 4) == 0 || area.IsTooSmall)
            return;

        var id = new Uuid(1, 2);
        LabelWriteResult put = area.PutLabel(new NamespaceLabel { Uuid = id, RawSize = ByteSize.MiB(16) }, LabelFlags.Updating);
        if (put.Errno != Errno.None)
            return;
        var again = LabelArea.Parse(put.Area.Bytes, kernel);
        Demand(again.HasCurrentIndex && again.CurrentIndexNumber == put.Area.CurrentIndexNumber, "the written index rules");
        Demand(again.ActiveLabels.SequenceEqual(put.Area.ActiveLabels), "the area read again is the area written");
        Demand(again.ActiveLabels.Count(l => l.Uuid == id) == 1, "one label for the namespace");
        Demand(put.Area.DeleteLabels(id).Area.ActiveLabels.All(l => l.Uuid != id), "no label after deletion");
    }

    /// <summary>Areas of both versions, fresh and with labels, for every mode.</summary>
    public static IEnumerable<byte[]> Seeds()
    {
        foreach (LabelVersion version in (LabelVersion[])[LabelVersion.V1_1, LabelVersion.V1_2])
        {
            var area = LabelArea.Parse(LabelInitialisation.InitLabels(SparseBytes.Zero(2048), version).Bytes, Wide);
            for (byte mode = 0; mode < 8; mode++)
            {
                yield return [mode, .. area.Bytes.Read(0, 2048)];
                area = area.PutLabel(
                    new NamespaceLabel
                    {
                        Uuid = new Uuid(mode, 1),
                        RawSize = ByteSize.MiB(16),
                        Dpa = new DimmAddress((ulong)mode << 24),
                    },
                    0
                ).Area;
            }
        }
    }

    private static void Seal(byte[] bytes)
    {
        foreach (int labelSize in (ReadOnlySpan<int>)[128, 256])
        {
            if (LabelGeometry.For(new ByteSize((ulong)bytes.Length), labelSize) is not { } geometry)
                continue;
            for (int number = 0; number < 2; number++)
            {
                Span<byte> block = bytes.AsSpan(number * geometry.IndexSizeBytes, geometry.IndexSizeBytes);
                IndexFormat.Signature.CopyTo(block);
                IndexFormat.MyOffset.Write(block, (ulong)(number * geometry.IndexSizeBytes));
                IndexFormat.OtherOffset.Write(block, (ulong)((1 - number) * geometry.IndexSizeBytes));
                IndexFormat.LabelOffset.Write(block, geometry.SlotsOffsetBytes);
                IndexFormat.MySize.Write(block, (ulong)geometry.IndexSizeBytes);
                IndexFormat.Checksum.Write(
                    block,
                    Formats.Checksums.Fletcher64.ComputeWithZeroedField(block, IndexFormat.Checksum.OffsetBytes)
                );
            }
        }
    }

    private static void Demand(bool holds, string what)
    {
        if (!holds)
            throw new InvalidOperationException($"broken promise: {what}");
    }
}
