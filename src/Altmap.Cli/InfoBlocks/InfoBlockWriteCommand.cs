using System.CommandLine;
using System.Globalization;
using Altmap.Cli.Common;
using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Json;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;
using Altmap.Formats.Recognition;
using Altmap.Host;
using Altmap.Shell.Json;
using Altmap.Shell.Options;

namespace Altmap.Cli.InfoBlocks;

/// <summary>
/// <c>altmap infoblock write</c>: <c>ndctl write-infoblock</c> of files and standard output, with its options, messages and exit codes
/// (ndctl/namespace.c cmd_write_infoblock(), file_write_infoblock(), 76.1).
/// </summary>
internal static class InfoBlockWriteCommand
{
    private const string DefaultAlign = "2M";
    private const string PageSizeWord = "--page-size",
        SeedWord = "--uuid-seed",
        JsonWord = "--json",
        ForceWord = "--force";
    private const string NoTarget = "specify a namespace to write-infoblock";

    public static Command Create(CliHost host)
    {
        // ndctl's rules take the words apart (Run); these are for help, completion and a slip of the finger.
        var command = new Command("write", "Writes an info-block into a file or device, as ndctl write-infoblock does without a kernel.")
        {
            Word("--output", "-o", "FILE", "write into this file or device, at its start; a new file is made"),
            Switch("--stdout", "-c", "write to standard output"),
            Word("--mode", "-m", "MODE", "fsdax (default) or devdax"),
            Word("--map", "-M", "PLACE", "where struct pages are: dev (default), on the namespace, or mem, in RAM"),
            Word("--size", "-s", "SIZE", "of the namespace; default: of the file"),
            Word("--align", "-a", "ALIGN", "of the data, 4K, 2M (default) or 1G"),
            Word("--uuid", "-u", "UUID", "of the block; default: a new one"),
            Word("--parent-uuid", "-p", "UUID", "of the namespace's label; default: zero, as a namespace without label has"),
            Word(
                "--offset",
                "-O",
                "OFFSET",
                "bytes from where the kernel's section starts to the namespace: padding for kernels before 5.3"
            ),
            Word(PageSizeWord, null, "SIZE", "pages of the machine that is to use it; default: 4K"),
            Word(SeedWord, null, "N", "makes the new uuid repeatable"),
            Switch(JsonWord, null, "shows what was written into FILE, as infoblock read --json"),
            Switch(ForceWord, null, "write over what is there: data, a file system, another info-block"),
        };
        command.SetAction(_ => Run(host, []));
        CommandHelp.SetExamples(
            command,
            "altmap infoblock write -o disk.img -s 256M -m fsdax -M mem -a 2M",
            "altmap infoblock write -c -s 256M -m devdax > head.bin"
        );
        return command;
    }

    private static Option<string?> Word(string name, string? letter, string value, string meaning) =>
        new(name, letter is null ? [] : [letter]) { Description = meaning, HelpName = value };

    private static Option<bool> Switch(string name, string? letter, string meaning) =>
        new(name, letter is null ? [] : [letter]) { Description = meaning };

    /// <summary>A long option that neither ndctl nor we have: ndctl prints all it has, and ends with 129.</summary>
    private static void RefuseUnknown(CliHost host, IReadOnlyList<string> words)
    {
        string[] known = [.. Create(host).Options.Select(o => o.Name), "--bus", "--region", "--verbose", "--help", "--quiet"];
        for (int i = 0; i < words.Count && words[i] != "--"; i++)
        {
            string word = words[i].Split('=')[0];
            if (!word.StartsWith("--", StringComparison.Ordinal))
                continue;
            string name = word.StartsWith("--no-", StringComparison.Ordinal) ? "--" + word["--no-".Length..] : word;
            if (known.Any(k => k.StartsWith(name, StringComparison.Ordinal)))
                continue;
            // What stands behind an option that takes a value is that value.
            if (
                i > 0
                && Create(host).Options.OfType<Option<string?>>().Any(o => o.Name == words[i - 1] || o.Aliases.Contains(words[i - 1]))
            )
                continue;
            string hint = NearestWord.Hint(word, known);
            throw CliError.Usage(
                $"infoblock write: there is no option {Quote.Text(word)} here{(hint.Length == 0 ? "" : $"; {hint}")} "
                    + "(altmap infoblock write --help)"
            );
        }
    }

    /// <summary>Runs with ndctl's own words, which ndctl's rules take apart and not ours.</summary>
    public static int Run(CliHost host, IReadOnlyList<string> words)
    {
        RefuseUnknown(host, words);
        var own = new OwnWords(words);
        host.IsQuiet = own.IsQuiet;
        ToolRequest request = ToolCommandLine.Parse(["ndctl", "write-infoblock", .. own.Others], own.PageSize);
        if (request.Answer is { } answer)
        {
            if (answer.IsUnsupported)
                throw new CliError(ExitCode.Unsupported, $"unsupported: {answer.Stdout.Trim()}");
            // ndctl would write to a namespace of this computer; its words for a missing one lead away from what can be done here.
            if (answer.Stderr.Contains(NoTarget, StringComparison.Ordinal))
                throw CliError.Usage(
                    "give -o FILE, or -c for standard output; as altmap infoblock write -o disk.img -s 256M -m fsdax -M mem (altmap "
                        + "infoblock write --help)"
                );
            host.Out.Write(answer.Stdout);
            host.Error.Write(answer.Stderr);
            return answer.ExitCode;
        }
        host.Error.Write(request.Warnings);
        if (!request.Arguments.IsEmpty)
            throw new CliError(
                ExitCode.Unsupported,
                "unsupported: a namespace of this computer; of a modelled machine: altmap run MACHINE -- ndctl write-infoblock NAMESPACE"
            );
        Errno errno = Write(host, request.Options!, own);
        if (errno != Errno.None)
            host.Error.Write($"error checking infoblocks: {errno.Describe()}\n");
        if (!own.IsQuiet || errno != Errno.None)
            host.Error.Write($"wrote {(errno == Errno.None ? "1 infoblock" : "0 infoblocks")}\n");
        return -(int)errno & 0xff;
    }

    private static Errno Write(CliHost host, OptionResult options, OwnWords own)
    {
        string? target = options.Flag("stdout") ? null : options.Text("output");
        if (own.IsJson && target is null)
            throw CliError.Usage($"{JsonWord} goes with -o FILE: standard output is for the block itself here");
        ulong size = options.Text("size") is { } text ? NdctlSize.TryParse(text)!.Value : 0;
        if (target is not null && size == 0)
        {
            // A missing file is as an empty one: ndctl would make it and then refuse.
            HostResult<NamespaceHead> head = NamespaceFile.ReadHead(target, 0);
            if (head.Error is { Errno: not Errno.ENOENT } error)
                return Refuse(host, error, target);
            if (head.Value is { Size: null })
                return Refuse(host, $"unsupported file type: {target}", Errno.EINVAL);
            size = head.Value?.Size?.Bytes ?? 0;
        }
        NdctlInfoBlockResult block = NdctlInfoBlock.Create(
            new NdctlInfoBlockRequest(
                NamespaceKind(options.Text("mode")),
                options.Text("map") == "mem" ? PageMapMode.Ram : PageMapMode.Pmem,
                new ByteSize(size),
                new ByteSize(NdctlSize.TryParse(options.Text("align") ?? DefaultAlign)!.Value),
                new MediaOffset(NdctlSize.TryParse(options.Text("offset") ?? "0")!.Value),
                options.Text("uuid") is { } uuid ? Uuid.Parse(uuid) : own.NewUuid(),
                options.Text("parent-uuid") is { } parent ? Uuid.Parse(parent) : Uuid.Zero,
                own.PageSize
            )
        );
        if (block.Block is null)
            return Refuse(host, block.Message!, block.Errno);
        byte[] bytes = NdctlInfoBlock.ToOutput(block.Block);
        if (target is not null && !own.IsForced)
            RequireBlank(target);
        if (target is not null)
        {
            if (NamespaceFile.WriteHead(target, bytes) is { } failed)
                return Refuse(host, failed, target);
            if (own.IsJson)
                host.Out.Write(NdctlJson.Display(JsonArray.Of(InfoBlockJson.Read(bytes, "file", target, default)), JsonDetail.None).Stdout);
            return Errno.None;
        }
        host.Out.Flush();
        host.OutputBytes.Write(bytes);
        host.OutputBytes.Flush();
        return Errno.None;
    }

    /// <summary>Refuses to write over bytes that may be of use, in the block's own 8 KiB or recognised behind them.</summary>
    private static void RequireBlank(string path)
    {
        if (NamespaceFile.ReadHead(path, MediaContent.HeadBytes, wantsSize: false).Value is not { } head)
            return; // nothing is there, or the writer says why it cannot be written
        MediaContent content = MediaContent.Of(head.Bytes);
        bool isInTheWay = head.Bytes.AsSpan(0, Math.Min(head.Bytes.Length, InfoBlockJson.HeadBytes)).ContainsAnyExcept((byte)0);
        if (
            isInTheWay
            || content.Kind
                is not (MediaContentKind.Zeroes or MediaContentKind.Empty or MediaContentKind.Unknown or MediaContentKind.Random)
        )
            throw CliError.Usage($"{path}: there is {content.Description}; nothing was written. --force overwrites it");
    }

    private static InfoBlockKind NamespaceKind(string? mode) =>
        mode?.ToLowerInvariant() is "devdax" or "dax" ? InfoBlockKind.Dax : InfoBlockKind.Pfn;

    private static Errno Refuse(CliHost host, HostError error, string path) =>
        error.IsOfSystem && error.Errno != Errno.EBUSY ? Refuse(host, $"failed to open: {path}", error.Errno) : throw CliError.Of(error);

    private static Errno Refuse(CliHost host, string message, Errno errno)
    {
        host.Error.Write($"  Error: {message}\n\n");
        return errno;
    }

    /// <summary>The words that ndctl does not have. Its own page size is that of the computer it runs on, which need not be that of the
    /// machine that the block is for.</summary>
    private sealed class OwnWords
    {
        private readonly string? _seed;

        public OwnWords(IReadOnlyList<string> words)
        {
            var others = new List<string>();
            string? page = null;
            for (int i = 0; i < words.Count; i++)
            {
                if (words[i] == ForceWord)
                    IsForced = true;
                else if (words[i] == JsonWord)
                    IsJson = true;
                else if (words[i] is "--quiet" or "-q")
                    IsQuiet = true;
                else if (!Take(words, ref i, PageSizeWord, ref page) && !Take(words, ref i, SeedWord, ref _seed))
                    others.Add(words[i]);
            }
            Others = others;
            PageSize = Values.Size(page, PageSizeWord) ?? ByteSize.KiB(4);
            if (PageSize.Bytes is not (4096 or 16384 or 65536))
                throw CliError.Usage($"{PageSizeWord}: {PageSize}; expected 4K, 16K or 64K");
            if (_seed is not null && !ulong.TryParse(_seed, NumberStyles.None, CultureInfo.InvariantCulture, out _))
                throw CliError.Usage($"{SeedWord}: \"{_seed}\"; expected a number");
        }

        public IReadOnlyList<string> Others { get; }

        public ByteSize PageSize { get; }

        /// <summary>What was written is shown.</summary>
        public bool IsJson { get; }

        /// <summary>No notes, only errors.</summary>
        public bool IsQuiet { get; }

        /// <summary>What is there may be overwritten.</summary>
        public bool IsForced { get; }

        public Uuid NewUuid() =>
            _seed is null
                ? Uuid.Parse(Guid.NewGuid().ToString())
                : UuidSource.FromSeed(ulong.Parse(_seed, CultureInfo.InvariantCulture)).Take().Value;

        private static bool Take(IReadOnlyList<string> words, ref int at, string name, ref string? value)
        {
            if (words[at].StartsWith(name + "=", StringComparison.Ordinal))
            {
                value = words[at][(name.Length + 1)..];
                return true;
            }
            if (words[at] != name)
                return false;
            if (at + 1 == words.Count)
                throw CliError.Usage($"{name}: its value is missing");
            value = words[++at];
            return true;
        }
    }
}
