using System.Globalization;
using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;
using Altmap.TestSupport;

namespace Altmap.Formats.Tests.InfoBlocks;

/// <summary>The recorded blocks under tests/golden; README-infoblock.md says what they are.</summary>
internal static class RecordedBlocks
{
    public static readonly string[] WrittenGroups = ["a_fsdax", "f_nfit", "s_arm64", "x_align1g"];

    /// <summary>A pfn or dax device that a real kernel bound, and the block it wrote, its fields, or its refusal.</summary>
    public sealed record Written(
        string Kernel,
        ArchitectureRules Arch,
        string Case,
        PageMapRequest Request,
        byte[]? Bytes,
        string? Fields,
        Errno Errno,
        string? Message
    )
    {
        public KernelProfile Profile => KernelProfiles.Find(Kernel)!;

        public NamespaceExtent Extent => new(Request.Namespace, Request.ParentUuid);

        public override string ToString() =>
            $"{Kernel} {Arch.Architecture} {Arch.PageSize.Bytes} {Case} {Request.Kind} {Request.Mode} {Request.Align}";
    }

    public static IEnumerable<string[]> Rows(params string[] path) =>
        File.ReadAllLines(Golden.Path(path)).Where(l => l.Length > 0 && l[0] != '#').Select(l => l.Split('\t'));

    public static byte[] Decode(string runs, int length)
    {
        byte[] bytes = new byte[length];
        foreach (string run in runs == "-" ? [] : runs.Split(' '))
        {
            string[] parts = run.Split(':');
            Convert
                .FromHexString(parts[1])
                .CopyTo(bytes, int.Parse(parts[0], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
        }
        return bytes;
    }

    public static IEnumerable<Written> AllWritten() => WrittenGroups.SelectMany(ReadWritten);

    public static IEnumerable<Written> ReadWritten(string group)
    {
        foreach (string[] f in Rows(group, "infoblocks.tsv"))
        {
            Assert.True(ArchitectureRules.TryParse(f[1], out Architecture architecture));
            KernelProfile profile = KernelProfiles.Find(f[0])!;
            ArchitectureRules arch = ArchitectureRules.Find(profile, architecture, new ByteSize(ulong.Parse(f[2])))!;
            var request = new PageMapRequest(
                new PhysicalRange(new PhysicalAddress(ulong.Parse(f[4])), new ByteSize(ulong.Parse(f[5]))),
                f[6] == "pfn" ? InfoBlockKind.Pfn : InfoBlockKind.Dax,
                f[7] == "ram" ? PageMapMode.Ram : PageMapMode.Pmem,
                new ByteSize(ulong.Parse(f[8])),
                Uuid.Parse(f[9]),
                Uuid.Parse(f[10]),
                default
            );
            yield return f[11] switch
            {
                "block" => new(f[0], arch, f[3], request, Decode(f[12], InfoBlock.SizeBytes), null, Errno.None, null),
                "fields" => new(f[0], arch, f[3], request, null, f[12], Errno.None, null),
                _ => new(f[0], arch, f[3], request, null, null, Enum.Parse<Errno>(f[11].Split(' ')[1]), f[12]),
            };
        }
    }

    /// <summary>A whole good block for tests that damage one: fsdax, map=dev, 256 MiB at 4 GiB, 6.1.</summary>
    public static Written Good { get; } = ReadWritten("a_fsdax").First(w => w.Bytes is not null);
}
