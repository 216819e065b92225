using Altmap.Core;
using Altmap.Core.Findings;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;
using Altmap.Model;
using Altmap.Model.Nvdimm;
using Altmap.Model.Planning;
using Altmap.Shell;

namespace Altmap.Advice.Plans;

/// <summary>
/// What a namespace that is there would give in another mode, with another page map or alignment: made anew on the model.
/// </summary>
public static class NamespaceTrial
{
    /// <summary>Of a namespace as it is; throws <see cref="NotModelledException"/> where the model does not know.</summary>
    /// <param name="state">The machine.</param>
    /// <param name="ndns">The namespace.</param>
    /// <param name="wish">What it shall become.</param>
    /// <returns>The namespace then, or the refused plan with the words of who refused; and the machine after it.</returns>
    public static (TriedNamespace? Made, NamespacePlan Plan, ShellState State) Of(ShellState state, NamespaceState ndns, NamespaceWish wish)
    {
        (TriedNamespace? made, ShellState next, Refusal? refusal) = Making.Anew(state, ndns, wish);
        if (made is not null)
            return (made, made.Result, next);
        if (refusal!.IsNotModelled)
            throw new NotModelledException(refusal.ToString());
        bool hasMap = wish.HasInfoBlock;
        Machine machine = state.Machine;
        return (
            null,
            new NamespacePlan(
                machine.Kernel,
                machine.Architecture,
                wish.ModeWord,
                hasMap ? wish.Map : null,
                hasMap ? wish.Align : null,
                ndns.Range,
                Errno.EINVAL,
                refusal.ToString(),
                null,
                Ledger.OfUnusable(ndns.Size).ToArray()
            ),
            state
        );
    }

    /// <summary>The same, with the refusal itself.</summary>
    public static (TriedNamespace? Made, Refusal? Refusal) Try(ShellState state, NamespaceState ndns, NamespaceWish wish)
    {
        (TriedNamespace? made, _, Refusal? refusal) = Making.Anew(state, ndns, wish);
        return (made, refusal);
    }

    /// <summary>
    /// The wish of a request for a namespace: what is not given stays as it is where the mode stays, else ndctl's default.
    /// </summary>
    public static NamespaceWish WishOf(Machine machine, NamespaceState ndns, PlanRequest request)
    {
        PfnDeviceState? device = ndns.Claim is { } claim ? machine.FindPfnDevice(claim) : null;
        CapacityMode mode =
            request.Mode
            ?? (
                device is null ? CapacityMode.FsDax
                : device.BlockKind == InfoBlockKind.Dax ? CapacityMode.DevDax
                : CapacityMode.FsDax
            );
        ByteSize align = request.Align ?? device?.Align ?? machine.Architecture.PmdSize;
        PageMapMode map =
            !request.Maps.IsEmpty ? request.Maps[0]
            : device is { Mode: not PageMapMode.None } ? device.Mode
            : PageMapMode.Pmem;
        return new NamespaceWish(mode, map, align) { SectorSizeBytes = request.SectorSizeBytes ?? 4096 };
    }
}
