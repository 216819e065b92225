using System.Buffers.Binary;
using System.Collections.Immutable;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Checksums;
using Altmap.Formats.Layout;

namespace Altmap.Formats.Writes.Journals;

/// <summary>How far a plan with a journal has come.</summary>
public enum JournalState
{
    /// <summary>Nothing of the plan was written.</summary>
    Ready,

    /// <summary>Some of it: run it to its end, or take it back.</summary>
    Running,

    /// <summary>All of it; it can still be taken back.</summary>
    Done,

    /// <summary>It is being taken back; there is no other way on.</summary>
    Undoing,

    /// <summary>The old bytes are there again.</summary>
    Undone,
}

/// <summary>
/// A plan that can be interrupted at every write, by a crash too, and is then either finished or taken back. Made for moves of terabytes:
/// what a move leaves standing elsewhere is not kept a second time.
/// <para>
/// The journal is media of its own, made once (<see cref="Create"/>) and opened again after an interruption (<see cref="Open"/>). It has a
/// header, the plan, a store of two halves, and a place for the record of each stage (<see cref="Stages"/>):
/// </para>
/// <code>
/// header 4 KiB │ plan │ store, half 0 │ half 1 │ a record and kept bytes for each stage │ done │ a record of undoing for each │ undone
/// </code>
/// <para>
/// A stage begins when its record is durable: the old bytes that stand nowhere else are behind it, and where a move runs into itself its
/// source is in one half of the store. It ends with a flush of the media. So the last record names the only stage that may be there in
/// part, and that one can be done again.
/// </para>
/// </summary>
public sealed class PlanJournal
{
    private const int HeaderBytes = 4096,
        RecordBytes = 512,
        ChunkBytes = 1 << 20,
        WitnessesMax = 8,
        WitnessBytes = 4096,
        BlockBytes = 4096;

    private static readonly Field Magic = new("magic", 0, 8),
        MediaBytes = new("media_bytes", 8, 8),
        StageBytes = new("stage_bytes", 16, 8),
        PlanBytes = new("plan_bytes", 24, 8),
        PlanChecksum = new("plan_crc", 32, 4),
        WitnessCount = new("witnesses", 36, 4),
        HeaderChecksum = new("header_crc", HeaderBytes - 4, 4),
        Kind = new("kind", 8, 8),
        Number = new("stage", 16, 8),
        KeptChecksum = new("kept_crc", 24, 4),
        StoreChecksum = new("store_crc", 28, 4),
        RecordChecksum = new("record_crc", RecordBytes - 4, 4);
    private const int WitnessesAt = 40;
    private const ulong HeaderMagic = 0x31_4a_50_41_4d_54_4c_41, // ALTMAPJ1
        RecordMagic = 0x31_52_50_41_4d_54_4c_41; // ALTMAPR1

    private enum RecordKind : ulong
    {
        Stage = 1,
        Done,
        Undo,
        Undone,
    }

    private readonly IMediaReader _reader;
    private readonly IMediaWriter _writer;
    private readonly Places _places;
    private readonly byte[] _buffer = new byte[ChunkBytes];

    /// <summary>The stage of the last record; of <see cref="JournalState.Running"/> and <see cref="JournalState.Undoing"/>.</summary>
    private int _stage;

    private PlanJournal(IMediaReader reader, IMediaWriter writer, WritePlan plan, Places places, ByteSize mediaLength)
    {
        (_reader, _writer, _places, Plan, MediaLength) = (reader, writer, places, plan, mediaLength);
    }

    /// <summary>How far it has come.</summary>
    public JournalState State { get; private set; }

    /// <summary>What is carried out.</summary>
    public WritePlan Plan { get; }

    /// <summary>Of the media that the plan is about.</summary>
    public ByteSize MediaLength { get; }

    /// <summary>How many bytes stages write at most, where the maker does not say.</summary>
    public static readonly ByteSize StageLength = ByteSize.MiB(64);

    /// <summary>How many bytes the plan writes, and how many of them are there; the stage under way counts as not there.</summary>
    public (ByteSize Done, ByteSize Whole) Progress
    {
        get
        {
            int there = State switch
            {
                JournalState.Running => _stage,
                JournalState.Done => _places.Stages.Length,
                JournalState.Undoing => _stage + 1,
                _ => 0,
            };
            return (Sum(_places.Stages.Take(there)), Sum(_places.Stages));
        }
    }

    /// <summary>How long the journal's own media must be: the plan, the old bytes that the plan destroys, and little more. What is zero in
    /// them takes no space where media have holes.</summary>
    /// <param name="plan">What is to be carried out.</param>
    /// <param name="free">Ranges of the media whose old bytes nobody wants back (ends exclusive): they are not kept, and taking the plan
    /// back leaves anything there.</param>
    /// <param name="stageMax">How many bytes a stage writes at most; null: <see cref="StageLength"/>.</param>
    public static ByteSize LengthFor(
        WritePlan plan,
        IReadOnlyList<(MediaOffset Start, MediaOffset End)>? free = null,
        ByteSize? stageMax = null
    ) => new(Places.Of(plan, free ?? [], stageMax ?? StageLength).End);

    /// <summary>Makes a journal. Nothing of the plan is written; the journal is durable when this returns.</summary>
    /// <param name="reader">The journal's own media, all zero, of <see cref="LengthFor"/> at least.</param>
    /// <param name="writer">The same.</param>
    /// <param name="plan">What is to be carried out; it must fit the media.</param>
    /// <param name="media">What it is about, as they are.</param>
    /// <param name="free">As for <see cref="LengthFor"/>.</param>
    /// <param name="stageMax">As for <see cref="LengthFor"/>.</param>
    public static PlanJournal Create(
        IMediaReader reader,
        IMediaWriter writer,
        WritePlan plan,
        IMediaReader media,
        IReadOnlyList<(MediaOffset Start, MediaOffset End)>? free = null,
        ByteSize? stageMax = null
    )
    {
        if (!plan.Fits(new ByteSize(media.LengthBytes)))
            throw new ArgumentException("the plan does not fit the media", nameof(plan));
        var places = Places.Of(plan, free ?? [], stageMax ?? StageLength);
        if (writer.LengthBytes < places.End)
            throw new ArgumentException($"the journal needs {places.End} bytes", nameof(writer));
        byte[] encoded = PlanCodec.Encode(plan, free ?? []),
            header = new byte[HeaderBytes];
        Magic.Write(header, HeaderMagic);
        MediaBytes.Write(header, media.LengthBytes);
        StageBytes.Write(header, (stageMax ?? StageLength).Bytes);
        PlanBytes.Write(header, (ulong)encoded.Length);
        PlanChecksum.Write(header, Crc32C.Of(encoded));
        WriteWitnesses(header, plan, media);
        HeaderChecksum.Write(header, Crc32C.Of(header.AsSpan(0, HeaderChecksum.OffsetBytes)));
        writer.Write(HeaderBytes, encoded);
        writer.Flush();
        writer.Write(0, header);
        writer.Flush();
        return new PlanJournal(reader, writer, plan, places, new ByteSize(media.LengthBytes));
    }

    /// <summary>True when these are the first bytes of a journal.</summary>
    public static bool IsOne(ReadOnlySpan<byte> head) => head.Length >= 8 && Magic.Read(head) == HeaderMagic;

    /// <summary>Opens a journal that was made earlier.</summary>
    /// <param name="reader">The journal's own media.</param>
    /// <param name="writer">The same; not written to before <see cref="Run"/> or <see cref="Undo"/>.</param>
    /// <param name="media">What the plan is about, as they are now.</param>
    /// <returns>The journal, or why there is none, in words. A journal whose making was interrupted is none, and nothing was written
    /// then.</returns>
    public static (PlanJournal? Journal, string Error) Open(IMediaReader reader, IMediaWriter writer, IMediaReader media)
    {
        if (reader.LengthBytes < HeaderBytes)
            return (null, "this is no journal");
        byte[] header = reader.Read(0, HeaderBytes);
        if (!IsOne(header))
            return (null, "this is no journal, or making it was interrupted: then nothing was written yet");
        if (HeaderChecksum.Read(header) != Crc32C.Of(header.AsSpan(0, HeaderChecksum.OffsetBytes)))
            return (null, "the header's checksum is wrong");
        ulong planBytes = PlanBytes.Read(header),
            stageBytes = StageBytes.Read(header);
        if (planBytes > int.MaxValue || planBytes > reader.LengthBytes - HeaderBytes || stageBytes is 0 or > 1UL << 40)
            return (null, "its header makes no sense");
        byte[] encoded = reader.Read(HeaderBytes, (int)planBytes);
        if (Crc32C.Of(encoded) != PlanChecksum.Read(header) || PlanCodec.Decode(encoded) is not { } decoded)
            return (null, "the plan in it is damaged");
        if (
            media.LengthBytes != MediaBytes.Read(header)
            || !decoded.Plan.Fits(new ByteSize(media.LengthBytes))
            || !HasWitnesses(header, media)
        )
            return (null, "it was made for other media, or they were written to by others since");
        var places = Places.Of(decoded.Plan, decoded.Free, new ByteSize(stageBytes));
        if (reader.LengthBytes < places.End)
            return (null, "it is cut off");
        var journal = new PlanJournal(reader, writer, decoded.Plan, places, new ByteSize(media.LengthBytes));
        journal.FindState();
        return (journal, "");
    }

    /// <summary>Carries the plan out, from wherever it stopped. Throws <see cref="MediaException"/> where media fail: call it again later.
    /// Throws <see cref="InvalidOperationException"/> once it is being taken back.</summary>
    /// <param name="reader">The media that the plan is about.</param>
    /// <param name="writer">The same.</param>
    /// <param name="progress">Told how many bytes of the plan are there, of how many; null: nobody asks.</param>
    public void Run(IMediaReader reader, IMediaWriter writer, Action<ByteSize, ByteSize>? progress = null)
    {
        if (State is JournalState.Undoing or JournalState.Undone)
            throw new InvalidOperationException("the plan is being taken back");
        if (State == JournalState.Done)
            return;
        int stage = 0;
        if (State == JournalState.Running)
        {
            Do(_stage, reader, writer);
            stage = _stage + 1;
        }
        for (; stage < _places.Stages.Length; stage++)
        {
            Begin(stage, reader);
            progress?.Invoke(Progress.Done, Progress.Whole);
            Do(stage, reader, writer);
        }
        WriteRecord(_places.Done, RecordKind.Done, 0, 0, 0);
        State = JournalState.Done;
        progress?.Invoke(Progress.Done, Progress.Whole);
    }

    /// <summary>Gives the old bytes back, wherever the plan stopped. Throws <see cref="MediaException"/> where media fail: call it again
    /// later.</summary>
    /// <param name="reader">The media that the plan is about.</param>
    /// <param name="writer">The same.</param>
    /// <param name="progress">Told how many bytes of the plan are still there, of how many; null: nobody asks.</param>
    public void Undo(IMediaReader reader, IMediaWriter writer, Action<ByteSize, ByteSize>? progress = null)
    {
        if (State == JournalState.Undone)
            return;
        int stage = State switch
        {
            JournalState.Ready => -1,
            JournalState.Done => _places.Stages.Length - 1,
            _ => _stage,
        };
        // What ran into itself in part can only be finished first.
        if (State == JournalState.Running && _places.Stages[stage].Overlapping is not null)
            Do(stage, reader, writer);
        if (State == JournalState.Undoing)
            TakeBack(stage--, reader, writer);
        for (; stage >= 0; stage--)
        {
            uint checksum = _places.Stages[stage].BackOverlaps ? Store(stage + 1, _places.Stages[stage].Back, reader) : 0;
            WriteRecord(_places.UndoOf(stage), RecordKind.Undo, stage, 0, checksum);
            (State, _stage) = (JournalState.Undoing, stage);
            TakeBack(stage, reader, writer);
            progress?.Invoke(Sum(_places.Stages.Take(stage)), Progress.Whole);
        }
        WriteRecord(_places.Undone, RecordKind.Undone, 0, 0, 0);
        State = JournalState.Undone;
    }

    private static ByteSize Sum(IEnumerable<Stage> stages) => stages.Aggregate(ByteSize.Zero, (sum, s) => sum + s.Length);

    /// <summary>Keeps what the stage destroys, and writes its record.</summary>
    private void Begin(int number, IMediaReader media)
    {
        Stage stage = _places.Stages[number];
        uint kept = Crc32C.Start;
        ulong at = _places.KeptOf(number);
        foreach ((MediaOffset start, MediaOffset end) in stage.Kept)
        {
            kept = Copy(media, start.Bytes, _writer, at, (end - start).Bytes, kept, isNew: true);
            at += (end - start).Bytes;
        }
        uint store = stage.Overlapping is { } move ? Store(number, [move], media) : 0;
        WriteRecord(_places.StageOf(number), RecordKind.Stage, number, kept, store);
        (State, _stage) = (JournalState.Running, number);
    }

    private void Do(int number, IMediaReader reader, IMediaWriter writer)
    {
        Stage stage = _places.Stages[number];
        foreach (PlanStep step in stage.Steps)
        {
            switch (step)
            {
                case PlanStep.Write write:
                    writer.Write(write.Target.Bytes, write.Bytes.Span);
                    break;
                case PlanStep.Zero zero:
                    writer.Zero(zero.Target.Bytes, zero.Count.Bytes);
                    break;
                case PlanStep.Move { Overlaps: true } move:
                    Copy(_reader, _places.Half(number), writer, move.Target.Bytes, move.Count.Bytes);
                    break;
                case PlanStep.Move move:
                    Copy(reader, move.Source.Bytes, writer, move.Target.Bytes, move.Count.Bytes);
                    break;
            }
        }
        writer.Flush();
    }

    private void TakeBack(int number, IMediaReader reader, IMediaWriter writer)
    {
        Stage stage = _places.Stages[number];
        ulong stored = _places.Half(number + 1);
        foreach (PlanStep.Move move in stage.Back)
        {
            if (stage.BackOverlaps)
                Copy(_reader, stored, writer, move.Target.Bytes, move.Count.Bytes);
            else
                Copy(reader, move.Source.Bytes, writer, move.Target.Bytes, move.Count.Bytes);
            stored += move.Count.Bytes;
        }
        ulong kept = _places.KeptOf(number);
        foreach ((MediaOffset start, MediaOffset end) in stage.Kept)
        {
            Copy(_reader, kept, writer, start.Bytes, (end - start).Bytes);
            kept += (end - start).Bytes;
        }
        writer.Flush();
    }

    /// <summary>Puts the sources of moves into the half of the store that a stage of that number has; their checksum.</summary>
    private uint Store(int number, ImmutableArray<PlanStep.Move> moves, IMediaReader media)
    {
        uint checksum = Crc32C.Start;
        ulong at = _places.Half(number);
        foreach (PlanStep.Move move in moves)
        {
            checksum = Copy(media, move.Source.Bytes, _writer, at, move.Count.Bytes, checksum);
            at += move.Count.Bytes;
        }
        return checksum;
    }

    /// <summary>Copies, with holes as zeros. Gives the checksum of what was copied, gone on with: of the blocks that are not zero, each
    /// with its place, so that holes cost nothing. <paramref name="to"/> null: the checksum alone. <paramref name="isNew"/>: the target is
    /// known to be zero.</summary>
    private uint Copy(
        IMediaReader from,
        ulong source,
        IMediaWriter? to,
        ulong target,
        ulong count,
        uint checksum = Crc32C.Start,
        bool isNew = false
    )
    {
        Span<byte> place = stackalloc byte[8];
        for (ulong done = 0; done < count; )
        {
            ulong data = Alignment.Down(Math.Min(from.NextData(source + done) - source, count), BlockBytes);
            if (data + BlockBytes > count && from.NextData(source + done) - source >= count)
                data = count;
            if (data > done)
            {
                if (!isNew)
                    to?.Zero(target + done, data - done);
                done = data;
                continue;
            }
            ulong hole = Alignment.Up(from.NextHole(source + done) - source, BlockBytes);
            Span<byte> piece = _buffer.AsSpan(0, (int)Math.Min(Math.Min(Math.Max(hole, done + BlockBytes), count) - done, ChunkBytes));
            from.Read(source + done, piece);
            to?.Write(target + done, piece);
            for (int at = 0; at < piece.Length; at += BlockBytes)
            {
                ReadOnlySpan<byte> block = piece[at..Math.Min(at + BlockBytes, piece.Length)];
                if (!block.ContainsAnyExcept((byte)0))
                    continue;
                BinaryPrimitives.WriteUInt64LittleEndian(place, done + (ulong)at);
                checksum = Crc32C.Append(Crc32C.Append(checksum, place), block);
            }
            done += (ulong)piece.Length;
        }
        return checksum;
    }

    private void WriteRecord(ulong at, RecordKind kind, int stage, uint kept, uint store)
    {
        byte[] record = new byte[RecordBytes];
        Magic.Write(record, RecordMagic);
        Kind.Write(record, (ulong)kind);
        Number.Write(record, (ulong)stage);
        KeptChecksum.Write(record, kept);
        StoreChecksum.Write(record, store);
        RecordChecksum.Write(record, Crc32C.Of(record.AsSpan(0, RecordChecksum.OffsetBytes)));
        _writer.Write(at, record);
        _writer.Flush();
    }

    /// <summary>The record at a place; null: it was not written, or not wholly.</summary>
    private byte[]? Record(ulong at, RecordKind kind, int stage)
    {
        byte[] record = _reader.Read(at, RecordBytes);
        bool isRight =
            Magic.Read(record) == RecordMagic
            && Kind.Read(record) == (ulong)kind
            && Number.Read(record) == (ulong)stage
            && RecordChecksum.Read(record) == Crc32C.Of(record.AsSpan(0, RecordChecksum.OffsetBytes));
        return isRight ? record : null;
    }

    /// <summary>What goes with a record may not have become durable with it: then the stage had not begun.</summary>
    private bool HasBegun(int number) =>
        Record(_places.StageOf(number), RecordKind.Stage, number) is { } record
        && _places.Stages[number] is var stage
        && KeptChecksum.Read(record) == ChecksumOf(_places.KeptOf(number), stage.Kept.Select(k => k.End - k.Start))
        && (stage.Overlapping is not { } move || StoreChecksum.Read(record) == ChecksumOf(_places.Half(number), [move.Count]));

    private bool IsBeingUndone(int number) =>
        Record(_places.UndoOf(number), RecordKind.Undo, number) is { } record
        && (
            !_places.Stages[number].BackOverlaps
            || StoreChecksum.Read(record) == ChecksumOf(_places.Half(number + 1), _places.Stages[number].Back.Select(m => m.Count))
        );

    /// <summary>Of pieces of the journal that follow each other, as they were copied there.</summary>
    private uint ChecksumOf(ulong start, IEnumerable<ByteSize> pieces)
    {
        uint checksum = Crc32C.Start;
        foreach (ByteSize piece in pieces)
        {
            checksum = Copy(_reader, start, null, 0, piece.Bytes, checksum);
            start += piece.Bytes;
        }
        return checksum;
    }

    private void FindState()
    {
        int stages = _places.Stages.Length;
        if (Record(_places.Undone, RecordKind.Undone, 0) is not null)
        {
            State = JournalState.Undone;
            return;
        }
        int lowest = Enumerable.Range(0, stages).FirstOrDefault(i => Record(_places.UndoOf(i), RecordKind.Undo, i) is not null, stages);
        if (lowest < stages && !IsBeingUndone(lowest))
            lowest =
                lowest + 1 < stages && Record(_places.UndoOf(lowest + 1), RecordKind.Undo, lowest + 1) is not null ? lowest + 1 : stages;
        if (lowest < stages)
        {
            (State, _stage) = (JournalState.Undoing, lowest);
            return;
        }
        if (Record(_places.Done, RecordKind.Done, 0) is not null)
        {
            State = JournalState.Done;
            return;
        }
        int begun = 0;
        while (begun < stages && Record(_places.StageOf(begun), RecordKind.Stage, begun) is not null)
            begun++;
        if (begun > 0 && !HasBegun(begun - 1))
            begun--;
        (State, _stage) = begun == 0 ? (JournalState.Ready, 0) : (JournalState.Running, begun - 1);
    }

    /// <summary>Blocks that the plan leaves alone, with their checksums: they tell these media from others.</summary>
    private static void WriteWitnesses(byte[] header, WritePlan plan, IMediaReader media)
    {
        ImmutableArray<(MediaOffset Start, MediaOffset End)> targets = plan.Targets();
        int count = 0;
        ulong length = media.LengthBytes;
        for (int i = 0; i < WitnessesMax && length >= WitnessBytes; i++)
        {
            ulong at = Alignment.Down(media.NextData(length / WitnessesMax * (ulong)i), WitnessBytes);
            if (at > length - WitnessBytes || targets.Any(t => t.Start.Bytes < at + WitnessBytes && at < t.End.Bytes))
                continue;
            Field offset = new("witness", WitnessesAt + (count * 12), 8),
                checksum = new("witness_crc", WitnessesAt + (count * 12) + 8, 4);
            offset.Write(header, at);
            checksum.Write(header, Crc32C.Of(media.Read(at, WitnessBytes)));
            count++;
        }
        WitnessCount.Write(header, (ulong)count);
    }

    private static bool HasWitnesses(byte[] header, IMediaReader media)
    {
        int count = (int)Math.Min(WitnessCount.Read(header), WitnessesMax);
        for (int i = 0; i < count; i++)
        {
            ulong at = new Field("witness", WitnessesAt + (i * 12), 8).Read(header);
            if (at > media.LengthBytes - WitnessBytes)
                return false;
            if (Crc32C.Of(media.Read(at, WitnessBytes)) != new Field("witness_crc", WitnessesAt + (i * 12) + 8, 4).Read(header))
                return false;
        }
        return true;
    }

    /// <summary>Where everything lies in a journal; it follows from the plan.</summary>
    private sealed class Places
    {
        private readonly ulong _store,
            _half;
        private readonly ulong[] _records;

        private Places(ImmutableArray<Stage> stages, ulong planBytes)
        {
            Stages = stages;
            _store = HeaderBytes + Alignment.Up(planBytes, HeaderBytes);
            _half = Alignment.Up(stages.Select(s => s.Stored.Bytes).DefaultIfEmpty().Max(), HeaderBytes);
            ulong at = checked(_store + (2 * _half));
            _records = new ulong[stages.Length];
            for (int i = 0; i < stages.Length; i++)
            {
                _records[i] = at;
                at = checked(at + RecordBytes + Alignment.Up(stages[i].KeptLength.Bytes, RecordBytes));
            }
            Done = at;
            Undone = checked(at + RecordBytes + ((ulong)stages.Length * RecordBytes));
            End = Undone + RecordBytes;
        }

        public ImmutableArray<Stage> Stages { get; }

        public ulong Done { get; }

        public ulong Undone { get; }

        public ulong End { get; }

        public static Places Of(WritePlan plan, IReadOnlyList<(MediaOffset Start, MediaOffset End)> free, ByteSize stageMax) =>
            new(Journals.Stages.Of(plan, stageMax, free), (ulong)PlanCodec.Encode(plan, free).Length);

        public ulong StageOf(int number) => _records[number];

        public ulong KeptOf(int number) => _records[number] + RecordBytes;

        public ulong UndoOf(int number) => Done + RecordBytes + ((ulong)number * RecordBytes);

        /// <summary>Of two stages that follow each other, each has a half of its own.</summary>
        public ulong Half(int number) => _store + ((ulong)(number % 2) * _half);
    }
}
