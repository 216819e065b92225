using System.CommandLine;
using Altmap.Cli.Common;
using Altmap.Cli.Sessions;
using Altmap.Host;
using Altmap.Host.Sandboxes;

namespace Altmap.Cli.Sandboxes;

/// <summary><c>altmap sandbox</c>: any program, with the modelled tools in front of its PATH.</summary>
internal static class SandboxCommand
{
    private static readonly string[] Tools = ["ndctl", "daxctl", "lsmem", "dmesg", "modprobe", "modinfo", "rmmod", "udevadm"];

    /// <summary>Programs that look at the machine only through paths.</summary>
    private static readonly string[] OnPaths = ["cat", "ls", "tee"];
    private static readonly string[] Paths =
    [
        "/sys/bus/nd",
        "/sys/bus/nd/*",
        "/sys/bus/dax",
        "/sys/bus/dax/*",
        "/sys/devices/system/memory",
        "/sys/devices/system/memory/*",
        "/proc/iomem",
        "/proc/zoneinfo",
        "/proc/cmdline",
    ];

    public static Command Create(CliHost host)
    {
        var machine = new Argument<string>("MACHINE") { Description = "a machine file, or a capture directory" };
        var words = new Argument<string[]>("COMMAND")
        {
            Description = "the program and its arguments, after --",
            Arity = ArgumentArity.OneOrMore,
        };
        Option<string?> kernel = KernelChoice.Option();
        var save = new Option<string?>("--save", "-o")
        {
            Description = "writes the machine file of the machine afterwards",
            HelpName = "OUT",
        };
        var seed = new Option<string?>("--uuid-seed") { Description = "makes the UUIDs that tools pick repeatable", HelpName = "N" };
        Option<bool> force = NewFile.ForceOption();
        var command = new Command("sandbox", "Runs any program with ndctl, daxctl, lsmem, dmesg and modprobe of a modelled machine.")
        {
            machine,
            words,
            save,
            force,
            seed,
            kernel,
        };
        command.SetAction(p =>
            Run(
                host,
                p.GetRequiredValue(machine),
                p.GetValue(kernel),
                p.GetValue(save),
                p.GetValue(force),
                Values.Number(p.GetValue(seed), "--uuid-seed"),
                p.GetRequiredValue(words)
            )
        );
        CommandHelp.SetExamples(
            command,
            "altmap sandbox machine.json -- ./provision.sh",
            "altmap sandbox machine.json --kernel 7.2 --save after.json -- make -C tests check",
            "altmap sandbox machine.json -- sh -c 'ndctl list | jq length'"
        );
        return command;
    }

    private static int Run(CliHost host, string path, string? kernel, string? save, bool isForced, ulong? seed, string[] words)
    {
        if (words is [] or ["", ..])
            throw CliError.Usage("-- \"\": this is no program; expected one, as -- ./provision.sh");
        if (save is not null)
            SavedMachine.Require(save, isForced);
        MachineSession session = MachineSession.Open(host, path, kernel, seed);
        HostResult<SandboxDoor> opened = SandboxDoor.Open(Tools, OnPaths, Paths);
        if (opened.Error is { } error)
            throw CliError.Of(error);
        using SandboxDoor door = opened.Value!;
        var machine = new SandboxMachine(session.State, () => MachineSession.Open(host, path, kernel, seed).State);
        var server = new Thread(() =>
        {
            while (door.Next() is { } call)
                machine.Serve(call);
        })
        {
            IsBackground = true,
            Name = "sandbox",
        };
        server.Start();
        host.Out.Flush();
        (HostResult<int> ran, bool opensFiles) = ChildProgram.Run(words, door.Programs, machine);
        door.Shut();
        server.Join();
        if (ran.Error is { } missing)
            throw CliError.Of(missing);
        if (save is not null)
        {
            if (machine.StepsWithFiles is [var first, ..])
                throw CliError.Usage($"--save: a step read a file of this computer, which a machine file does not hold: {first}");
            SavedMachine.Write(save, session, machine.Steps, isForced);
        }
        if (!opensFiles)
            host.Note(
                "this computer's kernel does not let us see what a shell itself reads or writes below /sys (seccomp); use cat and tee"
            );
        if (machine.HasGaps)
            host.Note(
                "the program asked something that is not modelled (lines with \"unsupported:\"); what it did after that may be wrong"
            );
        return ran.Value;
    }
}
