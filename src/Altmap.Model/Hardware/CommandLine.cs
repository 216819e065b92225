using System.Collections.Immutable;
using System.Globalization;
using Altmap.Core.Units;

namespace Altmap.Model.Hardware;

/// <summary>A word of the kernel command line.</summary>
/// <param name="Name">Before the first <c>=</c>, quotes taken off.</param>
/// <param name="Value">After it, or null without one.</param>
public readonly record struct KernelParameter(string Name, string? Value);

/// <summary>What a memmap= or mem= asks for, as the kernel reads it.</summary>
public enum MemoryMapAction
{
    /// <summary><c>exactmap</c>: forget the firmware's map.</summary>
    Exact,

    /// <summary><c>nn@ss</c>, <c>nn#ss</c>, <c>nn$ss</c>, <c>nn!ss</c>, <c>nn%ss+type</c>: put a range on top.</summary>
    Add,

    /// <summary><c>nn%ss-old+new</c>: give a range that has one type another.</summary>
    Update,

    /// <summary><c>mem=nn</c>, <c>memmap=nn</c>, <c>nn%ss-old</c>, <c>nn%ss</c>: take a range away.</summary>
    Remove,
}

/// <summary>One change of the firmware's memory map. Start and size are the bare 64-bit numbers of the kernel's arithmetic: they may
/// wrap.</summary>
/// <param name="Action">What to do.</param>
/// <param name="StartBytes">First byte.</param>
/// <param name="SizeBytes">How many.</param>
/// <param name="OldType">For <see cref="MemoryMapAction.Update"/> and <see cref="MemoryMapAction.Remove"/>: only ranges of this type; null:
/// any.</param>
/// <param name="NewType">The type given.</param>
internal readonly record struct MemoryMapChange(
    MemoryMapAction Action,
    ulong StartBytes,
    ulong SizeBytes,
    E820Type? OldType,
    E820Type NewType
);

/// <summary>
/// The kernel command line. Sources, Linux 6.1.192: words and quotes lib/cmdline.c next_arg(); numbers lib/cmdline.c memparse() and
/// lib/vsprintf.c
/// simple_strtoull(); memmap= and mem= arch/x86/kernel/e820.c parse_memmap_one(), parse_memopt().
/// </summary>
public static class CommandLine
{
    /// <summary>What the kernel keeps of it: COMMAND_LINE_SIZE less the NUL (x86 and arm64).</summary>
    public const int LengthMax = 2047;

    /// <summary>The words up to <c>--</c>, after which the kernel leaves them to init.</summary>
    public static ImmutableArray<KernelParameter> Parse(string commandLine)
    {
        ReadOnlySpan<char> rest = commandLine.AsSpan(0, Math.Min(commandLine.Length, LengthMax)).TrimStart();
        ImmutableArray<KernelParameter>.Builder words = ImmutableArray.CreateBuilder<KernelParameter>();
        while (!rest.IsEmpty)
        {
            bool quoted = rest[0] == '"';
            if (quoted)
                rest = rest[1..];
            bool inQuote = quoted;
            int equals = -1,
                end = 0;
            for (; end < rest.Length; end++)
            {
                if (char.IsWhiteSpace(rest[end]) && !inQuote)
                    break;
                if (equals < 0 && rest[end] == '=')
                    equals = end;
                if (rest[end] == '"')
                    inQuote = !inQuote;
            }
            ReadOnlySpan<char> word = rest[..end];
            rest = rest[end..].TrimStart();
            if (quoted && word.EndsWith('"'))
                word = word[..^1];
            if (equals < 0)
            {
                if (word is "--")
                    break;
                words.Add(new KernelParameter(word.ToString(), null));
                continue;
            }
            ReadOnlySpan<char> value = word[(equals + 1)..];
            if (value.StartsWith('"'))
            {
                value = value[1..];
                if (value.EndsWith('"'))
                    value = value[..^1];
            }
            words.Add(new KernelParameter(word[..equals].ToString(), value.ToString()));
        }
        return words.ToImmutable();
    }

    /// <summary>The value of the last <paramref name="name"/>=, or null. <c>-</c> and <c>_</c> in names are the same to the
    /// kernel.</summary>
    public static string? Find(string commandLine, string name) =>
        Parse(commandLine).Where(p => p.Value is not null && SameName(p.Name, name)).Select(p => p.Value).LastOrDefault();

    /// <summary>True when <paramref name="name"/> stands there, with or without a value.</summary>
    public static bool Has(string commandLine, string name) => Parse(commandLine).Any(p => SameName(p.Name, name));

    /// <summary>
    /// The command line with another carve-out in the place of one: <c>memmap=nn!ss</c> of just that range; null where no word gives it.
    /// </summary>
    /// <param name="commandLine">The kernel command line.</param>
    /// <param name="from">The range as it is.</param>
    /// <param name="to">The range instead.</param>
    public static (string CommandLine, string Word)? WithCarveOut(string commandLine, PhysicalRange from, PhysicalRange to)
    {
        foreach (KernelParameter parameter in Parse(commandLine).Where(p => p is { Name: "memmap", Value: not null }))
        {
            string[] parts = parameter.Value!.Split(',');
            int index = Array.FindIndex(
                parts,
                p =>
                    ParseMemmap(p) is { Action: MemoryMapAction.Add, NewType: E820Type.PersistentLegacy } change
                    && change.StartBytes == from.Start.Bytes
                    && change.SizeBytes == from.Size.Bytes
            );
            if (index < 0)
                continue;
            string old = $"memmap={parameter.Value}";
            parts[index] = $"{to.Size.ToOption()}!{new ByteSize(to.Start.Bytes).ToOption()}";
            string word = $"memmap={string.Join(',', parts)}";
            int at = commandLine.IndexOf(old, StringComparison.Ordinal);
            return at < 0 ? null : (string.Concat(commandLine.AsSpan(0, at), word, commandLine.AsSpan(at + old.Length)), word);
        }
        return null;
    }

    /// <summary>Every memmap= and mem=, in order (x86; other architectures have no memmap=).</summary>
    internal static ImmutableArray<MemoryMapChange> MemoryMapChanges(string commandLine)
    {
        ImmutableArray<MemoryMapChange>.Builder changes = ImmutableArray.CreateBuilder<MemoryMapChange>();
        foreach (KernelParameter parameter in Parse(commandLine))
        {
            if (parameter.Name == "mem" && parameter.Value is { } limit)
            {
                (ulong bytes, _) = ParseSize(limit);
                if (bytes != 0 && limit != "nopentium")
                    changes.Add(Above(bytes));
            }
            else if (parameter.Name == "memmap" && parameter.Value is { } value)
            {
                foreach (string one in value.Split(','))
                {
                    if (ParseMemmap(one) is { } change)
                        changes.Add(change);
                }
            }
        }
        return changes.ToImmutable();
    }

    /// <summary>
    /// A number in C notation (0x hex, leading 0 octal) with an optional K, M, G, T, P or E, as memparse() reads it: stops at what it does
    /// not know, wraps at 64 bits.
    /// </summary>
    /// <returns>The bytes, and how many characters were used: 0 when there is no number.</returns>
    internal static (ulong Bytes, int Used) ParseSize(ReadOnlySpan<char> text)
    {
        (ulong value, int used) = ParseNumber(text);
        if (used < text.Length)
        {
            int power = "KMGTPE".IndexOf(char.ToUpperInvariant(text[used]), StringComparison.Ordinal) + 1;
            if (power > 0)
            {
                value <<= 10 * power; // bits that leave at the top are lost, as in the kernel
                used++;
            }
        }
        return (value, used);
    }

    private static (ulong Value, int Used) ParseNumber(ReadOnlySpan<char> text)
    {
        int position = 0;
        uint radix = 10;
        if (text.StartsWith("0"))
        {
            radix = 8;
            if (text.Length > 2 && text[1] is 'x' or 'X' && char.IsAsciiHexDigit(text[2]))
                (radix, position) = (16, 2);
        }
        ulong value = 0;
        for (; position < text.Length && char.IsAsciiHexDigit(text[position]); position++)
        {
            uint digit = (uint)int.Parse(text.Slice(position, 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            if (digit >= radix)
                break;
            unchecked
            {
                value = (value * radix) + digit;
            } // wraps, as simple_strtoull() does
        }
        return (value, position);
    }

    private static MemoryMapChange? ParseMemmap(string text)
    {
        if (text.StartsWith("exactmap", StringComparison.Ordinal))
            return new(MemoryMapAction.Exact, 0, 0, null, default);
        (ulong size, int used) = ParseSize(text);
        if (used == 0)
            return null;
        ReadOnlySpan<char> rest = text.AsSpan(used);
        if (rest.IsEmpty || rest[0] is not ('@' or '#' or '$' or '!' or '%'))
            return Above(size);
        char kind = rest[0];
        (ulong start, used) = ParseSize(rest[1..]);
        rest = rest[(1 + used)..];
        return kind switch
        {
            '@' => new(MemoryMapAction.Add, start, size, null, E820Type.Ram),
            '#' => new(MemoryMapAction.Add, start, size, null, E820Type.AcpiTables),
            '$' => new(MemoryMapAction.Add, start, size, null, E820Type.Reserved),
            '!' => new(MemoryMapAction.Add, start, size, null, E820Type.PersistentLegacy),
            _ => ParseRetype(start, size, rest),
        };
    }

    /// <summary><c>-old+new</c> after <c>nn%ss</c>; anything behind it voids the whole.</summary>
    private static MemoryMapChange? ParseRetype(ulong start, ulong size, ReadOnlySpan<char> rest)
    {
        E820Type from = default,
            to = default;
        if (rest.StartsWith("-"))
        {
            (ulong value, int used) = ParseNumber(rest[1..]);
            from = (E820Type)(uint)(value & uint.MaxValue);
            rest = rest[(1 + used)..];
        }
        if (rest.StartsWith("+"))
        {
            (ulong value, int used) = ParseNumber(rest[1..]);
            to = (E820Type)(uint)(value & uint.MaxValue);
            rest = rest[(1 + used)..];
        }
        if (!rest.IsEmpty)
            return null;
        if (to == default)
            return new(MemoryMapAction.Remove, start, size, from == default ? null : from, default);
        if (from == to)
            return null; // the kernel stops here with a BUG
        return from == default ? new(MemoryMapAction.Add, start, size, null, to) : new(MemoryMapAction.Update, start, size, from, to);
    }

    private static MemoryMapChange Above(ulong bytes) => new(MemoryMapAction.Remove, bytes, ulong.MaxValue - bytes, E820Type.Ram, default);

    private static bool SameName(string a, string b) => a.Replace('-', '_') == b.Replace('-', '_');
}
