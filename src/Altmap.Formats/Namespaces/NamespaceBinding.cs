using System.Collections.Immutable;
using Altmap.Core.Findings;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Formats.InfoBlocks;
using Altmap.Formats.Labels;

namespace Altmap.Formats.Namespaces;

/// <summary>
/// What the kernel makes of a namespace from its first bytes: the probe of nd_pmem and the bind of the device it registers, without
/// what sysfs or other devices add (claims, locked DIMMs, overlaps). Source: drivers/nvdimm/pmem.c nd_pmem_probe(), namespace_devs.c
/// nvdimm_namespace_common_probe(), pfn_devs.c, drivers/dax/pmem.c (5.10, 6.1, 6.12, 7.2).
/// </summary>
public static class NamespaceBinding
{
    /// <summary>How many bytes from the namespace's start are looked at.</summary>
    public const int HeadBytes = 8192;

    /// <summary>Evaluates a namespace.</summary>
    /// <param name="head">The namespace's first 8192 bytes; bytes that are missing cannot be read.</param>
    /// <param name="ns">Range and parent uuid.</param>
    /// <param name="namespaceName">As <c>namespace0.0</c>.</param>
    /// <param name="claim">What the label says it is for.</param>
    /// <param name="mapsPagesWithoutBlock">True for e820, of_pmem and virtio-pmem regions, whose raw namespaces have struct pages
    /// (pmem_should_map_pages()).</param>
    /// <param name="profile">The kernel.</param>
    /// <param name="arch">The architecture.</param>
    public static BindingOutcome Evaluate(
        ReadOnlySpan<byte> head,
        NamespaceExtent ns,
        string namespaceName,
        ClaimClass claim,
        bool mapsPagesWithoutBlock,
        KernelProfile profile,
        ArchitectureRules arch
    )
    {
        ulong start = ns.Range.Start.Bytes,
            size = ns.Range.Size.Bytes;
        if (size < arch.PageSize.Bytes)
            return Unbound("raw", "P3", Errno.ENODEV, [], false);
        ulong end = unchecked(start + size);
        if (mapsPagesWithoutBlock && profile.Get(Rules.ChecksCompatAlign) && ((start | end) & (arch.CompatAlign.Bytes - 1)) != 0)
        {
            string resource = KernelFormat.MemoryResource(start, unchecked(end - 1));
            return Unbound(
                "raw",
                "P4",
                Errno.EOPNOTSUPP,
                [
                    $"nd_pmem {namespaceName}: {resource} misaligned, unable to map",
                    DriverFailure("nd_pmem", namespaceName, Errno.EOPNOTSUPP, profile),
                ],
                false
            );
        }
        if (BttPresence.Probe(head, ns, claim).IsFound)
            return new(BindingVerdict.Bound, "sector", null, null, null, Errno.None, [], "P7", true);

        ReadOnlySpan<byte> block = head.Length > (int)InfoBlock.StartBytes ? head[(int)InfoBlock.StartBytes..] : default;
        foreach (InfoBlockKind kind in (ReadOnlySpan<InfoBlockKind>)[InfoBlockKind.Pfn, InfoBlockKind.Dax])
        {
            if (claim != ClaimClass.None && claim != (kind == InfoBlockKind.Pfn ? ClaimClass.Pfn : ClaimClass.Dax))
                continue;
            PfnVerdict probe = PfnValidation.Probe(block, kind, ns, namespaceName, profile, arch);
            if (probe.IsAccepted)
                return Bind(probe.Settings, ns, namespaceName, profile, arch);
            if (probe.Errno == Errno.EOPNOTSUPP)
            {
                // The device has neither driver nor bus yet, so its messages start with a blank.
                return Unbound(
                    "raw",
                    probe.Rule,
                    probe.Errno,
                    [$" {DeviceName(kind, namespaceName)}: {probe.Message}", DriverFailure("nd_pmem", namespaceName, probe.Errno, profile)],
                    false
                );
            }
        }
        return new(BindingVerdict.Raw, "raw", ns.Range.Size, new MediaOffset(0), null, Errno.None, [], "P12", false);
    }

    /// <summary>The log line of the driver core for a failed probe, or null for the two errors it does not report (drivers/base/dd.c
    /// call_driver_probe()).</summary>
    /// <param name="driver">As <c>nd_pmem</c>.</param>
    /// <param name="device">As <c>namespace0.0</c>.</param>
    /// <param name="errno">What the probe returned.</param>
    /// <param name="profile">The kernel.</param>
    public static string? ProbeFailureMessage(string driver, string device, Errno errno, KernelProfile profile) =>
        errno is Errno.ENODEV or Errno.ENXIO ? null : DriverFailure(driver, device, errno, profile);

    private static BindingOutcome Bind(
        in PfnDeviceSettings settings,
        in NamespaceExtent ns,
        string namespaceName,
        KernelProfile profile,
        ArchitectureRules arch
    )
    {
        bool isPfn = settings.Kind == InfoBlockKind.Pfn;
        string mode = isPfn ? "fsdax" : "devdax",
            driver = isPfn ? "nd_pmem" : "dax_pmem",
            device = DeviceName(settings.Kind, namespaceName);
        PageMapVerdict map = PageMapping.Judge(settings, ns, profile, arch);
        ImmutableArray<string>.Builder messages = ImmutableArray.CreateBuilder<string>();
        if (map.Truncated is not null)
            messages.Add($"{driver} {device}: {map.Truncated}");
        if (map.Refused is not null)
            messages.Add($"{driver} {device}: {map.Refused}");
        if (map.Message is not null)
            messages.Add(map.Message);
        if (map.Errno != Errno.None)
        {
            if (map.Driver == MappingDriver.DeviceDax)
                (driver, device) = ("device_dax", "dax" + Id(namespaceName));
            if (ProbeFailureMessage(driver, device, map.Errno, profile) is { } failure)
                messages.Add(failure);
            return Unbound(mode, map.Rule, map.Errno, messages.ToImmutable(), true) with { Align = settings.Align, Settings = settings };
        }
        return new(
            BindingVerdict.Bound,
            mode,
            settings.UsableSize(ns.Range.Size),
            settings.DataStart,
            settings.Align,
            Errno.None,
            messages.ToImmutable(),
            map.Rule,
            true
        )
        {
            Settings = settings,
        };
    }

    /// <summary>The device's number within its region is not a rule: it depends on whether the region's seed was there first. 1 is what
    /// most boots show.</summary>
    private static string DeviceName(InfoBlockKind kind, string namespaceName) =>
        (kind == InfoBlockKind.Pfn ? "pfn" : "dax") + Id(namespaceName).Split('.')[0] + ".1";

    /// <summary><c>0.1</c> of <c>namespace0.1</c>; <c>0.0</c> for a name of another form.</summary>
    private static string Id(string namespaceName)
    {
        const string Prefix = "namespace";
        return namespaceName.StartsWith(Prefix, StringComparison.Ordinal) && namespaceName.Contains('.', StringComparison.Ordinal)
            ? namespaceName[Prefix.Length..]
            : "0.0";
    }

    private static string DriverFailure(string driver, string device, Errno errno, KernelProfile profile) =>
        profile.Get(Rules.ProbeMessageNamesDriver)
            ? $"{driver} {device}: probe with driver {driver} failed with error -{(int)errno}"
            : $"{driver}: probe of {device} failed with error -{(int)errno}";

    private static BindingOutcome Unbound(string mode, string rule, Errno errno, ImmutableArray<string> messages, bool claimed) =>
        new(BindingVerdict.Unbound, mode, null, null, null, errno, messages, rule, claimed);
}
