using System.Globalization;
using Altmap.Core.Units;

namespace Altmap.Cli.Output;

/// <summary>Numbers in text, the same in every locale.</summary>
internal static class Numbers
{
    public static string Of(ulong number) => number.ToString(CultureInfo.InvariantCulture);

    public static string Of(int number) => number.ToString(CultureInfo.InvariantCulture);

    public static string Of(PfnCount pages) => Of(pages.Pages);

    /// <summary>Bytes, without a unit.</summary>
    public static string Of(ByteSize size) => Of(size.Bytes);

    /// <summary><c>-</c> where there is no number.</summary>
    public static string Of(ByteSize? size) => size is { } bytes ? Of(bytes) : "-";

    /// <summary><c>7</c>; <c>4-7</c> where there are several.</summary>
    public static string Run(ulong first, ulong last) => first == last ? Of(first) : $"{Of(first)}-{Of(last)}";

    /// <summary>As ndctl reads it: <c>2M</c>, <c>1056M</c>, <c>1G</c>.</summary>
    public static string Unit(ByteSize size) => size.ToOption();

    /// <summary>In percent, rounded down: less than all is never 100 %. Empty where there is no whole.</summary>
    public static string Share(ulong part, ulong whole, int digits = 2)
    {
        if (whole == 0)
            return "";
        decimal unit = 1;
        for (int i = 0; i < digits; i++)
            unit *= 10;
        return (Math.Floor(100 * unit * part / whole) / unit).ToString("F" + Of(digits), CultureInfo.InvariantCulture) + " %";
    }

    public static string Share(ByteSize part, ByteSize whole, int digits = 2) => Share(part.Bytes, whole.Bytes, digits);

    public static string Share(PfnCount part, PfnCount whole) => Share(part.Pages, whole.Pages);

    /// <summary><c>1 region</c>, <c>3 regions</c>.</summary>
    public static string Count(long number, string word) =>
        $"{number.ToString(CultureInfo.InvariantCulture)} {word}{(number == 1 ? "" : "s")}";
}
