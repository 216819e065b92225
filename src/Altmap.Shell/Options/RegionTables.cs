using System.Collections.Immutable;
using static Altmap.Shell.Options.Table;

namespace Altmap.Shell.Options;

/// <summary>ndctl 76.1, ndctl/region.c.</summary>
internal static class RegionTables
{
    private static readonly ImmutableArray<OptionSpec> s_options =
    [
        Text('b', "bus", "bus-id", "<region> must be on a bus with an id/provider of <bus-id>"),
        Text('t', "type", "region-type", "<region> must be of the specified type"),
    ];

    public static readonly ImmutableArray<CommandSpec> Commands =
    [
        Ndctl("enable-region", "enable-region <region> [<options>]", s_options),
        Ndctl("disable-region", "disable-region <region> [<options>]", s_options),
    ];
}
