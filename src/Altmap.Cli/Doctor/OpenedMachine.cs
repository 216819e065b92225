using System.Collections.Immutable;
using System.Text;
using Altmap.Advice.Doctor;
using Altmap.Cli.Sessions;
using Altmap.Core.Findings;
using Altmap.Host;
using Altmap.Model.Hardware;

namespace Altmap.Cli.Doctor;

/// <summary>A machine with what nobody gave of it, and the kernel log that came with it.</summary>
/// <param name="Session">Booted, with its steps done.</param>
/// <param name="Gaps">Bytes that a capture lacks.</param>
/// <param name="Log">Lines of the capture's kernel log.</param>
/// <param name="Notes">What loading it had to say.</param>
internal sealed record OpenedMachine(
    MachineSession Session,
    ImmutableArray<Gap> Gaps,
    ImmutableArray<string> Log,
    ImmutableArray<string> Notes
)
{
    private const int LogBytesMax = 16 << 20;

    public static OpenedMachine Open(string path, string? kernel)
    {
        using var notes = new StringWriter();
        using var host = new CliHost(Stream.Null, notes, () => Stream.Null);
        MachineSession session = MachineSession.Open(host, path, kernel, uuidSeed: 1);
        const string mark = "note: ";
        ImmutableArray<string> said =
        [
            .. notes
                .ToString()
                .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(l => l.StartsWith(mark, StringComparison.Ordinal) ? l[mark.Length..] : l),
        ];
        ImmutableArray<string> log = Directory.Exists(path) ? LogOf(path) : [];
        return new(session, [.. GapsOf(session.Source)], log.IsEmpty ? session.Source.Description.KernelMessages : log, said);
    }

    /// <summary>A machine file says what it means: media that it does not name are empty. A capture leaves out what was not
    /// collected.</summary>
    private static IEnumerable<Gap> GapsOf(MachineSource source)
    {
        MachineDescription machine = source.Description;
        foreach (Fact fact in machine.Facts.Where(f => f is { Topic: FactTopic.Labels, Origin: not FactOrigin.Given }))
            yield return new Gap(new Subject(SubjectKind.Dimm, fact.Of), $"the label area of {fact.Of}", fact.Needs)
            {
                IsDerived = fact.Origin == FactOrigin.Derived,
            };
        foreach (RegionDescription region in E820Regions.Resolve(machine))
        {
            string inside = $"namespace{region.Name["region".Length..]}.";
            // Of a region that follows from the memory map what was made again is what its kernel saw.
            bool isListed = machine.Regions.Any(r => r.Name == region.Name);
            bool isMissing = machine.Facts.Any(f =>
                f.Topic == FactTopic.Media
                && (f.Origin == FactOrigin.Assumed || (isListed && f.Origin == FactOrigin.Derived))
                && (f.Of == region.Name || f.Of.StartsWith(inside, StringComparison.Ordinal))
            );
            if (isMissing)
                yield return new Gap(
                    new Subject(SubjectKind.Region, region.Name),
                    $"the media of {region.Name}",
                    "the first 8 KiB of each of its namespaces, which altmap capture collects"
                );
        }
        foreach (Fact fact in machine.Assumed(FactTopic.Memory, FactTopic.Regions, FactTopic.Mappings))
            yield return new Gap(
                fact.Of.Length == 0 ? new Subject(SubjectKind.Machine, "machine") : new Subject(SubjectKind.Region, fact.Of),
                fact.Topic == FactTopic.Memory ? "the memory map"
                    : fact.Topic == FactTopic.Regions ? $"the place of {fact.Of}"
                    : $"the DIMMs of {fact.Of}",
                fact.Needs
            );
    }

    private static ImmutableArray<string> LogOf(string directory)
    {
        foreach (string name in (string[])["dmesg.txt", "dmesg.txt.gz"])
        {
            string path = System.IO.Path.Combine(directory, name);
            if (File.Exists(path) && BoundedFile.Read(path, LogBytesMax).Value is { } bytes)
                return [.. Encoding.UTF8.GetString(bytes).Split('\n').Select(l => l.TrimEnd('\r'))];
        }
        return [];
    }
}
