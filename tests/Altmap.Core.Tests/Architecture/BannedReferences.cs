using System.Collections.Immutable;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Altmap.Core.Tests.Architecture;

/// <summary>
/// What a compiled assembly refers to, held against BannedSymbols.txt. The analyzer says it earlier and at the line; this sees what the
/// compiler made of it, suppressions included.
/// </summary>
internal sealed class BannedReferences
{
    // Assemblies of the framework that exist for I/O, processes, network or threads. System.Runtime holds some of their types: the symbols
    // cover those.
    private static readonly string[] Assemblies =
    [
        "System.Net.",
        "System.IO.Pipes",
        "System.IO.MemoryMappedFiles",
        "System.IO.FileSystem.",
        "System.IO.IsolatedStorage",
        "System.Diagnostics.Process",
        "System.Console",
        "System.Threading.Thread",
        "Microsoft.Win32.",
    ];

    // The compiler's own: an iterator asks which thread enumerates it.
    private const string Harmless = "System.Environment.get_CurrentManagedThreadId";

    private readonly HashSet<string> _types = [];
    private readonly HashSet<string> _members = [];

    /// <summary>Reads lines as <c>T:System.IO.File;why</c>, <c>P:System.DateTime.Now;why</c>, <c>M:System.Guid.NewGuid;why</c>.</summary>
    public BannedReferences(string bannedSymbols)
    {
        foreach (string line in bannedSymbols.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            string symbol = line.Split(';')[0];
            string name = symbol[2..].Split('(')[0];
            int dot = name.LastIndexOf('.');
            switch (symbol[..2])
            {
                case "T:":
                    _types.Add(name);
                    break;
                case "M:":
                    _members.Add(name);
                    break;
                case "P:":
                    _members.UnionWith([$"{name[..dot]}.get_{name[(dot + 1)..]}", $"{name[..dot]}.set_{name[(dot + 1)..]}"]);
                    break;
                default:
                    throw new FormatException($"BannedSymbols.txt: '{line}'");
            }
        }
    }

    /// <summary>Banned things that the assembly refers to: types, members, assemblies, native imports. Sorted.</summary>
    public ImmutableSortedSet<string> In(byte[] assembly)
    {
        using var file = new PEReader(ImmutableArray.Create(assembly));
        MetadataReader reader = file.GetMetadataReader();
        var found = ImmutableSortedSet.CreateBuilder<string>(StringComparer.Ordinal);
        foreach (AssemblyReferenceHandle handle in reader.AssemblyReferences)
        {
            string name = reader.GetString(reader.GetAssemblyReference(handle).Name);
            if (Assemblies.Any(a => name.StartsWith(a, StringComparison.Ordinal)))
                found.Add(name);
        }
        string[] members =
        [
            .. from handle in reader.MemberReferences
            let member = reader.GetMemberReference(handle)
            where member.Parent.Kind == HandleKind.TypeReference
            select $"{TypeName(reader, (TypeReferenceHandle)member.Parent)}.{reader.GetString(member.Name)}",
        ];
        found.UnionWith(members.Where(_members.Contains));
        foreach (string type in reader.TypeReferences.Select(h => TypeName(reader, h)).Where(_types.Contains))
        {
            bool harmless =
                members.Contains(Harmless) && members.All(m => m == Harmless || !m.StartsWith(type + ".", StringComparison.Ordinal));
            if (type != "System.Environment" || !harmless)
                found.Add(type);
        }
        foreach (MethodDefinitionHandle handle in reader.MethodDefinitions)
        {
            MethodDefinition method = reader.GetMethodDefinition(handle);
            if (!method.GetImport().Module.IsNil)
                found.Add($"native {reader.GetString(method.GetImport().Name)}");
        }
        return found.ToImmutable();
    }

    private static string TypeName(MetadataReader reader, TypeReferenceHandle handle)
    {
        TypeReference type = reader.GetTypeReference(handle);
        string name = reader.GetString(type.Name);
        if (type.ResolutionScope.Kind == HandleKind.TypeReference)
            return $"{TypeName(reader, (TypeReferenceHandle)type.ResolutionScope)}.{name}";
        string space = reader.GetString(type.Namespace);
        return space.Length == 0 ? name : $"{space}.{name}";
    }
}
