using System.CommandLine;
using System.Globalization;
using Altmap.Cli.Common;
using Altmap.Core.Media;
using Altmap.Formats.Btt.Check;
using Altmap.Host;

namespace Altmap.Cli.Btt;

/// <summary><c>altmap btt extract</c>: blocks that no sector and no lane names any more.</summary>
internal static class BttExtractCommand
{
    public static Command Create(CliHost host)
    {
        var options = new BttOptions();
        var orphans = new Option<bool>("--orphans") { Description = "the blocks that nobody names (the only thing there is to extract)" };
        var output = new Option<string?>("--output", "-o") { Description = "directory for a file a block", HelpName = "DIR" };
        var command = new Command("extract", "Saves the contents of blocks that a damaged map or log has lost.");
        options.AddTo(command);
        command.Add(orphans);
        command.Add(output);
        command.SetAction(p =>
            p.GetValue(orphans) && p.GetValue(output) is { } directory
                ? options.With(p, input => Run(host, input, directory))
                : throw CliError.Usage("extract: give --orphans and -o DIR")
        );
        CommandHelp.SetExamples(command, "altmap btt extract disk.img --orphans -o orphans");
        return command;
    }

    private static int Run(CliHost host, BttInput input, string directory)
    {
        IMediaReader media = input.Open();
        BttReport report = input.Check(media);
        if (OutputDirectory.Make(directory) is { } refused)
            throw CliError.Of(refused);
        int count = 0;
        foreach (BttArenaReport arena in report.Arenas)
        {
            foreach (uint block in arena.Map?.LostList ?? [])
            {
                byte[] bytes = media.Read(arena.DataAt(block), (int)arena.SectorBytes);
                string file = Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"arena{arena.Number}-block{block}.bin"));
                NewFile.Require(file);
                NewFile.Write(file, s => s.Write(bytes));
                count++;
            }
        }
        host.Out.WriteLine($"{count} block{(count == 1 ? "" : "s")} without owner in {directory}");
        ulong rest = report.Arenas.Aggregate(0UL, (sum, a) => sum + (a.Map is { } m ? m.Lost - (ulong)m.LostList.Length : 0));
        if (rest > 0)
            host.Out.WriteLine($"{rest} more were left out");
        return ExitCode.Success;
    }
}
