using System.Globalization;
using System.Text;
using Altmap.Cli.Common;
using Altmap.Cli.Output;
using Altmap.Cli.Planning;
using Altmap.Core.Kernels;
using Altmap.Core.Media;
using Altmap.Formats.InfoBlocks;
using Altmap.Model;
using Altmap.Model.MachineFiles;
using Altmap.Model.Nvdimm;
using Altmap.Model.Planning;
using Altmap.Shell.Replays;
using Altmap.Shell.Scripts;

namespace Altmap.Cli.Tour;

/// <summary><c>altmap</c> alone: what it can do, on a recorded session. The files are those of examples/tour, kept in the program
/// itself.</summary>
internal static class TourCommand
{
    private const int FoldedLines = 4;

    public static int Run(CliHost host)
    {
        Machine machine = Start();
        ReplayResult replay = Replay.Run(machine, RecordedSession.Parse(Encoding.UTF8.GetString(Resource("session.log"))).Commands);
        host.Out.WriteLine(
            """
            altmap answers, without the hardware and without root, what Linux makes of persistent memory.
            Here is a session recorded on Debian 12 (kernel 6.1, ndctl 76.1, two NVDIMMs of 2 GiB), run again on a model of that machine:

            """
        );
        foreach (ReplayedCommand command in replay.Commands)
            WriteCommand(host, command);
        host.Out.WriteLine($"\nCompared with what the real machine said: {replay.Summary}\n");
        host.Out.WriteLine("What is there now (altmap run MACHINE -- ndctl list):\n");
        Machine after = replay.State.Machine;
        NamespacePlan[] plans = [.. Namespaces(after).Select(n => NamespacePlan.Of(after, n)!)];
        WriteNamespaces(host, after, plans);
        host.Out.WriteLine("\nWhere every byte of the first one went (altmap plan MACHINE namespace0.0):\n");
        PlanText.Write(host, plans[0]);
        host.Out.WriteLine(
            """

            Try it: altmap run examples/tour/machine.json     a prompt on this machine; nothing can break
                    altmap plan --start 4G --size 1T --all-kernels
                    altmap --help
            """
        );
        return replay.IsSame ? ExitCode.Success : ExitCode.ErrorsLeft;
    }

    private static Machine Start()
    {
        MachineFileResult parsed = MachineFile.Parse(Resource("machine.json"), "machine.json");
        var source = new Model.Hardware.MachineSource(parsed.Description!, Empty, Empty);
        KernelProfile kernel = KernelProfiles.Find(source.Description.Kernel)!;
        return Boot.Start(
            source,
            kernel,
            ArchitectureRules.Find(kernel, source.Description.Architecture, source.Description.PageSize)!
        ).Machine!;
    }

    private static System.Collections.Immutable.ImmutableSortedDictionary<string, SparseBytes> Empty =>
        System.Collections.Immutable.ImmutableSortedDictionary<string, SparseBytes>.Empty;

    /// <summary>The command and the first lines of its output.</summary>
    private static void WriteCommand(CliHost host, ReplayedCommand command)
    {
        host.Out.WriteLine($"$ {command.Command.Text}");
        string[] lines = command.Result.Merged.TrimEnd('\n').Split('\n');
        int shown = lines.Length <= FoldedLines ? lines.Length : 0;
        foreach (string line in lines.Take(shown))
            host.Out.WriteLine(line);
        if (shown == 0)
            host.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{{ … {lines.Length} lines of JSON, as recorded … }}"));
    }

    private static IEnumerable<NamespaceState> Namespaces(Machine machine) =>
        machine.Regions.Values.SelectMany(r => r.Namespaces.Values).Where(n => !n.Size.IsZero);

    private static void WriteNamespaces(CliHost host, Machine machine, NamespacePlan[] plans)
    {
        var table = new TextTable("namespace", "name", "mode", "map", ">size", ">usable", ">lost");
        foreach ((NamespaceState ndns, NamespacePlan plan) in Namespaces(machine).Zip(plans))
        {
            table.Add(
                ndns.Device.Name,
                ndns.AltName,
                plan.Mode,
                plan.Settings?.Mode.Word() ?? "",
                plan.Range.Size.ToHuman(),
                plan.Usable.ToHuman(),
                (plan.Range.Size - plan.Usable).ToHuman()
            );
        }
        table.Write(host);
    }

    private static byte[] Resource(string file)
    {
        using Stream stream =
            typeof(TourCommand).Assembly.GetManifestResourceStream($"tour/{file}")
            ?? throw new InvalidOperationException($"{file} is not in the program");
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }
}
