namespace Altmap.Conformance.Packages;

/// <summary>Something that the laboratory needs cannot be had here. What rests on it is skipped and counted, with this reason.</summary>
internal sealed class LaboratoryGap(string reason) : Exception(reason);
