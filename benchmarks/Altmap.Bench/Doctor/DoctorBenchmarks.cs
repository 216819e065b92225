using System.Collections.Immutable;
using System.Text;
using Altmap.Advice.Doctor;
using Altmap.Advice.Explain;
using Altmap.Advice.Sessions;
using Altmap.Core.Identity;
using Altmap.Core.Kernels;
using Altmap.Core.Media;
using Altmap.Host;
using Altmap.Model.Hardware;
using Altmap.Model.MachineFiles;
using BenchmarkDotNet.Attributes;

namespace Altmap.Bench.Doctor;

/// <summary>The doctor's own work: on the largest recorded capture (20 regions, 13 with several namespaces' worth of findings), and on a
/// thousand captures in one process, one after the other.</summary>
public class DoctorBenchmarks
{
    private const int Fleet = 1000;

    private string _path = "";
    private SessionOpening _opened = null!;

    /// <summary>A capture directory below tests/golden.</summary>
    [Params("f_memmap/fsdax-mem", "f_nfit/create", "c_sector/create")]
    public string Capture { get; set; } = "";

    /// <summary>Loads and boots it.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _path = BenchInputs.Golden(Capture.Split('/'));
        _opened = Open();
    }

    /// <summary>Every rule asked, every remedy tried.</summary>
    [Benchmark]
    public int Examine() => Examination.Of(new Patient(_opened.State!)).Findings.Length;

    /// <summary>The same from the files on: read, boot, ask; a thousand times.</summary>
    [Benchmark(OperationsPerInvoke = 1)]
    public int ThousandFromFiles()
    {
        int findings = 0;
        for (int i = 0; i < Fleet; i++)
            findings += Examination.Of(new Patient(Open().State!)).Findings.Length;
        return findings;
    }

    private SessionOpening Open()
    {
        MachineSource source = MachineLoader.Load(_path).Source!;
        KernelProfile kernel = KernelProfiles.Find(source.Description.Kernel)!;
        ArchitectureRules architecture = ArchitectureRules.Find(kernel, source.Description.Architecture, source.Description.PageSize)!;
        return SessionOpening.Of(source, kernel, architecture, UuidSource.FromSeed(1));
    }
}

/// <summary>The doctor on a large machine: 64 TiB in 8 regions, a thousand namespaces, nearly all of which have one finding with one
/// remedy in common.</summary>
public class LargeDoctorBenchmarks
{
    private SessionOpening _opened = null!;

    /// <summary>How many namespaces are made, of 64 GiB each.</summary>
    [Params(250, 1000)]
    public int Namespaces { get; set; }

    /// <summary>Boots it and makes the namespaces.</summary>
    [GlobalSetup]
    public void Setup()
    {
        string dimms = string.Join(
                ',',
                Enumerable.Range(0, 8).Select(i => $$"""{"dev":"nmem{{i}}","label_bytes":"128K","serial":"0x1{{i}}"}""")
            ),
            regions = string.Join(
                ',',
                Enumerable
                    .Range(0, 8)
                    .Select(i =>
                        $$"""{"dev":"region{{i}}","bus":"ndbus0","start":"0x{{(1UL << 40) + ((ulong)i << 43):x}}","size":"8T","target_node":0,"mappings":[{"dimm":"nmem{{i}}","offset":0,"size":"8T"}]}"""
                    )
            ),
            steps = string.Join(
                ',',
                Enumerable
                    .Range(0, Namespaces)
                    .Select(i => $"\"ndctl create-namespace -r region{i % 8} -m {(i % 3 == 0 ? "devdax" : "fsdax")} -s 64G\"")
            );
        byte[] file = Encoding.UTF8.GetBytes(
            $$"""
            {"format":"altmap-machine/1","name":"large","kernel":"6.1","memory":[{"start":"0x100000","end":"0x7fffffff","type":"System RAM"}],
            "buses":[{"dev":"ndbus0","provider":"ACPI.NFIT"}],"dimms":[{{dimms}}],"regions":[{{regions}}],
            "steps":["ndctl disable-region all","ndctl init-labels -f all","ndctl enable-region all",{{steps}}]}
            """
        );
        MachineDescription machine = MachineFile.Parse(file, "large.json", _ => true).Description!;
        KernelProfile kernel = KernelProfiles.Find(machine.Kernel)!;
        ArchitectureRules architecture = ArchitectureRules.Find(kernel, machine.Architecture, machine.PageSize)!;
        var none = ImmutableSortedDictionary<string, SparseBytes>.Empty;
        _opened = SessionOpening.Of(new MachineSource(machine, none, none), kernel, architecture, UuidSource.FromSeed(1));
    }

    /// <summary>Every rule asked, every remedy tried.</summary>
    [Benchmark]
    public int Examine() => Examination.Of(new Patient(_opened.State!)).Findings.Length;
}

/// <summary>Lines of a log that have a page.</summary>
public class ExplainBenchmarks
{
    private string _log = "";

    /// <summary>A hundred thousand lines, one in ten with a page.</summary>
    [GlobalSetup]
    public void Setup() =>
        _log = string.Join(
            '\n',
            Enumerable
                .Range(0, 100_000)
                .Select(i =>
                    i % 10 == 0
                        ? $"[ 1.{i}] nd_pmem namespace{i}.0: [mem 0x1000-0x1fff flags 0x200] misaligned, unable to map"
                        : $"[ 1.{i}] usb 1-{i}: new high-speed USB device number {i} using xhci_hcd"
                )
        );

    /// <summary>All of them.</summary>
    [Benchmark]
    public int Log() => ExplainedLine.All(_log).Length;
}
