using System.Collections.Immutable;
using Altmap.Core.Units;
using Altmap.Formats.Labels;

namespace Altmap.Formats.Btt;

/// <summary>
/// The two versions of a BTT. They differ in where the first arena starts and in nothing else; the namespace's claim class alone decides
/// where the kernel looks
/// (drivers/nvdimm/btt_devs.c nd_btt_version(); 5.10, 6.1, 6.12, 7.2).
/// </summary>
/// <param name="Major">version_major.</param>
/// <param name="Minor">version_minor.</param>
/// <param name="Start">The first arena, from the start of the namespace.</param>
public sealed record BttVersion(ushort Major, ushort Minor, MediaOffset Start)
{
    /// <summary>1.1: labels 1.1, no labels, and claim class BTT. The namespace's first 4096 bytes belong to nobody.</summary>
    public static readonly BttVersion V1_1 = new(1, 1, new MediaOffset(4096));

    /// <summary>2.0: claim class BTT2 of a 1.2 label.</summary>
    public static readonly BttVersion V2_0 = new(2, 0, new MediaOffset(0));

    /// <summary>Where the kernel looks, and what it makes.</summary>
    public static BttVersion Of(ClaimClass claim) => claim == ClaimClass.Btt2 ? V2_0 : V1_1;
}

/// <summary>Numbers of a BTT that are not on the media (drivers/nvdimm/btt.h, btt_devs.c, nd.h; 5.10, 6.1, 6.12, 7.2).</summary>
public static class BttConstants
{
    /// <summary>Smallest namespace that is looked at, and smallest arena (ARENA_MIN_SIZE).</summary>
    public static readonly ByteSize ArenaSizeMin = ByteSize.MiB(16);

    /// <summary>Largest arena (ARENA_MAX_SIZE).</summary>
    public static readonly ByteSize ArenaSizeMax = ByteSize.GiB(512);

    /// <summary>Lanes of a region, and of a new arena (ND_MAX_LANES).</summary>
    public const uint Lanes = 256;

    /// <summary>The sector sizes that can be chosen, in bytes, metadata included.</summary>
    public static readonly ImmutableArray<uint> SectorSizes = [512, 520, 528, 4096, 4104, 4160, 4224];

    /// <summary>Sector size of the disk in bytes: what is above it is metadata. Any size is taken from the media.</summary>
    public static uint DiskSectorSize(uint lbaSizeBytes) => lbaSizeBytes >= 4096 ? 4096u : 512u;
}
