using Altmap.Core.Identity;

namespace Altmap.Formats.Labels;

/// <summary>Which personality a 1.2 label reserves the namespace for (drivers/nvdimm/nd.h enum nvdimm_claim_class, 6.1).</summary>
public enum ClaimClass
{
    /// <summary>Any, and every 1.1 label.</summary>
    None,

    /// <summary>BTT 1.1.</summary>
    Btt,

    /// <summary>BTT 2.0.</summary>
    Btt2,

    /// <summary>fsdax.</summary>
    Pfn,

    /// <summary>devdax.</summary>
    Dax,

    /// <summary>A GUID the kernel does not know.</summary>
    Unknown,
}

/// <summary>Claim class ↔ abstraction_guid (drivers/nvdimm/label.c guid_to_nvdimm_cclass(), to_abstraction_guid(), 6.1).</summary>
public static class ClaimClasses
{
    private static readonly (ClaimClass Class, Uuid Guid)[] Table =
    [
        (ClaimClass.None, Uuid.Zero),
        (ClaimClass.Btt, Uuid.Parse("8aed63a2-29a2-4c66-8b12-f05d15d3922a")),
        (ClaimClass.Btt2, Uuid.Parse("18633bfc-1735-4217-8ac9-17239282d3f8")),
        (ClaimClass.Pfn, Uuid.Parse("266400ba-fb9f-4677-bcb0-968f11d0d225")),
        (ClaimClass.Dax, Uuid.Parse("97a86d9c-3cdd-4eda-986f-5068b4f80088")),
    ];

    /// <summary>The class of a GUID as its text says.</summary>
    public static ClaimClass FromGuid(Uuid guid)
    {
        foreach ((ClaimClass claim, Uuid known) in Table)
        {
            if (known == guid)
                return claim;
        }
        return ClaimClass.Unknown;
    }

    /// <summary>The GUID that a rewritten label gets: zero for <see cref="ClaimClass.Unknown"/> too, because the label is built from zero
    /// bytes.</summary>
    public static Uuid ToGuid(this ClaimClass claimClass) => Table.FirstOrDefault(t => t.Class == claimClass).Guid;
}
