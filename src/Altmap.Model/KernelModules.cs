using System.Collections.Immutable;
using Altmap.Core;
using Altmap.Model.Nvdimm;

namespace Altmap.Model;

/// <summary>
/// Kernel modules, as far as it makes a difference when they are loaded. A machine has all of them loaded at boot, as udev does it, but for
/// those that its user says to load by hand.
/// </summary>
public static class KernelModules
{
    /// <summary>Modules that are loaded at boot and have nothing more to do then.</summary>
    private static readonly ImmutableArray<string> s_loaded =
    [
        "dax_pmem",
        "device_dax",
        "kmem",
        "libnvdimm",
        "nd_btt",
        "nd_e820",
        "nd_pmem",
        "nfit",
    ];

    /// <summary>Modules whose loading changes the machine.</summary>
    private static readonly ImmutableArray<string> s_loadable = [HmemDriver.Module];

    /// <summary>Every module that is known, in alphabetical order.</summary>
    public static IEnumerable<string> Names => s_loaded.Concat(s_loadable).Order(StringComparer.Ordinal);

    /// <summary>The name as the kernel has it: a hyphen is an underscore.</summary>
    public static string NameOf(string word) => word.Replace('-', '_');

    /// <summary>The machine booted anew without those modules that are loaded by hand; as it is where none of them matters.</summary>
    public static Machine LeaveToUser(Machine machine, IEnumerable<string> modules)
    {
        ImmutableSortedSet<string> byHand = [.. modules.Select(NameOf).Where(s_loadable.Contains)];
        return byHand.IsEmpty || !machine.Description.Steps.IsEmpty ? machine : Boot.Again(machine with { ModulesByHand = byHand });
    }

    /// <summary>
    /// Loads a module; nothing where it is loaded. Throws <see cref="NotModelledException"/> for one that is not known.
    /// </summary>
    public static StepResult Load(Machine machine, string word)
    {
        string name = NameOf(word);
        if (!Names.Contains(name))
            throw new NotModelledException($"the module {word}; known are {string.Join(", ", Names)}");
        if (!machine.PendingModules.Contains(name))
            return machine.Done();
        machine = machine with { PendingModules = machine.PendingModules.Remove(name) };
        return HmemDriver.Load(machine).Done();
    }
}
