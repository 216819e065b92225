using System.Collections.Immutable;
using System.Text;
using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;
using Altmap.Formats.Writes;
using Altmap.Model.Nvdimm;
using Altmap.Shell.Json;
using Altmap.Shell.Options;

namespace Altmap.Shell.Tools;

/// <summary>
/// <c>ndctl read-infoblock</c> and <c>write-infoblock</c> on a namespace of the machine (ndctl/namespace.c namespace_rw_infoblock(), 76.1).
/// A file that is read is one of the host, which <c>altmap infoblock</c> is for; one that is written belongs to the session.
/// </summary>
internal sealed class InfoBlockCommands(ToolContext context, OptionResult options, ImmutableArray<string> arguments)
{
    private JsonArray? _blocks;

    public int Read()
    {
        if (options.Text("input") is not null || arguments.IsEmpty)
            throw new NotModelledException("read-infoblock of a file: use `altmap infoblock read`");
        string? path = options.Text("output");
        using var file = new MemoryStream();
        (int result, int done) = new NamespaceCommands(context, options, arguments).Walk(
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
        if (result < 0)
            context.Output.Err($"error reading infoblock data: {((Errno)(-result)).Describe()}\n");
        context.Output.Err($"read {done} infoblock{(done == 1 ? "" : "s")}\n");
        return result;
    }

    public int Write()
    {
        if (options.Flag("stdout") || options.Text("output") is not null)
            throw new NotModelledException("write-infoblock into a file: use `altmap infoblock write`");
        (int result, int done) = new NamespaceCommands(context, options, arguments).Walk(
            arguments[0],
            stopAtFirst: false,
            (_, d) => InRawMode(d, WriteRaw)
        );
        if (result < 0)
            context.Output.Err($"error checking infoblocks: {((Errno)(-result)).Describe()}\n");
        context.Output.Err($"wrote {done} infoblock{(done == 1 ? "" : "s")}\n");
        return result;
    }

    /// <summary>The namespace must be disabled; it is raw while it is looked at, and disabled again afterwards.</summary>
    private int InRawMode(NdDevice device, Func<NamespaceState, int> action)
    {
        if (context.IsActive(context.Namespace(device)!))
            return -(int)Errno.EBUSY;
        context.Machine = NamespaceAttributes.SetForceRaw(context.Machine, device, true);
        int result = context.EnableNamespace(device);
        if (result >= 0)
            result = action(context.Namespace(device)!);
        context.Machine = NamespaceAttributes.SetForceRaw(context.Machine, device, false);
        context.DisableNamespace(device);
        return result;
    }

    private int ReadRaw(NamespaceState ndns, MemoryStream file)
    {
        bool human = options.Flag("human"),
            raw = !human && !options.Flag("json");
        if (raw && options.Text("output") is null)
            throw new NotModelledException("read-infoblock without -j writes raw bytes to standard output: give it -o FILE");
        RegionState region = context.Machine.Regions[ndns.Device.Number];
        if (ndns.Size.Bytes < InfoBlockJson.HeadBytes)
            return -(int)Errno.EIO;
        byte[] head = region.Media.Read((ndns.Range.Start - region.Range.Start).Bytes, InfoBlockJson.HeadBytes);
        if (raw)
        {
            file.Write(head);
            return 0;
        }
        _blocks ??= JsonArray.Empty;
        var jsonOptions = new InfoBlockJsonOptions(human, options.Flag("verify"), ndns.ParentUuid);
        foreach (IReadOnlyList<InfoBlockJsonEntry> block in InfoBlockJson.Read(head, "dev", ndns.Device.Name, jsonOptions))
            _blocks = _blocks.Add(
                JsonObject.Of(
                    block.Select(e => KeyValuePair.Create(e.Key, e.IsString ? new JsonText(e.Text) : (JsonValue)new JsonNumber(e.Text)))
                )
            );
        return 0;
    }

    private int WriteRaw(NamespaceState ndns)
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
                return -(int)Errno.EINVAL;
            }
        }
        Uuid parent = options.Text("parent-uuid") is { } parentText ? Uuid.Parse(parentText) : ndns.ParentUuid;
        Uuid uuid = options.Text("uuid") is { } uuidText ? Uuid.Parse(uuidText) : context.NewUuid();
        ulong start = options.Text("offset") is { } offset ? NdctlSize.TryParse(offset)!.Value : 0;
        bool isDevdax = options.Text("mode") is { } mode && NamespaceRules.ModeOf(mode) == "devdax";
        NdctlInfoBlockResult block = NdctlInfoBlock.Create(
            new NdctlInfoBlockRequest(
                isDevdax ? InfoBlockKind.Dax : InfoBlockKind.Pfn,
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
            return -(int)block.Errno;
        }
        RegionState region = context.Machine.Regions[ndns.Device.Number];
        ulong at = (ndns.Range.Start - region.Range.Start).Bytes;
        context.Machine = context.Machine.Write(region, WritePlan.Of(new MediaOffset(at), NdctlInfoBlock.ToOutput(block.Block)));
        return 0;
    }
}
