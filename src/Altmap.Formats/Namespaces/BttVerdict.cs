using System.Collections.Immutable;
using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Kernels;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Btt;
using Altmap.Formats.InfoBlocks;
using Altmap.Formats.Labels;
using Altmap.Formats.Writes;

namespace Altmap.Formats.Namespaces;

/// <summary>What a kernel does with a namespace as far as BTTs go.</summary>
public enum BttOutcome
{
    /// <summary>It sees no BTT: the namespace is raw, or something else.</summary>
    Raw,

    /// <summary>There is a disk.</summary>
    Loads,

    /// <summary>It sees a BTT and refuses it: there is no disk at all.</summary>
    Refused,

    /// <summary>It would use memory outside of the namespace, or find no end: nothing can be said.</summary>
    Unpredictable,

    /// <summary>It sees a BTT device and lays a new BTT over the namespace.</summary>
    LaysDown,
}

/// <summary>A kernel's verdict.</summary>
/// <param name="Outcome">What it does.</param>
/// <param name="DiskSize">Of the disk, where there is one.</param>
/// <param name="Messages">What it logs.</param>
/// <param name="Writes">What it writes while it loads.</param>
public readonly record struct BttVerdict(BttOutcome Outcome, ByteSize DiskSize, ImmutableArray<string> Messages, WritePlan Writes)
{
    /// <summary>Probes and binds as the kernel does.</summary>
    /// <param name="media">The namespace from its first byte to its last.</param>
    /// <param name="parent">The label's uuid; zero without label.</param>
    /// <param name="claim">What the label says it is for.</param>
    /// <param name="kernel">Whose verdict.</param>
    public static BttVerdict Of(IMediaReader media, Uuid parent, ClaimClass claim, KernelProfile kernel)
    {
        var extent = new NamespaceExtent(new PhysicalRange(new PhysicalAddress(0), new ByteSize(media.LengthBytes)), parent);
        BttProbe probe = BttPresence.Probe(media.ReadHead(NamespaceBinding.HeadBytes), extent, claim);
        if (!probe.IsFound)
            return new BttVerdict(BttOutcome.Raw, ByteSize.Zero, [], WritePlan.Empty);
        if (probe.LbaSizeBytes == 0)
            return new BttVerdict(BttOutcome.Refused, ByteSize.Zero, [], WritePlan.Empty); // ENODEV without a word
        BttLoadResult load = BttLoad.Run(new BttLoadRequest(media, parent, claim, probe.Uuid, probe.LbaSizeBytes, null), kernel);
        BttOutcome outcome =
            load.IsUnpredictable ? BttOutcome.Unpredictable
            : load.Errno != Errno.None ? BttOutcome.Refused
            : load.IsNew ? BttOutcome.LaysDown
            : BttOutcome.Loads;
        return new BttVerdict(outcome, load.DiskSize, [.. load.Messages.Select(m => m.Text)], load.Plan);
    }
}
