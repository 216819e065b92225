using System.CommandLine;
using System.Globalization;
using Altmap.Advice.Plans;
using Altmap.Cli.Common;
using Altmap.Cli.Output;
using Altmap.Core.Units;
using Altmap.Formats.Btt;
using Altmap.Formats.InfoBlocks;
using Altmap.Model.Planning;

namespace Altmap.Cli.Planning;

/// <summary>What a plan is printed as.</summary>
/// <param name="IsJson"><c>--json</c>.</param>
/// <param name="IsWhole"><c>--whole</c>.</param>
/// <param name="Svg">File for the picture, or null.</param>
/// <param name="Script">File for the commands, or null.</param>
internal sealed record PlanOutput(bool IsJson, bool IsWhole, string? Svg, string? Script)
{
    /// <summary>Text, or JSON of one shape.</summary>
    public bool IsPlain => !IsWhole && Svg is null && Script is null;
}

/// <summary>The options of <c>altmap plan</c> and how their words are read, once.</summary>
internal sealed class PlanOptions
{
    private const int CountMax = 4096;
    private static readonly string[] Modes = ["fsdax", "devdax", "system-ram", "sector", "raw", "hotplug", "dimm"];

    /// <summary>Those of a namespace.</summary>
    public static readonly string[] NamespaceModes = Modes[..5];

    private readonly Option<string?> _start = Values.StartOption();
    private readonly Option<string?> _size = Values.SizeOption("size of the namespace");
    private readonly Option<string?> _usable = Text(
        "--usable",
        "U",
        "instead of --size: the smallest size that gives at least U to the user"
    );
    private readonly Option<string?> _mode = Text(
        "--mode",
        "MODE",
        "fsdax (default), devdax, system-ram (devdax given to kmem), sector, raw; without info-block: hotplug (kmem cuts off what is no "
            + "whole memory block), dimm (plugged: all of it or nothing)",
        "-m"
    );
    private readonly Option<string?> _map = Text(
        "--map",
        "MAP",
        "where struct pages lie: dev (default) or mem; any: with --usable, what takes less",
        "-M"
    );
    private readonly Option<string?> _align = Text(
        "--align",
        "A",
        "alignment (default: what one page-middle entry maps, 2M on x86-64); any: with --usable, what takes less",
        "-a"
    );
    private readonly Option<string?> _sector = Text("--sector-size", "BYTES", "of a sector namespace (default: 4096)", "-l");
    private readonly Option<string?> _block = Text(
        "--block-size",
        "SIZE",
        "size of a memory block, for system-ram, hotplug and dimm; a MACHINE has its own"
    );
    private readonly Option<string?> _count = Text(
        "--count",
        "N",
        "with --usable: so many namespaces; without a MACHINE one behind the other"
    );
    private readonly Option<string?> _rest = Text(
        "--rest",
        "MODE",
        "with --usable: one more namespace, of the largest extent that is left then in the region of the last"
    );
    private readonly Option<string?> _region = Text("--region", "REGION", "with --usable: only in this region, as region0", "-r");
    private readonly Option<string?> _architecture = Values.ArchitectureOption();
    private readonly Option<string?> _page = Values.PageSizeOption();
    private readonly Option<string?> _svg = Text("--svg", "FILE", "writes the bars as a picture");
    private readonly Option<string?> _script = Text("--script", "FILE", "writes the commands of the plan as a shell script");
    private readonly Option<bool> _whole = new("--whole")
    {
        Description = "with --json: one document with every DIMM, region and namespace of the machine",
    };
    private readonly Option<bool> _json = JsonOutput.Option();

    public PlanOptions()
    {
        _mode.CompletionSources.Add(Modes);
        _rest.CompletionSources.Add(NamespaceModes);
        _map.CompletionSources.Add("dev", "mem", "any");
    }

    /// <summary>Adds them to the command; those of the kernel and of what else the command has stand where they stand everywhere.</summary>
    public void AddTo(Command command, params Option[] others)
    {
        foreach (
            Option option in (Option[])
                [
                    _start,
                    _size,
                    _usable,
                    _mode,
                    _map,
                    _align,
                    _sector,
                    _block,
                    _count,
                    _rest,
                    _region,
                    _script,
                    _whole,
                    .. others,
                    _architecture,
                    _page,
                    _svg,
                    _json,
                ]
        )
            command.Add(option);
    }

    /// <summary>The option among those that <c>--compare</c> does not take, or null.</summary>
    public string? NotOfCompare(ParseResult parse) =>
        new[] { _usable, _sector, _count, _rest, _region, _svg, _script }.FirstOrDefault(o => parse.GetValue(o) is not null)?.Name
        ?? (parse.GetValue(_whole) ? _whole.Name : null);

    /// <summary>How it is printed.</summary>
    public PlanOutput Output(ParseResult parse) =>
        new(parse.GetValue(_json), parse.GetValue(_whole), parse.GetValue(_svg), parse.GetValue(_script));

    /// <summary>What is asked.</summary>
    public PlanRequest Read(ParseResult parse)
    {
        string? align = parse.GetValue(_align);
        return new PlanRequest
        {
            Start = Values.Address(parse.GetValue(_start), "--start"),
            Size = SizeOf(parse.GetValue(_size)),
            Usable = UsableOf(parse.GetValue(_usable)),
            Mode = ModeOf(parse.GetValue(_mode), "--mode", Modes),
            Maps = Values.Word(parse.GetValue(_map), "--map", "dev", "mem", "any") switch
            {
                null => [],
                "mem" => [PageMapMode.Ram],
                "any" => [PageMapMode.Pmem, PageMapMode.Ram],
                _ => [PageMapMode.Pmem],
            },
            Align = align is "any" ? null : Values.Size(align, "--align"),
            IsAnyAlign = align is "any",
            SectorSizeBytes = SectorOf(parse.GetValue(_sector)),
            BlockSize = Values.Size(parse.GetValue(_block), "--block-size"),
            Count = CountOf(parse.GetValue(_count)),
            Rest = ModeOf(parse.GetValue(_rest), "--rest", NamespaceModes),
            Region = parse.GetValue(_region),
            Architecture = parse.GetValue(_architecture) is { } name ? Values.ArchitectureOf(name) : null,
            PageSize = Values.Size(parse.GetValue(_page), "--page-size"),
        };
    }

    private static Option<string?> Text(string name, string help, string description, params string[] aliases) =>
        new(name, aliases) { Description = description, HelpName = help };

    private static ByteSize? SizeOf(string? text) =>
        Values.Size(text, "--size") is { } size
            ? size.IsZero
                ? throw CliError.Usage($"--size: 0; a namespace has bytes, at least {NamespacePlan.SizeMin} for a page map")
                : size
            : null;

    private static ByteSize? UsableOf(string? text) =>
        Values.Size(text, "--usable") is { } usable
            ? usable.IsZero
                ? throw CliError.Usage("--usable: 0 bytes need no namespace; expected a size, as 1G")
                : usable
            : null;

    private static CapacityMode? ModeOf(string? text, string option, string[] words) =>
        Values.Word(text, option, words) is { } word ? Enum.GetValues<CapacityMode>().First(m => NamespaceWish.WordOf(m) == word) : null;

    private static uint? SectorOf(string? text)
    {
        if (Values.Size(text, "--sector-size") is not { } size)
            return null;
        return BttConstants.SectorSizes.FirstOrDefault(s => s == size.Bytes) is var found and not 0
            ? found
            : throw CliError.Usage(
                $"--sector-size: {size.Bytes} is none of a BTT's; expected {string.Join(", ", BttConstants.SectorSizes)}"
            );
    }

    private static int? CountOf(string? text)
    {
        if (Values.Number(text, "--count") is not { } count)
            return null;
        return count is > 0 and <= CountMax
            ? (int)count
            : throw CliError.Usage(string.Create(CultureInfo.InvariantCulture, $"--count: {count}; expected 1 to {CountMax}"));
    }
}
