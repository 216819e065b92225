using System.Buffers.Binary;
using System.Globalization;
using Altmap.Core.Findings;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Checksums;
using Altmap.Formats.Layout;
using Altmap.Formats.Writes;
using Altmap.Host.Media;
using Microsoft.Win32.SafeHandles;

namespace Altmap.Host.Writes;

/// <summary>
/// Old bytes of media in the format of e2fsprogs' undo files ("E2UNDO02"; lib/ext2fs/undo_io.c, misc/e2undo.c, 1.47): a header, a copy of
/// the
/// bytes 1024 to 2047 of the media as they are afterwards, and for each run of blocks a key with its checksum. <c>e2undo UNDO IMAGE</c>
/// gives
/// the old bytes back as well as <c>altmap undo</c> does. An undo file that was not finished (a crash) fits media that were written in
/// part:
/// e2undo then asks for <c>-f</c>.
/// </summary>
public sealed class UndoFile : IDisposable
{
    /// <summary>Unit of what is kept, and of the file.</summary>
    public const int BlockBytes = 4096;

    private const int HeaderBytes = 512,
        KeyBytes = 16,
        KeysPerBlock = (BlockBytes / KeyBytes) - 1,
        RunBlocksMax = 256, // e2undo takes 512
        SuperBytes = 1024,
        SuperOffset = 1024;
    private const uint KeyMagic = 0xCADECADE,
        FinishedState = 1;
    private const int MagicSuperOffset = 0x38; // s_magic, which the copy has inverted

    private static readonly Field Keys = new("num_keys", 8, 8),
        SuperBlock = new("super_offset", 16, 8),
        FirstKeyBlock = new("key_offset", 24, 8),
        BlockSize = new("block_size", 32, 4),
        MediaBlockSize = new("fs_block_size", 36, 4),
        SuperChecksum = new("sb_crc", 40, 4),
        State = new("state", 44, 4),
        HeaderChecksum = new("header_crc", HeaderBytes - 4, 4);

    private readonly SafeFileHandle _file;
    private readonly ulong _keys;

    private UndoFile(SafeFileHandle file, ulong keys)
    {
        (_file, _keys) = (file, keys);
    }

    /// <summary>A name beside the image that is not taken: <c>disk.img.e2undo</c>, <c>disk.img.2.e2undo</c>; of a device in the current
    /// directory.</summary>
    public static string NameFor(string image)
    {
        string place = FileKinds.Of(image) == FileKind.BlockDevice ? System.IO.Path.GetFileName(image) : image;
        string name = place + ".e2undo";
        for (int i = 2; Path.Exists(name); i++)
            name = string.Create(CultureInfo.InvariantCulture, $"{place}.{i}.e2undo");
        return name;
    }

    /// <summary>Writes all that the plan will destroy into a new file and makes it durable. Throws what files can do to us.</summary>
    internal static UndoFile Create(string path, WritePlan plan, IMediaReader media)
    {
        SafeFileHandle file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read);
        bool isWhole = false;
        try
        {
            var undo = new UndoFile(file, WriteKeys(file, plan, media));
            undo.WriteHeader(media, 0);
            RandomAccess.FlushToDisk(file);
            string directory = Path.GetDirectoryName(Path.GetFullPath(path)) ?? ".";
            if (OperatingSystem.IsLinux() && !Native.SyncDirectory(directory))
                throw new IOException($"{directory}: the directory could not be made durable");
            isWhole = true;
            return undo;
        }
        finally
        {
            if (!isWhole)
            {
                file.Dispose();
                FileWriter.TryDelete(path);
            }
        }
    }

    /// <summary>The plan was carried out: the file belongs to the media as they are now.</summary>
    internal void Finish(IMediaReader media)
    {
        WriteHeader(media, FinishedState);
        RandomAccess.FlushToDisk(_file);
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    /// <summary>Reads an undo file as the plan that gives the old bytes back. Every checksum is checked before anything is given.</summary>
    /// <param name="path">The undo file.</param>
    /// <param name="media">What it is for; media that it was not made for are refused, unless it was not finished.</param>
    public static HostResult<WritePlan> Read(string path, IMediaReader media)
    {
        if (BoundedFile.RefuseWaiting(path) is { } waiting)
            return new(null, waiting with { Expected = "an undo file" });
        try
        {
            using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            return Read(path, file, media);
        }
        catch (Exception e) when (HostError.IsOfFiles(e))
        {
            return new(null, HostError.Of(path, e));
        }
    }

    /// <summary>Gives the old bytes back. Null, or the error; done again it does the same.</summary>
    public static HostError? Apply(string path, WritableTarget target)
    {
        HostResult<WritePlan> plan = Read(path, target.Media);
        return plan.Error ?? Executor.Run(plan.Value!, target);
    }

    private static HostResult<WritePlan> Read(string path, SafeFileHandle file, IMediaReader media)
    {
        byte[] header = new byte[HeaderBytes];
        if (RandomAccess.Read(file, header, 0) < HeaderBytes || !header.AsSpan().StartsWith("E2UNDO02"u8))
            return Bad("this is no undo file", "one that altmap, e2fsck -z or tune2fs -z wrote");
        if (HeaderChecksum.Read(header) != Crc32C.Of(header.AsSpan(0, HeaderBytes - 4)))
            return Bad("the header's checksum is wrong");
        ulong keys = Keys.Read(header),
            block = BlockSize.Read(header),
            mediaBlock = MediaBlockSize.Read(header),
            length = (ulong)RandomAccess.GetLength(file);
        if (block is < 1024 or > 1 << 20 || mediaBlock is 0 or > 1 << 20 || keys > length / KeyBytes)
            return Bad("its header makes no sense");
        if ((State.Read(header) & FinishedState) != 0 && !Fits(file, media, SuperBlock.Read(header), block))
            return Bad("it was made for other media, or they were written to since", "the media as they were right after the change");

        var steps = new List<PlanStep>();
        ulong perBlock = (block / KeyBytes) - 1,
            at = FirstKeyBlock.Read(header);
        byte[] keyBlock = new byte[block];
        for (ulong key = 0; key < keys; key++)
        {
            if (key % perBlock == 0)
            {
                if (!ReadAt(file, at++, block, keyBlock) || BinaryPrimitives.ReadUInt32LittleEndian(keyBlock) != KeyMagic)
                    return Bad("a block of keys is missing");
                uint stored = BinaryPrimitives.ReadUInt32LittleEndian(keyBlock.AsSpan(4));
                keyBlock.AsSpan(4, 4).Clear();
                if (Crc32C.Of(keyBlock) != stored)
                    return Bad("the checksum of a block of keys is wrong");
            }
            ReadOnlySpan<byte> entry = keyBlock.AsSpan((int)((key % perBlock) + 1) * KeyBytes, KeyBytes);
            ulong target = BinaryPrimitives.ReadUInt64LittleEndian(entry);
            uint checksum = BinaryPrimitives.ReadUInt32LittleEndian(entry[8..]),
                size = BinaryPrimitives.ReadUInt32LittleEndian(entry[12..]);
            if (size > 512 * block || target > media.LengthBytes / mediaBlock || size > media.LengthBytes - (target * mediaBlock))
                return Bad($"its key {key} leads beyond the end of the media");
            byte[] bytes = new byte[size];
            if (!ReadAt(file, at, block, bytes) || Crc32C.Of(bytes) != checksum)
                return Bad($"the old bytes of its key {key} are damaged");
            at += (size + block - 1) / block;
            steps.Add(new PlanStep.Write(new MediaOffset(target * mediaBlock), bytes));
        }
        steps.Add(PlanStep.Barrier.Instance);
        return new(new WritePlan([.. steps]), null);

        HostResult<WritePlan> Bad(string what, string expected = "") =>
            new(null, new HostError(path, what, expected) { Errno = Errno.None });
    }

    private static bool Fits(SafeFileHandle file, IMediaReader media, ulong superBlock, ulong blockBytes)
    {
        byte[] then = new byte[SuperBytes],
            now = SuperOf(media);
        return ReadAt(file, superBlock, blockBytes, then) && now.AsSpan().SequenceEqual(Inverted(then));
    }

    private static bool ReadAt(SafeFileHandle file, ulong block, ulong blockBytes, Span<byte> destination)
    {
        UInt128 at = (UInt128)block * blockBytes;
        return at < long.MaxValue && RandomAccess.Read(file, destination, (long)at) == destination.Length;
    }

    private static ulong WriteKeys(SafeFileHandle file, WritePlan plan, IMediaReader media)
    {
        ulong keys = 0,
            keyAt = 2, // header, copy of the superblock
            next = 3;
        byte[] keyBlock = new byte[BlockBytes],
            run = new byte[RunBlocksMax * BlockBytes];
        foreach ((ulong start, ulong end) in Runs(plan, media.LengthBytes))
        {
            if (keys > 0 && keys % KeysPerBlock == 0)
            {
                WriteKeyBlock(file, keyAt, keyBlock);
                keyBlock.AsSpan().Clear();
                keyAt = next++;
            }
            Span<byte> bytes = run.AsSpan(0, (int)(end - start));
            media.Read(start, bytes);
            RandomAccess.Write(file, bytes, (long)(next * BlockBytes));
            next += ((ulong)bytes.Length + BlockBytes - 1) / BlockBytes;
            Span<byte> key = keyBlock.AsSpan((int)((keys % KeysPerBlock) + 1) * KeyBytes, KeyBytes);
            BinaryPrimitives.WriteUInt64LittleEndian(key, start / BlockBytes);
            BinaryPrimitives.WriteUInt32LittleEndian(key[8..], Crc32C.Of(bytes));
            BinaryPrimitives.WriteUInt32LittleEndian(key[12..], (uint)bytes.Length);
            keys++;
        }
        WriteKeyBlock(file, keyAt, keyBlock);
        return keys;
    }

    private static void WriteKeyBlock(SafeFileHandle file, ulong block, byte[] keys)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(keys, KeyMagic);
        keys.AsSpan(4, 4).Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(keys.AsSpan(4), Crc32C.Of(keys));
        RandomAccess.Write(file, keys, (long)(block * BlockBytes));
    }

    /// <summary>What the plan writes to, in whole blocks and pieces that a key can have.</summary>
    private static IEnumerable<(ulong Start, ulong End)> Runs(WritePlan plan, ulong lengthBytes)
    {
        var blocks = WritePlan.Merged(
            plan.Targets()
                .Select(t => (t.Start.AlignDown(new ByteSize(BlockBytes)), new MediaOffset(Math.Min(Up(t.End.Bytes), lengthBytes))))
        );
        foreach ((MediaOffset start, MediaOffset end) in blocks)
        {
            for (ulong at = start.Bytes; at < end.Bytes; at += RunBlocksMax * BlockBytes)
                yield return (at, Math.Min(end.Bytes, at + (RunBlocksMax * BlockBytes)));
        }

        static ulong Up(ulong bytes) => Alignment.Up(bytes, BlockBytes);
    }

    private void WriteHeader(IMediaReader media, uint state)
    {
        byte[] super = SuperOf(media),
            header = new byte[HeaderBytes];
        "E2UNDO02"u8.CopyTo(header);
        Keys.Write(header, _keys);
        SuperBlock.Write(header, 1);
        FirstKeyBlock.Write(header, 2);
        BlockSize.Write(header, BlockBytes);
        MediaBlockSize.Write(header, BlockBytes);
        SuperChecksum.Write(header, Crc32C.Of(super));
        State.Write(header, state);
        HeaderChecksum.Write(header, Crc32C.Of(header.AsSpan(0, HeaderBytes - 4)));
        RandomAccess.Write(_file, Inverted(super), BlockBytes);
        RandomAccess.Write(_file, header, 0);
    }

    private static byte[] SuperOf(IMediaReader media)
    {
        byte[] super = new byte[SuperBytes];
        if (media.LengthBytes > SuperOffset)
            media.Read(SuperOffset, super.AsSpan(0, (int)Math.Min(SuperBytes, media.LengthBytes - SuperOffset)));
        return super;
    }

    private static byte[] Inverted(byte[] super)
    {
        byte[] copy = [.. super];
        for (int i = MagicSuperOffset; i < MagicSuperOffset + 2; i++)
            copy[i] ^= 0xff;
        return copy;
    }
}
