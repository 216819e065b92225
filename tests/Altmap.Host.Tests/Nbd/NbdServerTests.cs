using System.Text;
using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Btt;
using Altmap.Formats.Btt.Check;
using Altmap.Formats.Btt.Device;
using Altmap.Host.Nbd;

namespace Altmap.Host.Tests.Nbd;

public sealed class NbdServerTests : IDisposable
{
    private const ulong Size = 8 << 20;
    private readonly TemporaryDirectory _directory = new();
    private readonly MemoryMedia _media = new(Size);
    private NbdServer? _server;
    private Thread? _serving;

    private string SocketPath => _directory["nbd.sock"];

    [Fact]
    public void Bytes_come_back_and_reach_the_media()
    {
        Serve(NbdDisk.Of(_media, _media));
        using var client = NbdClient.Open(SocketPath, out ulong size, out NbdDiskFlags flags);
        Assert.Equal(Size, size);
        Assert.False(flags.HasFlag(NbdDiskFlags.ReadOnly));
        byte[] bytes = new byte[3_000_001];
        new Random(1).NextBytes(bytes);
        Assert.Equal(NbdError.None, client.Write(12345, bytes));
        Assert.Equal(bytes, client.Read(12345, bytes.Length));
        Assert.Equal(bytes, ((IMediaReader)_media).Read(12345, bytes.Length));
        client.Ask(NbdCommand.Flush, 0, 0);
        Assert.Equal(NbdError.None, client.Simple());
        client.Ask(NbdCommand.WriteZeroes, 20000, 100_000);
        Assert.Equal(NbdError.None, client.Simple());
        Assert.True(((IMediaReader)_media).IsZero(20000, 120_000));
        Assert.Equal(bytes[^1], client.Read(12345 + 3_000_000, 1)[0]);
    }

    [Fact]
    public void Requests_that_come_together_are_answered_in_order()
    {
        Serve(NbdDisk.Of(_media, _media));
        using var client = NbdClient.Open(SocketPath, out _, out _);
        for (uint i = 0; i < 100; i++)
            client.Ask(NbdCommand.Write, i * 512, 4, handle: i, payload: NbdClient.Big(i));
        for (uint i = 0; i < 100; i++)
            Assert.Equal(NbdError.None, client.Simple(i));
        for (uint i = 0; i < 100; i++)
            client.Ask(NbdCommand.Read, i * 512, 4, handle: i);
        for (uint i = 0; i < 100; i++)
        {
            Assert.Equal(NbdError.None, client.Simple(i));
            Assert.Equal(i, client.Int());
        }
    }

    [Theory]
    [InlineData(NbdCommand.Read, Size, 1u, NbdError.Invalid)]
    [InlineData(NbdCommand.Read, 1UL << 63, 4096u, NbdError.Invalid)]
    [InlineData(NbdCommand.Read, 0UL, 33u << 20, NbdError.Invalid)]
    [InlineData(NbdCommand.Trim, Size - 1, 2u, NbdError.NoSpace)]
    [InlineData(NbdCommand.WriteZeroes, ulong.MaxValue, uint.MaxValue, NbdError.NoSpace)]
    [InlineData(NbdCommand.BlockStatus, 0UL, 4096u, NbdError.Invalid)]
    [InlineData((NbdCommand)99, 0UL, 0u, NbdError.Invalid)]
    internal void What_cannot_be_is_refused_and_the_next_request_is_served(NbdCommand command, ulong offset, uint length, NbdError error)
    {
        Serve(NbdDisk.Of(_media, _media));
        using var client = NbdClient.Open(SocketPath, out _, out _);
        client.Ask(command, offset, length);
        Assert.Equal(error, client.Simple());
        Assert.Equal(NbdError.NoSpace, client.Write(Size - 2, [1, 2, 3]));
        Assert.Equal(0, client.Read(Size - 1, 1)[0]);
    }

    [Fact]
    public void A_read_only_disk_is_not_written()
    {
        Serve(NbdDisk.Of(_media, null));
        using var client = NbdClient.Open(SocketPath, out _, out NbdDiskFlags flags);
        Assert.True(flags.HasFlag(NbdDiskFlags.ReadOnly));
        Assert.False(flags.HasFlag(NbdDiskFlags.Trim));
        Assert.Equal(NbdError.NotPermitted, client.Write(0, [1]));
        client.Ask(NbdCommand.WriteZeroes, 0, 4096);
        Assert.Equal(NbdError.NotPermitted, client.Simple());
        Assert.Equal(0, client.Read(0, 1)[0]);
    }

    [Fact]
    public void Holes_are_told_and_not_sent()
    {
        _media.Write(4 << 20, Encoding.ASCII.GetBytes("data"));
        Serve(NbdDisk.Of(_media, _media));
        using var client = NbdClient.Open(SocketPath, out _, out _, structured: true, allocation: true);
        client.Ask(NbdCommand.BlockStatus, 0, (uint)Size);
        (NbdChunk type, byte[] status) = Assert.Single(client.Chunks());
        Assert.Equal(NbdChunk.BlockStatus, type);
        Assert.Equal([.. NbdClient.Big(1u), .. NbdClient.Big(4u << 20), .. NbdClient.Big(3u)], status[..12]);
        client.Ask(NbdCommand.Read, 0, (uint)Size);
        List<(NbdChunk Type, byte[] Data)> chunks = client.Chunks();
        Assert.Equal(NbdChunk.Hole, chunks[0].Type);
        Assert.Equal([.. NbdClient.Big(0UL), .. NbdClient.Big(4u << 20)], chunks[0].Data);
        Assert.Equal("data"u8.ToArray(), chunks[1].Data[8..12]);
        client.Ask(NbdCommand.Read, 0, (uint)Size, NbdCommandFlags.DoNotFragment);
        (type, byte[] whole) = Assert.Single(client.Chunks());
        Assert.Equal((NbdChunk.Data, (int)Size + 8), (type, whole.Length));
        client.Ask(NbdCommand.Read, Size, 1);
        Assert.Equal(NbdChunk.Error, Assert.Single(client.Chunks()).Type);
        client.Ask(NbdCommand.BlockStatus, 0, (uint)Size, NbdCommandFlags.OneExtent);
        Assert.Equal(12, Assert.Single(client.Chunks()).Data.Length);
    }

    [Fact]
    public void Options_that_are_wrong_are_refused_one_by_one()
    {
        Serve(NbdDisk.Of(_media, _media));
        using var client = new NbdClient(SocketPath);
        Assert.Equal(NbdOptionReply.Unsupported, Only(client.Option(NbdOption.StartTls, [])));
        Assert.Equal(NbdOptionReply.Unsupported, Only(client.Option((NbdOption)4711, [1, 2, 3])));
        Assert.Equal(NbdOptionReply.Invalid, Only(client.Option(NbdOption.Go, [])));
        Assert.Equal(NbdOptionReply.Invalid, Only(client.Option(NbdOption.Go, [255, 255, 255, 255, 0, 0])));
        Assert.Equal(NbdOptionReply.Unknown, Only(client.Option(NbdOption.Go, [0, 0, 0, 1, 120, 0, 0])));
        Assert.Equal(NbdOptionReply.Invalid, Only(client.Option(NbdOption.SetMetaContext, [0, 0, 0, 0, 0, 0, 0, 0])));
        Assert.Equal(NbdOptionReply.Invalid, Only(client.Option(NbdOption.StructuredReply, [1])));
        Assert.Equal(NbdOptionReply.TooBig, Only(client.Option(NbdOption.Info, new byte[NbdProtocol.OptionBytesMax + 1])));
        Assert.Equal([NbdOptionReply.Server, NbdOptionReply.Ack], client.Option(NbdOption.List, []).Select(r => r.Reply));
        Assert.Equal(NbdOptionReply.Ack, Only(client.Option(NbdOption.StructuredReply, [])));
        byte[] queries = [0, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 4];
        Assert.Equal(NbdOptionReply.Invalid, Only(client.Option(NbdOption.SetMetaContext, queries)));
        Assert.Equal(NbdOptionReply.Ack, Only(client.Option(NbdOption.Abort, [])));
        Assert.True(client.IsOver());
    }

    [Fact]
    public void Clients_that_break_the_rules_or_go_leave_the_others_alone()
    {
        Serve(NbdDisk.Of(_media, _media));
        using var good = NbdClient.Open(SocketPath, out _, out _);
        using (var bad = NbdClient.Open(SocketPath, out _, out _))
        {
            bad.Send(new byte[28]); // no magic
            Assert.True(bad.IsOver());
        }
        using (var cut = NbdClient.Open(SocketPath, out _, out _))
            cut.Ask(NbdCommand.Write, 0, 4096, payload: [1, 2, 3]); // and goes
        using (var huge = NbdClient.Open(SocketPath, out _, out _))
        {
            huge.Ask(NbdCommand.Write, 0, uint.MaxValue);
            Assert.True(huge.IsOver());
        }
        Assert.Equal(0, good.Read(0, 1)[0]);
        Assert.Equal(NbdError.None, good.Write(0, [5]));
        good.Ask(NbdCommand.Disconnect, 0, 0);
        Assert.True(good.IsOver());
    }

    [Fact]
    public void Too_many_clients_are_turned_away()
    {
        Serve(NbdDisk.Of(_media, _media));
        NbdClient[] clients = [.. Enumerable.Range(0, NbdServer.ClientsMax).Select(n => NbdClient.Open(SocketPath, out _, out _))];
        Assert.ThrowsAny<Exception>(() => NbdClient.Open(SocketPath, out _, out _));
        Assert.Equal(0, clients[^1].Read(0, 1)[0]);
        foreach (NbdClient client in clients)
            client.Dispose();
    }

    [Fact]
    public void The_end_comes_while_clients_are_there()
    {
        Serve(NbdDisk.Of(_media, _media));
        using var idle = NbdClient.Open(SocketPath, out _, out _);
        using var talking = new NbdClient(SocketPath);
        _server!.Dispose();
        Assert.True(_serving!.Join(TimeSpan.FromSeconds(10)));
        Assert.True(idle.IsOver());
        Assert.True(talking.IsOver());
        Assert.False(File.Exists(SocketPath));
    }

    [Fact]
    public void A_path_that_is_taken_stays()
    {
        _directory.Put("nbd.sock", "mine"u8.ToArray());
        HostResult<NbdServer> refused = NbdServer.OnSocket(SocketPath, NbdDisk.Of(_media, null));
        Assert.Contains("there is something already", refused.Error!.ToString(), StringComparison.Ordinal);
        Assert.Equal("mine", File.ReadAllText(SocketPath));
        Assert.NotNull(NbdServer.OnSocket("/" + new string('x', 200), NbdDisk.Of(_media, null)).Error);
    }

    [Fact]
    public void A_port_is_of_this_computer_only_and_a_taken_one_is_told()
    {
        using NbdServer server = NbdServer.OnPort(0, NbdDisk.Of(_media, null)).Value!;
        Assert.StartsWith("nbd://127.0.0.1:", server.Uri, StringComparison.Ordinal);
        int port = new Uri(server.Uri).Port;
        Assert.Contains("taken", NbdServer.OnPort(port, NbdDisk.Of(_media, null)).Error!.ToString(), StringComparison.Ordinal);
    }

    /// <summary>Pieces of sectors, whole ones, zeros and trims through map and log; the checker finds nothing wrong afterwards.</summary>
    [Fact]
    public void A_BTT_takes_any_request()
    {
        MemoryMedia namespaceMedia = NewBtt();
        Serve(DiskOf(namespaceMedia));
        using var client = NbdClient.Open(SocketPath, out ulong size, out _);
        byte[] expected = new byte[size];
        var random = new Random(3);
        for (int i = 0; i < 200; i++)
        {
            int length = random.Next(1, random.Next(2) == 0 ? 200 : 70_000),
                at = random.Next((int)size - length);
            if (random.Next(4) == 0)
            {
                client.Ask(NbdCommand.WriteZeroes, (ulong)at, (uint)length, random.Next(2) == 0 ? NbdCommandFlags.NoHole : 0);
                Assert.Equal(NbdError.None, client.Simple());
                expected.AsSpan(at, length).Clear();
                continue;
            }
            byte[] bytes = new byte[length];
            random.NextBytes(bytes);
            Assert.Equal(NbdError.None, client.Write((ulong)at, bytes));
            bytes.CopyTo(expected, at);
        }
        Assert.True(expected.AsSpan().SequenceEqual(client.Read(0, (int)size)));
        BttReport after = BttCheck.Run(namespaceMedia, new BttCheckRequest(Subject.SomeNamespace));
        Assert.DoesNotContain(after.Findings, f => f.Severity == Severity.Error);
        var again = BttDevice.Open(namespaceMedia, null, after);
        byte[] sector = new byte[again.SectorBytes];
        for (ulong i = 0; i < again.Sectors; i++)
        {
            again.Read(i, sector);
            Assert.True(sector.AsSpan().SequenceEqual(expected.AsSpan((int)i * sector.Length, sector.Length)), $"sector {i}");
        }
    }

    /// <summary>Several clients at once, each with sectors of its own, on lanes of one BTT.</summary>
    [Fact]
    public void Clients_of_a_BTT_write_at_once()
    {
        MemoryMedia namespaceMedia = NewBtt();
        Serve(DiskOf(namespaceMedia));
        Parallel.For(
            0,
            4,
            n =>
            {
                using var client = NbdClient.Open(SocketPath, out _, out _);
                for (int round = 0; round < 3; round++)
                {
                    for (uint i = 0; i < 200; i++)
                        Assert.Equal(NbdError.None, client.Write(((i * 4) + (uint)n) * 4096, Pattern(n, i, round)));
                }
                for (uint i = 0; i < 200; i++)
                    Assert.Equal(Pattern(n, i, 2), client.Read(((i * 4) + (uint)n) * 4096, 4096));
            }
        );
        BttReport after = BttCheck.Run(namespaceMedia, new BttCheckRequest(Subject.SomeNamespace));
        Assert.DoesNotContain(after.Findings, f => f.Severity == Severity.Error);

        static byte[] Pattern(int n, uint i, int round)
        {
            byte[] bytes = new byte[4096];
            new Random((int)((i * 100) + ((uint)n * 10) + (uint)round)).NextBytes(bytes);
            return bytes;
        }
    }

    public void Dispose()
    {
        _server?.Dispose();
        _serving?.Join();
        _directory.Dispose();
    }

    private static MemoryMedia NewBtt()
    {
        ByteSize size = ByteSize.MiB(20);
        return MemoryMedia.CopyOf(
            BttGeometry
                .LayDown(BttGeometry.Plan(size, BttVersion.V1_1, 4096, new Uuid(1, 2), Uuid.Zero))
                .Apply(SparseBytes.Zero(size.Bytes))
        );
    }

    private static NbdDisk DiskOf(MemoryMedia media) =>
        NbdDisk.Of(BttDevice.Open(media, media, BttCheck.Run(media, new BttCheckRequest(Subject.SomeNamespace))), isReadOnly: false);

    private static NbdOptionReply Only(List<(NbdOptionReply Reply, byte[] Data)> replies) => Assert.Single(replies).Reply;

    private void Serve(NbdDisk disk)
    {
        _server = NbdServer.OnSocket(SocketPath, disk).Value!;
        _serving = new Thread(_server.Run);
        _serving.Start();
    }
}
