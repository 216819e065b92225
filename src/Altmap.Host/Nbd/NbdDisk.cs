using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Btt.Device;

namespace Altmap.Host.Nbd;

/// <summary>The data of a namespace as clients see them. Several threads call at once. Places that cannot be read or written throw
/// <see cref="MediaException"/>.</summary>
public abstract class NbdDisk
{
    /// <summary>How many bytes there are.</summary>
    public abstract ulong SizeBytes { get; }

    /// <summary>True: nothing may be written.</summary>
    public abstract bool IsReadOnly { get; }

    /// <summary>What is read and written as one: smaller pieces cost more, and are done all the same.</summary>
    public abstract uint PreferredBytes { get; }

    /// <summary>A disk whose bytes lie in one piece: raw, fsdax, devdax.</summary>
    /// <param name="data">The data.</param>
    /// <param name="writer">The same bytes; null: read-only.</param>
    public static NbdDisk Of(IMediaReader data, IMediaWriter? writer) => new FlatDisk(data, writer);

    /// <summary>The disk of a BTT. Writes follow its protocol: a crash leaves each sector old or new.</summary>
    /// <param name="device">Checked, and opened for writing unless the disk is read-only.</param>
    /// <param name="isReadOnly">True: nothing may be written.</param>
    public static NbdDisk Of(BttDevice device, bool isReadOnly) => new SectorDisk(device, isReadOnly);

    /// <summary>Reads inside of the disk.</summary>
    public abstract void Read(ulong offsetBytes, Span<byte> destination);

    /// <summary>Writes inside of the disk.</summary>
    public abstract void Write(ulong offsetBytes, ReadOnlySpan<byte> source);

    /// <summary>Makes bytes zero; as a hole where that may be and can be.</summary>
    public abstract void Zero(ulong offsetBytes, ulong countBytes, bool mayPunch);

    /// <summary>Returns when everything written so far is durable.</summary>
    public abstract void Flush();

    /// <summary>What begins at a place: data or a hole, and where it ends.</summary>
    public abstract (bool IsHole, ulong EndBytes) ExtentAt(ulong offsetBytes);

    private sealed class FlatDisk(IMediaReader data, IMediaWriter? writer) : NbdDisk
    {
        public override ulong SizeBytes => data.LengthBytes;

        public override bool IsReadOnly => writer is null;

        public override uint PreferredBytes => 4096;

        private IMediaWriter Writer => writer ?? throw new InvalidOperationException("the disk is read-only");

        public override void Read(ulong offsetBytes, Span<byte> destination) => data.Read(offsetBytes, destination);

        public override void Write(ulong offsetBytes, ReadOnlySpan<byte> source) => Writer.Write(offsetBytes, source);

        public override void Zero(ulong offsetBytes, ulong countBytes, bool mayPunch)
        {
            if (mayPunch)
            {
                Writer.Zero(offsetBytes, countBytes);
                return;
            }
            byte[] zeros = new byte[(int)Math.Min(countBytes, 1 << 20)];
            for (ulong at = 0; at < countBytes; at += (ulong)zeros.Length)
                Writer.Write(offsetBytes + at, zeros.AsSpan(0, (int)Math.Min(countBytes - at, (ulong)zeros.Length)));
        }

        public override void Flush() => writer?.Flush();

        public override (bool IsHole, ulong EndBytes) ExtentAt(ulong offsetBytes)
        {
            ulong data1 = data.NextData(offsetBytes);
            return data1 > offsetBytes ? (true, data1) : (false, Math.Max(data.NextHole(offsetBytes), offsetBytes + 1));
        }
    }

    private sealed class SectorDisk(BttDevice device, bool isReadOnly) : NbdDisk
    {
        /// <summary>Writers take turns: batches of the device may not be mixed, and a part of a sector is read, changed and
        /// written.</summary>
        private readonly Lock _writing = new();
        private readonly int _sector = device.SectorBytes;

        public override ulong SizeBytes => device.Sectors * (ulong)device.SectorBytes;

        public override bool IsReadOnly => isReadOnly;

        public override uint PreferredBytes => (uint)_sector;

        public override void Read(ulong offsetBytes, Span<byte> destination)
        {
            Span<byte> whole = stackalloc byte[_sector];
            while (!destination.IsEmpty)
            {
                ulong sector = offsetBytes / (ulong)_sector;
                int skip = (int)(offsetBytes % (ulong)_sector),
                    count = Math.Min(destination.Length, _sector - skip);
                if (count == _sector)
                {
                    ReadSector(sector, destination[..count]);
                }
                else
                {
                    ReadSector(sector, whole);
                    whole.Slice(skip, count).CopyTo(destination);
                }
                destination = destination[count..];
                offsetBytes += (ulong)count;
            }
        }

        public override void Write(ulong offsetBytes, ReadOnlySpan<byte> source)
        {
            lock (_writing)
                WritePieces(offsetBytes, source);
        }

        public override void Zero(ulong offsetBytes, ulong countBytes, bool mayPunch)
        {
            ulong size = (ulong)_sector,
                end = offsetBytes + countBytes,
                first = Alignment.Up(offsetBytes, size),
                last = end - (end % size);
            lock (_writing)
            {
                if (!mayPunch || first >= last)
                {
                    WriteZeros(offsetBytes, end);
                    return;
                }
                WriteZeros(offsetBytes, first);
                device.Trim(first / size, (last - first) / size);
                WriteZeros(last, end);
            }
        }

        /// <summary>Each write is durable when it returns.</summary>
        public override void Flush() { }

        public override (bool IsHole, ulong EndBytes) ExtentAt(ulong offsetBytes) => (false, SizeBytes);

        private void ReadSector(ulong sector, Span<byte> destination)
        {
            if (device.Read(sector, destination) == BttReadResult.Error)
                throw new MediaException(sector * (ulong)_sector, $"sector {sector} cannot be read (EIO): its map entry says so");
        }

        private void WriteZeros(ulong start, ulong end)
        {
            byte[] zeros = new byte[(int)Math.Min(end - start, 1 << 20)];
            for (ulong at = start; at < end; at += (ulong)zeros.Length)
                WritePieces(at, zeros.AsSpan(0, (int)Math.Min(end - at, (ulong)zeros.Length)));
        }

        private void WritePieces(ulong offsetBytes, ReadOnlySpan<byte> source)
        {
            var whole = new List<(ulong Sector, ReadOnlyMemory<byte> Source)>();
            while (!source.IsEmpty)
            {
                ulong sector = offsetBytes / (ulong)_sector;
                int skip = (int)(offsetBytes % (ulong)_sector),
                    count = Math.Min(source.Length, _sector - skip);
                byte[] bytes = new byte[_sector];
                if (count < _sector)
                    ReadSector(sector, bytes);
                source[..count].CopyTo(bytes.AsSpan(skip));
                whole.Add((sector, bytes));
                source = source[count..];
                offsetBytes += (ulong)count;
            }
            if (whole is [var only])
                device.Write(only.Sector, only.Source.Span);
            else
                device.WriteMany(whole);
        }
    }
}
