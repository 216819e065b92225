using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using Altmap.Cli.Common;
using Altmap.Core.Identity;
using Altmap.Core.Kernels;
using Altmap.Host;
using Altmap.Model;
using Altmap.Model.Hardware;
using Altmap.Model.Memory;
using Altmap.Model.Nvdimm;
using Altmap.Shell;
using Altmap.Shell.Scripts;

namespace Altmap.Cli.Sessions;

/// <summary>A machine that was loaded and booted, with the steps of its file done: what every command on a MACHINE starts from.</summary>
/// <param name="Path">As the user named it.</param>
/// <param name="Source">The machine with its files; <c>Kernel</c> is the one in use.</param>
/// <param name="State">After boot and steps.</param>
internal sealed record MachineSession(string Path, MachineSource Source, ShellState State)
{
    /// <summary>Loads and boots a machine file or capture directory. Notes go to standard error; errors end the command.</summary>
    /// <param name="host">For notes.</param>
    /// <param name="path">Machine file, or directory.</param>
    /// <param name="kernelName">The kernel instead of the machine's own, or null.</param>
    /// <param name="uuidSeed">For UUIDs that tools pick; null: different each time.</param>
    public static MachineSession Open(CliHost host, string path, string? kernelName = null, ulong? uuidSeed = null)
    {
        if (path == "-")
            throw CliError.Usage("MACHINE is a path: a machine is not read from standard input; write it into a file");
        LoadResult loaded = MachineLoader.Load(path, kernelName);
        foreach (string note in loaded.Notes)
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
        try
        {
            (Machine? machine, string? panic) = Boot.Start(source, WithConfig(kernel, description), architecture);
            if (machine is null)
                throw CliError.Usage($"{path}: this kernel does not boot with this memory map: {panic}");
            ulong seed = uuidSeed ?? BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8));
            return new(path, source, RunSteps(host, loaded, kernelName, new ShellState(machine, UuidSource.FromSeed(seed))));
        }
        catch (NotModelledException e)
        {
            throw new CliError(ExitCode.Unsupported, $"unsupported: {e.Message}");
        }
    }

    /// <summary>The folder that paths in a machine's file are relative to.</summary>
    public static string DirectoryOf(string path) =>
        Directory.Exists(path) ? path : System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path)) ?? ".";

    /// <summary>
    /// A step that fails is told, and the rest is done: a recorded boot has commands that failed, a saved session keeps one that failed and
    /// changed something,
    /// and under another kernel than the machine's own a step may well fail.
    /// </summary>
    private static ShellState RunSteps(CliHost host, LoadResult loaded, string? kernelName, ShellState state)
    {
        ImmutableArray<string> steps = loaded.Source!.Description.Steps;
        for (int i = 0; i < steps.Length; i++)
        {
            string where = string.Create(CultureInfo.InvariantCulture, $"{loaded.StepPlaces[i]}: step {i + 1}");
            if (ScriptParser.ParseLine(steps[i]) is not { } parsed)
                continue;
            if (parsed.Error is { } error)
                throw CliError.Usage($"{where}: {error.Message}");
            UuidSource uuids = state.Uuids;
            ScriptLine line = parsed.Line!;
            CommandResult result = CommandShell.Run(
                state with
                {
                    Uuids = uuids.WithGiven(StepText.UuidsOf(steps[i])),
                },
                line.Words,
                line.RedirectTo
            );
            if (result.IsUnsupported)
                throw new CliError(ExitCode.Unsupported, $"{where}: {result.Stderr.TrimEnd('\n')}");
            if (result.ExitCode != 0)
            {
                string under = kernelName is null ? "" : $" under kernel {kernelName}";
                host.Note(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{where} fails{under} with exit code {result.ExitCode}: {line.Text}: {FirstLine(result)}"
                    )
                );
            }
            state = result.State with { Uuids = result.State.Uuids.WithGiven([]) };
        }
        return state;
    }

    private static string FirstLine(CommandResult result) =>
        result.Merged.Split('\n').Select(l => l.Trim()).FirstOrDefault(l => l.Length > 0) ?? "no message";

    /// <summary>What the machine's <c>config</c> says of the kernel takes the place of the profile's rule; the profile then counts as the
    /// user's own.</summary>
    public static KernelProfile WithConfig(KernelProfile kernel, MachineDescription description)
    {
        var rules = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach ((string key, ulong value) in description.Config)
        {
            string text = value.ToString(CultureInfo.InvariantCulture);
            (RuleDefinition Rule, string Value)? set = key switch
            {
                "struct_page_size" => (Rules.StructPageSize, text),
                "max_struct_page_size" => (Rules.MaxStructPageSize, text),
                "nvdimm_kmsan" when value == 1 => (Rules.LargeStructPage, "record-real-size"),
                "section_bits" => (KernelProfile.SectionRule(description.Architecture, description.PageSize), text),
                _ => null,
            };
            if (set is { } rule)
                rules[rule.Rule.Name] = rule.Value;
        }
        return rules.Count == 0 ? kernel : kernel.Derive(kernel.Name, kernel.Description, rules);
    }
}
