using System.Collections.Immutable;
using System.CommandLine;
using Altmap.Cli.Common;
using Altmap.Cli.Output;
using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Kernels;
using Altmap.Core.Media;
using Altmap.Formats.Btt;
using Altmap.Formats.Btt.Check;
using Altmap.Formats.Labels;
using Altmap.Formats.Namespaces;

namespace Altmap.Cli.Btt;

/// <summary><c>altmap btt check</c>: everything that is wrong, and what kernels make of it.</summary>
internal static class BttCheckCommand
{
    public static Command Create(CliHost host)
    {
        var options = new BttOptions();
        Option<string?> kernel = KernelChoice.Option();
        Option<bool> all = KernelChoice.AllOption(),
            json = JsonOutput.Option();
        var command = new Command("check", "Says everything that is wrong with a BTT, what each fault costs, and what kernels make of it.");
        options.AddTo(command);
        command.Add(kernel);
        command.Add(all);
        command.Add(json);
        command.SetAction(p =>
            options.With(p, input => Run(host, input, KernelChoice.Select(p.GetValue(kernel), p.GetValue(all)), p.GetValue(json)))
        );
        CommandHelp.SetExamples(command, "altmap btt check disk.img", "altmap btt check disk.img --all-kernels --json");
        return command;
    }

    private static int Run(CliHost host, BttInput input, ImmutableArray<KernelProfile> kernels, bool isJson)
    {
        IMediaReader media = input.Open();
        BttReport report = input.Check(media);
        string? needs = Needs(input.Claim, input.Parent is not null, report);
        BttVerdict?[] verdicts =
        [
            .. kernels.Select(k =>
                needs is null
                    ? BttVerdict.Of(media, input.Parent ?? Uuid.Zero, input.Claim ?? ClaimOf(report.Version!), k)
                    : (BttVerdict?)null
            ),
        ];
        foreach (KernelProfile kernel in kernels)
            KernelChoice.NoteUnverified(host, kernel, null);
        if (isJson)
        {
            JsonOutput.Write(
                host,
                json =>
                {
                    json.WriteStartObject();
                    json.WriteString("version", $"{report.Version!.Major}.{report.Version.Minor}");
                    json.WriteNumber("sectors", report.Sectors);
                    json.WriteNumber("sector_size", report.Arenas.IsEmpty ? 0 : report.Arenas[0].SectorBytes);
                    json.WriteBoolean("consistent", report.IsConsistent);
                    BttText.WriteArenas(json, report);
                    json.WriteObjects(
                        "kernels",
                        kernels.Zip(verdicts),
                        k =>
                        {
                            json.WriteString("kernel", k.First.Name);
                            json.WriteString("verdict", k.Second is { } verdict ? Word(verdict.Outcome) : "unknown");
                            json.WriteStrings("needs", needs is null ? [] : [needs]);
                            json.WriteOptional("size", k.Second?.DiskSize.Bytes);
                            json.WriteStrings("messages", k.Second?.Messages ?? []);
                            json.WriteOptional("writes", k.Second?.Writes.Length.Bytes);
                        }
                    );
                    json.WriteFindings("findings", report.Findings);
                    json.WriteEndObject();
                }
            );
        }
        else
        {
            BttText.Write(host, report);
            foreach ((KernelProfile kernel, BttVerdict? verdict) in kernels.Zip(verdicts))
                WriteVerdict(host, kernel, verdict, needs, report);
            FindingText.Write(host, report.Findings);
            if (report.IsConsistent)
                host.Out.WriteLine("consistent: every block has one owner");
        }
        return report.Findings.Any(f => f.Severity == Severity.Error) ? ExitCode.ErrorsLeft
            : needs is not null ? ExitCode.Unsupported
            : ExitCode.Success;
    }

    /// <summary>What is not known and decides whether a kernel sees the BTT.</summary>
    internal static string? Needs(ClaimClass? claim, bool knowsParent, BttReport report)
    {
        Uuid parent = report.Arenas.IsEmpty ? Uuid.Zero : report.Arenas[0].Info.ParentUuid;
        if (claim is null && report.Version == BttVersion.V2_0)
            return "--claim btt2 if the namespace's label says so: only then a kernel looks for BTT 2.0";
        return !knowsParent && !parent.IsZero ? $"--parent-uuid: a kernel takes the BTT only in a namespace with the uuid {parent}" : null;
    }

    private static void WriteVerdict(CliHost host, KernelProfile kernel, BttVerdict? verdict, string? needs, BttReport report)
    {
        if (verdict is not { } known)
        {
            host.Out.WriteLine($"kernel {kernel.Name}: unknown: needs {needs}");
            return;
        }
        string what = known.Outcome switch
        {
            BttOutcome.Raw => "sees no BTT: the namespace comes up raw, or as something else",
            BttOutcome.Loads => $"loads it: a disk of {known.DiskSize}{(report.IsConsistent ? "" : ", with what is wrong below")}",
            BttOutcome.Refused => "refuses it: no disk",
            BttOutcome.LaysDown => "lays a new BTT over it",
            _ => "cannot be predicted: it would read or write outside of the namespace",
        };
        host.Out.WriteLine($"kernel {kernel.Name}: {what}");
        foreach (string message in known.Messages)
            host.Out.WriteLine($"  logged: {message}");
        if (!known.Writes.IsEmpty && known.Outcome != BttOutcome.LaysDown)
            host.Out.WriteLine($"  writes while it loads: {known.Writes.Length} bytes, from {known.Writes.Targets()[0].Start} on");
    }

    private static ClaimClass ClaimOf(BttVersion version) => version == BttVersion.V2_0 ? ClaimClass.Btt2 : ClaimClass.None;

    private static string Word(BttOutcome outcome) =>
        outcome switch
        {
            BttOutcome.Raw => "raw",
            BttOutcome.Loads => "loads",
            BttOutcome.Refused => "refused",
            BttOutcome.LaysDown => "lays-down",
            _ => "unpredictable",
        };
}
