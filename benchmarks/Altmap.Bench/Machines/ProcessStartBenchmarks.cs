using System.Diagnostics;
using BenchmarkDotNet.Attributes;

namespace Altmap.Bench.Machines;

/// <summary>
/// Whole processes, from start to exit: <c>altmap --version</c>, <c>altmap infoblock read</c>, and <c>ndctl read-infoblock</c> on the same
/// block where ndctl is
/// installed (else that row takes no time and says so). `./run --version` must have built altmap before.
/// </summary>
public class ProcessStartBenchmarks
{
    private readonly string _altmap = Path.Combine(BenchInputs.Root, ".build", "altmap", "altmap");
    private readonly string _block = Path.Combine(Path.GetTempPath(), $"altmap-bench-{Environment.ProcessId}.img");
    private string? _ndctl;

    /// <summary>Unpacks a recorded namespace's first 8 KiB.</summary>
    [GlobalSetup]
    public void Setup()
    {
        if (!File.Exists(_altmap))
            throw new FileNotFoundException("build it first: ./run --version", _altmap);
        string recorded = Directory.EnumerateFiles(BenchInputs.Golden("f_nfit", "images"), "nfit-256M+0-pmem*.sparse.gz").First();
        File.WriteAllBytes(_block, Host.MachineLoader.ReadImage(recorded).Value!.Read(0, 8192));
        _ndctl = Array.Find(["/usr/bin/ndctl", "/bin/ndctl"], File.Exists);
        if (_ndctl is null)
            Console.WriteLine("ndctl is not installed: its row measures nothing (apt-get install ndctl, dnf install ndctl)");
    }

    /// <summary>Removes the file.</summary>
    [GlobalCleanup]
    public void Cleanup() => File.Delete(_block);

    /// <summary>altmap --version.</summary>
    [Benchmark]
    public int AltmapVersion() => Run(_altmap, "--version");

    /// <summary>altmap infoblock read --json FILE.</summary>
    [Benchmark]
    public int AltmapReadInfoBlock() => Run(_altmap, "infoblock", "read", "--json", _block);

    /// <summary>ndctl read-infoblock -j -i FILE.</summary>
    [Benchmark(Baseline = true)]
    public int NdctlReadInfoBlock() => _ndctl is null ? 0 : Run(_ndctl, "read-infoblock", "-j", "-i", _block);

    private static int Run(string file, params string[] arguments)
    {
        var start = new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        process.StandardOutput.ReadToEnd();
        process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? 0
            : throw new InvalidOperationException($"{file} {string.Join(' ', arguments)}: exit {process.ExitCode}");
    }
}
