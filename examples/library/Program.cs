// What the libraries are good for: a namespace planned, pages judged, an info-block checked.
using System.Collections.Immutable;
using Altmap.Core.Kernels;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;
using Altmap.Formats.Namespaces;
using Altmap.Model;
using Altmap.Model.Hardware;
using Altmap.Model.MachineFiles;
using Altmap.Model.Maps;
using Altmap.Model.Memory;
using Altmap.Model.Planning;

KernelProfile kernel = KernelProfiles.Find("6.1")!;
ArchitectureRules x86 = ArchitectureRules.Find(kernel, Architecture.X86_64, ByteSize.KiB(4))!;

var range = new PhysicalRange(new(2UL << 30), ByteSize.GiB(1));
var wish = new NamespaceWish(CapacityMode.FsDax, PageMapMode.Pmem, ByteSize.MiB(2));
Console.WriteLine($"fsdax on {range}: {NamespacePlan.Of(range, wish, kernel, x86).Usable} usable");

ReadOnlyMemory<byte> file =
    """
    {"format": "altmap-machine/1", "kernel": "6.1", "cmdline": "memmap=1G!2G", "memory": [{"start": "0", "size": "4G", "type": "System RAM"}]}
    """u8.ToArray();
MachineDescription description = MachineFile.Parse(file, "sample.json").Description!;
var source = new MachineSource(
    description,
    ImmutableSortedDictionary<string, SparseBytes>.Empty,
    ImmutableSortedDictionary<string, SparseBytes>.Empty
);
Machine machine = Boot.Start(source, kernel, x86).Machine!;
foreach (MemoryRange pages in MemoryMap.Facts(machine, new PfnRange(new(0x7fffe), new(0x80002))))
    Console.WriteLine($"pfns {pages.Pages}: {(pages.IsOnline ? "online" : "not online")}, {pages.Owner}");

foreach (var finding in InfoBlockChecks.Validate(new byte[4096], new NamespaceExtent(range, default), kernel, x86))
    Console.WriteLine($"{finding.Code}: {finding.Consequence}");
