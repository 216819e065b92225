using System.Diagnostics;
using System.Globalization;
using Altmap.Core.Units;

namespace Altmap.Cli.Common;

/// <summary>One line on standard error while long work is done, on a terminal or where it was asked for: how much, how fast, how long
/// still.</summary>
internal sealed class Progress(CliHost host, string what, ByteSize whole, bool isAsked = false) : IDisposable
{
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private long _nextMs = 500;
    private bool _isShown;

    /// <summary>Tells how much is done.</summary>
    public void Report(ByteSize done)
    {
        if (!(host.IsOutputTerminal || isAsked) || host.IsQuiet || _watch.ElapsedMilliseconds < _nextMs)
            return;
        _nextMs = _watch.ElapsedMilliseconds + 200;
        _isShown = true;
        double seconds = _watch.Elapsed.TotalSeconds,
            rate = done.Bytes / seconds,
            left = rate > 0 ? (whole.Bytes - Math.Min(done.Bytes, whole.Bytes)) / rate : 0;
        host.Error.Write(
            string.Create(
                CultureInfo.InvariantCulture,
                $"\r\x1b[K{what}: {done.ToHuman()} of {whole.ToHuman()}, {new ByteSize((ulong)rate).ToHuman()}/s, {left:f0} s left"
            )
        );
    }

    public void Dispose()
    {
        if (_isShown)
            host.Error.Write("\r\x1b[K");
    }
}
