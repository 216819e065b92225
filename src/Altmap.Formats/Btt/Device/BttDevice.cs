using System.Buffers.Binary;
using System.Collections.Immutable;
using Altmap.Core.Media;
using Altmap.Formats.Btt.Check;

namespace Altmap.Formats.Btt.Device;

/// <summary>What reading a sector gave.</summary>
public enum BttReadResult
{
    /// <summary>Data of a sector that was written.</summary>
    Data,

    /// <summary>A sector never written: the block of the same number, as it lies there.</summary>
    Unwritten,

    /// <summary>Trimmed: zeros.</summary>
    Zeros,

    /// <summary>Marked as unreadable, or its block cannot be read (EIO). The buffer is not touched.</summary>
    Error,
}

/// <summary>
/// The disk that a consistent BTT shows, over any media. Writes follow the BTT's own protocol (drivers/nvdimm/btt.c btt_write_pg(), 6.1):
/// data to the lane's free block, log, map, each durable before the next, so that a crash leaves every sector old or new. Several threads
/// may
/// read and write at once: each takes a lane, and an entry of the map has one writer.
/// </summary>
public sealed class BttDevice
{
    private readonly IMediaReader _reader;
    private readonly IMediaWriter? _writer;
    private readonly Arena[] _arenas;

    private BttDevice(IMediaReader reader, IMediaWriter? writer, BttReport report)
    {
        (_reader, _writer) = (reader, writer);
        _arenas = [.. report.Arenas.Select(a => new Arena(a))];
        SectorBytes = (int)report.Arenas[0].SectorBytes;
        Sectors = report.Sectors;
    }

    /// <summary>512 or 4096.</summary>
    public int SectorBytes { get; }

    /// <summary>How many there are.</summary>
    public ulong Sectors { get; }

    /// <summary>Lanes of each arena: so many writers do not wait for each other.</summary>
    public int Lanes => _arenas.Min(a => a.Lanes.Length);

    /// <summary>Opens a BTT that was checked. Writes that a crash cut short are completed first, where there is a writer; a reader sees
    /// them
    /// completed.</summary>
    /// <param name="reader">The namespace from its first byte.</param>
    /// <param name="writer">The same media; null: nothing is written.</param>
    /// <param name="report">Of these media as they are now. Throws <see cref="ArgumentException"/> when it has errors that make blocks
    /// shared or lanes unusable.</param>
    public static BttDevice Open(IMediaReader reader, IMediaWriter? writer, BttReport report)
    {
        if (!report.IsUsable)
            throw new ArgumentException("the BTT is damaged; repair it first", nameof(report));
        var device = new BttDevice(reader, writer, report);
        foreach (Arena arena in device._arenas)
            device.Complete(arena);
        return device;
    }

    /// <summary>Reads a sector into <see cref="SectorBytes"/> bytes.</summary>
    /// <param name="sector">From 0 on.</param>
    /// <param name="destination">Is zeroed for trimmed sectors.</param>
    /// <param name="ignoreError">Read what is there of a sector that is marked as unreadable.</param>
    public BttReadResult Read(ulong sector, Span<byte> destination, bool ignoreError = false)
    {
        CheckLength(destination.Length);
        (Arena arena, uint external) = Find(sector);
        while (true)
        {
            uint entry = EntryOf(arena, external);
            uint kind = entry & BttMap.Normal,
                block = BttMap.BlockOf(entry, external);
            if (kind == BttMap.Trim)
            {
                destination.Clear();
                return BttReadResult.Zeros;
            }
            if ((kind == BttMap.Error && !ignoreError) || block >= arena.Info.InternalBlocks)
                return BttReadResult.Error;
            try
            {
                _reader.Read(arena.Report.DataAt(block), destination);
            }
            catch (MediaException)
            {
                return BttReadResult.Error;
            }
            // A writer may have given the block away meanwhile, and another filled it: then the entry has changed, and this is done again.
            if (_writer is null || EntryOf(arena, external) == entry)
                return kind == 0 ? BttReadResult.Unwritten : BttReadResult.Data;
        }
    }

    /// <summary>Writes a sector and waits until it is durable.</summary>
    /// <param name="sector">From 0 on.</param>
    /// <param name="source"><see cref="SectorBytes"/> bytes.</param>
    /// <param name="lane">The caller's lane, taken modulo their number: callers with different lanes do not wait for each other.</param>
    public void Write(ulong sector, ReadOnlySpan<byte> source, int lane = 0)
    {
        CheckLength(source.Length);
        IMediaWriter writer = Writer();
        (Arena arena, uint external) = Find(sector);
        Lane own = arena.Lanes[lane % arena.Lanes.Length];
        lock (own)
        {
            writer.Write(arena.Report.DataAt(own.Free), source);
            writer.Flush();
            lock (arena.EntryLocks[(int)(external % (uint)arena.EntryLocks.Length)])
            {
                uint entry = EntryOf(arena, external);
                bool hadError = (entry & BttMap.Normal) == BttMap.Error;
                uint old = BttMap.BlockOf(entry, external);
                Commit(writer, arena, own, external, old | (hadError ? BttMap.Error : 0), own.Free);
                PutEntry(writer, arena, external, own.Free | BttMap.Normal);
                writer.Flush();
                own.Free = old;
                if (hadError)
                    writer.Zero(arena.Report.DataAt(old), (ulong)SectorBytes);
            }
        }
    }

    /// <summary>
    /// Writes many sectors with four flushes for as many as there are lanes: data, both halves of the log entries, map. A crash leaves each
    /// of them old or new. Not to be mixed with other writers.
    /// </summary>
    /// <param name="sectors">Numbers and contents, in any order; of the same number the last one counts.</param>
    public void WriteMany(IEnumerable<(ulong Sector, ReadOnlyMemory<byte> Source)> sectors)
    {
        IMediaWriter writer = Writer();
        var batch = new Dictionary<ulong, ReadOnlyMemory<byte>>();
        foreach ((ulong sector, ReadOnlyMemory<byte> source) in sectors)
        {
            CheckLength(source.Length);
            batch[sector] = source;
            if (batch.Count == Lanes)
                WriteBatch(writer, batch);
        }
        WriteBatch(writer, batch);
    }

    /// <summary>Marks a sector as trimmed (it reads as zeros) or as unreadable. Its block stays its own.</summary>
    public void Mark(ulong sector, bool isError)
    {
        IMediaWriter writer = Writer();
        (Arena arena, uint external) = Find(sector);
        lock (arena.EntryLocks[(int)(external % (uint)arena.EntryLocks.Length)])
        {
            uint block = BttMap.BlockOf(EntryOf(arena, external), external);
            PutEntry(writer, arena, external, block | (isError ? BttMap.Error : BttMap.Trim));
            writer.Flush();
        }
    }

    /// <summary>Marks sectors as trimmed: they read as zeros, and their blocks stay their own. A crash leaves each of them as it was or
    /// trimmed. Durable when it returns.</summary>
    /// <param name="first">The first sector.</param>
    /// <param name="count">How many.</param>
    public void Trim(ulong first, ulong count)
    {
        IMediaWriter writer = Writer();
        for (ulong sector = first; sector < first + count; sector++)
        {
            (Arena arena, uint external) = Find(sector);
            lock (arena.EntryLocks[(int)(external % (uint)arena.EntryLocks.Length)])
                PutEntry(writer, arena, external, BttMap.BlockOf(EntryOf(arena, external), external) | BttMap.Trim);
        }
        writer.Flush();
    }

    private void WriteBatch(IMediaWriter writer, Dictionary<ulong, ReadOnlyMemory<byte>> batch)
    {
        if (batch.Count == 0)
            return;
        var writes = new List<(Arena Arena, Lane Lane, uint External, uint Old, bool HadError)>();
        var next = new Dictionary<Arena, int>();
        foreach ((ulong sector, ReadOnlyMemory<byte> source) in batch)
        {
            (Arena arena, uint external) = Find(sector);
            int number = next.GetValueOrDefault(arena);
            next[arena] = number + 1;
            Lane lane = arena.Lanes[number];
            writer.Write(arena.Report.DataAt(lane.Free), source.Span);
            uint entry = EntryOf(arena, external);
            writes.Add((arena, lane, external, BttMap.BlockOf(entry, external), (entry & BttMap.Normal) == BttMap.Error));
        }
        writer.Flush();
        Span<byte> half = stackalloc byte[8];
        foreach ((Arena arena, Lane lane, uint external, uint old, bool hadError) in writes)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(half, external);
            BinaryPrimitives.WriteUInt32LittleEndian(half[4..], old | (hadError ? BttMap.Error : 0));
            writer.Write(SlotAt(arena, lane), half);
        }
        writer.Flush();
        foreach ((Arena arena, Lane lane, _, _, _) in writes)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(half, lane.Free);
            BinaryPrimitives.WriteUInt32LittleEndian(half[4..], lane.Sequence);
            writer.Write(SlotAt(arena, lane) + 8, half);
        }
        writer.Flush();
        foreach ((Arena arena, Lane lane, uint external, _, _) in writes)
            PutEntry(writer, arena, external, lane.Free | BttMap.Normal);
        writer.Flush();
        foreach ((Arena arena, Lane lane, _, uint old, bool hadError) in writes)
        {
            Advance(lane);
            lane.Free = old;
            if (hadError)
                writer.Zero(arena.Report.DataAt(old), (ulong)SectorBytes);
        }
        batch.Clear();
    }

    /// <summary>The log entry that makes the write count: first what it replaces, then where it went and the number.</summary>
    private static void Commit(IMediaWriter writer, Arena arena, Lane lane, uint external, uint oldMap, uint newMap)
    {
        Span<byte> half = stackalloc byte[8];
        ulong at = SlotAt(arena, lane);
        BinaryPrimitives.WriteUInt32LittleEndian(half, external);
        BinaryPrimitives.WriteUInt32LittleEndian(half[4..], oldMap);
        writer.Write(at, half);
        writer.Flush();
        BinaryPrimitives.WriteUInt32LittleEndian(half, newMap);
        BinaryPrimitives.WriteUInt32LittleEndian(half[4..], lane.Sequence);
        writer.Write(at + 8, half);
        writer.Flush();
        Advance(lane);
    }

    private static void Advance(Lane lane)
    {
        lane.WritesSecond = !lane.WritesSecond;
        lane.Sequence = (lane.Sequence % 3) + 1;
    }

    private static ulong SlotAt(Arena arena, Lane lane) =>
        arena.Report.LaneAt(lane.Number) + (lane.WritesSecond ? (ulong)(arena.SecondSlot * BttLog.SlotBytes) : 0);

    private void Complete(Arena arena)
    {
        foreach (BttPending pending in arena.Report.Pending)
        {
            if (_writer is null)
                arena.Completed[pending.External] = pending.NewBlock | BttMap.Normal;
            else
                PutEntry(_writer, arena, pending.External, pending.NewBlock | BttMap.Normal);
        }
        _writer?.Flush();
    }

    private uint EntryOf(Arena arena, uint external)
    {
        if (arena.Completed.TryGetValue(external, out uint completed))
            return completed;
        Span<byte> bytes = stackalloc byte[BttMap.EntryBytes];
        _reader.Read(arena.Report.MapAt(external), bytes);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }

    private static void PutEntry(IMediaWriter writer, Arena arena, uint external, uint entry)
    {
        Span<byte> bytes = stackalloc byte[BttMap.EntryBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, entry);
        writer.Write(arena.Report.MapAt(external), bytes);
    }

    private (Arena Arena, uint External) Find(ulong sector)
    {
        foreach (Arena arena in _arenas)
        {
            if (sector < arena.Info.ExternalBlocks)
                return (arena, (uint)sector);
            sector -= arena.Info.ExternalBlocks;
        }
        throw new ArgumentOutOfRangeException(nameof(sector), $"the disk has {Sectors} sectors");
    }

    private IMediaWriter Writer() => _writer ?? throw new InvalidOperationException("the BTT was opened for reading");

    private void CheckLength(int length)
    {
        if (length != SectorBytes)
            throw new ArgumentException($"{length} bytes; a sector has {SectorBytes}", nameof(length));
    }

    private sealed class Lane
    {
        public required uint Number { get; init; }

        public uint Free { get; set; }

        public uint Sequence { get; set; }

        public bool WritesSecond { get; set; }
    }

    private sealed class Arena
    {
        public Arena(BttArenaReport report)
        {
            Report = report;
            SecondSlot = report.Flog!.SecondSlot;
            Lanes =
            [
                .. report.Flog.Lanes.Select(l => new Lane
                {
                    Number = l.Number,
                    Free = l.Current.FreeBlock,
                    // The older slot is the next one.
                    WritesSecond = l.Newest == 0,
                    Sequence = (l.Current.Sequence % 3) + 1,
                }),
            ];
            EntryLocks = [.. Enumerable.Range(0, Lanes.Length).Select(_ => new Lock())];
        }

        public BttArenaReport Report { get; }

        public BttInfoBlock Info => Report.Info;

        public int SecondSlot { get; }

        public ImmutableArray<Lane> Lanes { get; }

        public ImmutableArray<Lock> EntryLocks { get; }

        public Dictionary<uint, uint> Completed { get; } = [];
    }
}
