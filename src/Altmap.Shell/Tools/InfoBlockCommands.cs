using System.Collections.Immutable;
using System.Text;
using Altmap.Core;
using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Json;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;
using Altmap.Formats.Writes;
using Altmap.Model.Nvdimm;
using Altmap.Shell.Json;
using Altmap.Shell.Options;

namespace Altmap.Shell.Tools;

/// <summary>
/// <c>ndctl read-infoblock</c> and <c>write-infoblock</c> on a namespace of the machine, or a file (ndctl/namespace.c
/// namespace_rw_infoblock(), file_read_infoblock(), file_write_infoblock(), 76.1).
/// </summary>
internal sealed class InfoBlockCommands(ToolContext context, OptionResult options, ImmutableArray<string> arguments)
{
    private JsonArray? _blocks;

    public ToolOutcome Read()
    {
        string? path = options.Text("output");
        using var file = new MemoryStream();
        (ToolOutcome result, int done) =
            options.Text("input") is { } input ? ReadFile(input, file)
            : arguments.IsEmpty ? ReadFile(ShellState.StandardInput, file)
            : new NamespaceCommands(context, options, arguments).Walk(
                arguments[0],
                stopAtFirst: false,
                (_, d) => InRawMode(d, n => ReadRaw(n, file))
            );
        if (_blocks is not null)
        {
            PrintedText text = NdctlJson.Display(_blocks, JsonDetail.None);
            context.Output.Err(text.Stderr);
            if (path is null)
                context.Output.Out(text.Stdout);
            else
                file.Write(Encoding.UTF8.GetBytes(text.Stdout));
        }
        if (path is not null)
            context.WriteFile(path, file.ToArray());
        else if (file.Length > 0)
            context.Output.OutRaw(file.ToArray());
        if (result.IsFailure)
            context.Output.Err($"error reading infoblock data: {result.Describe()}\n");
        context.Output.Err($"read {done} infoblock{(done == 1 ? "" : "s")}\n");
        return result;
    }

    public ToolOutcome Write()
    {
        (ToolOutcome result, int done) =
            options.Flag("stdout") || options.Text("output") is not null
                ? WriteFile() is var written && written.IsDone
                    ? (written, 1)
                    : (written, 0)
                : new NamespaceCommands(context, options, arguments).Walk(
                    arguments[0],
                    stopAtFirst: false,
                    (_, d) => InRawMode(d, WriteRaw)
                );
        if (result.IsFailure)
            context.Output.Err($"error checking infoblocks: {result.Describe()}\n");
        context.Output.Err($"wrote {done} infoblock{(done == 1 ? "" : "s")}\n");
        return result;
    }

    /// <summary>The namespace must be disabled; it is raw while it is looked at, and disabled again afterwards.</summary>
    private ToolOutcome InRawMode(NdDevice device, Func<NamespaceState, ToolOutcome> action)
    {
        if (context.IsActive(context.Namespace(device)!))
            return ToolOutcome.Failed(Errno.EBUSY);
        context.Machine = NamespaceAttributes.SetForceRaw(context.Machine, device, true);
        ToolOutcome result = context.EnableNamespace(device);
        if (!result.IsFailure)
            result = action(context.Namespace(device)!);
        context.Machine = NamespaceAttributes.SetForceRaw(context.Machine, device, false);
        context.DisableNamespace(device);
        return result;
    }

    private (ToolOutcome Result, int Done) ReadFile(string path, MemoryStream file)
    {
        if (!context.Files.TryGetValue(path, out SparseBytes? input))
        {
            return path == ShellState.StandardInput
                ? throw new NotModelledException("read-infoblock of standard input, where there is none: give it -i FILE")
                : (ToolOutcome.Failed(Errno.ENOENT), 0);
        }
        if (input.LengthBytes < InfoBlockJson.HeadBytes)
            return (ToolOutcome.Failed(Errno.EIO), 0);
        return (Take(input.Read(0, InfoBlockJson.HeadBytes), "file", path, null, file), 1);
    }

    private ToolOutcome ReadRaw(NamespaceState ndns, MemoryStream file)
    {
        RegionState region = context.Machine.Regions[ndns.Device.Number];
        if (ndns.Size.Bytes < InfoBlockJson.HeadBytes)
            return ToolOutcome.Failed(Errno.EIO);
        byte[] head = region.Media.Read((ndns.Range.Start - region.Range.Start).Bytes, InfoBlockJson.HeadBytes);
        return Take(head, "dev", ndns.Device.Name, ndns.ParentUuid, file);
    }

    private ToolOutcome Take(byte[] head, string originKey, string origin, Uuid? parent, MemoryStream file)
    {
        bool human = options.Flag("human"),
            raw = !human && !options.Flag("json");
        if (raw)
        {
            file.Write(head);
            return ToolOutcome.Done;
        }
        _blocks ??= JsonArray.Empty;
        var jsonOptions = new InfoBlockJsonOptions(human, options.Flag("verify"), parent);
        foreach (JsonObject block in InfoBlockJson.Read(head, originKey, origin, jsonOptions))
            _blocks = _blocks.Add(block);
        return ToolOutcome.Done;
    }

    /// <summary>Into a file, which is made where there is none, or to standard output.</summary>
    private ToolOutcome WriteFile()
    {
        string? path = options.Flag("stdout") ? null : options.Text("output");
        SparseBytes? before = path is null ? null : context.Files.GetValueOrDefault(path);
        // The file is there from the moment that it was opened.
        if (path is not null && before is null)
            context.WriteFile(path, SparseBytes.Zero(0));
        NdctlInfoBlockResult block = NdctlInfoBlock.Create(
            new NdctlInfoBlockRequest(
                Kind(),
                options.Text("map") == "mem" ? PageMapMode.Ram : PageMapMode.Pmem,
                new ByteSize(options.Text("size") is { } size ? NdctlSize.TryParse(size)!.Value : before?.LengthBytes ?? 0),
                options.Text("align") is { } align ? new ByteSize(NdctlSize.TryParse(align)!.Value) : ByteSize.MiB(2),
                new MediaOffset(options.Text("offset") is { } offset ? NdctlSize.TryParse(offset)!.Value : 0),
                options.Text("uuid") is { } uuid ? Uuid.Parse(uuid) : context.NewUuid(),
                options.Text("parent-uuid") is { } parent ? Uuid.Parse(parent) : Uuid.Zero,
                context.PageSize
            )
        );
        if (block.Block is null)
        {
            context.Error(block.Message!);
            return ToolOutcome.Failed(block.Errno);
        }
        byte[] bytes = NdctlInfoBlock.ToOutput(block.Block);
        if (path is null)
            context.Output.OutRaw(bytes);
        else
            context.WriteFile(
                path,
                before is { } old && old.LengthBytes > (ulong)bytes.Length ? old.Write(0, bytes) : SparseBytes.From(bytes)
            );
        return ToolOutcome.Done;
    }

    private ToolOutcome WriteRaw(NamespaceState ndns)
    {
        ImmutableArray<ByteSize> aligns = context.Machine.Architecture.SupportedAligns;
        // Once disabled, the namespace has no holder any more whose second alignment would be the default.
        ByteSize align = options.Text("align") is { } text ? new ByteSize(NdctlSize.TryParse(text)!.Value) : aligns[0];
        ByteSize size = ndns.Size;
        if (options.Text("size") is { } sizeText)
        {
            size = new ByteSize(NdctlSize.TryParse(sizeText)!.Value);
            if (!size.IsMultipleOf(align))
            {
                context.Error($"--size={sizeText} not aligned to {options.Text("align") ?? align.Bytes.ToString()}");
                return ToolOutcome.Failed(Errno.EINVAL);
            }
        }
        Uuid parent = options.Text("parent-uuid") is { } parentText ? Uuid.Parse(parentText) : ndns.ParentUuid;
        Uuid uuid = options.Text("uuid") is { } uuidText ? Uuid.Parse(uuidText) : context.NewUuid();
        ulong start = options.Text("offset") is { } offset ? NdctlSize.TryParse(offset)!.Value : 0;
        NdctlInfoBlockResult block = NdctlInfoBlock.Create(
            new NdctlInfoBlockRequest(
                Kind(),
                options.Text("map") == "mem" ? PageMapMode.Ram : PageMapMode.Pmem,
                size,
                align,
                new MediaOffset(start),
                uuid,
                parent,
                context.PageSize
            )
        );
        if (block.Block is null)
        {
            context.Error(block.Message!);
            return ToolOutcome.Of(block.Errno);
        }
        RegionState region = context.Machine.Regions[ndns.Device.Number];
        ulong at = (ndns.Range.Start - region.Range.Start).Bytes;
        context.Machine = context.Machine.Write(region, WritePlan.Of(new MediaOffset(at), NdctlInfoBlock.ToOutput(block.Block)));
        return ToolOutcome.Done;
    }

    private InfoBlockKind Kind() =>
        options.Text("mode") is { } mode && NamespaceRules.ModeOf(mode) == "devdax" ? InfoBlockKind.Dax : InfoBlockKind.Pfn;
}
