using System.Collections.Immutable;

namespace Altmap.Model.Explore.Packed;

/// <summary>A case of a property as a condition on the packed state.</summary>
internal static class CaseCondition
{
    /// <summary>Null: it can never hold, or says that somebody is stuck, which is no condition on bits.</summary>
    public static Condition? Of(PackedProgram program, PropertyCase one)
    {
        if (one.IsStuck)
            return null;
        Literal?[] at = [.. one.At.Select(x => program.StandsAt(x.Actor, PlaceOf(x.Transition, x.Step)))];
        if (at.Contains(null))
            return null; // nobody ever stands there
        var facts = at.Select(x => x!.Value).ToList();
        if (one.AtRest)
            facts.AddRange(program.Positions.Select(l => new Literal(l, 0)));
        Condition? condition = program.Compile(one.Guards, facts, one.Choices);
        return condition is null || one.Next is not { } next ? condition : And(condition, next);
    }

    /// <summary>Where an actor stands that takes this step next.</summary>
    public static Position PlaceOf(int transition, int step) => step == 0 ? Position.Idle : new Position(transition, step);

    private static Condition And(Condition condition, PackedAlternative next)
    {
        ulong[] mask = [.. condition.Mask],
            value = [.. condition.Value];
        var clauses = condition.Clauses.AddRange(next.When.Clauses);
        for (int w = 0; w < mask.Length; w++)
        {
            if ((mask[w] & next.When.Mask[w] & (value[w] ^ next.When.Value[w])) != 0)
                clauses = clauses.Add([]); // both cannot be
            mask[w] |= next.When.Mask[w] | next.Waits[w];
            value[w] |= next.When.Value[w];
        }
        return new Condition(mask, value, clauses);
    }
}
