using System.Diagnostics;
using System.Globalization;
using BenchmarkDotNet.Attributes;

namespace Altmap.Bench.InfoBlocks;

/// <summary>
/// <c>altmap infoblock check</c> of a sparse image of 1 TiB as a whole process, beside <c>altmap --version</c>: the difference is its own
/// work.
/// The largest resident set of both is printed. `./run --version` must have built altmap before.
/// </summary>
public class LargeImageBenchmarks
{
    private readonly string _altmap = Path.Combine(BenchInputs.Root, ".build", "altmap", "altmap");
    private readonly string _image = Path.Combine(Path.GetTempPath(), $"altmap-bench-1t-{Environment.ProcessId}.img");

    /// <summary>An info-block, then data here and there.</summary>
    [GlobalSetup]
    public void Setup()
    {
        if (!File.Exists(_altmap))
            throw new FileNotFoundException("build it first: ./run --version", _altmap);
        Run("infoblock", "write", "-o", _image, "-s", "1T", "--uuid-seed", "1");
        using (FileStream file = File.OpenWrite(_image))
        {
            file.SetLength(1L << 40);
            byte[] data = new byte[4096];
            data.AsSpan().Fill(7);
            for (long at = 1L << 30; at < 1L << 40; at += 1L << 30)
            {
                file.Position = at;
                file.Write(data);
            }
        }
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"largest resident set: check {Run("infoblock", "check", _image, "--start", "4G") >> 20} MiB, "
                    + $"--version {Run("--version") >> 20} MiB"
            )
        );
    }

    /// <summary>Removes the image.</summary>
    [GlobalCleanup]
    public void Cleanup() => File.Delete(_image);

    /// <summary>altmap --version: the start of a process.</summary>
    [Benchmark(Baseline = true)]
    public long Version() => Run("--version");

    /// <summary>altmap infoblock check, 1 TiB.</summary>
    [Benchmark]
    public long Check() => Run("infoblock", "check", _image, "--start", "4G");

    private long Run(params string[] arguments)
    {
        using Process process = Process.Start(
            new ProcessStartInfo("sh", ["-c", "\"$@\" >/dev/null 2>&1; code=$?; exit $code", "sh", _altmap, .. arguments])
        )!;
        long peak = 0;
        while (!process.WaitForExit(1))
            peak = Math.Max(peak, PeakOfChildren(process.Id));
        return process.ExitCode == 0
            ? peak
            : throw new InvalidOperationException($"altmap {string.Join(' ', arguments)}: {process.ExitCode}");
    }

    /// <summary>VmHWM of the shell's child; what is gone already counts nothing.</summary>
    private static long PeakOfChildren(int shell)
    {
        try
        {
            string child = File.ReadAllText($"/proc/{shell}/task/{shell}/children").Trim();
            string? line = Array.Find(File.ReadAllLines($"/proc/{child}/status"), l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
            return line is null ? 0 : long.Parse(line.AsSpan(6).Trim(" kB\t"), CultureInfo.InvariantCulture) << 10;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            return 0;
        }
    }
}
