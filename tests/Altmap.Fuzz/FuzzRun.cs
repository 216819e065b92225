using System.Diagnostics;
using System.Globalization;

namespace Altmap.Fuzz;

/// <summary>Runs one target until the time or the number of inputs is used up, or something fails.</summary>
public sealed class FuzzRun(FuzzTarget target, ulong seed, TimeSpan time, ulong inputsMax)
{
    private const long AllocatedBytesMax = 64L << 20;
    private static readonly TimeSpan InputTimeMax = TimeSpan.FromSeconds(5);

    private readonly Mutator _mutator = new(target.Seeds(), seed);
    private ulong _number;
    private int _inputLength;
    private byte[] _input = [];

    /// <summary>Set by Ctrl-C.</summary>
    public static bool Stopped { get; set; }

    /// <summary>True when the target did as it should; prints one line, and for a failure what it was and how to see it again.</summary>
    public bool Run()
    {
        var clock = Stopwatch.StartNew();
        using var done = new CancellationTokenSource();
        var watch = new Thread(() => Watch(done.Token)) { IsBackground = true };
        watch.Start();
        string? failure = Loop(clock);
        done.Cancel();
        watch.Join();

        double rate = _number / Math.Max(clock.Elapsed.TotalSeconds, 1e-6);
        string line = string.Create(CultureInfo.InvariantCulture, $"fuzz {target.Name}: {_number} inputs, {rate:0} inputs/s, seed {seed}");
        if (target.MustFail)
        {
            Console.WriteLine(
                failure is null ? $"{line}: FAILED, the planted crash was not found" : $"{line}: the planted crash was found"
            );
            return failure is not null;
        }
        Console.WriteLine(failure is null ? $"{line}: ok" : $"{line}: FAILED at input {_number - 1}");
        if (failure is not null)
            Report(failure);
        return failure is null;
    }

    /// <summary>One input again: null, or what went wrong.</summary>
    public static string? Try(FuzzTarget target, ReadOnlySpan<byte> input)
    {
        long allocatedBefore = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            target.Run(input);
        }
        catch (Exception e) // whatever it is, it is what we look for
        {
            return e.ToString();
        }
        long allocated = GC.GetAllocatedBytesForCurrentThread() - allocatedBefore;
        return allocated > AllocatedBytesMax ? $"{allocated} bytes allocated for {input.Length} bytes of input" : null;
    }

    private string? Loop(Stopwatch clock)
    {
        while (_number < inputsMax && !Stopped)
        {
            ReadOnlySpan<byte> input = _mutator.Make(_number);
            _inputLength = input.Length;
            Volatile.Write(ref _number, _number + 1);
            if (Try(target, input) is { } failure)
            {
                _input = input.ToArray();
                return failure;
            }
            if ((_number & 63) == 0 && clock.Elapsed >= time)
                break;
        }
        return null;
    }

    /// <summary>A target that never comes back cannot be stopped: its input is written down and the process ends.</summary>
    private void Watch(CancellationToken done)
    {
        ulong seen = ulong.MaxValue;
        while (!done.WaitHandle.WaitOne(InputTimeMax))
        {
            ulong now = Volatile.Read(ref _number);
            if (now == seen && now > 0)
            {
                _input = new Mutator(target.Seeds(), seed).Make(now - 1).ToArray();
                Console.WriteLine($"fuzz {target.Name}: FAILED at input {now - 1}, seed {seed}");
                Report($"no answer in {InputTimeMax.TotalSeconds} s for {_inputLength} bytes");
                Console.WriteLine("0 targets passed, 1 failed");
                Environment.Exit(1);
            }
            seen = now;
        }
    }

    private void Report(string failure)
    {
        string file = Path.GetFullPath(Path.Combine(".build", "fuzz", $"{target.Name}-{seed}-{_number - 1}.bin"));
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllBytes(file, _input);
        Console.WriteLine(failure);
        Console.WriteLine($"replay: dotnet run -c Release --project tests/Altmap.Fuzz -- --target {target.Name} --replay {file}");
    }
}
