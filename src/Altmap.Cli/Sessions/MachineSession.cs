using System.Collections.Immutable;
using System.Globalization;
using Altmap.Advice.Sessions;
using Altmap.Cli.Common;
using Altmap.Core.Identity;
using Altmap.Core.Kernels;
using Altmap.Host;
using Altmap.Model.Hardware;
using Altmap.Model.Memory;
using Altmap.Shell;

namespace Altmap.Cli.Sessions;

/// <summary>A machine that was loaded and booted, with the steps of its file done: what every command on a MACHINE starts from.</summary>
/// <param name="Path">As the user named it.</param>
/// <param name="Source">The machine with its files; <c>Kernel</c> is the one in use.</param>
/// <param name="State">After boot and steps.</param>
internal sealed record MachineSession(string Path, MachineSource Source, ShellState State)
{
    /// <summary>The steps of the file, with the UUIDs that tools picked for them.</summary>
    public ImmutableArray<string> Steps { get; private init; } = [];

    /// <summary>What a MACHINE may be, for help.</summary>
    public const string Meaning = "a machine file, a capture (folder or tar), or a piece of one: iomem, ndctl list JSON, dmesg, …";

    /// <summary>Says on which topics the answer depends: what is only assumed of them makes it <c>unknown: needs …</c>. What was made again
    /// from what one kernel showed counts as assumed under another.</summary>
    public MachineSession Answering(CliHost host, params ReadOnlySpan<FactTopic> topics)
    {
        host.Missing.AddRange(Source.Description.Assumed(topics));
        if (IsOtherKernel && topics.Contains(FactTopic.Media))
            host.Missing.AddRange(Source.Description.Facts.Where(f => f is { Topic: FactTopic.Media, Origin: FactOrigin.Derived }));
        return this;
    }

    /// <summary>True where another kernel was asked for than the one that ran.</summary>
    private bool IsOtherKernel { get; init; }

    /// <summary>Loads and boots a machine file, a capture or a piece. Notes go to standard error; errors end the command.</summary>
    /// <param name="host">For notes.</param>
    /// <param name="path">Machine file, or directory.</param>
    /// <param name="kernelName">The kernel instead of the machine's own, or null.</param>
    /// <param name="uuidSeed">For UUIDs that tools pick; null: different each time.</param>
    public static MachineSession Open(CliHost host, string path, string? kernelName = null, ulong? uuidSeed = null)
    {
        if (path == "-")
            throw CliError.Usage("MACHINE is a path: a machine is not read from standard input; write it into a file");
        LoadResult loaded = MachineLoader.Load(path, kernelName);
        foreach (string note in NoteGroups.Of(loaded.Notes))
            host.Note(note);
        if (loaded.Source is not { } source)
            throw CliError.Of(loaded.Errors);
        MachineDescription description = source.Description;
        KernelProfile kernel = KernelChoice.Load(description.Kernel, kernelName is null ? DirectoryOf(path) : ".");
        ArchitectureRules architecture =
            ArchitectureRules.Find(kernel, description.Architecture, description.PageSize)
            ?? throw CliError.Usage(
                $"{path}: {KernelChoice.Name(description.Architecture)} has no pages of {description.PageSize.Bytes} bytes; expected "
                    + $"{ArchitectureRules.PageSizesOf(description.Architecture)}"
            );
        KernelChoice.NoteUnverified(host, kernel, architecture);
        foreach (string note in MemoryNotes.Of(description))
            host.Note(note);
        // Not from System.Security.Cryptography, which needs an OpenSSL that a small system has not.
        ulong seed = uuidSeed ?? unchecked((ulong)Random.Shared.NextInt64(long.MinValue, long.MaxValue));
        var opening = SessionOpening.Of(
            source,
            kernel,
            architecture,
            UuidSource.FromSeed(seed),
            (state, words) => SessionFiles.WithInput(state, words, DirectoryOf(path))
        );
        if (opening.Error is { } opened)
            throw ErrorOf(path, loaded, opened);
        string under = kernelName is null ? "" : $" under kernel {kernelName}";
        foreach (FailedStep step in opening.Failed)
            host.Note(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{PlaceOf(loaded, step.Step)} fails{under} with exit code {step.ExitCode}: {step.Command}: {step.Message}"
                )
            );
        return new(path, source, opening.State!)
        {
            Steps = opening.Steps,
            IsOtherKernel = kernelName is not null && IsOther(path, description),
        };
    }

    /// <summary>Only where something was made again does it matter which kernel ran; the machine is then read once more without the
    /// other.</summary>
    private static bool IsOther(string path, MachineDescription description) =>
        description.Facts.Any(f => f is { Topic: FactTopic.Media, Origin: FactOrigin.Derived })
        && MachineLoader.Load(path).Source is { } own
        && !KernelNames.AreOne(own.Description.Kernel, description.Kernel);

    private static CliError ErrorOf(string path, LoadResult loaded, OpeningError error) =>
        (error.Fault, error.Step) switch
        {
            (OpeningFault.DoesNotBoot, _) => CliError.Usage($"{path}: this kernel does not boot with this memory map: {error.Message}"),
            (OpeningFault.StepUnreadable, { } step) => CliError.Usage($"{PlaceOf(loaded, step)}: {error.Message}"),
            (_, { } step) => new CliError(ExitCode.Unsupported, $"{PlaceOf(loaded, step)}: {error.Message}"),
            _ => new CliError(ExitCode.Unsupported, error.Message),
        };

    private static string PlaceOf(LoadResult loaded, int step) =>
        string.Create(CultureInfo.InvariantCulture, $"{loaded.StepPlaces[step]}: step {step + 1}");

    /// <summary>The folder that paths in a machine's file are relative to.</summary>
    public static string DirectoryOf(string path) =>
        Directory.Exists(path) ? path : System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path)) ?? ".";
}
