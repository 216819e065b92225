using Altmap.Advice.Plans;
using Altmap.Cli.Common;
using Altmap.Core.Json;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Model.Planning;

namespace Altmap.Cli.Planning;

/// <summary>Which options of <c>altmap plan</c> go together. No option is ignored in silence.</summary>
internal static class PlanUse
{
    public static void Check(string? machine, string? ns, PlanRequest request, PlanOutput output)
    {
        CheckMode(request);
        if (request is { Size: not null, Usable: not null })
            throw CliError.Usage("--size and --usable exclude each other: how large it is, or how much it shall give");
        if (output.IsWhole && (!output.IsJson || machine is null || ns is not null || !request.IsEmpty))
            throw CliError.Usage("--whole goes with MACHINE and --json alone");
        if (request.Usable is null && (request.Maps.Length > 1 || request.IsAnyAlign))
            throw CliError.Usage(
                request.IsAnyAlign ? "--align any goes with --usable" : "--map any goes with --usable; expected dev or mem"
            );
        if (machine is null)
        {
            CheckRange(request, output);
            CheckBlock(request.BlockSize);
            return;
        }
        if (request.IsEmpty)
        {
            if (output.Script is not null)
                throw CliError.Usage("--script writes the commands of a plan: give --usable, --start and --size, or NAMESPACE and --mode");
            return;
        }
        Values.RefuseBesideMachine(
            "--arch, --page-size or --block-size",
            request.Architecture?.ToString(),
            request.PageSize?.ToString(),
            request.BlockSize?.ToString()
        );
        if (ns is not null || IsOfNamespaces(request))
        {
            if (!request.IsOfMode)
                throw CliError.Usage(
                    $"{Quote.Text(ns ?? "")} is there already: --mode, --map, --align and --sector-size say what it would become, the "
                        + "other options are of a new namespace"
                );
            if (request.Mode is CapacityMode.Hotplug or CapacityMode.Dimm)
                throw CliError.Usage($"--mode {NamespaceWish.WordOf(request.Mode.Value)} is of a range without namespace");
            return;
        }
        if (request.Usable is null && (request.Size is null || request.Start is null))
            throw CliError.Usage("of a new namespace on a MACHINE give --usable, or --start and --size: altmap plan MACHINE --usable 1G");
        if (request is { Usable: not null, Start: not null })
            throw CliError.Usage("with a MACHINE and --usable the kernel chooses the start: --region says where");
        if (request.Usable is null && (request.Count is not null || request.Rest is not null || request.Region is not null))
            throw CliError.Usage("--count, --rest and --region go with --usable");
        if (request is { Usable: not null, Mode: CapacityMode.Hotplug or CapacityMode.Dimm })
            throw CliError.Usage(
                $"--mode: {Quote.Text(NamespaceWish.WordOf(request.Mode.Value))} is of a range, with --start and --size; expected "
                    + string.Join(", ", PlanOptions.NamespaceModes)
            );
    }

    /// <summary>A mode, and no place: what the namespaces that are there would give.</summary>
    public static bool IsOfNamespaces(PlanRequest request) =>
        request is { IsOfMode: true, Mode: not (null or CapacityMode.Hotplug or CapacityMode.Dimm) };

    /// <summary>Scripts get the refused plan, as the kernel's attribute gives EINVAL; people hear what they may say.</summary>
    public static void CheckAlign(PlanRequest request, ArchitectureRules architecture, bool isJson)
    {
        if (!isJson && request.Align is { } align && !architecture.SupportedAligns.Contains(align))
            throw CliError.Usage($"--align: {Values.NoAlign(align, architecture)}");
    }

    /// <summary>ndctl's own default where the start is odd.</summary>
    public static void NoteAlign(CliHost host, PlanRequest request, NamespacePlan plan)
    {
        if (request is { Align: null, IsAnyAlign: false } && plan.Align is { } align && !plan.Range.Start.IsAligned(align))
            host.Note(
                $"align {align.ToHuman()} is assumed; ndctl create-namespace takes a page where its region starts at no multiple of "
                    + $"that: --align {plan.Architecture.PageSize.ToOption()}"
            );
    }

    /// <summary>Memory blocks are powers of two, of whole sub-sections.</summary>
    public static void CheckBlock(ByteSize? size)
    {
        if (size is { } block && (!block.IsPowerOfTwo || block < ByteSize.MiB(2)))
            throw CliError.Usage($"--block-size: {block} is none; expected a power of two from 2M on, as 128M, 1G or 2G");
    }

    private static void CheckRange(PlanRequest request, PlanOutput output)
    {
        if (request.Start is null || (request.Size ?? request.Usable) is null)
            throw CliError.Usage("give a MACHINE, or --start and --size (or --usable) of a namespace");
        if (request.Rest is not null || request.Region is not null)
            throw CliError.Usage("--rest and --region need a MACHINE");
        if (output.Script is not null)
            throw CliError.Usage("--script needs a MACHINE: commands are written that were run on its model");
        if (request is { Count: not null, Usable: null })
            throw CliError.Usage(
                "--count goes with --usable: so many namespaces, one behind the other: altmap plan --start 4G --usable 1G --count 3"
            );
    }

    private static void CheckMode(PlanRequest request)
    {
        if (request.IsEmpty)
            return;
        CapacityMode[] modes = request.Rest is { } rest ? [request.ModeOrDefault, rest] : [request.ModeOrDefault];
        string words = string.Join(" and ", modes.Select(NamespaceWish.WordOf).Distinct());
        string? page =
            !request.Maps.IsEmpty ? "--map"
            : request.Align is not null || request.IsAnyAlign ? "--align"
            : null;
        if (page is not null && !modes.Any(m => m is CapacityMode.FsDax or CapacityMode.DevDax or CapacityMode.SystemRam))
            throw CliError.Usage($"{page} is of a page map, and {words} has none: not both");
        if (request.SectorSizeBytes is not null && !modes.Contains(CapacityMode.Sector))
            throw CliError.Usage($"--sector-size is of a BTT, and {words} has none: --mode sector");
        if (request.BlockSize is not null && !modes.Any(m => m is CapacityMode.SystemRam or CapacityMode.Hotplug or CapacityMode.Dimm))
            throw CliError.Usage($"--block-size is of memory that is added, and {words} adds none: --mode system-ram, hotplug or dimm");
    }
}
