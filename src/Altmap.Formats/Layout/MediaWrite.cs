using System.Collections.Immutable;
using Altmap.Core.Units;

namespace Altmap.Formats.Layout;

/// <summary>One write to media, with what it replaces: enough to show, do, undo or cut short.</summary>
/// <param name="Offset">First byte, from the start of the label area, namespace or region that the plan is about.</param>
/// <param name="Before">The bytes there now.</param>
/// <param name="After">The bytes to put there, as many.</param>
public readonly record struct MediaWrite(MediaOffset Offset, ImmutableArray<byte> Before, ImmutableArray<byte> After);
