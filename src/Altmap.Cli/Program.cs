using Altmap.Core.Kernels;
using Altmap.Host;
using Altmap.Model;
using Altmap.Shell.Replays;
using Altmap.Shell.Scripts;

if (args[0] == "replay")
{
    LoadResult load = MachineLoader.Load(args[1], args.Length > 3 ? args[3] : null);
    foreach (HostError e in load.Errors) Console.Error.WriteLine(e);
    KernelProfile k = KernelProfiles.Find(load.Source!.Description.Kernel)!;
    var (m, panic) = Boot.Start(load.Source, k, ArchitectureRules.Find(k, load.Source.Description.Architecture, load.Source.Description.PageSize)!);
    var r = Replay.Run(m!, RecordedSession.Parse(File.ReadAllText(args[2])).Commands);
    foreach (var c in r.Commands.Where(c => c.Verdict != ReplayVerdict.Same))
        Console.WriteLine($"{c.Verdict}: {c.Command.Text}\n--- recorded rc={c.Command.ExitCode}\n{c.Command.Output}\n--- got rc={c.Result.ExitCode}\n{c.Result.Merged}");
    Console.WriteLine(r.Summary);
}
return 0;
