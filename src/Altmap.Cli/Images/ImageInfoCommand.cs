using System.Collections.Immutable;
using System.CommandLine;
using Altmap.Cli.Common;
using Altmap.Cli.Output;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.Images;

namespace Altmap.Cli.Images;

/// <summary><c>altmap image info</c>: what an image is at every level; no judgement.</summary>
internal static class ImageInfoCommand
{
    public static Command Create(CliHost host)
    {
        var options = new ImageOptions();
        Option<string?> start = Values.StartOption(),
            kernel = KernelChoice.Option();
        Option<string?> provider = ProviderOption();
        var dataOffset = new Option<bool>("--data-offset") { Description = "print the offset of the data's first byte alone, for scripts" };
        Option<bool> all = KernelChoice.AllOption(),
            json = JsonOutput.Option();
        var command = new Command(
            "info",
            "Shows what an image is at every level: labels, info-block or BTT, partitions, file systems, where the data start, what "
                + "kernels make of it."
        );
        options.AddTo(command);
        foreach (Option option in (Option[])[start, provider, dataOffset, kernel, all, json])
            command.Add(option);
        command.SetAction(p =>
        {
            using OpenedImage image = OpenedImage.Open(options, p);
            if (p.GetValue(dataOffset))
                return PrintDataOffset(host, image);
            ImmutableArray<KernelProfile> kernels = KernelChoice.Select(p.GetValue(kernel), p.GetValue(all) || p.GetValue(kernel) is null);
            PhysicalAddress? address = Values.Address(p.GetValue(start), "--start");
            bool mapsPages = Values.Word(p.GetValue(provider), "--provider", Providers) is "e820" or "virtio";
            return Run(host, image, kernels, address, mapsPages, p.GetValue(json));
        });
        CommandHelp.SetExamples(command, "altmap image info disk.img", "altmap image info disk.img --data-offset");
        return command;
    }

    internal static readonly string[] Providers = ["nfit", "e820", "virtio"];

    internal static Option<string?> ProviderOption()
    {
        var provider = new Option<string?>("--provider")
        {
            Description = "the bus: nfit (default), e820 for memmap= ranges, or virtio for virtio-pmem",
            HelpName = "BUS",
        };
        provider.CompletionSources.Add(Providers);
        return provider;
    }

    private static int PrintDataOffset(CliHost host, OpenedImage image)
    {
        ImageNamespace ns = image.One();
        if (ns.DataStart is not { } start)
            throw new CliError(
                ExitCode.ErrorsLeft,
                ns.Mode == "sector"
                    ? $"{image.Path}: in sector mode the data have no offset: a map says where each sector is; altmap image extract "
                        + $"{image.Path} OUT writes them out"
                    : $"{image.Path}: the info-block says that there are no data; altmap image check {image.Path} says what is wrong"
            );
        host.Out.WriteLine(Numbers.Of(start.Bytes));
        return ExitCode.Success;
    }

    private static int Run(
        CliHost host,
        OpenedImage image,
        ImmutableArray<KernelProfile> kernels,
        PhysicalAddress? address,
        bool mapsPages,
        bool isJson
    )
    {
        ImmutableArray<ImmutableArray<ImageVerdict>> verdicts =
        [
            .. image.Layout.Namespaces.Select(ns =>
                (ImmutableArray<ImageVerdict>)
                    [.. kernels.Select(k => ImageVerdict.Of(ns, address, mapsPages, k, Values.Architecture(k, (Architecture?)null, null)))]
            ),
        ];
        if (address is null && image.Layout.Namespaces.Any(n => n.Settings is not null || (mapsPages && n.Mode == "raw")))
            host.Note("no --start: the image is taken to start at a multiple of every alignment");
        foreach (ImageNamespace ns in image.Layout.Namespaces)
        {
            if (ns is { Place.Label: null, Settings: not null } && !ns.ParentUuid.IsZero)
                host.Note($"no label is known: the namespace is taken for the one that the block names, {ns.ParentUuid}");
        }
        if (isJson)
            JsonOutput.Write(host, json => ImageInfoJson.Write(json, image, verdicts));
        else
            ImageInfoText.Write(host, image, verdicts);
        return ExitCode.Success;
    }
}
