using System.Collections.Immutable;
using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;
using Altmap.Model.Nvdimm;

namespace Altmap.Model.Planning;

/// <summary>What a namespace is or would become, and where its bytes go.</summary>
/// <param name="Kernel">Whose rules.</param>
/// <param name="Architecture">Of that kernel.</param>
/// <param name="Mode">In ndctl's words: <c>fsdax</c>, <c>devdax</c>, <c>raw</c>.</param>
/// <param name="Map">Where struct pages lie; null without a page map of its own.</param>
/// <param name="Align">Null where there is none.</param>
/// <param name="Range">The namespace.</param>
/// <param name="Errno">None: there is a device.</param>
/// <param name="Message">The kernel's words, or null.</param>
/// <param name="Settings">Null without a device, and for raw namespaces.</param>
/// <param name="Ledger">Adds up to the size of <paramref name="Range"/>.</param>
public sealed record NamespacePlan(
    KernelProfile Kernel, ArchitectureRules Architecture, string Mode, PageMapMode? Map, ByteSize? Align, PhysicalRange Range, Errno Errno, string? Message,
    PfnDeviceSettings? Settings, ImmutableArray<LedgerEntry> Ledger)
{
    /// <summary>Smallest namespace that a pfn or dax device takes through sysfs (drivers/nvdimm/claim.c nd_namespace_store(), 5.10, 6.1, 6.12, 7.2).</summary>
    public static readonly ByteSize SizeMin = ByteSize.MiB(16);

    /// <summary>True when there is a device.</summary>
    public bool IsAccepted => Errno == Errno.None;

    /// <summary>Bytes that the device offers.</summary>
    public ByteSize Usable => Ledger.FirstOrDefault(e => e.What == Planning.Ledger.Data)?.Bytes ?? ByteSize.Zero;

    /// <summary>Struct pages in RAM instead of on the device: a cost that is no part of the namespace.</summary>
    public ByteSize StructPagesInRam { get; init; }

    /// <summary>
    /// A namespace that does not exist yet: the attributes of its device are written and the device is bound, in that order. What else lies in its sections counts
    /// for the layouts that ask (<paramref name="neighbours"/>); by default nothing does.
    /// </summary>
    public static NamespacePlan Of(
        PhysicalRange range, InfoBlockKind kind, PageMapMode map, ByteSize align, KernelProfile kernel, ArchitectureRules architecture, SectionNeighbours neighbours = default)
    {
        string mode = kind == InfoBlockKind.Pfn ? "fsdax" : "devdax";
        NamespacePlan Refused(Errno errno, string? message = null) => new(
            kernel, architecture, mode, map, align, range, errno, message, null, [.. Unusable(range.Size)]);

        if (!architecture.SupportedAligns.Contains(align)) return Refused(Errno.EINVAL); // align_store()
        if (range.Size < SizeMin) return Refused(Errno.ENXIO);
        const string name = "namespace0.0";
        var request = new PageMapRequest(range, kind, map, align, Uuid.Zero, Uuid.Zero, neighbours);
        PfnLayoutResult written = PfnLayout.Plan(request, name, kernel, architecture);
        if (written.Block is not { } block) return Refused(written.Errno, written.Message);
        PfnDeviceSettings settings = PfnDeviceSettings.OfBlock(block.ToBytes(), architecture.PageSize);
        PageMapVerdict mapped = PageMapping.Judge(settings, new NamespaceExtent(range, Uuid.Zero), kernel, architecture);
        return mapped.Errno != Errno.None
            ? Refused(mapped.Errno, mapped.Message)
            : OfDevice(mode, settings, Reserved(block), range, written.Message, kernel, architecture);
    }

    /// <summary>A namespace of a machine. Null for a seed, which has no bytes. Throws <see cref="NotModelledException"/> for what is not modelled.</summary>
    public static NamespacePlan? Of(Machine machine, NamespaceState ndns)
    {
        if (ndns.Size.IsZero) return null;
        KernelProfile kernel = machine.Kernel;
        ArchitectureRules architecture = machine.Architecture;
        if (ndns.Claim is not { } claim)
        {
            Errno errno = ndns.IsBound ? Errno.None : Errno.ENODEV;
            return new(kernel, architecture, "raw", null, null, ndns.Range, errno, null, null,
                ndns.IsBound ? [new(Planning.Ledger.Data, ndns.Size)] : [.. Unusable(ndns.Size)]);
        }
        if (machine.FindPfnDevice(claim) is not { } device) throw new NotModelledException($"the capacity of {claim}");
        string mode = device.BlockKind == InfoBlockKind.Pfn ? "fsdax" : "devdax";
        if (device.Layout is not { } settings)
            return new(kernel, architecture, mode, device.Mode, device.Align, ndns.Range, Errno.ENODEV, null, null, [.. Unusable(ndns.Size)]);
        InfoBlock block = InfoBlock.Parse(PfnDriver.ReadBlock(machine, ndns))!; // bound: it has one
        return OfDevice(mode, settings, Reserved(block), ndns.Range, null, kernel, architecture);
    }

    private static NamespacePlan OfDevice(
        string mode, in PfnDeviceSettings settings, ByteSize structPage, PhysicalRange range, string? message, KernelProfile kernel, ArchitectureRules architecture)
    {
        ImmutableArray<LedgerEntry> ledger = Planning.Ledger.Of(settings, structPage, range, kernel, architecture);
        ulong all = Planning.Ledger.StructPages(settings, range, kernel, architecture).Bytes;
        ulong onDevice = ledger.FirstOrDefault(e => e.What == Planning.Ledger.PageMapUsed)?.Bytes.Bytes ?? 0;
        return new(kernel, architecture, mode, settings.Mode, settings.Align, range, Errno.None, message, settings, ledger)
        {
            StructPagesInRam = new ByteSize(all - Math.Min(all, onDevice)),
        };
    }

    /// <summary>What the block's writer set aside for each page: blocks before version 1.4 do not say, and all had 64.</summary>
    private static ByteSize Reserved(InfoBlock block) => new(block.VersionMinor >= PfnInfoBlockLayout.PageStructSize.SinceMinor ? block.PageStructSize : 64UL);

    private static IEnumerable<LedgerEntry> Unusable(ByteSize size)
    {
        if (!size.IsZero) yield return new LedgerEntry(Planning.Ledger.Unusable, size);
    }
}
