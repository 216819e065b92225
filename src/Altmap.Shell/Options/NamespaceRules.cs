using System.Numerics;
using System.Text;
using Altmap.Core.Units;

namespace Altmap.Shell.Options;

/// <summary>
/// The options of a namespace command after the tool filled in what was not given (ndctl 76.1, ndctl/namespace.c set_defaults()). Null:
/// still open, and taken from
/// the namespace that is reconfigured, or not asked for by this command.
/// </summary>
/// <param name="Type"><c>pmem</c> or <c>blk</c>.</param>
/// <param name="Mode">As given, or its default.</param>
/// <param name="IsModeDefault">True when the user named none: then a kernel without it gets <c>raw</c>.</param>
/// <param name="Map"><c>mem</c> or <c>dev</c>.</param>
/// <param name="SectorSize">As given; 4096 for sector mode.</param>
public sealed record NamespaceDefaults(string? Type, string? Mode, bool IsModeDefault, string? Map, string? SectorSize)
{
    /// <summary>The defaults for right options of a namespace command.</summary>
    public static NamespaceDefaults Of(OptionResult options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var isNew = options.Text("reconfig") is null;
        var type = options.Text("type") ?? (isNew && options.Command.Name == "create-namespace" ? "pmem" : null);
        var mode = options.Text("mode");
        var isDefault = false;
        if (mode is null && options.Command.Name == "write-infoblock")
            mode = "fsdax";
        else if (mode is null && isNew && type is not null)
            (mode, isDefault) = (type == "pmem" ? "fsdax" : "sector", true);
        var sector = type == "blk" || NamespaceRules.ModeOf(mode) == "sector";
        return new NamespaceDefaults(
            type,
            mode,
            isDefault,
            options.Text("map") ?? (isNew ? "dev" : null),
            options.Text("sector-size") ?? (sector ? "4096" : null)
        );
    }
}

/// <summary>ndctl 76.1, ndctl/namespace.c parse_namespace_options() and set_defaults(): every fault is told, then the usage.</summary>
internal static class NamespaceRules
{
    public static ToolRequest Check(OptionResult options, ByteSize pageSize)
    {
        var command = options.Command.Name;
        var count = options.Arguments.Length;
        var toFile = options.Text("output") is not null || options.Flag("stdout");
        var text = new StringBuilder();
        CheckValues(options, pageSize, text);
        if (count == 0 && (Verb(command) is not null || (command == "write-infoblock" && !toFile)))
            text.Append(UsageText.Error($"specify a namespace to {Verb(command) ?? command}, or \"all\"\n"));
        text.Append(ArgumentRules.Extra(options, command == "create-namespace" ? 0 : 1));
        if (command == "read-infoblock" && options.Text("input") is not null && count > 0)
            text.Append(UsageText.Error("specify a namespace, or --input, not both\n"));
        if (command == "write-infoblock" && toFile && count > 0)
            text.Append(UsageText.Error("specify only one of a namespace filter, --output, or --stdout\n"));
        if (command == "write-infoblock" && options.Flag("stdout") && options.Text("size") is null)
            text.Append(UsageText.Error("--size required with --stdout\n"));
        return text.Length > 0 ? ToolRequest.Wrong(options, text.ToString()) : ToolRequest.Do(options, options.Arguments);
    }

    /// <summary>The mode's name of today, or null for an unknown one (ndctl/filter.c util_nsmode(); any case).</summary>
    public static string? ModeOf(string? mode) =>
        mode?.ToLowerInvariant() switch
        {
            "memory" or "fsdax" => "fsdax",
            "sector" or "safe" => "sector",
            "dax" or "devdax" => "devdax",
            "raw" => "raw",
            _ => null,
        };

    private static string? Verb(string command) =>
        command switch
        {
            "enable-namespace" => "enable",
            "disable-namespace" => "disable",
            "destroy-namespace" => "destroy",
            "check-namespace" => "check",
            "clear-errors" => "clear errors for",
            _ => null,
        };

    private static void CheckValues(OptionResult options, ByteSize pageSize, StringBuilder text)
    {
        void Say(string message) => text.Append(UsageText.Error(message + "\n"));
        var filled = NamespaceDefaults.Of(options);
        if (options.Text("type") is { } type and not ("pmem" or "blk"))
            Say($"invalid type '{type}', must be either 'pmem' or 'blk'");
        if (options.Text("mode") is { } mode)
        {
            if (ModeOf(mode) is null)
                Say($"invalid mode '{mode}'");
            else if (options.Command.Name == "write-infoblock" && ModeOf(mode) is not ("fsdax" or "devdax"))
                Say($"unsupported mode '{mode}'");
        }
        // From here on a mode counts only as it is spelled: "memory" and "FSDAX" take no --map.
        var isDax = filled.Mode is "fsdax" or "devdax";
        if (options.Text("map") is { } map)
        {
            if (map is not ("mem" or "dev"))
                Say($"invalid map location '{map}'");
            if (options.Text("reconfig") is null && filled.Mode is not null && !isDax)
                Say("--map only valid for an devdax mode pmem namespace");
        }
        if (filled.Type == "blk" && isDax)
            Say("only 'pmem' namespaces support dax operation");
        CheckSizes(options, pageSize, Say);
        foreach (var name in new[] { "uuid", "parent-uuid" })
        {
            if (options.Text(name) is { } uuid && !IsUuid(uuid))
                Say($"failed to parse uuid: '{uuid}'");
        }
        if (IsBadSize(options.Text("sector-size")))
            Say($"invalid sector size: {options.Text("sector-size")}");
    }

    private static void CheckSizes(OptionResult options, ByteSize pageSize, Action<string> say)
    {
        var size = options.Text("size");
        if (IsBadSize(size))
            say($"failed to parse namespace size '{size}'");
        if (IsBadSize(options.Text("offset")))
            say($"failed to parse physical offset'{options.Text("offset")}'");
        if (options.Text("align") is { } align)
        {
            if (NdctlSize.TryParse(align) is not { } bytes)
                say($"failed to parse namespace alignment '{align}'");
            else if (!BitOperations.IsPow2(bytes) || bytes < pageSize.Bytes)
                say($"align must be a power-of-2 greater than {pageSize.Bytes}");
        }
        if (IsBadSize(size))
            say($"failed to parse namespace size '{size}'"); // the tool looks twice
    }

    private static bool IsBadSize(string? text) => text is not null && NdctlSize.TryParse(text) is null;

    /// <summary>libuuid's uuid_parse(): 36 characters, hyphens in their four places.</summary>
    private static bool IsUuid(string text)
    {
        if (text.Length != 36)
            return false;
        for (var i = 0; i < text.Length; i++)
        {
            if (i is 8 or 13 or 18 or 23 ? text[i] != '-' : !char.IsAsciiHexDigit(text[i]))
                return false;
        }
        return true;
    }
}
