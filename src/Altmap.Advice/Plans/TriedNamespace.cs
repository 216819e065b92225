using System.Collections.Immutable;
using Altmap.Advice.Sessions;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;
using Altmap.Model;
using Altmap.Model.Nvdimm;
using Altmap.Model.Planning;
using Altmap.Shell;

namespace Altmap.Advice.Plans;

/// <summary>A namespace that was made on the model of the machine, and what it gave there.</summary>
/// <param name="Region">Where.</param>
/// <param name="Commands">What a person types; each was run on the model and succeeded.</param>
/// <param name="Namespace">Its name.</param>
/// <param name="Result">What is there after the commands.</param>
/// <param name="Loses">What they destroy, for a person; null: nothing.</param>
public sealed record TriedNamespace(NdDevice Region, ImmutableArray<string> Commands, string Namespace, NamespacePlan Result, string? Loses)
{
    /// <summary>Extents of the region that are free then; null where that was not asked.</summary>
    public RegionPlace? After { get; init; }
}

/// <summary>Makes namespaces on the model with the commands that people type.</summary>
internal static class Making
{
    private static readonly ByteSize StartAlign = ByteSize.MiB(16);

    /// <summary>Makes one. Either the namespace and the state with it, or why not.</summary>
    public static (TriedNamespace? Made, ShellState State, Refusal? Refusal) New(ShellState state, PlannedNamespace planned)
    {
        NdDevice region = planned.Place.Region.Device;
        Machine machine = state.Machine;
        bool isEmptied =
            planned.Place.Use == RegionUse.Whole
            || (planned.Place.Use == RegionUse.NewLabels && RegionDriver.TypeOf(machine, planned.Place.Region) != NamespaceType.Pmem);
        string? loses = isEmptied ? $"{region} has one namespace, without label: what it holds is lost" : null;
        return Of(
            state,
            region,
            planned.Wish.Mode,
            Labels(machine, planned.Place),
            planned.Place.Use == RegionUse.Whole
                ? Reconfigure(planned.Place.Region, $"namespace{region.Number}.0", planned.Wish)
                : $"ndctl create-namespace{Force(planned.Wish, planned.Plan.Range)} -r {region}{Options(planned.Wish)} -s "
                    + planned.Plan.Range.Size.ToOption(),
            planned.Plan.Range,
            loses
        );
    }

    /// <summary>Makes a namespace that is there into something else; what it holds is lost.</summary>
    public static (TriedNamespace? Made, ShellState State, Refusal? Refusal) Anew(
        ShellState state,
        NamespaceState ndns,
        NamespaceWish wish
    ) =>
        Of(
            state,
            new NdDevice(NdDeviceKind.Region, ndns.Device.Number),
            wish.Mode,
            [],
            Reconfigure(state.Machine.Regions[ndns.Device.Number], ndns.Device.Name, wish),
            ndns.Range,
            $"what {ndns.Device} holds is lost"
        );

    /// <summary>
    /// Runs the commands. A region without labels cannot be asked for another size: where ndctl refuses its own, the region's align is
    /// lowered first.
    /// </summary>
    private static (TriedNamespace? Made, ShellState State, Refusal? Refusal) Of(
        ShellState state,
        NdDevice region,
        CapacityMode mode,
        ImmutableArray<string> before,
        string creation,
        PhysicalRange range,
        string? loses
    )
    {
        RegionState place = state.Machine.Regions[region.Number];
        var start = Trial.Start(state);
        // A policy that puts added memory online by itself stops daxctl.
        if (mode == CapacityMode.SystemRam && state.Machine.Mm.AutoOnline != OnlinePolicy.Offline)
            start = start.Then("echo offline > /sys/devices/system/memory/auto_online_blocks");
        Trial trial = start.Then(before).Then(creation);
        if (!trial.IsDone && state.Machine.Kernel.Get(Rules.RegionsHaveAlign) && !range.Size.IsMultipleOf(place.Align))
        {
            ByteSize least = state.Machine.Architecture.CompatAlign * (ulong)Math.Max(1, place.Ways);
            Trial lowered = start.Then(before).Then($"echo 0x{least.Bytes:x} > /sys/bus/nd/devices/{region}/align").Then(creation);
            trial = lowered.IsDone ? lowered : trial;
        }
        if (trial.IsDone && mode == CapacityMode.SystemRam && Find(trial.State.Machine, region, range) is { } made)
            trial = trial.Then($"daxctl reconfigure-device --mode=system-ram dax{region.Number}.{made.Device.Id}");
        if (!trial.IsDone)
            return (null, state, Refusal.Of(region, trial));
        Machine machine = trial.State.Machine;
        if (Find(machine, region, range) is not { } ndns)
            return (
                null,
                state,
                new Refusal(region, creation, string.Create(null, $"the namespace does not lie at 0x{range.Start.Bytes:x}"), false)
            );
        NamespacePlan result = NamespacePlan.Of(machine, ndns)!;
        return result.IsAccepted
            ? (new TriedNamespace(region, trial.Commands, ndns.Device.Name, result, loses), trial.State, null)
            : (null, state, new Refusal(region, creation, result.Message ?? $"{ndns.Device} has no device ({result.Errno})", false));
    }

    private static NamespaceState? Find(Machine machine, NdDevice region, PhysicalRange range) =>
        machine.Regions[region.Number].Namespaces.Values.FirstOrDefault(n => n.Range == range);

    /// <summary>What makes a region of DIMMs with blank label areas one of labels; empty where nothing is to be done.</summary>
    public static ImmutableArray<string> Labels(Machine machine, RegionPlace place)
    {
        if (place.Use != RegionUse.NewLabels || RegionDriver.TypeOf(machine, place.Region) == NamespaceType.Pmem)
            return [];
        NdDevice region = place.Region.Device;
        return
        [
            $"ndctl disable-region {region}",
            $"ndctl init-labels -f -V 1.2 {string.Join(' ', place.Region.Description.Mappings.Select(m => m.Dimm))}",
            $"ndctl enable-region {region}",
        ];
    }

    private static string Reconfigure(RegionState region, string ndns, NamespaceWish wish) =>
        $"ndctl create-namespace -f{(region.Ways > 0 ? " --no-autolabel" : "")} -e {ndns}{Options(wish)}";

    /// <summary>ndctl wants to be forced where the start is no multiple of 16 MiB.</summary>
    private static string Force(NamespaceWish wish, PhysicalRange range) =>
        wish.HasInfoBlock && !range.Start.IsAligned(StartAlign) ? " -f" : "";

    private static string Options(NamespaceWish wish) =>
        wish.Mode switch
        {
            CapacityMode.Raw => " -m raw",
            CapacityMode.Sector => $" -m sector -l {wish.SectorSizeBytes}",
            _ => $" -m {(wish.Mode == CapacityMode.FsDax ? "fsdax" : "devdax")} -M {wish.Map.Word()} -a {wish.Align.ToOption()}",
        };
}
