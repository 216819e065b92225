using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Btt;
using Altmap.Formats.Btt.Check;
using Altmap.Formats.Btt.Device;
using Altmap.Host.Media;
using BenchmarkDotNet.Attributes;

namespace Altmap.Bench.Btt;

/// <summary>
/// A whole check of an arena whose map is full, from a file in the page cache, beside a plain read of the same bytes: the limit. 512 GiB
/// have a
/// map of half a gigabyte.
/// </summary>
public class BttCheckBenchmarks
{
    private static readonly BttCheckRequest s_request = new(Subject.SomeNamespace);
    private readonly string _image = Path.Combine(Path.GetTempPath(), $"altmap-bench-btt-{Environment.ProcessId}.img");
    private readonly byte[] _buffer = new byte[1 << 20];
    private BttInfoBlock _info = null!;

    /// <summary>Of the arena.</summary>
    [Params(1, 64, 512)]
    public int GiB { get; set; }

    /// <summary>Lays a BTT down and fills its map: each sector has the block behind its own, the last the first lane's.</summary>
    [GlobalSetup]
    public void Setup()
    {
        var size = new ByteSize(ByteSize.GiB((ulong)GiB).Bytes + 4096);
        BttArena arena = BttGeometry.Plan(size, BttVersion.V1_1, 4096, new Uuid(1, 2), Uuid.Zero)[0];
        _info = arena.Info;
        using FileStream file = File.Create(_image);
        file.SetLength((long)size.Bytes);
        byte[] block = _info.ToBytes();
        Put(file, arena.Start.Bytes, block);
        Put(file, arena.Start.Bytes + _info.Info2Offset, block);
        byte[] log = new byte[BttConstants.Lanes * BttLog.LaneBytes];
        for (uint lane = 0; lane < BttConstants.Lanes; lane++)
            BttLog.FreshSlot(lane, _info.ExternalBlocks).CopyTo(log, lane * BttLog.LaneBytes);
        Put(file, arena.Start.Bytes + _info.LogOffset, log);
        byte[] map = new byte[1 << 20];
        for (uint lba = 0; lba < _info.ExternalBlocks; )
        {
            int count = (int)Math.Min(_info.ExternalBlocks - lba, (uint)map.Length / 4);
            for (int i = 0; i < count; i++)
                BitConverter.TryWriteBytes(map.AsSpan(i * 4), ((lba + (uint)i + 1) % _info.ExternalBlocks) | BttMap.Normal);
            Put(file, arena.Start.Bytes + _info.MapOffset + (lba * 4UL), map.AsSpan(0, count * 4));
            lba += (uint)count;
        }
    }

    /// <summary>Removes the file.</summary>
    [GlobalCleanup]
    public void Cleanup() => File.Delete(_image);

    /// <summary>Info-blocks, log, map, every block's owner.</summary>
    [Benchmark]
    public BttReport Check()
    {
        using FileMedia media = FileMedia.Open(_image).Value!;
        BttReport report = BttCheck.Run(media, s_request);
        return report.IsConsistent ? report : throw new InvalidOperationException("the image is not consistent");
    }

    /// <summary>The same bytes, read and thrown away.</summary>
    [Benchmark(Baseline = true)]
    public ulong ReadMetadata()
    {
        using FileMedia media = FileMedia.Open(_image).Value!;
        ulong end = 4096 + _info.LogOffset + (BttConstants.Lanes * (ulong)BttLog.LaneBytes);
        for (ulong at = 4096 + _info.MapOffset; at < end; at += (ulong)_buffer.Length)
            media.Read(at, _buffer.AsSpan(0, (int)Math.Min((ulong)_buffer.Length, end - at)));
        return end;
    }

    private static void Put(FileStream file, ulong at, ReadOnlySpan<byte> bytes)
    {
        file.Position = (long)at;
        file.Write(bytes);
    }
}

/// <summary>One sector of 4 KiB at a random place of a BTT of 256 MiB in memory: its contents, map and log.</summary>
public class BttDeviceBenchmarks
{
    private readonly byte[] _sector = new byte[4096];
    private BttDevice _device = null!;
    private MemoryMedia _media = null!;
    private SeededRandom _random = new(1);

    /// <summary>Lays it down and writes every sector once, so that all is in memory.</summary>
    [GlobalSetup]
    public void Setup()
    {
        var size = new ByteSize(ByteSize.MiB(256).Bytes + 4096);
        _media = new MemoryMedia(size.Bytes);
        BttGeometry.LayDown(BttGeometry.Plan(size, BttVersion.V1_1, 4096, new Uuid(1, 2), Uuid.Zero)).CarryOut(_media, _media);
        _device = BttDevice.Open(_media, _media, BttCheck.Run(_media, new BttCheckRequest(Subject.SomeNamespace)));
        _sector.AsSpan().Fill(7);
        for (ulong sector = 0; sector < _device.Sectors; sector++)
            _device.Write(sector, _sector);
    }

    /// <summary>Read.</summary>
    [Benchmark]
    public BttReadResult Read() => _device.Read(Next(), _sector);

    /// <summary>Write: data, log in two halves, map.</summary>
    [Benchmark]
    public void Write() => _device.Write(Next(), _sector);

    /// <summary>A plain copy of 4 KiB to a random place of the same memory: the limit.</summary>
    [Benchmark(Baseline = true)]
    public void Copy() => _media.Write(8192 + (Next() * 4096), _sector);

    private ulong Next()
    {
        (ulong drawn, _random) = _random.DrawBelow(_device.Sectors);
        return drawn;
    }
}
