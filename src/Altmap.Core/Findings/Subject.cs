namespace Altmap.Core.Findings;

/// <summary>What kind of thing a finding is about.</summary>
public enum SubjectKind
{
    /// <summary>The machine as a whole.</summary>
    Machine,

    /// <summary>A DIMM, as <c>nmem0</c>.</summary>
    Dimm,

    /// <summary>A region.</summary>
    Region,

    /// <summary>A namespace.</summary>
    Namespace,

    /// <summary>A device of class dax.</summary>
    DaxDevice,

    /// <summary>Memory blocks, or pages that belong to no device.</summary>
    Memory,

    /// <summary>A label area read from a file.</summary>
    LabelArea,

    /// <summary>A namespace's head or image read from a file.</summary>
    Image,
}

/// <summary>The thing of a machine, an image or a label area that a finding is about.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Name">As the kernel or the file system names it.</param>
public sealed record Subject(SubjectKind Kind, string Name)
{
    /// <summary>A label area of which nobody said where it is from.</summary>
    public static readonly Subject SomeLabelArea = new(SubjectKind.LabelArea, "label area");

    /// <summary>A namespace of which nobody said where it is from.</summary>
    public static readonly Subject SomeNamespace = new(SubjectKind.Image, "namespace");

    /// <summary>The name.</summary>
    public override string ToString() => Name;
}
