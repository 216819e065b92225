using System.CommandLine;
using System.Globalization;
using Altmap.Cli.Common;
using Altmap.Cli.Output;
using Altmap.Core.Json;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;
using Altmap.Formats.Layout;
using Altmap.Shell.Json;

namespace Altmap.Cli.InfoBlocks;

/// <summary><c>altmap infoblock read</c>: the fields; with <c>--json</c> to the byte what <c>ndctl read-infoblock -j</c> prints.</summary>
internal static class InfoBlockReadCommand
{
    public static Command Create(CliHost host)
    {
        Argument<string> file = InfoBlockCommand.FileArgument();
        var json = new Option<bool>("--json", "-j") { Description = "the JSON of ndctl read-infoblock -j" };
        var human = new Option<bool>("--human", "-u") { Description = "the JSON of ndctl read-infoblock -u: sizes and offsets in hex" };
        var command = new Command("read", "Shows the fields of an info-block.") { file, json, human };
        command.SetAction(p => Run(host, p.GetRequiredValue(file), p.GetValue(json), p.GetValue(human)));
        CommandHelp.SetExamples(command, "altmap infoblock read disk.img", "altmap infoblock read /dev/pmem0 --json");
        return command;
    }

    private static int Run(CliHost host, string path, bool isJson, bool isHuman)
    {
        byte[] head = ImageInput.ReadHead(host, path, InfoBlockJson.HeadBytes).Bytes;
        if (head.Length < InfoBlockJson.HeadBytes)
            throw CliError.Usage(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{path}: {head.Length} bytes; expected at least {InfoBlockJson.HeadBytes}: the namespace from its first byte"
                )
            );
        IReadOnlyList<JsonObject> blocks = InfoBlockJson.Read(
            head,
            "file",
            path == "-" ? "<stdin>" : path,
            new InfoBlockJsonOptions(isHuman)
        );
        if (isJson || isHuman)
        {
            // ndctl prints with its plain flags here, also for -u: an array even of one.
            PrintedText text = NdctlJson.Display(JsonArray.Of(blocks), JsonDetail.None);
            host.Error.Write(text.Stderr);
            host.Out.Write(text.Stdout);
            host.Error.Write("read 1 infoblock\n");
            return ExitCodeOf(head, blocks);
        }
        if (blocks.Count == 0)
            host.Out.WriteLine("no info-block: neither fsdax, devdax nor BTT");
        foreach (JsonObject block in blocks.Where(b => b["signature"]?.Text == "BTT_ARENA_INFO"))
            WriteBtt(host, block);
        ReadOnlySpan<byte> pfn = head.AsSpan((int)InfoBlock.StartBytes);
        if (new InfoBlockView(pfn).Kind is { } kind)
            WritePfn(host, pfn, kind);
        return ExitCodeOf(head, blocks);
    }

    /// <summary>ndctl ends with 0 whatever it read. Here a script learns that there is no info-block, or a damaged one.</summary>
    private static int ExitCodeOf(ReadOnlySpan<byte> head, IReadOnlyList<JsonObject> blocks)
    {
        var pfn = new InfoBlockView(head[(int)InfoBlock.StartBytes..]);
        bool isPfn = pfn.Kind is not null,
            isBtt = blocks.Count > (isPfn ? 1 : 0);
        return isPfn && !pfn.HasValidChecksum || !(isPfn || isBtt) ? ExitCode.ErrorsLeft : ExitCode.Success;
    }

    private static void WriteBtt(CliHost host, JsonObject block)
    {
        host.Out.WriteLine("BTT arena (sector mode)");
        var table = new TextTable("field", "value");
        foreach (JsonMember member in block.Members.Skip(1))
            table.Add(member.Key, member.Value.Text);
        table.Write(host);
    }

    private static void WritePfn(CliHost host, ReadOnlySpan<byte> block, InfoBlockKind kind)
    {
        var view = new InfoBlockView(block);
        host.Out.WriteLine(
            $"{(kind == InfoBlockKind.Pfn ? "fsdax" : "devdax")} info-block, version {view.VersionMajor}.{view.VersionMinor}"
        );
        var table = new TextTable(">offset", "field", "value", "meaning");
        foreach (Field field in PfnInfoBlockLayout.Fields)
            table.Add(
                $"0x{InfoBlock.StartBytes + (ulong)field.OffsetBytes:x}",
                field.Name,
                ValueOf(field, block, kind, view),
                MeaningOf(field, view)
            );
        table.Write(host);
    }

    private static string ValueOf(Field field, ReadOnlySpan<byte> block, InfoBlockKind kind, InfoBlockView view)
    {
        if (field == PfnInfoBlockLayout.Signature)
            return PfnInfoBlockLayout.SignatureText(kind);
        if (field == PfnInfoBlockLayout.Uuid)
            return view.Uuid.ToString();
        if (field == PfnInfoBlockLayout.ParentUuid)
            return view.ParentUuid.ToString();
        if (field == PfnInfoBlockLayout.Padding)
            return view.Padding.ContainsAnyExcept((byte)0) ? "not zero" : "zeroes";
        return field == PfnInfoBlockLayout.Checksum
            ? $"0x{field.Read(block):x16}"
            : field.Read(block).ToString(CultureInfo.InvariantCulture);
    }

    private static string MeaningOf(Field field, InfoBlockView view)
    {
        if (field.SinceMinor > view.VersionMinor)
            return $"not used before version 1.{field.SinceMinor}";
        if (field == PfnInfoBlockLayout.Mode)
            return (PageMapMode)view.Mode switch
            {
                PageMapMode.Ram => "page map in RAM (map=mem)",
                PageMapMode.Pmem => "page map on the device (map=dev)",
                _ => "no mode that exists",
            };
        if (field == PfnInfoBlockLayout.ParentUuid)
            return view.ParentUuid.IsZero ? "a namespace without label" : "uuid of the namespace's label";
        if (field == PfnInfoBlockLayout.DataOffset)
            return $"data starts {new ByteSize(view.DataOffset).ToHuman()} behind the start{(view.StartPad == 0 ? "" : " and start_pad")}";
        if (field == PfnInfoBlockLayout.PageCount)
            return "data pages; informative";
        if (field == PfnInfoBlockLayout.StartPad)
            return Cut(view.StartPad, "start");
        if (field == PfnInfoBlockLayout.EndTrunc)
            return Cut(view.EndTrunc, "end");
        if (field == PfnInfoBlockLayout.Align)
            return view.Align == 0 ? "unknown" : new ByteSize(view.Align).ToHuman();
        if (field == PfnInfoBlockLayout.PageSize)
            return "of the kernel that wrote it";
        if (field == PfnInfoBlockLayout.PageStructSize)
            return "bytes kept for each page's struct page";
        if (field == PfnInfoBlockLayout.Checksum)
            return view.HasValidChecksum ? "right" : $"wrong: the bytes have 0x{view.ComputedChecksum:x16}";
        return "";
    }

    private static string Cut(uint bytes, string where) => bytes == 0 ? "" : $"{new ByteSize(bytes).ToHuman()} cut off at the {where}";
}
