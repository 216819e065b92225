using System.Collections.Immutable;
using static Altmap.Shell.Options.Table;

namespace Altmap.Shell.Options;

/// <summary>daxctl 76.1: list.c, device.c, migrate.c, acpi.c.</summary>
internal static class DaxctlTables
{
    private static readonly ImmutableArray<OptionSpec> s_base =
    [
        Text('r', "region", "region-id", "filter by region"),
        Flag('u', "human", "use human friendly number formats"),
        Flag('v', "verbose", "emit more debug messages"),
    ];

    private static readonly OptionSpec s_zone = Flag(null, "no-movable", "online memory in ZONE_NORMAL");

    private static readonly ImmutableArray<OptionSpec> s_create =
    [
        .. s_base,
        Text('s', "size", "size", "size to switch the device to"),
        Text('a', "align", "align", "alignment to switch the device to"),
        Text(null, "input", "input", "input device JSON file"),
        Text('m', "mode", "mode", "mode to switch the device to"),
        Flag('N', "no-online", "don't auto-online memory sections"),
        Flag('f', "force", "attempt to offline memory sections before reconfiguration"),
        Flag('C', "check-config", "use config files to determine parameters for the operation"),
        s_zone,
    ];

    private static readonly ImmutableArray<OptionSpec> s_list =
    [
        Text('r', "region", "region-id", "filter by region"),
        Text('d', "dev", "dev-id", "filter by dax device instance name"),
        Flag('D', "devices", "include dax device info"),
        Flag('R', "regions", "include dax region info"),
        Flag('M', "mappings", "include dax mappings info"),
        Flag('i', "idle", "include idle devices"),
        Flag('u', "human", "use human friendly number formats "),
    ];

    private static readonly ImmutableArray<OptionSpec> s_splitAcpi =
    [
        Text('d', "directory", "path", "Path to ACPI tables dumped by \"acpixtract -a\""),
        new('p', "pxm", OptionKind.Integer, null, "Proximity domain to split"),
        new('n', "nodes", OptionKind.Integer, null, "Number of nodes to split capacity (default 2)") { InitialNumber = 2 },
        Flag('v', "verbose", "Enable verbose output"),
    ];

    public static readonly ImmutableArray<CommandSpec> Commands =
    [
        Daxctl("list", "list [<options>]", s_list),
        Daxctl("split-acpi", "split-acpi <options>", s_splitAcpi),
        Daxctl("migrate-device-model", "migrate-device-model"),
        Daxctl("create-device", "create-device [<options>]", s_create),
        Daxctl(
            "destroy-device",
            "destroy-device <device> [<options>]",
            [.. s_base, Flag('f', "force", "attempt to disable before destroying device")]
        ),
        Daxctl("reconfigure-device", "reconfigure-device <device> [<options>]", s_create),
        Daxctl("online-memory", "online-memory <device> [<options>]", [.. s_base, s_zone]),
        Daxctl("offline-memory", "offline-memory <device> [<options>]", s_base),
        Daxctl("disable-device", "disable-device <device>", s_base),
        Daxctl("enable-device", "enable-device <device>", s_base),
    ];
}
