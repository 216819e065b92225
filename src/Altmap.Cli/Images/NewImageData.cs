using Altmap.Core.Findings;
using Altmap.Core.Media;
using Altmap.Formats.Btt.Check;
using Altmap.Formats.Btt.Device;
using Altmap.Formats.Images;
using Altmap.Host.Media;

namespace Altmap.Cli.Images;

/// <summary>The data of an image that is being made, behind its metadata.</summary>
internal static class NewImageData
{
    /// <summary>Nothing has the image's name yet: a crash leaves nothing behind, and one flush at the end is enough.</summary>
    public static IMediaWriter Unflushed(NewImage image) => new UnflushedWriter(image.Media);

    /// <summary>For reading and writing, once <see cref="ImagePlan.Metadata"/> are there.</summary>
    public static (IMediaReader Reader, IMediaWriter Writer) Of(ImagePlan plan, NewImage image, IMediaWriter writer)
    {
        if (plan.DataStart is { } start)
            return (
                MediaSlice.Of(image.Media, start.Bytes, plan.DataSize.Bytes),
                new ShiftedWriter(writer, start.Bytes, plan.DataSize.Bytes)
            );
        IMediaReader ns = MediaSlice.Of(image.Media, 0, plan.NamespaceSize.Bytes);
        BttReport report = BttCheck.Run(ns, new BttCheckRequest(new Subject(SubjectKind.Image, image.Path)));
        var device = BttDevice.Open(ns, writer, report);
        return (new BttDisk(device), new BttWriter(device));
    }

    /// <summary>Writes at once; what is written need not be durable yet.</summary>
    private sealed class UnflushedWriter(IMediaWriter media) : IMediaWriter
    {
        public ulong LengthBytes => media.LengthBytes;

        public void Write(ulong offsetBytes, ReadOnlySpan<byte> source) => media.Write(offsetBytes, source);

        public void Zero(ulong offsetBytes, ulong countBytes) => media.Zero(offsetBytes, countBytes);

        public void Flush() { }
    }

    private sealed class ShiftedWriter(IMediaWriter media, ulong start, ulong length) : IMediaWriter
    {
        public ulong LengthBytes => length;

        public void Write(ulong offsetBytes, ReadOnlySpan<byte> source) => media.Write(start + offsetBytes, source);

        public void Zero(ulong offsetBytes, ulong countBytes) => media.Zero(start + offsetBytes, countBytes);

        public void Flush() => media.Flush();
    }

    /// <summary>Sectors of a new BTT; parts of one are read before they are written.</summary>
    private sealed class BttWriter(BttDevice device) : IMediaWriter
    {
        private readonly byte[] _sector = new byte[device.SectorBytes];

        public ulong LengthBytes => device.Sectors * (ulong)device.SectorBytes;

        public void Write(ulong offsetBytes, ReadOnlySpan<byte> source)
        {
            while (!source.IsEmpty)
            {
                ulong number = offsetBytes / (ulong)_sector.Length;
                int skip = (int)(offsetBytes % (ulong)_sector.Length),
                    count = Math.Min(source.Length, _sector.Length - skip);
                if (count < _sector.Length)
                    device.Read(number, _sector);
                source[..count].CopyTo(_sector.AsSpan(skip));
                device.Write(number, _sector);
                source = source[count..];
                offsetBytes += (ulong)count;
            }
        }

        public void Zero(ulong offsetBytes, ulong countBytes) => throw new NotSupportedException("a new disk has zeros already");

        public void Flush() { }
    }
}
