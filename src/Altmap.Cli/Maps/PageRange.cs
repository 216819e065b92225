using System.Globalization;
using Altmap.Cli.Common;
using Altmap.Core.Json;
using Altmap.Core.Units;

namespace Altmap.Cli.Maps;

/// <summary>Pages that somebody names: a page, an address in it, or a range of either.</summary>
internal static class PageRange
{
    private const string Name = "PFN|ADDRESS|RANGE";

    /// <summary><c>A</c>, <c>A-B</c> (both inside, as /proc/iomem has it), <c>A+S</c>. A plain decimal number is a pfn (as S: pages); with 0x or a unit it is an address or a size.</summary>
    public static PfnRange Parse(string text, ByteSize page)
    {
        int at = text.IndexOfAny(['-', '+']);
        if (at <= 0)
        {
            Pfn one = Values.Page(text, Name, page);
            return new PfnRange(one, one + new PfnCount(1));
        }
        string left = text[..at], right = text[(at + 1)..];
        Pfn first = Values.Page(left, Name, page);
        if (text[at] == '-')
        {
            if (IsNumber(left) != IsNumber(right) && left != "0") throw CliError.Usage($"{Name}: {Quote.Text(text)} mixes a page number and an address; an address starts with 0x, or ends with K, M, G or T");
            Pfn last = Values.Page(right, Name, page);
            return last >= first ? new PfnRange(first, last + new PfnCount(1)) : throw CliError.Usage($"{Name}: {Quote.Text(text)} ends before it starts");
        }
        if (IsNumber(left) && ulong.TryParse(right, NumberStyles.None, CultureInfo.InvariantCulture, out ulong pages) && pages <= Values.AddressMax / page.Bytes)
            return pages > 0 ? new PfnRange(first, first + new PfnCount(pages)) : throw Empty(text);
        ByteSize size = Values.Size(right, Name)!.Value;
        if (size.IsZero) throw Empty(text);
        ulong start = IsNumber(left) ? first.ToAddress(page).Bytes : Values.Address(left, Name)!.Value.Bytes;
        return new PfnRange(first, Pfn.Containing(new PhysicalAddress(start + size.Bytes - 1), page) + new PfnCount(1));
    }

    private static CliError Empty(string text) => CliError.Usage($"{Name}: {Quote.Text(text)} has no page in it");

    private static bool IsNumber(string text) => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _);
}
