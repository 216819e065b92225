using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;

namespace Altmap.Cli.Tests.Explore;

/// <summary>A Slurm of one node, configured in a folder of its own and ended with it (Debian packages slurm-wlm and munge).</summary>
[SupportedOSPlatform("linux")]
internal sealed class SlurmCluster : IDisposable
{
    private static readonly string[] s_programs = ["munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel", "sinfo"];
    private readonly string _folder;

    private SlurmCluster(string folder) => _folder = folder;

    /// <summary>Why there can be none here, or null.</summary>
    public static string? Missing =>
        Array.Find(s_programs, p => Find(p) is null) is { } program ? $"{program} is not there (Debian packages slurm-wlm and munge)"
        : Environment.UserName != "root" ? "slurmd needs root"
        : null;

    /// <summary>Starts the daemons and waits for the node.</summary>
    public static SlurmCluster Start(string folder, int cpus)
    {
        var cluster = new SlurmCluster(folder);
        Directory.CreateDirectory(Path.Combine(folder, "munge"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Directory.CreateDirectory(Path.Combine(folder, "state"));
        string key = Path.Combine(folder, "munge", "key");
        byte[] secret = new byte[128];
        Random.Shared.NextBytes(secret);
        File.WriteAllBytes(key, secret);
        File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        string host = Dns.GetHostName().Split('.')[0];
        File.WriteAllText(
            cluster.Configuration,
            string.Create(
                CultureInfo.InvariantCulture,
                $"""
                ClusterName=altmap
                SlurmctldHost={host}(127.0.0.1)
                SlurmUser=root
                SlurmdUser=root
                AuthType=auth/munge
                AuthInfo=socket={folder}/munge/socket
                CredType=cred/munge
                SlurmctldPort={FreePort()}
                SlurmdPort={FreePort()}
                StateSaveLocation={folder}/state
                SlurmdSpoolDir={folder}/spool
                SlurmctldPidFile={folder}/slurmctld.pid
                SlurmdPidFile={folder}/slurmd.pid
                SlurmctldLogFile={folder}/slurmctld.log
                SlurmdLogFile={folder}/slurmd.log
                ProctrackType=proctrack/linuxproc
                TaskPlugin=task/none
                SwitchType=switch/none
                MpiDefault=none
                SchedulerType=sched/builtin
                SelectType=select/cons_tres
                SelectTypeParameters=CR_Core
                SlurmdParameters=config_overrides
                ReturnToService=2
                NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory=65536 State=UNKNOWN
                PartitionName=all Nodes=ALL Default=YES State=UP MaxTime=INFINITE

                """
            )
        );
        try
        {
            cluster.Run(
                "munged",
                "--force",
                $"--key-file={key}",
                $"--socket={folder}/munge/socket",
                $"--pid-file={folder}/munge.pid",
                $"--log-file={folder}/munge/log",
                $"--seed-file={folder}/munge/seed"
            );
            cluster.Run("slurmctld", "-f", cluster.Configuration);
            cluster.Run("slurmd", "-f", cluster.Configuration);
            cluster.WaitFor(() => cluster.TryRun("sinfo", "-h", "-o", "%T").Trim() == "idle", "the node is idle");
            return cluster;
        }
        catch
        {
            cluster.Dispose();
            throw;
        }
    }

    /// <summary>Submits a job; its number.</summary>
    public string Submit(string directory, IReadOnlyDictionary<string, string> environment, params string[] words) =>
        RunIn(directory, environment, "sbatch", ["--parsable", .. words]).Trim();

    /// <summary>Tasks of a job that wait or run, by number and state, as <c>3_1 RUNNING</c>.</summary>
    public string[] Tasks(string job) =>
        TryRun("squeue", "-h", "-r", "-j", job, "-o", "%i %T").Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Kills all processes of a task.</summary>
    public void Kill(string task) => Run("scancel", "--signal=KILL", "--full", task);

    /// <summary>Waits for two minutes at most.</summary>
    public void WaitFor(Func<bool> condition, string what)
    {
        for (var clock = Stopwatch.StartNew(); !condition(); Thread.Sleep(50))
        {
            if (clock.Elapsed > TimeSpan.FromMinutes(4))
                throw new TimeoutException($"{what}: not within four minutes\n{Logs()}");
        }
    }

    public void Dispose()
    {
        TryRun("scancel", "--signal=KILL", "--full", "--state=RUNNING", "--user=root");
        foreach (string daemon in (string[])["slurmd", "slurmctld", "munge"])
        {
            string path = Path.Combine(_folder, $"{daemon}.pid");
            if (!File.Exists(path) || !int.TryParse(File.ReadAllText(path), CultureInfo.InvariantCulture, out int id))
                continue;
            try
            {
                using Process process = Process.GetProcessById(id);
                process.Kill();
                process.WaitForExit();
            }
            catch (ArgumentException)
            {
                // it has ended already
            }
        }
    }

    private string Configuration => Path.Combine(_folder, "slurm.conf");

    private string Logs() =>
        string.Concat(Directory.GetFiles(_folder, "*.log").Select(f => $"{f}:\n{string.Join('\n', File.ReadLines(f).TakeLast(15))}\n"));

    private void Run(string program, params string[] arguments) => RunIn(_folder, new Dictionary<string, string>(), program, arguments);

    private string TryRun(string program, params string[] arguments)
    {
        try
        {
            return RunIn(_folder, new Dictionary<string, string>(), program, arguments);
        }
        catch (InvalidOperationException)
        {
            return "";
        }
    }

    private string RunIn(string directory, IReadOnlyDictionary<string, string> environment, string program, params string[] arguments)
    {
        // Daemons keep what they inherit: their output goes to files, not to pipes that would never end.
        string output = Path.Combine(_folder, $"said-{Guid.NewGuid():n}");
        var info = new ProcessStartInfo("/bin/sh", ["-c", "exec \"$0\" \"$@\" >\"$SAID\" 2>&1 </dev/null", Find(program)!, .. arguments])
        {
            WorkingDirectory = directory,
        };
        info.Environment["SLURM_CONF"] = Configuration;
        info.Environment["SAID"] = output;
        foreach ((string name, string value) in environment)
            info.Environment[name] = value;
        using Process process = Process.Start(info)!;
        process.WaitForExit();
        string said = File.ReadAllText(output);
        return process.ExitCode == 0
            ? said
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {process.ExitCode}: {said}\n{Logs()}");
    }

    private static string? Find(string program) =>
        ((string[])[.. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':'), "/usr/sbin", "/sbin"])
            .Select(p => Path.Combine(p, program))
            .FirstOrDefault(File.Exists);

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
