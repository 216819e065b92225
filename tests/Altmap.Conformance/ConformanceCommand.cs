using System.Diagnostics;
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
    private const int DifferencesShownMax = 30;
    private readonly Laboratory _laboratory = new(options.Cache);
    private readonly List<SuiteTally> _rows = [];
    private int _passed;
    private int _failed;
    private int _skipped;

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
            return new ConformanceCommand(options, Console.Out).Run();
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
                .Concat(FindingsPage.All.Select(d => d.Case))
                .Where(c => options.Filter is null || c.Name.Contains(options.Filter, StringComparison.Ordinal))
                .Where(c => !options.IsSmoke || c.IsSmoke),
        ];
        if (options.IsList)
        {
            foreach (ConformanceCase one in cases)
                output.WriteLine($"{one.Name}  {string.Join(' ', one.Kernels)}");
            return 0;
        }
        foreach (string kernel in options.Kernels)
        {
            if (_laboratory.GapFor(kernel) is { } gap)
            {
                output.WriteLine($"SKIP kernel {kernel}: {gap}");
                _skipped++;
                continue;
            }
            if (!options.Fuzzes)
                RunCases(kernel, [.. cases.Where(c => c.Kernels.Contains(kernel))]);
            int few = options.IsSmoke ? 1 : 0;
            Fuzz(kernel, FuzzKind.InfoBlocks, options.InfoBlocks + (few * 400));
            Fuzz(kernel, FuzzKind.Btts, options.Btts + (few * 96));
            Fuzz(kernel, FuzzKind.Labels, options.Labels + (few * 64));
            Sessions(kernel);
        }
        if (options.WritesDocs)
        {
            string docs = Path.Combine(Golden.Root, "..", "..", "docs");
            ConformancePage.Write(Path.Combine(docs, "conformance.md"), _rows);
            File.WriteAllText(Path.Combine(docs, "findings.md"), FindingsPage.Text());
        }
        if (_passed + _failed + _skipped == 0)
        {
            output.WriteLine($"nothing was compared: no case of {string.Join(", ", options.Kernels)} has '{options.Filter}' in its name");
            _failed++;
        }
        output.WriteLine($"{_passed} passed, {_failed} failed, {_skipped} skipped");
        return _failed == 0 ? 0 : 1;
    }

    private void RunCases(string kernel, IReadOnlyList<ConformanceCase> cases)
    {
        (int passed, int failed, int skipped) = (_passed, _failed, _skipped);
        foreach (ConformanceCase one in cases)
        {
            long began = Stopwatch.GetTimestamp();
            IReadOnlyList<string> differences;
            try
            {
                if (one.Skip is { } reason)
                    throw new LaboratoryGap(reason);
                differences = one.Run(_laboratory, kernel);
            }
            catch (LaboratoryGap lacking)
            {
                output.WriteLine($"SKIP {one.Name} on {kernel}: {lacking.Message}");
                _skipped++;
                continue;
            }
            catch (GuestDied died)
            {
                differences = [$"the guest died: {died.Fault}"];
            }
            Count(differences.Count == 0);
            output.WriteLine(
                $"{(differences.Count == 0 ? "PASS" : "FAIL")} {one.Name} on {kernel} ({Stopwatch.GetElapsedTime(began).TotalSeconds:f0} s)"
            );
            foreach (string difference in differences.Take(DifferencesShownMax))
                output.WriteLine("  " + difference);
            output.Flush();
        }
        if (cases.Count > 0 && options.Filter is null && !options.IsSmoke)
            _rows.Add(
                new(kernel, Release(kernel), "cases", "", _passed - passed + _failed - failed, _passed - passed, 0, _skipped - skipped, "")
            );
    }

    private void Fuzz(string kernel, FuzzKind kind, int count)
    {
        if (count == 0)
            return;
        FuzzTally tally = new FuzzSeries(_laboratory, kernel, kind, options.Seed, count, output).Run();
        int unknown = tally.NotModelled.Values.Sum();
        output.WriteLine(
            $"{kind.Name} on {kernel}, seed {options.Seed}: {tally.Compared} compared, {tally.Agree} agree, {unknown} not modelled, "
                + $"{tally.Races} races, {tally.Boots} boots"
        );
        foreach ((string what, int n) in tally.Outcomes)
            output.WriteLine($"  {n, 6} {what}");
        foreach ((string what, int n) in tally.NotModelled)
            output.WriteLine($"  {n, 6} not modelled: {what}");
        Count(tally.Agree == tally.Compared && tally.Compared > 0);
        string notes =
            string.Join("; ", tally.Outcomes.Select(o => $"{o.Value} {o.Key}")) + (tally.Races > 0 ? $"; {tally.Races} races" : "");
        _rows.Add(new(kernel, Release(kernel), kind.Name, $"{options.Seed}", tally.Compared, tally.Agree, unknown, 0, notes));
    }

    private void Sessions(string kernel)
    {
        if (options.Sessions == 0)
            return;
        SessionTally tally = new SessionSeries(_laboratory, kernel, options.Seed, options.Sessions, output).Run();
        output.WriteLine(
            $"sessions on {kernel}, seed {options.Seed}: {tally.Sessions} compared, {tally.Agree} agree, {tally.Commands} commands, "
                + $"{tally.Races} races, {tally.Boots} boots"
        );
        foreach ((string what, int n) in tally.LeftOut)
            output.WriteLine($"  {n, 6} commands left out, {what}");
        Count(tally.Agree == tally.Sessions && tally.Sessions > 0);
        _rows.Add(
            new(
                kernel,
                Release(kernel),
                "sessions",
                $"{options.Seed}",
                tally.Sessions,
                tally.Agree,
                tally.LeftOut.Values.Sum(),
                0,
                $"{tally.Commands} commands; not modelled: commands left out; {tally.Races} races"
            )
        );
    }

    private void Count(bool good)
    {
        if (good)
            _passed++;
        else
            _failed++;
    }

    private string Release(string kernel)
    {
        GuestKernel booted = _laboratory.Kernel(kernel);
        return $"{booted.Release} ({booted.PackageVersion}), ndctl {_laboratory.NdctlVersion}";
    }

    /// <summary>Guests end with us.</summary>
    private static void Stop(PosixSignalContext context)
    {
        LiveGuest.KillAll();
        Console.Error.WriteLine("stopped");
        Environment.Exit(130);
    }
}
