using System.Collections.Immutable;
using static Altmap.Shell.Options.Table;

namespace Altmap.Shell.Options;

/// <summary>ndctl 76.1, ndctl/dimm.c.</summary>
internal static class DimmTables
{
    private const string Dimms = "<nmem0> [<nmem1>..<nmemN>] ";

    private static readonly ImmutableArray<OptionSpec> s_base =
    [
        Text('b', "bus", "bus-id", "<nmem> must be on a bus with an id/provider of <bus-id>"),
        Flag('v', "verbose", "turn on debug"),
    ];

    private static readonly ImmutableArray<OptionSpec> s_part =
    [
        .. s_base,
        Unsigned('s', "size", "number of label bytes to operate"),
        Unsigned('O', "offset", "offset into the label area to start operation"),
    ];

    private static readonly ImmutableArray<OptionSpec> s_read =
    [
        .. s_part,
        Text('o', "output", "output-file", "filename to write label area contents"),
        Flag('j', "json", "parse label data into json"),
        Flag('u', "human", "use human friendly number formats (implies --json)"),
        Flag('I', "index", "limit read to the index block area"),
    ];

    private static readonly ImmutableArray<OptionSpec> s_init =
    [
        .. s_base,
        Flag('f', "force", "force initialization even if existing index-block present"),
        Text('V', "label-version", "version-number", "namespace label specification version (default: 1.1)"),
    ];

    private static readonly ImmutableArray<OptionSpec> s_update =
    [
        .. s_base,
        Text('f', "firmware", "firmware-file", "firmware filename for update"),
        Flag('i', "force", "ignore ARS / arm status, try to force update"),
        Flag('A', "arm", "arm device for firmware activation (default)") with
        {
            InitiallyOn = true,
        },
        Flag('D', "disarm", "disarm device for firmware activation"),
    ];

    private static readonly OptionSpec s_master = Flag('m', "master-passphrase", "use master passphrase");

    // The tool's table of these options has no end mark: it runs on into the next one in memory, which is that of init-labels.
    private static readonly ImmutableArray<OptionSpec> s_key =
    [
        .. s_base,
        Text('k', "key-handle", "key-handle", "master encryption key handle"),
        s_master,
        .. s_init,
    ];

    private static readonly ImmutableArray<OptionSpec> s_sanitize =
    [
        .. s_base,
        Flag('c', "crypto-erase", "crypto erase a dimm"),
        Flag('o', "overwrite", "overwrite a dimm"),
        Flag('z', "zero-key", "pass in a zero key"),
        s_master,
    ];

    public static readonly ImmutableArray<CommandSpec> Commands =
    [
        Ndctl("enable-dimm", $"enable-dimm {Dimms}[<options>]", s_base),
        Ndctl("disable-dimm", $"disable-dimm {Dimms}[<options>]", s_base),
        Ndctl("zero-labels", $"zero-labels {Dimms}[<options>]", s_part),
        Ndctl("read-labels", $"read-labels {Dimms}[-o <filename>]", s_read),
        Ndctl(
            "write-labels",
            "write-labels <nmem> [-i <filename>]",
            [.. s_part, Text('i', "input", "input-file", "filename to read label area data")]
        ),
        Ndctl("init-labels", $"init-labels {Dimms}[<options>]", s_init),
        Ndctl("check-labels", $"check-labels {Dimms}[<options>]", s_base),
        Ndctl("update-firmware", $"update-firmware {Dimms}[<options>]", s_update),
        Ndctl("setup-passphrase", $"setup-passphrase {Dimms}[<options>]", s_key),
        Ndctl("update-passphrase", $"update-passphrase {Dimms}[<options>]", s_key),
        Ndctl("remove-passphrase", $"remove-passphrase {Dimms}[<options>]", [.. s_base, s_master]),
        Ndctl("freeze-security", $"freeze-security {Dimms}[<options>]", s_base),
        Ndctl("sanitize-dimm", $"sanitize-dimm {Dimms}[<options>]", s_sanitize),
        Ndctl("wait-overwrite", $"wait-overwrite {Dimms}[<options>]", s_base),
    ];
}
