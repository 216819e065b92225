using System.Collections.Immutable;
using System.Globalization;
using Altmap.Core.Findings;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;
using Altmap.Model;
using Altmap.Model.Nvdimm;
using KernelRules = Altmap.Core.Kernels.Rules;

namespace Altmap.Advice.Doctor.Rules;

/// <summary>Page maps that are larger than they need be, or that take RAM that is short (A1, A2, B1).</summary>
internal sealed class PageMaps : DoctorRule
{
    private const ulong ShareOfRam = 5; // a fifth of it

    private static readonly FindingCode Oversized = new(
        "namespace.page-map-oversized",
        Severity.Note,
        "an info-block keeps more room for struct pages than this kernel needs",
        "so many bytes of the device hold nothing; kernels 6.1.0 to 6.1.11 kept 128 bytes a page, twice as much as others",
        "nothing is wrong; made anew under a kernel that keeps 64, the namespace gives more. Copy the data out first, and back after",
        "drivers/nvdimm/pfn_devs.c nd_pfn_init(), MAX_STRUCT_PAGE_SIZE (6e9f05dc66f9, c91d71363084)"
    );

    private static readonly FindingCode InRam = new(
        "namespace.page-map-in-ram",
        Severity.Warning,
        "page maps in RAM take a large part of it",
        "that memory is gone at every boot, before anything runs",
        "--map=dev keeps the page map on the device; it costs 1.6 % of the namespace. Changing it gives up the data: copy it first",
        "mm/sparse-vmemmap.c, mm/memremap.c (5.10, 6.1, 6.12, 7.2)"
    );

    private static readonly FindingCode Kmsan = new(
        "kernel.kmsan-with-nvdimm",
        Severity.Warning,
        "a KMSAN kernel on a machine with persistent memory",
        "its struct page is larger than what is kept on the device: --map=dev is refused, and namespaces with map=dev do not open",
        "use --map=mem under this kernel; CONFIG_NVDIMM_KMSAN, which would change it, has no prompt and nothing selects it",
        "drivers/nvdimm/pfn_devs.c nd_pfn_init() (6.1.12, 6.2 and later)"
    );

    public override ImmutableArray<FindingCode> Codes => [Oversized, InRam, Kmsan];

    public override string Question => "Is a page map larger than needed, in RAM that is short, or impossible under this kernel?";

    public override ImmutableArray<FaultyMachine> Examples =>
        [
            new(
                FaultyMachines.One("reserve-128", "6.1.0", "ndctl create-namespace --force --reconfig=namespace0.0 --mode=fsdax --map=dev"),
                Oversized
            )
            {
                ThenKernel = "6.1",
            },
            new(
                FaultyMachines.Of(
                    "short-ram",
                    "6.1",
                    """
                    {"start":"0x100000","end":"0x7fffffff","type":"System RAM"}
                    """,
                    ["0x200000000"],
                    64UL << 30,
                    "ndctl create-namespace --force --reconfig=namespace0.0 --mode=fsdax --map=mem"
                ),
                InRam
            ),
            new(FaultyMachines.One("kmsan", "6.1+kmsan"), Kmsan) { IsTreatable = false },
        ];

    public override IEnumerable<Diagnosis> Check(Patient patient)
    {
        Machine machine = patient.Machine;
        ulong inRam = 0;
        var owners = new List<NamespaceState>();
        foreach ((RegionState region, NamespaceState ndns) in patient.Namespaces)
        {
            if (ndns.Claim is not { } claim || machine.FindPfnDevice(claim) is not { Layout: { } layout } pfn)
                continue;
            if (pfn.Mode == PageMapMode.Ram && !(claim.Kind == NdDeviceKind.Dax && machine.Mm.Options.SharesCompoundMemmap))
            {
                inRam += ndns.Size.Bytes / machine.Mm.PageSize.Bytes * machine.Kernel.Get(KernelRules.StructPageSize).Bytes;
                owners.Add(ndns);
            }
            ulong kept = InfoBlock.Parse(patient.HeadOf(ndns, 8192).AsSpan((int)InfoBlock.StartBytes))?.PageStructSize ?? 0;
            if (pfn.Mode != PageMapMode.Pmem || kept <= Math.Max(64, machine.Kernel.Get(KernelRules.StructPageSize).Bytes))
                continue;
            ulong pages = (layout.UsableSize(ndns.Size) ?? ByteSize.Zero).Bytes / machine.Mm.PageSize.Bytes;
            yield return new Diagnosis(
                Finding.Of(
                    Oversized,
                    new Subject(SubjectKind.Namespace, ndns.Device.Name),
                    null,
                    new Evidence(
                        "page_struct_size",
                        machine.Kernel.Get(KernelRules.StructPageSize).ToString(),
                        kept.ToString(CultureInfo.InvariantCulture)
                    ),
                    new Evidence(
                        "bytes that hold nothing",
                        "0",
                        new ByteSize(pages * (kept - machine.Kernel.Get(KernelRules.StructPageSize).Bytes)).ToHuman()
                    )
                ),
                new Treatment($"everything in {ndns.Device}: copy it out first, and back after", OnDevice(ndns))
            );
        }
        ulong ram = machine.Mm.BootRamSize.Bytes;
        if (ram > 0 && inRam > ram / ShareOfRam)
            yield return new Diagnosis(
                Finding.Of(
                    InRam,
                    new Subject(SubjectKind.Machine, machine.Description.Name),
                    null,
                    new Evidence(
                        "struct pages in RAM",
                        $"less than {new ByteSize(ram / ShareOfRam).ToHuman()}",
                        new ByteSize(inRam).ToHuman()
                    ),
                    new Evidence("RAM", "", new ByteSize(ram).ToHuman())
                ),
                new Treatment(
                    $"everything in {string.Join(", ", owners.Select(o => o.Device))}: copy it out first, and back after",
                    [.. owners.Select(OnDevice)]
                )
            );
        if (machine.Kernel.Get(KernelRules.IsKmsanBuild) && machine.Regions.Count > 0)
            yield return new Diagnosis(
                Finding.Of(
                    Kmsan,
                    new Subject(SubjectKind.Machine, machine.Description.Name),
                    null,
                    new Evidence("struct page", "64 bytes or less", machine.Kernel.Get(KernelRules.StructPageSize).ToString())
                ) with
                {
                    Kernels = [machine.Kernel.Name],
                }
            );
    }

    /// <summary>The same namespace with its page map on the device.</summary>
    private static string OnDevice(NamespaceState ndns)
    {
        string mode = ndns.Claim is { Kind: NdDeviceKind.Dax } ? "devdax" : "fsdax";
        return $"ndctl create-namespace --force --reconfig={ndns.Device} --mode={mode} --map=dev";
    }
}
