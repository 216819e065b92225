using System.Collections.Immutable;
using Altmap.Core.Media;
using Altmap.Core.Units;

namespace Altmap.Formats.Writes;

/// <summary>
/// Takes writes as media would and makes a plan of them. What was written so far is what is read; the media underneath stay as they are.
/// </summary>
/// <param name="media">What is there before.</param>
public sealed class Recorder(IMediaReader media) : IMediaReader, IMediaWriter
{
    private readonly ImmutableArray<PlanStep>.Builder _steps = ImmutableArray.CreateBuilder<PlanStep>();

    /// <summary>The media with the writes so far.</summary>
    public SparseBytes Media { get; private set; } = SparseBytes.Over(media);

    /// <summary>The writes so far.</summary>
    public WritePlan Plan => new(_steps.ToImmutable());

    /// <inheritdoc cref="IMediaReader.LengthBytes"/>
    public ulong LengthBytes => Media.LengthBytes;

    /// <inheritdoc/>
    public void Read(ulong offsetBytes, Span<byte> destination) => Media.Read(offsetBytes, destination);

    /// <inheritdoc/>
    public ulong NextData(ulong offsetBytes) => Media.NextData(offsetBytes);

    /// <inheritdoc/>
    public ulong NextHole(ulong offsetBytes) => Media.NextHole(offsetBytes);

    /// <inheritdoc/>
    public void Write(ulong offsetBytes, ReadOnlySpan<byte> source)
    {
        Media = Media.Write(offsetBytes, source);
        _steps.Add(new PlanStep.Write(new MediaOffset(offsetBytes), source.ToArray()));
    }

    /// <summary>A write, and a barrier behind it.</summary>
    public void WriteDurably(ulong offsetBytes, ReadOnlySpan<byte> source)
    {
        Write(offsetBytes, source);
        Flush();
    }

    /// <inheritdoc/>
    public void Zero(ulong offsetBytes, ulong countBytes)
    {
        Media = Media.Clear(offsetBytes, countBytes);
        _steps.Add(new PlanStep.Zero(new MediaOffset(offsetBytes), new ByteSize(countBytes)));
    }

    /// <summary>A barrier; a second one behind it is left out.</summary>
    public void Flush()
    {
        if (_steps.Count > 0 && _steps[^1] is not PlanStep.Barrier)
            _steps.Add(PlanStep.Barrier.Instance);
    }
}
