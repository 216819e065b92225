using System.Collections.Immutable;
using System.CommandLine;
using Altmap.Cli.Common;
using Altmap.Cli.Output;
using Altmap.Core.Findings;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.Images;

namespace Altmap.Cli.Images;

/// <summary><c>altmap image check</c>: everything that is wrong, on every level.</summary>
internal static class ImageCheckCommand
{
    public static Command Create(CliHost host)
    {
        var options = new ImageOptions();
        Option<string?> start = Values.StartOption(),
            provider = ImageInfoCommand.ProviderOption(),
            kernel = KernelChoice.Option(),
            arch = Values.ArchitectureOption(),
            page = Values.PageSizeOption();
        Option<bool> json = JsonOutput.Option();
        var command = new Command("check", "Says everything that is wrong with an image: labels, info-block or BTT, partitions, sizes.");
        options.AddTo(command);
        foreach (Option option in (Option[])[start, provider, kernel, arch, page, json])
            command.Add(option);
        command.SetAction(p =>
        {
            KernelProfile profile = KernelChoice.Select(p.GetValue(kernel), all: false)[0];
            using OpenedImage image = OpenedImage.Open(options, p, profile);
            return Run(
                host,
                image,
                profile,
                Values.Architecture(profile, p.GetValue(arch), p.GetValue(page)),
                Values.Address(p.GetValue(start), "--start"),
                Values.Word(p.GetValue(provider), "--provider", ImageInfoCommand.Providers) is "e820" or "virtio",
                p.GetValue(json)
            );
        });
        CommandHelp.SetExamples(command, "altmap image check disk.img", "altmap image check disk.img --start 4G --kernel 6.12 --json");
        return command;
    }

    private static int Run(
        CliHost host,
        OpenedImage image,
        KernelProfile kernel,
        ArchitectureRules arch,
        PhysicalAddress? start,
        bool mapsPages,
        bool isJson
    )
    {
        KernelChoice.NoteUnverified(host, kernel, arch);
        if (start is null && image.Layout.Namespaces.Any(n => n.Settings is not null || (mapsPages && n.Mode == "raw")))
            host.Note("no --start: the image is taken to start at a multiple of every alignment");
        ImmutableArray<Finding> findings = ImageChecks.Validate(image.Media, image.Layout, start, kernel, arch, image.Subject);
        ImmutableArray<ImageVerdict> verdicts =
        [
            .. image.Layout.Namespaces.Select(n => ImageVerdict.Of(n, start, mapsPages, kernel, arch)),
        ];
        if (isJson)
            JsonOutput.Write(
                host,
                json =>
                {
                    json.WriteStartObject();
                    json.WriteString("file", image.Path);
                    json.WriteString("kernel", kernel.Name);
                    json.WriteObjects(
                        "namespaces",
                        image.Layout.Namespaces.Zip(verdicts),
                        n =>
                        {
                            json.WriteNumber("offset", n.First.Place.Start.Bytes);
                            json.WriteString("mode", n.First.Mode);
                            json.WriteString("verdict", n.Second.Word);
                            json.WriteStrings("needs", n.Second.Needs is { } needs ? [needs] : []);
                        }
                    );
                    json.WriteFindings("findings", findings);
                    json.WriteEndObject();
                }
            );
        else
            WriteText(host, image, kernel, findings, verdicts);
        return findings.Any(f => f.Severity == Severity.Error) || verdicts.Any(v => v.Word == "unbound") ? ExitCode.ErrorsLeft
            : verdicts.Any(v => v.Needs is not null) || image.Layout.Namespaces.IsEmpty ? ExitCode.Unsupported
            : ExitCode.Success;
    }

    private static void WriteText(
        CliHost host,
        OpenedImage image,
        KernelProfile kernel,
        ImmutableArray<Finding> findings,
        ImmutableArray<ImageVerdict> verdicts
    )
    {
        foreach ((ImageNamespace ns, ImageVerdict verdict) in image.Layout.Namespaces.Zip(verdicts))
        {
            host.Out.WriteLine($"{image.Path}, {ns.Place.Size} from {ns.Place.Start} on: kernel {kernel.Name}: {verdict.Text}");
            foreach (string message in verdict.Messages)
                host.Out.WriteLine($"  logged: {message}");
        }
        FindingText.Write(host, findings);
        if (findings.IsEmpty && verdicts.All(v => v.Needs is null))
            host.Out.WriteLine("nothing is wrong");
    }
}
