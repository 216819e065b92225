using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Altmap.Cli.Common;
using Altmap.Cli.Explore;
using Altmap.Cli.Output;
using Altmap.Core.Units;
using Altmap.Model;
using Altmap.Model.Maps;
using Altmap.Model.Memory;
using Altmap.Model.Memory.States;
using Altmap.Model.Nvdimm;

namespace Altmap.Cli.Maps;

/// <summary>What <c>altmap pfn</c> and the prompt's <c>pfn</c> share: the arguments, and the answers for machines.</summary>
internal sealed class PfnRequest
{
    /// <summary>Pages that all have the same story, told of the first.</summary>
    private sealed record Answer(Machine Machine, PfnRange Pages, PfnStory Story, Owner? Owner, bool IsRange);

    private readonly Argument<string[]> _pages = new("PFN|ADDRESS|RANGE")
    {
        Description =
            "a page: its number in decimal or as pfn:0x187c000, or an address in it, as 0x187c000000 or 4G; or a range of either: "
            + "A-B, both inside, or A+SIZE; with --policy none is the whole machine",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<string?> _policy = PolicyChoice.Option(
        "which pages the kernel would judge otherwise by another list of checks, as explore --policy takes it; the machine stays what its "
            + "kernel made of it"
    );

    private readonly Option<bool> _json = JsonOutput.Option();

    /// <summary>With the options that say of which machines.</summary>
    public void AddTo(Command command, params Option[] ofMachine)
    {
        command.Add(_pages);
        foreach (Option option in (Option[])[_policy, .. ofMachine, _json])
            command.Add(option);
    }

    /// <summary>Answers for each machine. Ranges are told by runs of pages that are alike: as many lines as the machine has differences
    /// there.</summary>
    /// <returns>The exit code: 4 where a page is wrong.</returns>
    public int Show(CliHost host, ParseResult parse, IEnumerable<Machine> machines)
    {
        string[] pages = parse.GetValue(_pages) ?? [];
        if (parse.GetValue(_policy) is { } policy)
            return PfnPolicy.Show(host, machines, pages, PolicyChoice.Of(policy), parse.GetValue(_json));
        if (pages.Length == 0)
            throw CliError.Usage("which page? Expected PFN, ADDRESS or RANGE, as 0x100000000 or 4G+128M; or --policy for all pages");
        ImmutableArray<Answer> answers = [.. machines.SelectMany(m => pages.SelectMany(p => Of(m, p)))];
        if (parse.GetValue(_json))
            JsonOutput.Write(host, json => WriteJson(json, answers));
        else
            foreach (Answer answer in answers)
                WriteText(host, answer);
        return answers.Any(a => a.Story.IsWrong || a.Story.IsDamaged) ? ExitCode.ErrorsLeft : ExitCode.Success;
    }

    private static IEnumerable<Answer> Of(Machine machine, string text)
    {
        PfnRange asked = PageRange.Parse(text, "page, address or range", machine.Mm.PageSize);
        bool isRange = asked.Count.Pages > 1 || text.IndexOfAny(['-', '+']) > 0;
        Answer? last = null;
        foreach (MemoryRange range in MemoryMap.Facts(machine, asked))
        {
            PfnStory story = PfnStory.Of(machine, range.Pages.Start);
            if (
                last is not null
                && last.Owner == range.Owner
                && last.Story.Reason == story.Reason
                && last.Story.Memmap == story.Memmap
                && last.Story.IsValid == story.IsValid
                && last.Story.IsSubSectionValid == story.IsSubSectionValid
            )
            {
                last = last with { Pages = new PfnRange(last.Pages.Start, range.Pages.End) };
                continue;
            }
            if (last is not null)
                yield return last;
            last = new Answer(machine, range.Pages, story, range.Owner, isRange);
        }
        if (last is not null)
            yield return last;
    }

    private static void WriteText(CliHost host, Answer answer)
    {
        PfnStory story = answer.Story;
        ByteSize page = answer.Machine.Mm.PageSize;
        PhysicalAddress start = answer.Pages.Start.ToAddress(page);
        string pages = answer.IsRange
            ? $"{Words(answer.Pages, page)}, {SectionsOf(answer)}"
            : string.Create(CultureInfo.InvariantCulture, $"pfn {story.Pfn.Number} ({start}), section {story.SectionNumber.Number}");
        host.Out.WriteLine(
            $"kernel {answer.Machine.Kernel.Name}: {pages}, owner {answer.Owner?.ToString() ?? "none"}: "
                + (story.IsOnline ? "online" : "not online")
        );
        foreach (PfnCheck check in story.Checks)
            host.Out.WriteLine($"  {check.Name}: {(check.Passes ? "passes" : "stops here")}"); // why is the verdict's to say
        host.Out.WriteLine($"  {(story.IsWrong ? "WRONG: " : "")}{story.Reason}");
        if (!story.IsOnline && story.Memmap.Content == MemmapContent.None && ModeWithoutMap(answer.Machine, start) is { } mode)
            host.Out.WriteLine($"  {mode}");
    }

    /// <summary>A range as people read it: numbers, addresses, size.</summary>
    internal static string Words(PfnRange pages, ByteSize page) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"pfns {pages.Start.Number}-{pages.End.Number - 1} "
                + $"({new PhysicalRange(pages.Start.ToAddress(page), pages.Count.ToBytes(page))}, {pages.Count.ToBytes(page).ToHuman()})"
        );

    /// <summary>Why no struct pages stand for pmem that is in use: modes whose drivers map none (drivers/nvdimm/btt.c; pmem.c
    /// pmem_attach_disk() without pmem_should_map_pages()).</summary>
    private static string? ModeWithoutMap(Machine machine, PhysicalAddress address) =>
        machine.Regions.Values.SelectMany(r => r.Namespaces.Values).FirstOrDefault(n => n.Range.Contains(address)) switch
        {
            { Claim.Kind: NdDeviceKind.Btt } n => $"{n.Device} is in sector mode: its driver (btt) makes no struct pages",
            { Claim: null, IsBound: true } n => $"{n.Device} is in raw mode: its driver makes no struct pages",
            { IsIdle: true, Size.IsZero: false } n => $"{n.Device} is disabled: no driver has mapped it",
            _ => null,
        };

    private static string SectionsOf(Answer answer)
    {
        ulong per = answer.Machine.Mm.Geometry.PagesPerSection.Pages,
            first = answer.Pages.Start.Number / per,
            last = (answer.Pages.End.Number - 1) / per;
        return $"section{(first == last ? "" : "s")} {Numbers.Run(first, last)}";
    }

    private static void WriteJson(Utf8JsonWriter json, ImmutableArray<Answer> answers)
    {
        json.WriteStartArray();
        foreach (Answer answer in answers)
        {
            PfnStory story = answer.Story;
            json.WriteStartObject();
            json.WriteString("kernel", answer.Machine.Kernel.Name);
            json.WriteNumber("pfn", story.Pfn.Number);
            json.WriteNumber("end_pfn", answer.Pages.End.Number);
            json.WriteString("address", JsonOutput.Hex(answer.Pages.Start.ToAddress(answer.Machine.Mm.PageSize).Bytes));
            json.WriteNumber("section", story.SectionNumber.Number);
            json.WriteString("owner", answer.Owner?.ToString());
            json.WriteBoolean("valid", story.IsValid);
            json.WriteBoolean("section_valid", story.IsSubSectionValid);
            json.WriteBoolean("online", story.IsOnline);
            json.WriteBoolean("wrong", story.IsWrong);
            json.WriteBoolean("damaged", story.IsDamaged);
            json.WriteString("zone", story.Memmap.Zone == ZoneKind.None ? null : story.Memmap.Zone.Name());
            json.WriteString("reason", story.Reason);
            json.WriteObjects(
                "checks",
                story.Checks,
                check =>
                {
                    json.WriteString("name", check.Name);
                    json.WriteBoolean("passes", check.Passes);
                    json.WriteString("reason", check.Reason);
                }
            );
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}
