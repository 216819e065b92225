using System.Runtime.InteropServices;
using Altmap.Conformance.Cases;
using Altmap.Conformance.Defects;
using Altmap.Conformance.Fuzz;
using Altmap.Conformance.Guests;
using Altmap.Conformance.Packages;
using Altmap.Conformance.Reports;
using Altmap.TestSupport;

namespace Altmap.Conformance;

/// <summary>The suite, as <c>./test --kernel</c> calls it. Its last line is <c>N passed, N failed, N skipped</c>; a run that compared and
/// skipped nothing is a failure.</summary>
internal sealed class ConformanceCommand(SuiteOptions options, TextWriter output)
{
    private const int Wrong = 16;
    private readonly Laboratory _laboratory = new(options.Cache, options.FetchTime) { RecordTo = options.RecordTo };

    public static int Run(string[] args)
    {
        if (SuiteOptions.Parse(args) is not { } options)
        {
            bool asked = args is ["-h" or "--help"];
            (asked ? Console.Out : Console.Error).WriteLine(SuiteOptions.Usage);
            return asked ? 0 : Wrong;
        }
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        try
        {
            return new ConformanceCommand(options, TextWriter.Synchronized(Console.Out)).Run();
        }
        catch (Exception e)
        {
            Console.Error.WriteLine($"the suite itself failed: {e}");
            Console.WriteLine("0 passed, 1 failed, 0 skipped");
            return 1;
        }
        finally
        {
            LiveGuest.KillAll();
        }
    }

    private int Run()
    {
        ConformanceCase[] cases =
        [
            .. GoldenSessions
                .Cases()
                .Concat(PageOnline.Cases())
                .Concat(OurImages.Cases())
                .Concat(Captures.Cases())
                .Concat(FindingsPage.All.Select(d => d.Case))
                .Where(c => options.Filter is null || c.Name.Contains(options.Filter, StringComparison.Ordinal))
                .Where(c => !options.IsSmoke || c.IsSmoke),
        ];
        if (options.Logs.Count > 0)
            return FromLogs();
        if (options.IsList)
        {
            foreach (ConformanceCase one in cases)
                output.WriteLine($"{one.Name}  {string.Join(' ', one.Kernels)}");
            return 0;
        }
        var jobs = new List<SuiteJob>();
        var missing = new List<SuiteTally>();
        foreach (string kernel in options.Kernels)
        {
            if (_laboratory.GapFor(kernel, probes: options.IsSmoke) is { } gap)
            {
                output.WriteLine($"SKIP kernel {kernel}: {gap}");
                missing.Add(new(kernel, "", "kernel", "", 0, 0, 0, 1, gap));
                continue;
            }
            jobs.AddRange(Jobs(kernel, cases));
        }
        _laboratory.Time = options.Time;
        Parallel.ForEach(jobs, new ParallelOptions { MaxDegreeOfParallelism = options.Jobs }, job => job.Run(_laboratory, output));
        SuiteTally[] rows = [.. jobs.Select(j => j.Tally!), .. missing];
        if (options.WritesDocs)
            WriteDocs(
                // A few cases are no measure of all of them.
                options.Filter
                    is null
                && !options.IsSmoke
                    ? rows
                    : jobs.Where(j => j is not CaseJob).Select(j => j.Tally!),
                [.. jobs.OfType<CaseJob>().Where(j => !j.Tally!.IsFailure && j.Tally.Compared > 0).Select(j => j.Key)]
            );
        int failed = jobs.Count(j => j.Tally!.IsFailure),
            skipped = rows.Sum(r => r.Skipped),
            passed = jobs.Count(j => !j.Tally!.IsFailure && j.Tally.Compared > 0);
        if (rows.Length == 0)
        {
            output.WriteLine($"nothing was compared: no case of {string.Join(", ", options.Kernels)} has '{options.Filter}' in its name");
            failed++;
        }
        output.WriteLine($"{passed} passed, {failed} failed, {skipped} skipped");
        return failed == 0 ? 0 : 1;
    }

    /// <summary>The pages, out of what earlier runs printed.</summary>
    private int FromLogs()
    {
        string[] lines = [.. options.Logs.SelectMany(File.ReadAllLines)];
        SuiteTally[] rows = [.. SuiteLog.Tallies(lines, _laboratory)];
        (string Case, string Kernel)[] seen = [.. SuiteLog.Passed(lines)];
        WriteDocs(rows, seen);
        output.WriteLine($"{rows.Length} rows and {seen.Length} cases of {options.Logs.Count} logs");
        return rows.Length + seen.Length > 0 ? 0 : 1;
    }

    private static void WriteDocs(IEnumerable<SuiteTally> rows, IReadOnlyList<(string Case, string Kernel)> passed)
    {
        string docs = Path.Combine(Golden.Root, "..", "..", "docs");
        ConformancePage.Write(Path.Combine(docs, "conformance.md"), [.. SuiteTally.Summed(rows)]);
        FindingsPage.Write(Path.Combine(docs, "findings.md"), passed);
    }

    /// <summary>What is to be run on a kernel, the longest last.</summary>
    private IEnumerable<SuiteJob> Jobs(string kernel, IEnumerable<ConformanceCase> cases)
    {
        if (!options.Fuzzes)
        {
            foreach (ConformanceCase one in cases.Where(c => c.Kernels.Contains(kernel)))
                yield return new CaseJob(kernel, one);
        }
        int few = options.IsSmoke ? 1 : 0;
        (FuzzKind Kind, int Count)[] kinds =
        [
            (FuzzKind.InfoBlocks, options.InfoBlocks + (few * 300)),
            (FuzzKind.Btts, options.Btts + (few * 48)),
            (FuzzKind.Labels, options.Labels),
        ];
        foreach ((FuzzKind kind, int count) in kinds)
        {
            if (count > 0)
                yield return new FuzzJob(kernel, kind, options.Seed, count);
        }
        if (options.Sessions > 0)
            yield return new SessionJob(kernel, options.Seed, options.Sessions);
    }

    /// <summary>Guests end with us.</summary>
    private static void Stop(PosixSignalContext context)
    {
        LiveGuest.KillAll();
        Console.Error.WriteLine("stopped");
        Environment.Exit(130);
    }
}
