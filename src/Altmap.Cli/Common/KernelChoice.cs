using System.Collections.Immutable;
using System.CommandLine;
using Altmap.Core.Kernels;
using Altmap.Host;

namespace Altmap.Cli.Common;

/// <summary><c>--kernel K</c> and <c>--all-kernels</c>: a profile by name, or a profile file by path.</summary>
internal static class KernelChoice
{
    private const int ProfileBytesMax = 1 << 20;

    public static Option<string?> Option() =>
        Option(
            "--kernel",
            "the kernel: a version or what uname -r prints (altmap kernels --for K), a profile's name, or the path of a profile file",
            "-k"
        );

    /// <summary>A kernel under another name.</summary>
    public static Option<string?> Option(string name, string description, params string[] aliases)
    {
        var option = new Option<string?>(name, aliases) { Description = description, HelpName = "K" };
        option.CompletionSources.Add(_ => KernelProfiles.Named.Select(p => new System.CommandLine.Completions.CompletionItem(p.Name)));
        return option;
    }

    public static Option<bool> AllOption() =>
        new("--all-kernels") { Description = "the answer of every kernel profile, those with +kmsan left out" };

    /// <summary>A profile by name or path, or the one that stands for a version.</summary>
    /// <param name="name">As <c>--kernel</c> gives it.</param>
    /// <param name="directory">What paths are relative to.</param>
    public static KernelProfile Load(string name, string directory = ".")
    {
        if (KernelProfiles.Find(name) is { } shipped)
            return shipped;
        string path = Path.Combine(directory, name);
        if (!IsPath(name) && !File.Exists(path))
            return KernelNames.Find(name)?.Profile ?? throw CliError.Usage(KernelNames.Refusal(name));
        // What a machine file names is to be no pipe; what the user names may be one.
        HostResult<byte[]> text = directory == "." ? BoundedFile.Read(path, ProfileBytesMax) : BoundedFile.ReadNamed(path, ProfileBytesMax);
        if (text.Error is { } error)
            throw CliError.Of(error);
        ProfileFileResult parsed = ProfileFile.Parse(text.Value, path);
        return parsed.Profile ?? throw CliError.Of([.. parsed.Errors.Select(HostError.Of)]);
    }

    /// <summary>What <c>--kernel</c> and <c>--all-kernels</c> ask for; one profile unless all are wanted.</summary>
    public static ImmutableArray<KernelProfile> Select(string? name, bool all) =>
        (name, all) switch
        {
            ({ }, true) => throw Both(),
            (null, true) => KernelProfiles.All,
            _ => [name is null ? KernelProfiles.Default : Load(name)],
        };

    /// <summary>The same for what is asked of a machine: null is the kernel that the machine itself names.</summary>
    public static ImmutableArray<string?> Names(string? name, bool all) =>
        (name, all) switch
        {
            ({ }, true) => throw Both(),
            (null, true) => [.. KernelProfiles.All.Select(k => (string?)k.Name)],
            _ => [name],
        };

    /// <summary>Says what <c>--all-kernels</c> leaves out, where the size of struct page matters.</summary>
    public static void NoteWithoutKmsan(CliHost host, bool all)
    {
        if (all)
            host.Note(
                $"--all-kernels goes without kernels built with CONFIG_KMSAN, whose struct page is larger: --kernel NAME for each of "
                    + string.Join(", ", KernelProfiles.Kmsan.Select(k => k.Name))
            );
    }

    private static CliError Both() => CliError.Usage("--kernel and --all-kernels exclude each other");

    public static bool IsPath(string name) =>
        name.Contains('/', StringComparison.Ordinal) || name.EndsWith(".json", StringComparison.Ordinal);

    /// <summary>True when a real kernel confirmed the rules, or they were read in its source; else the answer says so.</summary>
    public static bool IsVerified(KernelProfile kernel, ArchitectureRules architecture) =>
        kernel.IsVerified && architecture.Confirmation == Confirmation.RealKernel;

    /// <summary>Says on standard error what the answer rests on that no real kernel confirmed.</summary>
    public static void NoteUnverified(CliHost host, KernelProfile kernel, ArchitectureRules? architecture)
    {
        if (kernel.StandsFor is { } match)
            host.Note(match.ToString());
        else if (!kernel.IsVerified)
            host.Note($"kernel {kernel.Name}: {kernel.Description}; not verified on this kernel");
        if (architecture is { Confirmation: not Confirmation.RealKernel })
            host.Note(
                $"{Name(architecture.Architecture)} with pages of {architecture.PageSize.Bytes} bytes: read in the source, not "
                    + $"verified on this architecture"
            );
    }

    public static string Name(Architecture architecture) =>
        architecture switch
        {
            Architecture.X86_64 => "x86_64",
            Architecture.Arm64 => "aarch64",
            _ => "ppc64le",
        };
}
