using System.Collections.Immutable;
using Altmap.Core.Findings;
using Altmap.Core.Media;
using Altmap.Formats.Btt;
using Altmap.Formats.Btt.Check;
using Altmap.Formats.InfoBlocks;
using Altmap.Formats.Labels;
using Altmap.Formats.Namespaces;
using Altmap.Formats.Recognition;
using Altmap.Model;
using Altmap.Model.Nvdimm;

namespace Altmap.Advice.Doctor.Rules;

/// <summary>All that <see cref="InfoBlockChecks"/> finds in namespaces that have a block, and blocks that are there and do not
/// count.</summary>
internal sealed class InfoBlocks : DoctorRule
{
    private const string Source = "drivers/nvdimm/pfn_devs.c nd_pfn_validate(), btt_devs.c nd_btt_arena_is_valid() (5.10, 6.1, 6.12, 7.2)";

    private static readonly FindingCode Stale = new(
        "namespace.stale-block",
        Severity.Note,
        "a namespace holds an info-block that does not count",
        "it is of an earlier namespace at this place; it comes back when its label does, or when the namespace is raw and without label",
        "nothing, where the namespace is as it should be; where its data is missed, bring back the label with the block's parent_uuid",
        Source
    );

    private static readonly FindingCode Lost = new(
        "namespace.block-lost",
        Severity.Error,
        "a label says what a namespace is, and its info-block is not there or does not count",
        "the namespace comes up raw, and a file system is not found; its data is untouched behind the block's place",
        "do not create, format or reconfigure it: the block can be written again when its values are known (align, map, dataoff); "
            + "keep a raw copy",
        Source
    );

    public override ImmutableArray<FindingCode> Codes => [Stale, Lost];

    public override string Question => "Is an info-block damaged, missing, or left by an earlier namespace?";

    public override ImmutableArray<FaultyMachine> Examples =>
        [
            new(
                FaultyMachines.One(
                    "lost",
                    "6.1",
                    "ndctl create-namespace --force --reconfig=namespace0.0 --mode=fsdax",
                    "ndctl disable-namespace namespace0.0",
                    "echo 1 > /sys/bus/nd/devices/namespace0.0/force_raw",
                    "ndctl write-infoblock namespace0.0 --mode=fsdax --parent-uuid=11111111-2222-4333-8444-555555555555",
                    "ndctl disable-namespace namespace0.0",
                    "echo 0 > /sys/bus/nd/devices/namespace0.0/force_raw",
                    "ndctl enable-namespace namespace0.0"
                ),
                Lost
            )
            {
                IsTreatable = false,
            },
            new(
                FaultyMachines.One(
                    "stale",
                    "6.1",
                    "ndctl disable-region region0",
                    "ndctl init-labels nmem0",
                    "ndctl enable-region region0",
                    "ndctl create-namespace --region=region0 --mode=raw --size=64M",
                    "ndctl disable-namespace namespace0.0",
                    "ndctl write-infoblock namespace0.0 --mode=fsdax --parent-uuid=11111111-2222-4333-8444-555555555555",
                    "ndctl enable-namespace namespace0.0"
                ),
                Stale
            )
            {
                IsTreatable = false,
            },
            new(
                FaultyMachines.One("btt", "6.1", "ndctl create-namespace --force --reconfig=namespace0.0 --mode=sector"),
                BttFindings.InfoFirst
            )
            {
                Zeroed = [(0, 8192)],
                IsTreatable = false,
            },
        ];

    public override IEnumerable<Diagnosis> Check(Patient patient)
    {
        Machine machine = patient.Machine;
        foreach ((RegionState region, NamespaceState ndns) in patient.Namespaces)
        {
            if (patient.LacksMedia(region))
                continue;
            var subject = new Subject(SubjectKind.Namespace, ndns.Device.Name);
            byte[] head = patient.HeadOf(ndns, NamespaceBinding.HeadBytes);
            if (head.Length < NamespaceBinding.HeadBytes)
                continue;
            ReadOnlyMemory<byte> block = head.AsMemory((int)InfoBlock.StartBytes);
            MediaContent content = MediaContent.Of(head);
            if (ndns.Claim is { Kind: NdDeviceKind.Pfn or NdDeviceKind.Dax })
            {
                foreach (
                    Finding finding in InfoBlockChecks.Validate(
                        block.Span,
                        new NamespaceExtent(ndns.Range, ndns.ParentUuid),
                        machine.Kernel,
                        machine.Architecture
                    )
                )
                {
                    // start_pad has a rule of its own, with what DAX sees.
                    if (finding.Severity >= Severity.Warning && finding.Code != PfnFindings.StartPad)
                        yield return new Diagnosis(finding with { Subject = subject });
                }
                continue;
            }
            // Only where a kernel looks for one: a label that says fsdax or devdax makes it a leftover.
            if (ndns.ClaimClass is ClaimClass.Btt or ClaimClass.Btt2 or ClaimClass.None)
            {
                ulong start = (ndns.Range.Start - region.Range.Start).Bytes;
                BttReport btt = BttCheck.Run(
                    MediaSlice.Of(region.Media, start, ndns.Size.Bytes),
                    new BttCheckRequest(subject, ndns.ParentUuid, BttVersion.Of(ndns.ClaimClass))
                );
                if (btt.IsFound && !btt.Findings.Any(f => f.Code == BttFindings.InfoParent))
                {
                    foreach (Finding finding in btt.Findings.Where(f => f.Severity >= Severity.Warning))
                        yield return new Diagnosis(finding);
                    continue;
                }
            }
            if (ndns.Claim is not null)
                continue;
            bool hasBlock = content.Kind is MediaContentKind.InfoBlock or MediaContentKind.Btt;
            if (ndns.ClaimClass is not (ClaimClass.None or ClaimClass.Unknown) && !ndns.ForceRaw && ndns.IsBound)
                yield return new Diagnosis(
                    Finding.Of(
                        Lost,
                        subject,
                        null,
                        new Evidence("the label says", "", ndns.ClaimClass.ToString().ToLowerInvariant()),
                        new Evidence(
                            "the block's place holds",
                            "a block of this namespace",
                            hasBlock ? $"{content.Name} of another namespace" : content.Description
                        )
                    )
                );
            else if (hasBlock && !ndns.ForceRaw && ndns.IsBound)
                yield return new Diagnosis(
                    Finding.Of(Stale, subject, null, new Evidence("block", "none", $"{content.Name}, not of this namespace"))
                );
        }
    }
}
