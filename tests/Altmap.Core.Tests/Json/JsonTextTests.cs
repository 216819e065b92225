using System.Text;
using Altmap.Core.Json;
using FsCheck;
using FsCheck.Fluent;

namespace Altmap.Core.Tests.Json;

public class JsonTextTests
{
    [Fact]
    public void Values_know_their_places()
    {
        JsonValue root = JsonText.Parse("{\n  \"a\": [1, true,\n null],\n\"b\":\"\\u00e9\"}"u8, new("f"))!;
        Assert.Equal([("a", 2, 3), ("b", 4, 1)], root.Members.Select(m => (m.Key, m.Line, m.Column)));
        Assert.Equal(
            [(JsonKind.Number, "1", 2, 9), (JsonKind.Boolean, "true", 2, 12), (JsonKind.Null, "", 3, 2)],
            root.Members[0].Value.Items.Select(i => (i.Kind, i.Text, i.Line, i.Column))
        );
        Assert.Equal("é", root.Members[1].Value.Text);
    }

    [Fact]
    public void Any_bytes_give_a_value_or_an_error() =>
        Prop.ForAll<byte[]>(bytes =>
            {
                var errors = new InputErrors("f");
                return JsonText.Parse(bytes, errors) is null != errors.IsEmpty;
            })
            .QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("regons", "regions")]
    [InlineData("kernal", "kernel")]
    [InlineData("struct_page", "struct_page_size")]
    [InlineData("zzz", null)]
    [InlineData("", null)]
    public void Nearest_words(string word, string? expected) =>
        Assert.Equal(expected, NearestWord.Find(word, ["regions", "kernel", "struct_page_size"]));

    [Fact]
    public void Foreign_text_is_cut_and_cleaned()
    {
        Assert.Equal("\"a\ufffdb\"", Quote.Text("a\u001bb"));
        Assert.Equal(61, Quote.Short(new string('x', 1_000_000)).Length);
    }

    [Fact]
    public void Lines_after_many_lines()
    {
        string text = "[" + string.Concat(Enumerable.Repeat("1,\n", 5000)) + "2]";
        Assert.Equal(5001, JsonText.Parse(Encoding.UTF8.GetBytes(text), new("f"))!.Items[^1].Line);
    }
}
