using System.CommandLine;
using System.Globalization;
using Altmap.Core.Identity;
using Altmap.Core.Json;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;

namespace Altmap.Cli.Common;

/// <summary>Options whose values mean the same in several commands, and how their words are read.</summary>
internal static class Values
{
    /// <summary>Physical addresses are narrower on every architecture.</summary>
    internal const ulong AddressMax = PhysicalAddress.InputMax + 1;

    public static Option<string?> StartOption() =>
        new("--start") { Description = "physical address of the namespace's first byte, as 0x100000000 or 4G", HelpName = "A" };

    public static Option<string?> SizeOption(string what) => new("--size") { Description = what, HelpName = "S" };

    public static Option<string?> ArchitectureOption()
    {
        var option = new Option<string?>("--arch") { Description = "x86_64 (default), aarch64 or ppc64le", HelpName = "ARCH" };
        option.CompletionSources.Add("x86_64", "aarch64", "ppc64le");
        return option;
    }

    public static Option<string?> PageSizeOption() =>
        new("--page-size") { Description = "4K, 16K or 64K, where the architecture has several", HelpName = "SIZE" };

    /// <summary>Where <c>--map</c> puts struct pages; dev where nothing is given.</summary>
    public static PageMapMode PageMap(string? text) => Word(text, "--map", "dev", "mem") == "mem" ? PageMapMode.Ram : PageMapMode.Pmem;

    public static ByteSize? Size(string? text, string option)
    {
        if (text is null)
            return null;
        return ByteSize.TryParse(text, out ByteSize size) && size.Bytes <= AddressMax
            ? size
            : throw CliError.Usage(
                $"{option}: {Quote.Text(text)} is no size; expected a number up to 2^56, in bytes or with a unit of 1024: K, M, G, T "
                    + $"(also KiB, MiB, GiB, TiB), as 256M{Unit(text)}"
            );
    }

    /// <summary>KB, MB, GB, TB are units of 1000 to some and of 1024 to others.</summary>
    private static string Unit(string text) =>
        text.Length > 2 && text[^1] is 'B' or 'b' && "KMGT".Contains(char.ToUpperInvariant(text[^2])) && char.IsAsciiLetterOrDigit(text[^3])
            ? $"; did you mean \"{text[..^1].ToUpperInvariant()}\"?"
            : "";

    public static PhysicalAddress? Address(string? text, string option) =>
        Size(text, option) is { } size ? new PhysicalAddress(size.Bytes) : null;

    public static Uuid? Uuid(string? text, string option)
    {
        if (text is null)
            return null;
        return Core.Identity.Uuid.TryParse(text, out Uuid uuid)
            ? uuid
            : throw CliError.Usage($"{option}: {Quote.Text(text)} is no UUID; expected 8-4-4-4-12 hex digits");
    }

    /// <summary>A decimal number of 64 bits, or null where the option was not given.</summary>
    public static ulong? Number(string? text, string option) =>
        text is null ? null
        : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) ? number
        : throw CliError.Usage($"{option}: {Quote.Text(text)} is no number; expected 0 to {ulong.MaxValue}");

    /// <summary>One of the words, or null where the option was not given.</summary>
    public static string? Word(string? text, string option, params string[] words)
    {
        if (text is null || words.Contains(text))
            return text;
        string hint = NearestWord.Hint(text, words);
        throw CliError.Usage($"{option}: {Quote.Text(text)}; expected {string.Join(", ", words)}{(hint.Length == 0 ? "" : $"; {hint}")}");
    }

    /// <summary>A machine file or capture has its own; with a MACHINE the options for them are a mistake.</summary>
    /// <param name="options">The options that were looked at, for the message.</param>
    /// <param name="given">Their values; null: not given.</param>
    public static void RefuseBesideMachine(string options, params string?[] given)
    {
        if (given.Any(g => g is not null))
            throw CliError.Usage($"a MACHINE says that itself: not with {options}");
    }

    /// <summary>What is wrong with an alignment that pfn and dax devices do not offer.</summary>
    public static string NoAlign(ByteSize align, ArchitectureRules architecture) =>
        $"{align} is none that {KernelChoice.Name(architecture.Architecture)} offers with pages of {architecture.PageSize.ToHuman()}; "
        + $"expected {string.Join(", ", architecture.SupportedAligns.Select(a => a.ToOption()))}";

    /// <summary>An architecture by its name.</summary>
    public static Architecture ArchitectureOf(string name) =>
        ArchitectureRules.TryParse(name, out Architecture architecture)
            ? architecture
            : throw CliError.Usage($"--arch: {Quote.Text(name)}; expected x86_64, aarch64 or ppc64le");

    /// <summary>The rules of an architecture and page size by the words of the command line.</summary>
    public static ArchitectureRules Architecture(KernelProfile kernel, string? name, string? pageSize) =>
        Architecture(kernel, name is null ? null : ArchitectureOf(name), Size(pageSize, "--page-size"));

    /// <summary>The rules of an architecture and page size; x86-64 and the usual pages where nothing is given.</summary>
    public static ArchitectureRules Architecture(KernelProfile kernel, Architecture? given, ByteSize? pageSize)
    {
        Architecture architecture = given ?? Core.Kernels.Architecture.X86_64;
        ByteSize page = pageSize ?? (architecture == Core.Kernels.Architecture.Ppc64LittleEndian ? ByteSize.KiB(64) : ByteSize.KiB(4));
        return ArchitectureRules.Find(kernel, architecture, page)
            ?? throw CliError.Usage(
                $"--page-size: {KernelChoice.Name(architecture)} has no pages of {page.Bytes} bytes; expected "
                    + $"{ArchitectureRules.PageSizesOf(architecture)}"
            );
    }
}
