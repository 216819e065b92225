using System.Collections.Immutable;
using Altmap.Core.Units;
using Altmap.Model.Planning;
using Altmap.Shell;

namespace Altmap.Advice.Plans;

/// <summary>Namespaces that give so much, planned and made on the model of the machine.</summary>
/// <param name="Made">In order; all that was wanted, or what could be made before room ran out.</param>
/// <param name="Short">The plan that fell short; null: all was made.</param>
/// <param name="Most">Where it fell short: the further namespace that gives most, made on the model; null: none holds.</param>
/// <param name="Refusals">What the model refused on the way.</param>
public sealed record UsableTrial(
    ImmutableArray<TriedNamespace> Made,
    UsablePlan? Short,
    TriedNamespace? Most,
    ImmutableArray<Refusal> Refusals
)
{
    private const int LargestTried = 16;

    /// <summary>
    /// Plans, and makes all of it on the model, one after the other. What the model refuses (a range may lie badly, kmem may refuse the
    /// region's node) is left out and the rest planned again.
    /// </summary>
    /// <param name="state">The machine.</param>
    /// <param name="wish">What is wanted.</param>
    public static UsableTrial Of(ShellState state, UsableWish wish)
    {
        var refusals = ImmutableArray.CreateBuilder<Refusal>();
        while (true)
        {
            UsablePlan plan = UsablePlanner.Plan(state.Machine, wish);
            var made = ImmutableArray.CreateBuilder<TriedNamespace>(plan.Namespaces.Length);
            ShellState next = state;
            Refusal? refused = null;
            foreach (PlannedNamespace each in plan.Namespaces)
            {
                (TriedNamespace? tried, next, refused) = Make(next, each, wish.Usable);
                if (tried is null)
                {
                    wish = wish with { Without = wish.Without.Add(each.Variant) };
                    break;
                }
                made.Add(tried with { After = each.Place.Take(each.Plan.Range) });
            }
            if (refused is not null)
            {
                refusals.Add(refused);
                continue;
            }
            if (plan.IsComplete)
                return new(made.ToImmutable(), null, null, refusals.ToImmutable());
            TriedNamespace? most = null;
            foreach (PlannedNamespace each in plan.Largest.Take(LargestTried))
            {
                (most, _, refused) = Make(next, each, ByteSize.Zero);
                if (most is not null)
                    break;
                refusals.Add(refused!);
            }
            return new(made.ToImmutable(), plan, most, refusals.ToImmutable());
        }
    }

    private static (TriedNamespace? Made, ShellState State, Refusal? Refusal) Make(
        ShellState state,
        PlannedNamespace planned,
        ByteSize wanted
    )
    {
        (TriedNamespace? made, ShellState next, Refusal? refusal) = Making.New(state, planned);
        if (made is null || planned.IsRest || made.Result.Usable >= wanted)
            return (made, next, refusal);
        string less = $"{made.Namespace} gives {made.Result.Usable}, planned was {planned.Plan.Usable}";
        return (null, state, new Refusal(made.Region, made.Commands[^1], less, false));
    }
}
