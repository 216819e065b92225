using System.Collections.Immutable;

namespace Altmap.Model.Hardware;

/// <summary>How a machine's description came to a fact.</summary>
public enum FactOrigin
{
    /// <summary>A piece says so.</summary>
    Given,

    /// <summary>It follows from what pieces say.</summary>
    Derived,

    /// <summary>Nothing says so: a stand-in. No verdict may rest on it.</summary>
    Assumed,
}

/// <summary>What a fact is about.</summary>
public enum FactTopic
{
    /// <summary>Which kernel ran.</summary>
    Kernel,

    /// <summary>The processor architecture and its page size.</summary>
    Architecture,

    /// <summary>The kernel's command line.</summary>
    CommandLine,

    /// <summary>The firmware's memory map.</summary>
    Memory,

    /// <summary>Which memory belongs to which node.</summary>
    Nodes,

    /// <summary>Buses and their providers.</summary>
    Buses,

    /// <summary>Where a region lies and how large it is.</summary>
    Regions,

    /// <summary>Which DIMMs a region is made of.</summary>
    Mappings,

    /// <summary>What is in a label area.</summary>
    Labels,

    /// <summary>What is on the media, as far as the kernel reads it.</summary>
    Media,
}

/// <summary>Where a part of a machine's description is from.</summary>
/// <param name="Topic">What it is about.</param>
/// <param name="Of">The device, as <c>region0</c> or <c>nmem0</c>; empty: the machine.</param>
/// <param name="Origin">How it came to be known.</param>
/// <param name="From">The piece, and what was made of it. A sentence.</param>
/// <param name="Needs">Of what is assumed: the file that would say it, and the command that makes it.</param>
public sealed record Fact(FactTopic Topic, string Of, FactOrigin Origin, string From, string Needs = "");

/// <summary>Words of the machine file for <see cref="FactTopic"/> and <see cref="FactOrigin"/>.</summary>
public static class FactWords
{
    /// <summary>Every topic with its word.</summary>
    public static readonly ImmutableArray<(FactTopic Topic, string Word)> Topics =
    [
        (FactTopic.Kernel, "kernel"),
        (FactTopic.Architecture, "arch"),
        (FactTopic.CommandLine, "cmdline"),
        (FactTopic.Memory, "memory"),
        (FactTopic.Nodes, "nodes"),
        (FactTopic.Buses, "buses"),
        (FactTopic.Regions, "regions"),
        (FactTopic.Mappings, "mappings"),
        (FactTopic.Labels, "labels"),
        (FactTopic.Media, "media"),
    ];

    /// <summary>Every origin with its word.</summary>
    public static readonly ImmutableArray<(FactOrigin Origin, string Word)> Origins =
    [
        (FactOrigin.Given, "given"),
        (FactOrigin.Derived, "derived"),
        (FactOrigin.Assumed, "assumed"),
    ];

    /// <summary>The word of a topic.</summary>
    public static string Word(this FactTopic topic) => Topics.First(t => t.Topic == topic).Word;

    /// <summary>The word of an origin.</summary>
    public static string Word(this FactOrigin origin) => Origins.First(o => o.Origin == origin).Word;
}
