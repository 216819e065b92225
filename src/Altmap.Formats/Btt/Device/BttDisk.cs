using Altmap.Core.Media;

namespace Altmap.Formats.Btt.Device;

/// <summary>The disk of a BTT as media: read at any byte. Not for several threads at once. A sector that is marked as unreadable throws
/// <see cref="MediaException"/>.</summary>
public sealed class BttDisk : IMediaReader
{
    private readonly BttDevice _device;
    private readonly bool _ignoreError;
    private readonly byte[] _sector;
    private ulong _cached = ulong.MaxValue;

    /// <summary>Over a device that is open.</summary>
    /// <param name="device">The disk.</param>
    /// <param name="ignoreError">Sectors marked as unreadable give what their blocks hold, and are counted.</param>
    public BttDisk(BttDevice device, bool ignoreError = false)
    {
        ArgumentNullException.ThrowIfNull(device);
        (_device, _ignoreError, _sector) = (device, ignoreError, new byte[device.SectorBytes]);
    }

    /// <inheritdoc/>
    public ulong LengthBytes => _device.Sectors * (ulong)_device.SectorBytes;

    /// <summary>How many unreadable sectors were read so far; the same one counts each time.</summary>
    public ulong ErrorCount { get; private set; }

    /// <inheritdoc/>
    public void Read(ulong offsetBytes, Span<byte> destination)
    {
        if (offsetBytes > LengthBytes || (ulong)destination.Length > LengthBytes - offsetBytes)
            throw new ArgumentOutOfRangeException(nameof(offsetBytes));
        ulong size = (ulong)_sector.Length;
        while (!destination.IsEmpty)
        {
            ulong sector = offsetBytes / size;
            int skip = (int)(offsetBytes % size),
                count = Math.Min(destination.Length, _sector.Length - skip);
            if (count == _sector.Length)
            {
                ReadSector(sector, destination[..count]);
            }
            else
            {
                if (_cached != sector)
                    ReadSector(sector, _sector);
                _cached = sector;
                _sector.AsSpan(skip, count).CopyTo(destination);
            }
            destination = destination[count..];
            offsetBytes += (ulong)count;
        }
    }

    /// <inheritdoc/>
    public ulong NextData(ulong offsetBytes) => Math.Min(offsetBytes, LengthBytes);

    /// <inheritdoc/>
    public ulong NextHole(ulong offsetBytes) => LengthBytes;

    private void ReadSector(ulong sector, Span<byte> destination)
    {
        if (_device.Read(sector, destination) != BttReadResult.Error)
            return;
        if (!_ignoreError)
            throw new MediaException(sector * (ulong)_sector.Length, $"sector {sector} cannot be read (EIO): its map entry says so");
        ErrorCount++;
        if (_device.Read(sector, destination, ignoreError: true) == BttReadResult.Error)
            destination.Clear();
    }
}
