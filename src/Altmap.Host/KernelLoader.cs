using System.Collections.Immutable;
using Altmap.Core.Json;
using Altmap.Core.Kernels;
using Altmap.Model.MachineFiles;

namespace Altmap.Host;

/// <summary>A kernel profile, or why there is none.</summary>
/// <param name="Profile">Null when there are errors.</param>
/// <param name="Errors">What a person has to mend.</param>
public sealed record KernelLoadResult(KernelProfile? Profile, ImmutableArray<HostError> Errors);

/// <summary>Finds a kernel by the name or path that a machine file or <c>--kernel</c> gives.</summary>
public static class KernelLoader
{
    private const int FileBytesMax = 1 << 20;

    /// <summary>A profile that ships, by name, or a profile file, by path.</summary>
    /// <param name="nameOrPath">As <c>6.1</c>, or <c>my/kernel.json</c>.</param>
    /// <param name="directory">Where a relative path starts: the machine file's directory, or the current one.</param>
    public static KernelLoadResult Load(string nameOrPath, string directory)
    {
        if (KernelProfiles.Find(nameOrPath) is { } shipped) return new(shipped, []);
        if (!MachineFile.IsPath(nameOrPath))
        {
            return new(null, [new HostError(Quote.Short(nameOrPath), "there is no such kernel profile", $"one of {KernelProfiles.Names}, or the path of a profile file",
                NearestWord.Hint(nameOrPath, KernelProfiles.All.Select(p => p.Name)))]);
        }
        string path = Path.Combine(directory, nameOrPath);
        HostResult<byte[]> text = BoundedFile.Read(path, FileBytesMax);
        if (text.Error is { } error) return new(null, [error]);
        ProfileFileResult result = ProfileFile.Parse(text.Value, path);
        return new(result.Profile, [.. result.Errors.Select(HostError.Of)]);
    }
}
