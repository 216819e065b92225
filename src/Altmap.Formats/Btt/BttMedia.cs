using System.Collections.Immutable;
using Altmap.Core.Findings;
using Altmap.Core.Media;
using Altmap.Formats.Writes;

namespace Altmap.Formats.Btt;

/// <summary>
/// The namespace as the kernel's read and write function sees it (drivers/nvdimm/claim.c nsio_rw_bytes(), 6.1): what reaches beyond the end
/// is EFAULT. The sum of
/// offset and length wraps there; an offset that gets past the check so is memory outside the namespace, of which nothing can be said.
/// </summary>
internal sealed class BttMedia(IMediaReader media)
{
    private readonly Recorder _recorder = new(media);
    private readonly ImmutableArray<BttMessage>.Builder _messages = ImmutableArray.CreateBuilder<BttMessage>();
    private readonly Dictionary<string, int> _limited = [];
    private bool _hasWarned;
    private long _budget = 1 << 27;

    /// <summary>Messages of one place that the kernel lets through in a short time (DEFAULT_RATELIMIT_BURST).</summary>
    private const int Burst = 10;

    public ulong SizeBytes { get; } = media.LengthBytes;

    /// <summary>True once something outside of the namespace was touched, or there was no end to the work.</summary>
    public bool IsUnpredictable { get; set; }

    /// <summary>Pays for work that the media ask for. False when that is more than any real BTT needs: the answer is then left
    /// open.</summary>
    public bool Spend(int work)
    {
        _budget -= work;
        if (_budget < 0)
            IsUnpredictable = true;
        return _budget >= 0;
    }

    /// <summary>What was written, each write durable before the next one starts.</summary>
    public WritePlan Plan => _recorder.Plan;

    public ImmutableArray<BttMessage> Messages => _messages.ToImmutable();

    public void Say(string text) => _messages.Add(new BttMessage(text, IsWarning: false));

    /// <summary>A message whose repetitions the kernel drops after a while; <paramref name="place"/> is where it comes from.</summary>
    public void SayLimited(string place, string text)
    {
        int said = _limited.GetValueOrDefault(place);
        if (said >= Burst)
            return;
        _limited[place] = said + 1;
        Say(text);
    }

    public Errno Read(ulong offset, Span<byte> destination)
    {
        Errno errno = Check(offset, (ulong)destination.Length);
        if (errno == Errno.None)
            _recorder.Read(offset, destination);
        return errno;
    }

    public Errno Write(ulong offset, ReadOnlySpan<byte> source)
    {
        Errno errno = Check(offset, (ulong)source.Length);
        if (errno != Errno.None)
            return errno;
        _recorder.WriteDurably(offset, source);
        return Errno.None;
    }

    private Errno Check(ulong offset, ulong length)
    {
        if (offset <= SizeBytes && length <= SizeBytes - offset)
            return Errno.None;
        if (unchecked(offset + length) <= SizeBytes)
            IsUnpredictable = true;
        if (!_hasWarned)
            _messages.Add(new BttMessage("request out of range", IsWarning: true));
        _hasWarned = true;
        return Errno.EFAULT;
    }
}
