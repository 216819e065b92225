using System.Collections.Immutable;
using Altmap.Core.Json;
using Altmap.Core.Kernels;
using Altmap.Model.Hardware;

namespace Altmap.Model.MachineFiles;

/// <summary>A description, or why there is none.</summary>
/// <param name="Description">Null when there are errors.</param>
/// <param name="Errors">In the order of the file, at most <see cref="InputErrors.CountMax"/>.</param>
public sealed record MachineFileResult(MachineDescription? Description, ImmutableArray<InputError> Errors)
{
    /// <summary>The line of each step, for messages about what happens when it is run.</summary>
    public ImmutableArray<int> StepLines { get; init; } = [];
}

/// <summary>
/// The machine file, format altmap-machine/1: JSON in UTF-8. Sizes are integers or strings as <c>"256M"</c>; addresses are hex strings or
/// integers; ends are
/// inclusive; unknown keys are errors.
/// </summary>
public static class MachineFile
{
    /// <summary>What <c>format</c> must say.</summary>
    public const string Format = "altmap-machine/1";

    /// <summary>Largest file that is read.</summary>
    public const int SizeBytesMax = 64 << 20;

    /// <summary>Reads a whole file. Any bytes give a description or errors.</summary>
    /// <param name="utf8">The file.</param>
    /// <param name="fileName">As messages name it.</param>
    /// <param name="isKernel">Says whether a name of the key <c>kernel</c> is known; null: the profiles that ship, and anything that looks
    /// like the path of a profile file.</param>
    /// <param name="kernelOverride">Stands for the key <c>kernel</c>, which then may be wrong or absent; null: the key counts.</param>
    public static MachineFileResult Parse(
        ReadOnlyMemory<byte> utf8,
        string fileName,
        Func<string, bool>? isKernel = null,
        string? kernelOverride = null
    )
    {
        var errors = new InputErrors(fileName);
        if (utf8.Length > SizeBytesMax)
        {
            errors.Add(1, 1, $"the file has {utf8.Length} bytes", $"at most {SizeBytesMax}", "is this the right file?");
            return new(null, [.. errors.Sorted]);
        }
        if (JsonText.Parse(utf8.Span, errors) is not { } root)
            return new(null, [.. errors.Sorted]);
        var reader = new MachineReader(errors, isKernel ?? IsShippedOrPath, kernelOverride);
        MachineDescription description = reader.Read(root);
        return errors.IsEmpty ? new(description, []) { StepLines = reader.StepLines } : new(null, [.. errors.Sorted]);
    }

    /// <summary>The canonical text of a description: parsed and written again it is the same.</summary>
    public static string Write(MachineDescription description) => MachineWriter.Write(description);

    /// <summary>True for a kernel that a profile stands for, and for what can only be a path (it has a slash or ends in .json).</summary>
    public static bool IsShippedOrPath(string name) => KernelNames.Find(name) is not null || IsPath(name);

    /// <summary>True for what can only be the path of a profile file.</summary>
    public static bool IsPath(string name) =>
        name.Contains('/', StringComparison.Ordinal) || name.EndsWith(".json", StringComparison.Ordinal);
}
