using Altmap.Core.Identity;
using FsCheck;
using FsCheck.Fluent;

namespace Altmap.Core.Tests.Identity;

public class UuidTests
{
    [Fact]
    public void Text_bytes_and_swap_go_round() =>
        Prop.ForAll(
                (ulong high, ulong low) =>
                {
                    var uuid = new Uuid(high, low);
                    Span<byte> bytes = stackalloc byte[Uuid.SizeBytes];
                    uuid.Write(bytes);
                    return Uuid.Read(bytes) == uuid
                        && Uuid.Parse(uuid.ToString()) == uuid
                        && Uuid.Parse(uuid.ToString().ToUpperInvariant()) == uuid
                        && uuid.SwapGuidBytes().SwapGuidBytes() == uuid;
                }
            )
            .QuickCheckThrowOnFailure();

    [Fact]
    public void Bytes_are_in_the_order_of_the_text()
    {
        Uuid uuid = Uuid.Parse("00112233-4455-6677-8899-aabbccddeeff");
        byte[] bytes = new byte[16];
        uuid.Write(bytes);
        Assert.Equal(Enumerable.Range(0, 16).Select(i => (byte)(i * 0x11)), bytes);
        Assert.Equal("33221100-5544-7766-8899-aabbccddeeff", uuid.SwapGuidBytes().ToString());
        Assert.Equal(new Guid("00112233-4455-6677-8899-aabbccddeeff").ToByteArray(), Swapped(uuid)); // Guid writes the swapped order
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("00112233-4455-6677-8899-aabbccddeef")]
    [InlineData("00112233-4455-6677-8899-aabbccddeefg")]
    [InlineData("{0112233-4455-6677-8899-aabbccddeef}")]
    [InlineData("00112233445566778899aabbccddeeff0000")]
    [InlineData("0011223-34455-6677-8899-aabbccddeeff")]
    public void Refuses_what_is_no_uuid(string? text)
    {
        Assert.False(Uuid.TryParse(text, out Uuid uuid));
        Assert.True(uuid.IsZero);
    }

    private static byte[] Swapped(Uuid uuid)
    {
        byte[] bytes = new byte[16];
        uuid.SwapGuidBytes().Write(bytes);
        return bytes;
    }
}
