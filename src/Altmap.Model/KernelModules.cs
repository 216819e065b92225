using System.Collections.Immutable;
using Altmap.Core;
using Altmap.Core.Kernels;
using Altmap.Model.Memory;
using Altmap.Model.Nvdimm;

namespace Altmap.Model;

/// <summary>
/// Kernel modules, as far as it makes a difference when they are loaded. A machine has those loaded at boot that its devices ask for, as
/// udev does it, but for those that its user says to load by hand.
/// </summary>
public static class KernelModules
{
    /// <summary>The module of which all others of NVDIMMs need symbols.</summary>
    private const string Libnvdimm = "libnvdimm";

    /// <summary>Modules that are loaded at boot and have nothing more to do then.</summary>
    private static readonly ImmutableArray<string> s_loaded = ["dax_pmem", "device_dax", "kmem", "nd_btt", "nd_pmem", "nfit"];

    /// <summary>Modules whose loading changes the machine.</summary>
    private static readonly ImmutableArray<string> s_loadable =
    [
        HmemDriver.Module,
        Libnvdimm,
        LegacyMemory.E820Module,
        LegacyMemory.Ramdax,
        VirtioMem.Module,
    ];

    /// <summary>Every module that is known, in alphabetical order.</summary>
    public static IEnumerable<string> Names => s_loaded.Concat(s_loadable).Order(StringComparer.Ordinal);

    /// <summary>The name as the kernel has it: a hyphen is an underscore.</summary>
    public static string NameOf(string word) => word.Replace('-', '_');

    /// <summary>True where the kernel has the module.</summary>
    public static bool Exists(Machine machine, string name) =>
        name switch
        {
            LegacyMemory.Ramdax => machine.Kernel.Get(Rules.HasRamdax),
            HmemDriver.Module => machine.Kernel.Get(Rules.HasHmem),
            "kmem" => machine.Kernel.Get(Rules.HasKmem),
            VirtioMem.Module => machine.Kernel.Get(Rules.HasAutoMovable),
            _ => true,
        };

    /// <summary>
    /// The machine booted anew without those modules that are loaded by hand; as it is where none of them matters. Where even libnvdimm is
    /// loaded by hand there is no udev: no module is there then that nobody loads.
    /// </summary>
    public static Machine LeaveToUser(Machine machine, IEnumerable<string> modules)
    {
        ImmutableSortedSet<string> byHand = [.. modules.Select(NameOf).Where(s_loadable.Contains)];
        if (byHand.Contains(Libnvdimm))
            byHand = byHand.Add(LegacyMemory.E820Module);
        return byHand.IsSubsetOf(machine.PendingModules) ? machine : Boot.Again(machine with { ModulesByHand = byHand });
    }

    /// <summary>
    /// What is not loaded after a boot. ramdax names no devices that it is for, so udev never loads it: a machine has it that lists its
    /// bus.
    /// </summary>
    internal static ImmutableSortedSet<string> AtBoot(Machine machine) =>
        machine.LegacyMemory.PrefersRamdax ? machine.ModulesByHand : machine.ModulesByHand.Add(LegacyMemory.Ramdax);

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
        if (name == HmemDriver.Module)
            return HmemDriver.Load(machine).Done();
        if (name == VirtioMem.Module)
            return VirtioMem.ProbeAll(machine).Done();
        foreach ((string driver, string module) in LegacyMemory.Drivers)
        {
            if (module == name)
                machine = LegacyMemory.Register(machine, driver);
        }
        return machine.Done();
    }
}
