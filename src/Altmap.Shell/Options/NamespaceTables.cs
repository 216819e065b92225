using System.Collections.Immutable;
using static Altmap.Shell.Options.Table;

namespace Altmap.Shell.Options;

/// <summary>ndctl 76.1, ndctl/namespace.c.</summary>
internal static class NamespaceTables
{
    private static readonly ImmutableArray<OptionSpec> s_base =
    [
        Text('b', "bus", "bus-id", "limit namespace to a bus with an id or provider of <bus-id>"),
        Text('r', "region", "region-id", "limit namespace to a region with an id or name of <region-id>"),
        Flag('v', "verbose", "emit extra debug messages to stderr"),
    ];

    private static readonly ImmutableArray<OptionSpec> s_create =
    [
        Text('e', "reconfig", "reconfig namespace", "reconfigure existing namespace"),
        Text('u', "uuid", "uuid", "specify the uuid for the namespace (default: autogenerate)"),
        Text('n', "name", "name", "specify an optional free form name for the namespace"),
        Text('s', "size", "size", "specify the namespace size in bytes (default: available capacity)"),
        Text('m', "mode", "operation-mode", "specify a mode for the namespace, 'sector', 'fsdax', 'devdax' or 'raw'"),
        Text('M', "map", "memmap-location", "specify 'mem' or 'dev' for the location of the memmap"),
        Text('l', "sector-size", "lba-size", "specify the logical sector size in bytes"),
        Text('t', "type", "type", "specify the type of namespace to create 'pmem' or 'blk'"),
        Text('a', "align", "align", "specify the namespace alignment in bytes (default: 2M)"),
        Flag('f', "force", "reconfigure namespace even if currently active"),
        Flag('L', "autolabel", "automatically initialize labels") with
        {
            InitiallyOn = true,
        },
        Flag('c', "continue", "continue creating namespaces as long as the filter criteria are met"),
        Flag('R', "autorecover", "automatically cleanup on failure") with
        {
            InitiallyOn = true,
        },
    ];

    private static readonly ImmutableArray<OptionSpec> s_check =
    [
        Flag('R', "repair", "perform metadata repairs"),
        Flag('L', "rewrite-log", "regenerate the log"),
        Flag('f', "force", "check namespace even if currently active"),
    ];

    private static readonly ImmutableArray<OptionSpec> s_readInfoBlock =
    [
        File('o', "output", "output-file", "filename to write infoblock contents"),
        File('i', "input", "input-file", "filename to read infoblock instead of a namespace"),
        Flag('V', "verify", "validate parent uuid, and infoblock checksum"),
        Flag('j', "json", "parse label data into json"),
        Flag('u', "human", "use human friendly number formats (implies --json)"),
    ];

    private static readonly ImmutableArray<OptionSpec> s_writeInfoBlock =
    [
        File('o', "output", "output-file", "filename to write infoblock contents"),
        Flag('c', "stdout", "write the infoblock data to stdout"),
        Text('m', "mode", "operation-mode", "specify the infoblock mode, 'fsdax' or 'devdax' (default 'fsdax')"),
        Text('s', "size", "size", "override the image size to instantiate the infoblock"),
        Text('a', "align", "align", "specify the expected physical alignment"),
        Text('u', "uuid", "uuid", "specify the uuid for the infoblock (default: autogenerate)"),
        Text('M', "map", "memmap-location", "specify 'mem' or 'dev' for the location of the memmap"),
        Text('p', "parent-uuid", "parent-uuid", "specify the parent namespace uuid for the infoblock (default: 0)"),
        Text('O', "offset", "offset", "EXPERT/DEBUG only: enable namespace inner alignment padding"),
    ];

    public static readonly ImmutableArray<CommandSpec> Commands =
    [
        Ndctl("enable-namespace", "enable-namespace <namespace> [<options>]", s_base),
        Ndctl("disable-namespace", "disable-namespace <namespace> [<options>]", s_base),
        Ndctl("create-namespace", "create-namespace [<options>]", [.. s_base, .. s_create]),
        Ndctl(
            "destroy-namespace",
            "destroy-namespace <namespace> [<options>]",
            [.. s_base, Flag('f', "force", "destroy namespace even if currently active")]
        ),
        Ndctl("read-infoblock", "read-infoblock <namespace> [<options>]", [.. s_base, .. s_readInfoBlock]),
        Ndctl("write-infoblock", "write-infoblock <namespace> [<options>]", [.. s_base, .. s_writeInfoBlock]),
        Ndctl("check-namespace", "check-namespace <namespace> [<options>]", [.. s_base, .. s_check]),
        Ndctl("clear-errors", "clear_errors <namespace> [<options>]", [.. s_base, Flag('s', "scrub", "run a scrub to find latent errors")]),
    ];
}
