using System.Collections.Immutable;
using Altmap.Core.Media;
using Altmap.Formats.Labels;
using Altmap.Model.Hardware;

namespace Altmap.Model.Nvdimm;

/// <summary>An NVDIMM and what the nvdimm driver made of it.</summary>
public sealed record DimmState
{
    /// <summary>The hardware.</summary>
    public required DimmDescription Description { get; init; }

    /// <summary>Name of the bus it is on.</summary>
    public required string Bus { get; init; }

    /// <summary>nmemN.</summary>
    public required NdDevice Device { get; init; }

    /// <summary>The label area as it is on the media.</summary>
    public required SparseBytes LabelBytes { get; init; }

    /// <summary>True when the nvdimm driver is bound.</summary>
    public bool IsBound { get; init; }

    /// <summary>The driver's copy of the label area; null without driver or without area.</summary>
    public LabelArea? Labels { get; init; }

    /// <summary>NDD_LABELING: once set, regions of this DIMM are label-backed. Stays set until reboot, even when the labels are
    /// zeroed.</summary>
    public bool IsLabeling { get; init; }

    /// <summary>Space that labels and new namespaces hold, ascending.</summary>
    public ImmutableArray<ReservedRange> Reservations { get; init; } = [];

    /// <summary>True when the DIMM has a label area.</summary>
    public bool HasLabelArea => !Description.LabelAreaSize.IsZero;
}
