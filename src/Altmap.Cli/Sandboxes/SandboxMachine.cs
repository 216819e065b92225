using System.Collections.Immutable;
using System.Text;
using Altmap.Advice.Sessions;
using Altmap.Core.Findings;
using Altmap.Core.Media;
using Altmap.Host.Sandboxes;
using Altmap.Shell;
using Altmap.Shell.Proc;
using Altmap.Shell.Scripts;
using Altmap.Shell.Sysfs;

namespace Altmap.Cli.Sandboxes;

/// <summary>The machine that all programs of a sandbox share: takes calls one after the other.</summary>
internal sealed class SandboxMachine(ShellState start, Func<ShellState> afresh) : IKernelFiles
{
    private readonly Lock _lock = new();

    /// <summary>Modules whose driver the model has: they count as loaded.</summary>
    private static readonly string[] Modules =
    [
        "nfit",
        "libnvdimm",
        "nd_pmem",
        "nd_btt",
        "nd_e820",
        "dax_pmem",
        "dax_pmem_core",
        "dax_pmem_compat",
        "device_dax",
        "dax_hmem",
        "dax",
        "kmem",
        TestModule,
    ];
    private const string TestModule = "nfit_test";
    private static readonly ImmutableSortedDictionary<string, SparseBytes> NoFiles = ImmutableSortedDictionary.Create<string, SparseBytes>(
        StringComparer.Ordinal
    );

    private Session _session = new(start);
    private bool _isTestModuleGone;

    /// <summary>The commands that changed something, as a machine file keeps them.</summary>
    public ImmutableArray<string> Steps => _session.Steps;

    /// <summary>Steps that read a file of the host: a saved machine needs them beside it.</summary>
    public List<string> StepsWithFiles { get; } = [];

    /// <summary>True when something was asked that is not modelled.</summary>
    public bool HasGaps { get; private set; }

    /// <summary>Answers a call.</summary>
    public void Serve(SandboxCall call)
    {
        lock (_lock)
            Take(call);
    }

    /// <inheritdoc/>
    public bool Owns(string path)
    {
        if (!path.StartsWith("/sys/", StringComparison.Ordinal) && !path.StartsWith("/proc/", StringComparison.Ordinal))
            return false;
        lock (_lock)
            return ContentOf(path) is not null;
    }

    /// <inheritdoc/>
    public (Errno Errno, byte[] Content) Read(string path)
    {
        lock (_lock)
        {
            SysfsValue value = ContentOf(path) ?? Errno.ENOENT;
            return (value.Errno, Encoding.UTF8.GetBytes(value.Text));
        }
    }

    /// <inheritdoc/>
    public Errno OpenToWrite(string path)
    {
        lock (_lock)
            return SysfsTree.OpenToWrite(_session.State.Machine, path);
    }

    /// <inheritdoc/>
    public Errno Write(string path, string text)
    {
        lock (_lock)
        {
            bool line = text.EndsWith('\n');
            Errno errno = SysfsTree.Write(_session.State.Machine, path, text)?.Errno ?? Errno.EINVAL;
            Run(line ? ["echo", text[..^1]] : ["echo", "-n", text], path, NoFiles);
            return errno;
        }
    }

    private SysfsValue? ContentOf(string path) =>
        ProcFiles.Read(_session.State.Machine, path) is { } text ? text : SysfsTree.Read(_session.State.Machine, path);

    private void Take(SandboxCall call)
    {
        switch (call.Words[0])
        {
            case "modprobe" or "rmmod":
                Modprobe(call);
                return;
            case "modinfo":
                Modinfo(call);
                return;
            case "udevadm": // settled: the model's buses have probed before a command returns
                call.Answer("", "", 0);
                return;
            case "tee":
                Tee(call);
                return;
        }
        ImmutableSortedDictionary<string, SparseBytes> files = SandboxFiles.Read(call);
        string? stdin = null;
        ImmutableArray<string> words = call.Words;
        if (call.Input is { } input) // the tool reads it as it would read a file
        {
            stdin = "/dev/stdin";
            files = files.SetItem(stdin, SparseBytes.From(input));
            words = [.. words[..2], "-i", stdin, .. words[2..]];
        }
        CommandResult result = Run(words, null, files);
        string? failed = SandboxFiles.Write(call, files, result.State)?.ToString();
        string stderr = failed is null ? result.Stderr : $"{result.Stderr}{call.Words[0]}: {failed}\n";
        if (call.IsMerged && failed is null)
            call.Answer(result.Merged, "", result.ExitCode);
        else
            call.Answer(result.Stdout, stderr, failed is null ? result.ExitCode : 1);
    }

    private CommandResult Run(ImmutableArray<string> words, string? redirectTo, ImmutableSortedDictionary<string, SparseBytes> files)
    {
        string text =
            string.Join(' ', words.Select(StepText.QuoteWord)) + (redirectTo is null ? "" : " > " + StepText.QuoteWord(redirectTo));
        Session before = _session with { State = _session.State with { Files = files } };
        (Session next, CommandResult result) = before.Run(new ScriptLine(1, text, words, redirectTo));
        HasGaps |= result.IsUnsupported;
        if (next.Steps.Length > _session.Steps.Length && files.Count > 0)
            StepsWithFiles.Add(text);
        // Files are the host's, and read anew by each command.
        _session = next with
        {
            State = next.State with { Files = NoFiles },
        };
        return result;
    }

    /// <summary><c>echo VALUE | tee PATH</c>: the write of a script that gets its rights from sudo.</summary>
    private void Tee(SandboxCall call)
    {
        string text = Encoding.UTF8.GetString(call.Input ?? []);
        string stderr = "";
        int rc = 0;
        foreach (string path in call.Words.Skip(1).Where(w => !w.StartsWith('-')))
        {
            bool line = text.EndsWith('\n');
            CommandResult result = Run(line ? ["echo", text[..^1]] : ["echo", "-n", text], path, NoFiles);
            if (result.ExitCode == 0)
                continue;
            rc = 1;
            stderr += result.IsUnsupported ? result.Stderr : $"tee: {path}: {result.Stderr.TrimEnd('\n').Split(": ")[^1]}\n";
        }
        call.Answer(text, stderr, rc);
    }

    private static void Modinfo(SandboxCall call)
    {
        string[] names = [.. call.Words.Skip(1).Where(w => !w.StartsWith('-')).Select(w => w.Replace('-', '_'))];
        string known = string.Concat(names.Where(Modules.Contains).Select(n => $"filename:       (builtin)\nname:           {n}\n"));
        string missing = string.Concat(names.Where(n => !Modules.Contains(n)).Select(n => $"modinfo: ERROR: Module {n} not found.\n"));
        call.Answer(known, missing, missing.Length == 0 ? 0 : 1);
    }

    private void Modprobe(SandboxCall call)
    {
        bool removes = call.Words[0] == "rmmod" || call.Words.Any(w => w is "-r" or "--remove");
        string stderr = "";
        foreach (
            string name in call
                .Words.Skip(1)
                .Where(w => !w.StartsWith('-') && !w.Contains('=', StringComparison.Ordinal))
                .Select(w => w.Replace('-', '_'))
        )
        {
            if (!Modules.Contains(name))
                stderr += $"modprobe: FATAL: Module {name} not found in directory /lib/modules\n";
            else if (name == TestModule && removes)
                _isTestModuleGone = true;
            else if (name == TestModule && _isTestModuleGone)
                (_session, _isTestModuleGone) = (new Session(afresh()), false); // its DIMMs are memory of the module: new with each load
            else if (removes)
                stderr += $"unsupported: modprobe -r {name}: its driver stays\n";
        }
        HasGaps |= stderr.Contains("unsupported", StringComparison.Ordinal);
        call.Answer("", stderr, stderr.Length == 0 ? 0 : 1);
    }
}
