using System.Collections.Immutable;
using static Altmap.Shell.Options.Table;

namespace Altmap.Shell.Options;

/// <summary>ndctl 76.1: list.c, bus.c, inject-error.c, inject-smart.c, monitor.c, load-keys.c, create-nfit.c.</summary>
internal static class OtherTables
{
    private static readonly ImmutableArray<OptionSpec> s_filters =
    [
        Text('b', "bus", "bus-id", "filter by bus"),
        Text('r', "region", "region-id", "filter by region"),
        Text('d', "dimm", "dimm-id", "filter by dimm"),
        Text('n', "namespace", "namespace-id", "filter by namespace id"),
    ];

    private static readonly ImmutableArray<OptionSpec> s_list =
    [
        .. s_filters,
        Text('m', "mode", "namespace-mode", "filter by namespace mode"),
        Text('t', "type", "region-type", "filter by region-type"),
        Text('U', "numa-node", "numa node", "filter by numa node"),
        Flag('B', "buses", "include bus info"),
        Flag('D', "dimms", "include dimm info"),
        Flag('F', "firmware", "include firmware info"),
        Flag('H', "health", "include dimm health"),
        Flag('R', "regions", "include region info"),
        Flag('N', "namespaces", "include namespace info (default)"),
        Flag('X', "device-dax", "include device-dax info"),
        Flag('C', "capabilities", "include region capability info"),
        Flag('i', "idle", "include idle devices"),
        Flag('c', "configured", "include configured namespaces, disabled or not"),
        Flag('M', "media-errors", "include media errors"),
        Flag('u', "human", "use human friendly number formats "),
        new('v', "verbose", OptionKind.Count, null, "increase output detail"),
    ];

    private static readonly ImmutableArray<OptionSpec> s_monitor =
    [
        .. s_filters,
        Text('D', "dimm-event", "name of event type", "filter by DIMM event type"),
        File('l', "log", "<file> | syslog | standard", "where to output the monitor's notification"),
        Text('c', "config-file", "config-file", "override default configs"),
        Flag(null, "daemon", "run ndctl monitor as a daemon"),
        Flag('u', "human", "use human friendly output formats"),
        Flag('v', "verbose", "emit extra debug messages to log"),
        Unsigned('p', "poll", "poll and report events/status every <n> seconds"),
    ];

    private static readonly ImmutableArray<OptionSpec> s_injectError =
    [
        Text('b', "bus", "bus-id", "limit namespace to a bus with an id or provider of <bus-id>"),
        Text('r', "region", "region-id", "limit namespace to a region with an id or name of <region-id>"),
        Flag('v', "verbose", "emit extra debug messages to stderr"),
        Text('B', "block", "namespace block offset (512B)", "specify the block at which to (un)inject the error"),
        Text('n', "count", "count", "specify the number of blocks of errors to (un)inject"),
        Flag('d', "uninject", "un-inject a previously injected error"),
        Flag('t', "status", "get error injection status"),
        Flag('N', "no-notify", "firmware should not notify OS"),
        Flag('S', "saturate", "inject full sector, not just 'ars_unit' bytes"),
        Flag('u', "human", "use human friendly number formats "),
    ];

    private static readonly ImmutableArray<OptionSpec> s_injectSmart =
    [
        Text('b', "bus", "bus-id", "limit dimm to a bus with an id or provider of <bus-id>"),
        Flag('v', "verbose", "emit extra debug messages to stderr"),
        Flag('u', "human", "use human friendly number formats"),
        Text('m', "media-temperature", "smart media temperature attribute", "inject a value for smart media temperature"),
        Text(
            'M',
            "media-temperature-threshold",
            "set smart media temperature threshold",
            "set threshold value for smart media temperature"
        ),
        Text(null, "media-temperature-alarm", "smart media temperature alarm", "enable or disable the smart media temperature alarm"),
        Flag(null, "media-temperature-uninject", "uninject media temperature"),
        Text('c', "ctrl-temperature", "smart controller temperature attribute", "inject a value for smart controller temperature"),
        Text(
            'C',
            "ctrl-temperature-threshold",
            "set smart controller temperature threshold",
            "set threshold value for smart controller temperature"
        ),
        Text(
            null,
            "ctrl-temperature-alarm",
            "smart controller temperature alarm",
            "enable or disable the smart controller temperature alarm"
        ),
        Flag(null, "ctrl-temperature-uninject", "uninject controller temperature"),
        Text('s', "spares", "smart spares attribute", "inject a value for smart spares"),
        Text('S', "spares-threshold", "set smart spares threshold", "set a threshold value for smart spares"),
        Text(null, "spares-alarm", "smart spares alarm", "enable or disable the smart spares alarm"),
        Flag(null, "spares-uninject", "uninject spare percentage"),
        Flag('f', "fatal", "inject fatal smart health status"),
        Flag('F', "fatal-uninject", "uninject fatal health condition"),
        Flag('U', "unsafe-shutdown", "inject smart unsafe shutdown status"),
        Flag(null, "unsafe-shutdown-uninject", "uninject unsafe shutdown status"),
        Flag('N', "uninject-all", "uninject all possible fields"),
    ];

    private static readonly OptionSpec s_debug = Flag('v', "verbose", "turn on debug");

    private static readonly ImmutableArray<OptionSpec> s_activate =
    [
        s_debug,
        Flag('I', "idle", "allow platform-injected idle over activate (default)") with
        {
            InitiallyOn = true,
        },
        Flag('f', "force", "try to force live activation"),
        Flag('n', "dry-run", "perform all setup/validation steps, skip the activate"),
    ];

    public static readonly ImmutableArray<CommandSpec> Commands =
    [
        Ndctl("inject-error", "inject-error <namespace> [<options>]", s_injectError),
        Ndctl("inject-smart", "inject-smart <dimm> [<options>]", s_injectSmart),
        Ndctl(
            "wait-scrub",
            "wait-scrub [<bus-id> <bus-id2> ... <bus-idN>] [<options>]",
            s_debug,
            Unsigned('p', "poll", "poll interval (seconds)")
        ),
        Ndctl("activate-firmware", "activate-firmware[<bus-id> <bus-id2> ... <bus-idN>] [<options>]", s_activate),
        Ndctl("start-scrub", "start-scrub [<bus-id> <bus-id2> ... <bus-idN>] [<options>]", s_debug),
        Ndctl(
            "load-keys",
            "load-keys [<options>]",
            File('p', "key-path", "key-path", "override the default key path"),
            Text('t', "tpm-handle", "tpm-handle", "TPM handle for trusted key")
        ),
        Ndctl("list", "list [<options>]", s_list),
        Ndctl("monitor", "monitor [<options>]", s_monitor) with
        {
            FilePrefix = "./",
        },
        Ndctl(
            "create-nfit",
            "create-nfit [<options>]",
            new('a', "add-spa", OptionKind.AddressRange, "size,offset", "add a system-physical-address range table entry"),
            new('o', null, OptionKind.Text, "file", "output to <file> (default: local_nfit.bin)"),
            new('f', "force", OptionKind.Count, null, "overwrite <file> if it already exists")
        ),
    ];
}
