using Altmap.Core.Findings;
using Altmap.Core.Kernels;
using Altmap.Formats.Checksums;
using Table = Altmap.Formats.InfoBlocks.PfnInfoBlockLayout;

namespace Altmap.Formats.InfoBlocks;

/// <summary>
/// All that is wrong with a block, not only what the kernel stops at. <see cref="Severity.Error"/> is what keeps the profile's kernel
/// from a working device; Warning and Note are what it overlooks.
/// </summary>
public static class InfoBlockChecks
{
    /// <summary>Findings in the order in which the kernel looks: what it stops at comes before what it would not reach.
    /// Offsets count from the namespace's start. Nothing is written; any bytes are
    /// welcome.</summary>
    /// <param name="block">The bytes from offset 4096 of the namespace.</param>
    /// <param name="ns">Range and wanted parent uuid.</param>
    /// <param name="profile">The kernel.</param>
    /// <param name="arch">The architecture.</param>
    public static IReadOnlyList<Finding> Validate(
        ReadOnlySpan<byte> block,
        NamespaceExtent ns,
        KernelProfile profile,
        ArchitectureRules arch
    )
    {
        var report = new InfoBlockReport(profile);
        var view = new InfoBlockView(block);
        if (!view.IsWhole)
        {
            report.Add(Table.Signature, PfnFindings.Truncated, $"{InfoBlock.SizeBytes} bytes", $"{block.Length} bytes");
            return report.Findings;
        }
        bool isKnown = CheckIdentity(report, block, view, ns, out InfoBlockKind kind);
        if (!isKnown)
            return report.Findings; // what the bytes mean is unknown
        EffectiveFields fields = EffectiveFields.Of(view, arch.PageSize);
        CheckVersion(report, view);
        CheckMode(report, fields);
        PfnDeviceSettings settings = fields.ToSettings(kind, view.Uuid, view.PageCount);
        CheckPageSizes(report, fields, profile, arch);
        InfoBlockPlacementChecks.Check(report, fields, settings, ns, profile, arch);
        CheckReserved(report, view);
        return report.Findings;
    }

    /// <summary>Signature, checksum, uuids. A signature that is damaged alone is recognised by the checksum of the whole block.</summary>
    private static bool CheckIdentity(
        InfoBlockReport report,
        ReadOnlySpan<byte> block,
        InfoBlockView view,
        in NamespaceExtent ns,
        out InfoBlockKind kind
    )
    {
        bool hasSignature = view.Kind is not null;
        kind = view.Kind ?? InfoBlockKind.Pfn;
        bool hasChecksum = hasSignature ? view.HasValidChecksum : FindKindByChecksum(block, view.Checksum, out kind);
        if (!hasSignature)
        {
            bool isBlank = !block[..InfoBlock.SizeBytes].ContainsAnyExcept((byte)0);
            report.Add(
                Table.Signature,
                isBlank ? PfnFindings.Absent : PfnFindings.Signature,
                hasChecksum ? Table.SignatureText(kind) : "NVDIMM_PFN_INFO or NVDIMM_DAX_INFO",
                isBlank ? "zeroes" : Printable(Table.Signature.Slice(block)),
                advice: hasChecksum ? "write the signature back: the checksum shows that only these bytes changed" : null
            );
            if (!hasChecksum)
                return false;
        }
        if (!hasChecksum)
        {
            report.Add(Table.Checksum, PfnFindings.Checksum, $"0x{view.ComputedChecksum:x16}", $"0x{view.Checksum:x16}");
        }
        if (view.Uuid.IsZero)
            report.Add(Table.Uuid, PfnFindings.Uuid, "a uuid", "zeroes");
        if (view.ParentUuid != ns.ParentUuid)
        {
            report.Add(Table.ParentUuid, PfnFindings.ParentUuid, ns.ParentUuid.ToString(), view.ParentUuid.ToString());
        }
        return true;
    }

    /// <summary>Tries both signatures, in a copy, in place of the one that is there.</summary>
    private static bool FindKindByChecksum(ReadOnlySpan<byte> block, ulong stored, out InfoBlockKind kind)
    {
        Span<byte> copy = stackalloc byte[InfoBlock.SizeBytes];
        block[..InfoBlock.SizeBytes].CopyTo(copy);
        foreach (InfoBlockKind candidate in (ReadOnlySpan<InfoBlockKind>)[InfoBlockKind.Pfn, InfoBlockKind.Dax])
        {
            kind = candidate;
            Table.SignatureOf(candidate).CopyTo(copy);
            if (Fletcher64.ComputeWithZeroedField(copy, Table.Checksum.OffsetBytes) == stored)
                return true;
        }
        kind = InfoBlockKind.Pfn;
        return false;
    }

    private static void CheckVersion(InfoBlockReport report, InfoBlockView view)
    {
        const int LastMinor = 4;
        if (view.VersionMajor != 1)
        {
            report.Add(Table.VersionMajor, PfnFindings.VersionMajor, "1", $"{view.VersionMajor}");
        }
        if (view.VersionMinor > LastMinor)
        {
            report.Add(Table.VersionMinor, PfnFindings.VersionMinorUnknown, $"0 to {LastMinor}", $"{view.VersionMinor}");
        }
        else if (view.VersionMinor < LastMinor)
        {
            report.Add(Table.VersionMinor, PfnFindings.VersionMinorOld, $"{LastMinor}", $"{view.VersionMinor}");
        }
    }

    private static void CheckMode(InfoBlockReport report, in EffectiveFields fields)
    {
        if (fields.Mode is PageMapMode.Ram or PageMapMode.Pmem)
            return;
        report.Add(Table.Mode, PfnFindings.Mode, "1 (map=mem) or 2 (map=dev)", $"{(uint)fields.Mode}");
    }

    private static void CheckPageSizes(InfoBlockReport report, in EffectiveFields fields, KernelProfile profile, ArchitectureRules arch)
    {
        if (fields.PageSize != arch.PageSize.Bytes)
        {
            bool refused = profile.Get(Rules.ChecksPageSize) && fields.PageSize > arch.PageSize.Bytes && fields.Mode == PageMapMode.Pmem;
            report.AddForKernel(
                Table.PageSize,
                PfnFindings.PageSize,
                $"{arch.PageSize.Bytes}",
                $"{fields.PageSize}",
                severity: refused ? Severity.Error : Severity.Note,
                advice: refused ? null : "none needed: accepted"
            );
        }
        if (fields.PageStructSize < profile.Get(Rules.StructPageSize).Bytes)
        {
            bool refused = profile.Get(Rules.ChecksPageSize) && fields.Mode == PageMapMode.Pmem;
            report.AddForKernel(
                Table.PageStructSize,
                PfnFindings.PageStructSize,
                $"at least {profile.Get(Rules.StructPageSize).Bytes}",
                $"{fields.PageStructSize}",
                severity: refused ? Severity.Error : Severity.Note,
                advice: refused ? null : "none needed: the page map is in RAM"
            );
        }
    }

    private static void CheckReserved(InfoBlockReport report, InfoBlockView view)
    {
        // Before minor 3 nobody promised zeroes.
        Severity severity = view.VersionMinor >= Table.Padding.SinceMinor ? Severity.Warning : Severity.Note;
        if (view.Flags != 0)
        {
            report.Add(Table.Flags, PfnFindings.Flags, "0", $"0x{view.Flags:x}", severity: severity);
        }
        int first = view.Padding.IndexOfAnyExcept((byte)0);
        if (first >= 0)
        {
            report.Add(
                Table.Padding with
                {
                    OffsetBytes = Table.Padding.OffsetBytes + first,
                },
                PfnFindings.Padding,
                "zeroes",
                $"0x{view.Padding[first]:x2}",
                severity: severity
            );
        }
    }

    private static string Printable(ReadOnlySpan<byte> bytes)
    {
        var text = new System.Text.StringBuilder();
        foreach (byte b in bytes)
        {
            if (b is >= 0x20 and < 0x7f)
                text.Append((char)b);
            else
                text.Append($"\\x{b:x2}");
        }
        return text.ToString();
    }
}
