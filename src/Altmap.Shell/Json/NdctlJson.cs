using Altmap.Core.Json;
using Altmap.Core.Units;

namespace Altmap.Shell.Json;

/// <summary>What a listing is asked to hold; the bits of ndctl's util/json.h (76.1).</summary>
[Flags]
public enum JsonDetail
{
    /// <summary>Enabled devices, plain numbers.</summary>
    None = 0,

    /// <summary>Idle (disabled) devices too: <c>-i</c>.</summary>
    Idle = 1 << 0,

    /// <summary>Media errors: <c>-M</c>.</summary>
    MediaErrors = 1 << 1,

    /// <summary>device-dax regions: <c>-X</c>.</summary>
    Dax = 1 << 2,

    /// <summary>The devices of device-dax regions.</summary>
    DaxDevices = 1 << 3,

    /// <summary>Sizes in MiB, GiB, TiB and ids in hex: <c>-u</c>.</summary>
    Human = 1 << 4,

    /// <summary>More: <c>-v</c>.</summary>
    Verbose = 1 << 5,

    /// <summary>Region capabilities: <c>-C</c>.</summary>
    Capabilities = 1 << 6,

    /// <summary>Configured namespaces although disabled: <c>-c</c>.</summary>
    Configured = 1 << 7,

    /// <summary>DIMM firmware: <c>-F</c>.</summary>
    Firmware = 1 << 8,

    /// <summary>Mappings of a dax device: <c>daxctl list -M</c>.</summary>
    DaxMappings = 1 << 9,

    /// <summary>DIMM health: <c>-H</c>.</summary>
    Health = 1 << 10,
}

/// <summary>What a tool prints.</summary>
/// <param name="Stdout">To standard output, line ends included.</param>
/// <param name="Stderr">To standard error, line ends included.</param>
public readonly record struct PrintedText(string Stdout, string Stderr);

/// <summary>The number formats and the array rule that all listings share (ndctl 76.1, util/json.c).</summary>
public static class NdctlJson
{
    private const ulong KiB = 1UL << 10;
    private const ulong MiB = 1UL << 20;
    private const ulong GiB = 1UL << 30;
    private const ulong TiB = 1UL << 40;

    /// <summary>
    /// Bytes: a plain number, or for people <c>256.00 MiB (268.44 MB)</c>. Below 5000 KiB it stays a plain number. A size above 2^63
    /// prints negative, as the tool's signed value does (util_json_object_size(), display_size()).
    /// </summary>
    public static JsonValue Size(ByteSize size, JsonDetail flags)
    {
        var bytes = size.Bytes;
        if ((flags & JsonDetail.Human) == 0 || bytes < 5000 * KiB)
            return new JsonNumber(unchecked((long)bytes));
        var (unit, decimalUnit, letter) = bytes switch
        {
            < 2 * GiB => (MiB, 1_000_000UL, 'M'),
            < 2 * TiB => (GiB, 1_000_000_000UL, 'G'),
            _ => (TiB, 1_000_000_000_000UL, 'T'),
        };
        // Hundredths, half up. The tool multiplies in 64 bits: from 82 PiB on its binary figure wraps, and so does this.
        var hundredths = unchecked((bytes * 200 / unit) + 1) / 2;
        var decimalHundredths = ((bytes / (decimalUnit / 200)) + 1) / 2;
        return new JsonString(
            $"{hundredths / 100}.{hundredths % 100:d2} {letter}iB ({decimalHundredths / 100}.{decimalHundredths % 100:d2} {letter}B)"
        );
    }

    /// <summary>An id or address: a plain unsigned number, or for people <c>"0x1f"</c> (zero: <c>"0"</c>) (util_json_object_hex(),
    /// display_hex()).</summary>
    public static JsonValue Hex(ulong value, JsonDetail flags) =>
        (flags & JsonDetail.Human) == 0 ? new JsonNumber(value) : new JsonString(value == 0 ? "0" : $"0x{value:x}");

    /// <summary>The same where the tool gives json-c a number and prints it for people by its signed getter, which ends at 2^63 - 1
    /// (util_json_object_hex() of labels, info-blocks and interleave-set cookies).</summary>
    public static JsonValue CappedHex(ulong value, JsonDetail flags) =>
        Hex((flags & JsonDetail.Human) == 0 ? value : Math.Min(value, long.MaxValue), flags);

    /// <summary>
    /// Prints a listing: the array; for people (<see cref="JsonDetail.Human"/>) a lone element without its array, and nothing when it is
    /// empty. Otherwise an empty array is printed with a warning (util_display_json_array()). <c>list</c> itself does not ask for
    /// an empty one to be printed.
    /// </summary>
    public static PrintedText Display(JsonArray array, JsonDetail flags)
    {
        ArgumentNullException.ThrowIfNull(array);
        var human = (flags & JsonDetail.Human) != 0;
        return array.Items switch
        {
            [] when human => new("", ""),
            [var only] when human => new(JsonPrinter.Pretty(only) + "\n", ""),
            [] => new(JsonPrinter.Pretty(array) + "\n", "  Warning: no matching devices found\n\n"),
            _ => new(JsonPrinter.Pretty(array) + "\n", ""),
        };
    }
}
