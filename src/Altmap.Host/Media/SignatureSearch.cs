using System.Runtime.ExceptionServices;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Images;

namespace Altmap.Host.Media;

/// <summary>What a search went through.</summary>
/// <param name="Places">Ascending, no more than were asked for.</param>
/// <param name="Searched">Bytes that are no holes.</param>
/// <param name="IsWhole">False: there are more places than were asked for.</param>
public sealed record SignatureSearchResult(IReadOnlyList<ulong> Places, ByteSize Searched, bool IsWhole);

/// <summary>Searches media for signatures on all processors; holes are passed over.</summary>
public static class SignatureSearch
{
    private const ulong PieceBytes = 32 << 20;
    private const int ThreadsMax = 8;

    /// <summary>Searches all of it. Throws <see cref="MediaException"/> where the media cannot be read.</summary>
    /// <param name="media">Files are looked at in place, other media are read.</param>
    /// <param name="step">Bytes between possible places: a power of two, at most 4096.</param>
    /// <param name="max">Places to find at most.</param>
    /// <param name="progress">Told now and then how many bytes were searched, of how many.</param>
    public static SignatureSearchResult Run(IMediaReader media, int step, int max, Action<ByteSize, ByteSize>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(media);
        List<(ulong Start, ulong End)> pieces = Pieces(media);
        var whole = new ByteSize(pieces.Aggregate(0UL, (sum, p) => sum + p.End - p.Start));
        var all = new List<ulong>[pieces.Count];
        long done = 0;
        int next = -1;
        Exception? failure = null;
        int count = media is IMappedMedia ? Math.Clamp(Math.Min(Environment.ProcessorCount, pieces.Count), 1, ThreadsMax) : 1;
        var threads = new Thread[count - 1];
        for (int i = 0; i < threads.Length; i++)
        {
            threads[i] = new Thread(Work) { IsBackground = true };
            threads[i].Start();
        }
        Work();
        foreach (Thread thread in threads)
            thread.Join();
        if (failure is not null)
            ExceptionDispatchInfo.Capture(failure).Throw();
        List<ulong> places = [.. all.Where(l => l is not null).SelectMany(l => l).Order().Distinct()];
        return new SignatureSearchResult([.. places.Take(max)], whole, places.Count < max);

        void Work()
        {
            try
            {
                while (failure is null && Interlocked.Increment(ref next) is var number && number < pieces.Count)
                {
                    var found = new List<ulong>();
                    (ulong start, ulong end) = pieces[number];
                    Search(media, start, end, step, max, found);
                    all[number] = found;
                    ulong soFar = (ulong)Interlocked.Add(ref done, (long)(end - start));
                    if (count == 1 || Thread.CurrentThread.IsBackground == false)
                        progress?.Invoke(new ByteSize(soFar), whole);
                }
            }
            catch (Exception e)
            {
                // It is thrown again on the caller's thread.
                Interlocked.CompareExchange(ref failure, e, null);
            }
        }
    }

    /// <summary>Stretches with data, cut into pieces that start at possible places.</summary>
    private static List<(ulong Start, ulong End)> Pieces(IMediaReader media)
    {
        var pieces = new List<(ulong Start, ulong End)>();
        foreach ((ulong start, ulong end) in media.DataRuns(0, media.LengthBytes))
        {
            for (ulong at = start & ~4095UL; at < end; at += PieceBytes)
                pieces.Add((at, Math.Min(end, at + PieceBytes)));
        }
        return pieces;
    }

    private static void Search(IMediaReader media, ulong start, ulong end, int step, int max, List<ulong> found)
    {
        // A signature at any place may reach beyond the piece; at a step of 16 or more it cannot.
        ulong reach = step >= ScanSignatures.LengthBytes ? end : Math.Min(media.LengthBytes, end + ScanSignatures.LengthBytes - 1);
        if (media is IMappedMedia mapped)
        {
            mapped.Visit(start, reach, (offset, bytes) => ScanSignatures.FindIn(bytes, offset, step, max, found));
            return;
        }
        byte[] buffer = new byte[1 << 20];
        for (ulong at = start; at < reach; )
        {
            int count = (int)Math.Min((ulong)buffer.Length, reach - at);
            media.Read(at, buffer.AsSpan(0, count));
            ScanSignatures.FindIn(buffer.AsSpan(0, count), at, step, max, found);
            if (at + (ulong)count >= reach)
                break;
            at += (ulong)count - (step >= ScanSignatures.LengthBytes ? 0UL : ScanSignatures.LengthBytes - 1);
        }
    }
}
