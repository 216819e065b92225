using System.Collections.Immutable;
using Altmap.Core;
using Altmap.Core.Findings;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;
using Altmap.Formats.Namespaces;
using Altmap.Model.Nvdimm;
using Altmap.Model.Planning;

namespace Altmap.Model.Compatibility;

/// <summary>A namespace under two kernels.</summary>
/// <param name="Before">What the first kernel makes of it at boot.</param>
/// <param name="After">What the second does; null where it does not see the namespace.</param>
/// <param name="Verdict">How it fares.</param>
/// <param name="Why">One sentence for people.</param>
/// <param name="DataOnly">What a data-only reader makes of what is on the media.</param>
public sealed record NamespaceUpgrade(
    NamespaceReading Before,
    NamespaceReading? After,
    ReaderVerdict Verdict,
    string Why,
    DataOnlyReading DataOnly
)
{
    /// <summary>Bytes that the same namespace would offer if it were made anew under the first and the second kernel; null: refused, or no
    /// page map.</summary>
    public (ByteSize? Before, ByteSize? After) MadeAnew { get; init; }

    /// <summary>What the verdict, which is of the device, does not tell: of file systems on it, and of daxctl. A sentence each.</summary>
    public ImmutableArray<string> Notes { get; init; } = [];
}

/// <summary>A machine's media under two kernels.</summary>
/// <param name="From">Booted on the first.</param>
/// <param name="To">Booted on the second.</param>
/// <param name="Namespaces">Those that the first sees, by region and id.</param>
public sealed record UpgradeReport(Machine From, Machine To, ImmutableArray<NamespaceUpgrade> Namespaces)
{
    /// <summary>True when something does not open, is misread, or is not seen, that was open before.</summary>
    public bool HasTrouble => Namespaces.Any(n => n.Verdict.IsTrouble());
}

/// <summary>What becomes of namespaces when another kernel boots on them. Both answers come from the model's boot, so each is what
/// <c>altmap run</c> shows.</summary>
public static class Upgrade
{
    /// <summary>Boots the machine anew under its own kernel, and under another one. Throws <see cref="NotModelledException"/> for what is
    /// not modelled.</summary>
    /// <param name="machine">With its media.</param>
    /// <param name="kernel">The second kernel.</param>
    /// <param name="architecture">Of that kernel, with its page size.</param>
    public static UpgradeReport Compare(Machine machine, KernelProfile kernel, ArchitectureRules architecture)
    {
        HashSet<NdDevice> memory =
        [
            .. machine.Regions.Values.SelectMany(r =>
                r.Namespaces.Values.Where(n => r.DaxDevices.GetValueOrDefault(n.Device.Id)?.Driver == DaxDeviceDrivers.Kmem)
                    .Select(n => n.Device)
            ),
        ];
        Machine from = Boot.Again(machine),
            to = Boot.Again(from, kernel, architecture);
        ImmutableArray<NamespaceReading> after = NamespaceReading.All(to);
        return new(
            from,
            to,
            [
                .. NamespaceReading
                    .All(from)
                    .Select(b => Judge(from, to, b, after.FirstOrDefault(a => a.Device.Number == b.Device.Number && a.Range == b.Range)))
                    .Select(n => n with { Notes = [.. UpgradeNotes.Of(from, to, n.Before, n.After, memory.Contains(n.Before.Device))] }),
            ]
        );
    }

    private static NamespaceUpgrade Judge(Machine from, Machine to, NamespaceReading before, NamespaceReading? after)
    {
        ByteSize? offset = before.DataStart is { } start ? start - before.Range.Start : null;
        NamespaceState ndns = from.FindNamespace(before.Device)!;
        RegionState region = from.Regions[before.Device.Number];
        byte[] head = region.Media.Read(
            (before.Range.Start - region.Range.Start).Bytes,
            (int)Math.Min(before.Range.Size.Bytes, NamespaceBinding.HeadBytes)
        );
        DataOnlyReading dataOnly = DataOnlyReader.Read(head, PfnDriver.ExtentOf(ndns), ndns.ClaimClass, offset);
        (ReaderVerdict verdict, string why) = after is null
            ? (ReaderVerdict.Gone, "the kernel makes no namespace of this range: its region or its labels are not as it wants them")
            : Judge(to.Kernel, before, after, IsWritten(from, to, before.Device.Number), HasBlock(head));
        return new(before, after, verdict, why, dataOnly) { MadeAnew = (MadeAnew(from, before, before), MadeAnew(to, before, after)) };
    }

    private static (ReaderVerdict Verdict, string Why) Judge(
        KernelProfile kernel,
        NamespaceReading before,
        NamespaceReading after,
        bool isWritten,
        bool hasBlock
    )
    {
        if (!after.IsOpen)
        {
            string cause = after.Messages.IsEmpty ? "the kernel logs nothing" : after.Messages[0].Trim();
            if (kernel.Get(Rules.DeviceMapsAreSections) && after.Mode != "raw" && after.Errno is not Errno.EOPNOTSUPP)
                cause += $"; this kernel maps whole sections, and the block is laid out for sub-sections: {SectionCause(after.Errno)}";
            return (ReaderVerdict.Refuses, before.IsOpen ? cause : $"{cause} (the first kernel does not open it either)");
        }
        if (after.Mode == "raw" && before.Mode != "raw" && hasBlock)
            return (
                ReaderVerdict.Misreads,
                $"it comes up raw: the block device starts at the namespace's first byte{Distance(before, after)}; a file system is "
                    + $"not found, and writing destroys the info-block"
            );
        if (before.IsOpen && before.DataStart != after.DataStart)
            return (ReaderVerdict.Misreads, $"the first byte of the device is another one{Distance(before, after)}");
        if (after.Mode == "fsdax" && !after.HasDax)
            return (ReaderVerdict.OpensWithoutDax, WithoutDax(after));
        if (before.HasDax && !after.HasDax)
            return (ReaderVerdict.OpensWithoutDax, "the kernel maps no pages for it: block I/O alone");
        string[] changes = [.. Changes(before, after, isWritten)];
        return changes.Length == 0 ? (ReaderVerdict.Opens, "") : (ReaderVerdict.Changes, string.Join("; ", changes));
    }

    private static string SectionCause(Errno errno) =>
        errno switch
        {
            Errno.ENOMEM => "the page map on the device has no room for the rest of the first and last section, or another map is in them",
            Errno.EEXIST => "something else is mapped in the first or last section",
            Errno.ENXIO => "System RAM is in the first or last section",
            _ => "the range does not start and end with a section",
        };

    /// <summary>Byte offsets of the two meanings of dataoff, and what has a struct page.</summary>
    private static string WithoutDax(NamespaceReading after) =>
        after.Padded is { } dax
            ? $"start_pad is {dax.StartPad}: block I/O starts at {dax.BlockIo}, the pfns of DAX at {dax.Pages}, {dax.Outcome}"
            : "the kernel maps no pages for it: block I/O alone";

    private static string Distance(NamespaceReading before, NamespaceReading after)
    {
        if (before.DataStart is not { } was || after.DataStart is not { } now)
            return "";
        return was > now ? $", {was - now} before the data" : $", {now - was} behind the first byte of the data";
    }

    private static IEnumerable<string> Changes(NamespaceReading before, NamespaceReading after, bool isWritten)
    {
        if (!before.IsOpen)
            yield return "the first kernel does not open it, the second does";
        if (before.IsOpen && before.Size != after.Size)
            yield return $"size {before.Size} becomes {after.Size}";
        if (before.IsOpen && before.Settings?.Align != after.Settings?.Align)
            yield return $"align {before.Settings?.Align} becomes {after.Settings?.Align}";
        if (!before.HasDax && after.HasDax && before.IsOpen)
            yield return "DAX works now";
        if (before.SystemRam is { } was && after.SystemRam is { } now && was != now)
            yield return $"as System RAM it gives {now} instead of {was}";
        if (isWritten)
            yield return "the kernel writes to the media of its region when it boots";
    }

    private static bool IsWritten(Machine from, Machine to, int region) =>
        !from.Regions[region].Media.ContentEquals(to.Regions[region].Media);

    private static bool HasBlock(ReadOnlySpan<byte> head)
    {
        var view = new InfoBlockView(head.Length > (int)InfoBlock.StartBytes ? head[(int)InfoBlock.StartBytes..] : default);
        return view.IsWhole && view.Kind is not null && view.HasValidChecksum;
    }

    private static ByteSize? MadeAnew(Machine machine, NamespaceReading before, NamespaceReading? reading)
    {
        if ((before.Settings ?? reading?.Settings) is not { } settings)
            return null;
        ByteSize align = machine.Architecture.SupportedAligns.Contains(settings.Align) ? settings.Align : machine.Architecture.PmdSize;
        NamespacePlan plan = NamespacePlan.Of(
            before.Range,
            settings.Kind,
            settings.Mode,
            align,
            machine.Kernel,
            machine.Architecture,
            PfnNeighbours.Of(machine, machine.Regions[before.Device.Number])
        );
        return plan.IsAccepted ? plan.Usable : null;
    }
}
