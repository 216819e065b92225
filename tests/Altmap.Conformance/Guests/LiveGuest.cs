using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Altmap.Conformance.Packages;

namespace Altmap.Conformance.Guests;

/// <summary>
/// A booted guest that does what it is told, request by request. Scripts and results go through a shared folder (9p), the word to start and
/// the exit code through its second serial port. No network device exists.
/// </summary>
internal sealed class LiveGuest : IDisposable
{
    private static readonly ConcurrentDictionary<Process, string> Alive = [];
    private readonly Process _qemu;
    private readonly Socket _control;
    private readonly StreamReader _answers;
    private readonly string _console;
    private readonly bool _keeps;
    private readonly TimeBudget _time;
    private int _requests;

    private LiveGuest(Process qemu, Socket control, string folder, GuestKernel kernel, GuestMachine machine, bool keeps, TimeBudget time)
    {
        (_qemu, _control, Folder, Kernel, Machine, _keeps, _time) = (qemu, control, folder, kernel, machine, keeps, time);
        _answers = new StreamReader(new NetworkStream(control), Encoding.UTF8);
        _console = Path.Combine(folder, "console.log");
    }

    /// <summary>Ends every guest at once, for a suite that is interrupted, and removes their folders.</summary>
    public static void KillAll()
    {
        foreach ((Process qemu, string folder) in Alive)
        {
            try
            {
                qemu.Kill();
                qemu.WaitForExit();
                Directory.Delete(folder, true);
            }
            catch (Exception e) when (e is IOException or InvalidOperationException)
            {
                // Whoever ran this guest is ending it at the same moment.
            }
        }
    }

    /// <summary>The run's folder on the host: media files, console.log, and <c>host</c>, which the guest sees as /host.</summary>
    public string Folder { get; }

    /// <summary>What was booted.</summary>
    public GuestKernel Kernel { get; }

    /// <summary>The computer.</summary>
    public GuestMachine Machine { get; }

    /// <summary>From start to the guest's first word.</summary>
    public TimeSpan BootTime { get; private set; }

    /// <summary>The folder that the guest sees as /host.</summary>
    public string Shared => Path.Combine(Folder, "host");

    /// <summary>All that the kernel wrote to its console so far.</summary>
    public string Console => File.Exists(_console) ? Encoding.Latin1.GetString(File.ReadAllBytes(_console)) : "";

    /// <summary>Boots a machine.</summary>
    /// <param name="laboratory">What to boot with.</param>
    /// <param name="series">The kernel.</param>
    /// <param name="machine">The computer.</param>
    /// <param name="folder">Media files of an earlier boot are used again; null: a new temporary folder, removed at the end.</param>
    /// <param name="timeoutSeconds">For the boot.</param>
    public static LiveGuest Boot(
        Laboratory laboratory,
        string series,
        GuestMachine machine,
        string? folder = null,
        int timeoutSeconds = 240
    )
    {
        if (laboratory.Time.IsSpent)
            throw laboratory.Time.Over;
        GuestKernel kernel = laboratory.Kernel(series);
        Qemu emulator = laboratory.Qemu;
        string initramfs = laboratory.InitramfsOf(kernel);
        bool keeps = folder is not null;
        folder ??= Directory.CreateTempSubdirectory("altmap-guest-").FullName;
        Directory.CreateDirectory(Path.Combine(folder, "host"));
        string door = Path.Combine(folder, "ctl");
        File.Delete(door);
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(door));
        listener.Listen(1);
        var start = new ProcessStartInfo(emulator.Program)
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        };
        foreach ((string name, string value) in emulator.Environment)
            start.Environment[name] = value;
        string console = Path.Combine(folder, "console.log");
        string[] words =
        [
            .. emulator.DataFolders.SelectMany(d => (string[])["-L", d]),
            "-accel",
            "tcg,thread=multi",
            "-cpu",
            "max,-erms,-fsrm", // the emulator copies bytes one by one where a processor says that it is fast at that
            "-smp",
            "1",
            .. machine.QemuMemory(folder),
            "-nodefaults",
            "-no-user-config",
            "-display",
            "none",
            "-no-reboot",
            "-serial",
            "file:" + console,
            "-chardev",
            "socket,id=ctl,path=" + door,
            "-serial",
            "chardev:ctl",
            "-fsdev",
            "local,id=host,security_model=none,path=" + Path.Combine(folder, "host"),
            "-device",
            "virtio-9p-pci,fsdev=host,mount_tag=host",
            "-kernel",
            kernel.Image,
            "-initrd",
            initramfs,
            "-append",
            CommandLine(machine),
        ];
        foreach (string word in words)
            start.ArgumentList.Add(word);
        File.WriteAllText(
            Path.Combine(folder, "qemu.txt"),
            emulator.Program + " " + string.Join(' ', words.Select(w => w.Contains(' ', StringComparison.Ordinal) ? $"'{w}'" : w)) + "\n"
        );
        long began = Stopwatch.GetTimestamp();
        Process qemu = Process.Start(start)!;
        Alive[qemu] = folder;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(laboratory.Time.Of(timeoutSeconds)));
        try
        {
            Task<Socket> accept = listener.AcceptAsync(limit.Token).AsTask();
            while (!accept.Wait(50, CancellationToken.None))
            {
                if (qemu.HasExited)
                    throw new InvalidOperationException(
                        $"QEMU ended with exit code {qemu.ExitCode}: {qemu.StandardError.ReadToEnd().Trim()}"
                    );
            }
            var guest = new LiveGuest(qemu, accept.Result, folder, kernel, machine, keeps, laboratory.Time);
            string ready = guest.Answer(timeoutSeconds);
            if (!ready.StartsWith("ready ", StringComparison.Ordinal))
                throw new GuestDied($"the guest's first word is '{ready}'", guest.Console);
            guest.BootTime = Stopwatch.GetElapsedTime(began);
            return guest;
        }
        catch (Exception e)
        {
            Alive.TryRemove(qemu, out _);
            if (!qemu.HasExited)
                qemu.Kill();
            qemu.Dispose();
            if (!keeps)
                Directory.Delete(folder, true);
            if (e is AggregateException && limit.IsCancellationRequested)
                throw laboratory.Time.IsSpent ? laboratory.Time.Over : new GuestDied("QEMU does not open the guest's serial port", "");
            throw;
        }
    }

    /// <summary>Runs a script (busybox sh, with lab.sh's functions) and gives what it printed.</summary>
    public string Run(string script, int timeoutSeconds = 300)
    {
        int number = ++_requests;
        string request = Path.Combine(Shared, string.Create(CultureInfo.InvariantCulture, $"req.{number}")),
            output = Path.Combine(Shared, string.Create(CultureInfo.InvariantCulture, $"out.{number}"));
        File.WriteAllText(request, script);
        _control.Send(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{number}\n")));
        string answer = Answer(timeoutSeconds);
        if (!answer.StartsWith(string.Create(CultureInfo.InvariantCulture, $"{number} "), StringComparison.Ordinal))
            throw new GuestDied($"request {number} was answered with '{answer}'", Console);
        string text = Encoding.UTF8.GetString(File.ReadAllBytes(output));
        File.Delete(request);
        File.Delete(output);
        return text;
    }

    /// <summary>Turns the guest off and leaves the folder.</summary>
    public void Dispose()
    {
        Alive.TryRemove(_qemu, out _);
        try
        {
            if (!_qemu.HasExited)
            {
                _control.Send("off\n"u8);
                if (!_qemu.WaitForExit(15_000))
                    _qemu.Kill();
            }
        }
        catch (SocketException)
        {
            _qemu.Kill();
        }
        _qemu.WaitForExit();
        _qemu.Dispose();
        _answers.Dispose();
        _control.Dispose();
        if (!_keeps)
            Directory.Delete(Folder, true);
    }

    /// <summary>The guest's next line. On a busy computer a guest is slow and not dead: it has its time while it gets little of the
    /// processor, up to six times as long.</summary>
    private string Answer(int timeoutSeconds)
    {
        long began = Stopwatch.GetTimestamp();
        TimeSpan worked = _qemu.HasExited ? TimeSpan.Zero : _qemu.TotalProcessorTime;
        try
        {
            Task<string?> line = _answers.ReadLineAsync();
            while (!line.Wait(500))
            {
                if (_time.IsSpent)
                    throw _time.Over;
                double waited = Stopwatch.GetElapsedTime(began).TotalSeconds;
                _qemu.Refresh();
                if (waited < timeoutSeconds || _qemu.HasExited)
                    continue;
                bool hadItsTime = (_qemu.TotalProcessorTime - worked).TotalSeconds > timeoutSeconds / 2;
                if (hadItsTime || waited > 6.0 * timeoutSeconds)
                    throw new GuestDied(string.Create(CultureInfo.InvariantCulture, $"no answer in {waited:f0} s: {LastWords()}"), Console);
            }
            return line.Result ?? throw new GuestDied("the guest stopped: " + LastWords(), Console);
        }
        catch (AggregateException e) when (e.InnerException is IOException)
        {
            throw new GuestDied("the guest stopped: " + LastWords(), Console);
        }
        catch (Exception e) when (e is GuestDied or LaboratoryGap && !_qemu.HasExited)
        {
            _qemu.Kill();
            throw;
        }
    }

    private string LastWords()
    {
        string[] lines = Console.Replace("\r", "", StringComparison.Ordinal).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string? fault = lines.FirstOrDefault(l =>
            l.Contains("BUG:", StringComparison.Ordinal)
            || l.Contains("Oops", StringComparison.Ordinal)
            || l.Contains("kernel BUG", StringComparison.Ordinal)
            || l.Contains("general protection", StringComparison.Ordinal)
        );
        return fault ?? lines.LastOrDefault() ?? "it said nothing";
    }

    /// <summary>What a kernel is told in every boot: what makes it start faster, and to stop at the first fault.</summary>
    private static string CommandLine(GuestMachine machine) =>
        "console=ttyS0 loglevel=8 panic=-1 oops=panic nokaslr mitigations=off audit=0 rcupdate.rcu_expedited=1 tsc=reliable "
        + ("no_timer_check random.trust_cpu=on no5lvl nosmap nosmep rdinit=/init " + machine.CommandLine).Trim();
}
