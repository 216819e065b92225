using System.Collections.Immutable;
using Altmap.Model.Explore.Packed;
using Altmap.Model.Explore.Search;

namespace Altmap.Model.Explore;

/// <summary>A search that is cut into parts: for threads, or for processes that share a directory.</summary>
public sealed class ExplorerSearch
{
    private readonly ExplorerModel _model;
    private readonly SearchSpace _space;

    /// <summary>Prepares a search. Throws <see cref="WorldTooLargeException"/>.</summary>
    public ExplorerSearch(ExplorerModel model, Reductions reductions)
    {
        _model = model;
        _space = SearchSpace.Of(model.Program, model.Properties, reductions);
    }

    /// <summary>Bytes of a state, as parts exchange them.</summary>
    public int StateBytes => _space.StateBytes;

    /// <summary>A part; without exchange it is the whole search.</summary>
    public ISearchPart Part(IExchange? exchange, int me) => _space.Part(exchange, me);

    /// <summary>What all parts together have found.</summary>
    /// <param name="parts">All of them.</param>
    /// <param name="stopped">The bound that stopped them, or null: to the fixpoint.</param>
    /// <param name="traces">False: violations without traces.</param>
    public Exploration Result(IReadOnlyList<ISearchPart> parts, string? stopped, bool traces = true) =>
        new(
            parts.Sum(p => p.States),
            parts.Sum(p => p.Edges),
            stopped is null ? parts.Max(p => p.Depth) - 1 : parts.Max(p => p.Depth),
            stopped is null,
            stopped,
            parts.Sum(p => p.Bytes),
            [.. _space.Sightings(parts).Select(s => traces ? Tell(s, _space.Trace(parts, s)) : Untold(s))]
        );

    private Violation Untold(Sighting sighting)
    {
        Property property = _model.Properties[sighting.Property];
        return new Violation(property, property.Cases[sighting.Case], []);
    }

    private Violation Tell(Sighting sighting, ImmutableArray<PackedAlternative> trace)
    {
        Property property = _model.Properties[sighting.Property];
        PropertyCase one = property.Cases[sighting.Case];
        if (one.Next is { } next)
            trace = trace.Add(next);
        ImmutableArray<TraceStep> story = _model.Tell(trace);
        if (one.Walk is { } pfn)
            story = story.AddRange(_model.TellWalk(pfn, _model.After(trace)));
        return new Violation(property, one, story);
    }
}
