using System.Globalization;
using Altmap.Core.Json;
using Altmap.Core.Units;

namespace Altmap.Cli.Common;

/// <summary>Pages that somebody names: a page, an address in it, or a range of either. A plain decimal number is a page's, and any behind
/// <c>pfn:</c>; an address has 0x or a unit.</summary>
internal static class PageRange
{
    /// <summary><c>A</c>, <c>A-B</c> (both inside, as the kernel logs it and /proc/iomem has it), <c>A+S</c> (S: pages where it is a plain
    /// number behind one, else a size).</summary>
    /// <param name="text">What was typed.</param>
    /// <param name="option">Which option or argument, for messages.</param>
    /// <param name="page">Size of a page.</param>
    public static PfnRange Parse(string text, string option, ByteSize page)
    {
        int at = text.IndexOfAny(['-', '+']);
        if (at <= 0)
        {
            Pfn one = Page(WithoutPrefix(text, option), option, page);
            return new PfnRange(one, one + new PfnCount(1));
        }
        if (text.IndexOfAny(['-', '+'], at + 1) > 0 || at == text.Length - 1)
            throw CliError.Usage($"{option}: {Quote.Text(text)} is no range; expected A-B, both inside, or A+SIZE");
        string left = WithoutPrefix(text[..at], option),
            right = WithoutPrefix(text[(at + 1)..], option);
        Pfn first = Page(left, option, page);
        if (text[at] == '-')
        {
            if (IsNumber(left) != IsNumber(right) && left != "0")
                throw CliError.Usage(
                    $"{option}: {Quote.Text(text)} mixes a page number and an address; an address starts with 0x, or ends with K, M, G or T"
                );
            Pfn last = Page(right, option, page);
            bool isReversed =
                // In one page, too.
                !IsNumber(left) && !IsNumber(right) && Values.Address(left, option)!.Value > Values.Address(right, option)!.Value;
            return last >= first && !isReversed
                ? new PfnRange(first, last + new PfnCount(1))
                : throw CliError.Usage($"{option}: {Quote.Text(text)} ends before it starts");
        }
        if (
            IsNumber(left)
            && ulong.TryParse(right, NumberStyles.None, CultureInfo.InvariantCulture, out ulong pages)
            && pages <= Values.AddressMax / page.Bytes
        )
            return pages > 0 ? new PfnRange(first, first + new PfnCount(pages)) : throw Empty(text, option);
        ByteSize size = Values.Size(right, option)!.Value;
        if (size.IsZero)
            throw Empty(text, option);
        ulong start = IsNumber(left) ? first.ToAddress(page).Bytes : Values.Address(left, option)!.Value.Bytes;
        return new PfnRange(first, Pfn.Containing(new PhysicalAddress(start + size.Bytes - 1), page) + new PfnCount(1));
    }

    /// <summary>As <see cref="Parse"/>, and not a single page.</summary>
    public static PfnRange ParseRange(string text, string option, ByteSize page) =>
        text.IndexOfAny(['-', '+']) > 0
            ? Parse(text, option, page)
            : throw CliError.Usage(
                $"{option}: {Quote.Text(text)} is no range; expected A-B, both inside, as 0x3fe00000-0x403d7fff or 261632-263127 "
                    + $"(pages), or A+SIZE"
            );

    private static Pfn Page(string text, string option, ByteSize page)
    {
        if (!ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number))
            return Pfn.Containing(Values.Address(text, option)!.Value, page);
        return number <= Values.AddressMax / page.Bytes
            ? new Pfn(number)
            : throw CliError.Usage($"{option}: {Quote.Text(text)} is beyond the last page; an address starts with 0x");
    }

    /// <summary><c>pfn:0x100000</c> is a page's number, in hex or decimal, as debug tools print it.</summary>
    private static string WithoutPrefix(string text, string option)
    {
        const string Prefix = "pfn:";
        if (!text.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
            return text;
        string number = text[Prefix.Length..];
        return IsNumber(number) ? number
            : number.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            && ulong.TryParse(number.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong pfn)
                ? pfn.ToString(CultureInfo.InvariantCulture)
            : throw CliError.Usage($"{option}: {Quote.Text(text)} is no page number; expected one as pfn:0x100000 or pfn:1048576");
    }

    private static CliError Empty(string text, string option) => CliError.Usage($"{option}: {Quote.Text(text)} has no page in it");

    private static bool IsNumber(string text) => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _);
}
