using System.Text.RegularExpressions;
using Altmap.Core.Kernels;
using Altmap.Model.Hardware;

namespace Altmap.Model.Memory;

/// <summary>What a command line asks for and the memory side leaves out, in words for people: never left out in silence.</summary>
public static partial class MemoryNotes
{
    /// <summary>A size with a unit, and an address of up to three digits without: <c>4G!5</c>. Nobody keeps memory from there on.</summary>
    [GeneratedRegex("(?<![^,])([0-9]+[KMGTkmgt][!@$#])([1-9][0-9]{0,2})(?![^,])")]
    private static partial Regex UnitlessPlace();

    /// <summary>
    /// A sentence for each such parameter (6.1.192: mm/page_alloc.c find_zone_movable_pfns_for_nodes(), which ignores kernelcore= and
    /// movablecore= beside movable_node;
    /// arch/x86/mm/numa.c; drivers/firmware/efi/fake_mem.c). The check against the end of the direct map (-ERANGE in arch/x86/mm/init_64.c
    /// add_pages()) needs no note: with
    /// ZONE_DEVICE the direct map reaches as far as addresses do, and those are refused before.
    /// </summary>
    public static IEnumerable<string> Of(MachineDescription machine)
    {
        ArgumentNullException.ThrowIfNull(machine);
        bool isX86 = machine.Architecture == Architecture.X86_64,
            hasMovableNode = CommandLine.Has(machine.CommandLine, "movable_node");
        foreach (KernelParameter parameter in CommandLine.Parse(machine.CommandLine).Where(p => p.Value is not null))
        {
            string what = $"{parameter.Name}={parameter.Value} of the command line";
            string? note = parameter.Name switch
            {
                "kernelcore" or "movablecore" when !hasMovableNode =>
                    $"{what}: not modelled: zone Movable has no boot memory here, so zones, valid_zones and the zone that onlining "
                        + $"picks may differ; online or not does not depend on it",
                "mem" when !isX86 => $"{what}: not modelled on this architecture: all of \"memory\" is used; end the ranges there instead",
                "memmap" when !isX86 => $"{what}: only x86 knows it; nothing happens",
                "numa" => $"{what}: not modelled: nodes are those of \"memory\"",
                "efi_fake_mem" => $"{what}: not modelled: say \"Soft Reserved\" in \"memory\" instead",
                _ => null,
            };
            if (note is not null)
                yield return note;
            if (!isX86 || parameter.Name != "memmap")
                continue;
            foreach (Match place in UnitlessPlace().Matches(parameter.Value!))
                yield return $"memmap={place.Value} of the command line: its range begins at byte {place.Groups[2].Value}; did you "
                    + $"mean {place.Groups[1].Value}{place.Groups[2].Value}{place.Groups[1].Value[^2]}?";
        }
    }
}
