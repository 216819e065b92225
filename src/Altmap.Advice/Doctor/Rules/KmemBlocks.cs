using System.Collections.Immutable;
using System.Globalization;
using Altmap.Core.Findings;
using Altmap.Core.Kernels;
using Altmap.Core.Units;
using Altmap.Model;
using Altmap.Model.Memory;
using Altmap.Model.Memory.States;
using Altmap.Model.Nvdimm;

namespace Altmap.Advice.Doctor.Rules;

/// <summary>devdax given back as System RAM: blocks that stay offline, memory that cannot be taken back, devices that cannot be
/// given.</summary>
internal sealed class KmemBlocks : DoctorRule
{
    private static readonly FindingCode Offline = new(
        "memory.blocks-offline",
        Severity.Warning,
        "memory blocks of a system-ram device are offline",
        "the kernel has the memory, with struct pages in RAM, and nobody can use it",
        "daxctl online-memory; udev rules of distributions do so for memory that is plugged, not for what --no-online left",
        "drivers/base/memory.c, mm/memory_hotplug.c online_pages() (5.10, 6.1, 6.12, 7.2)"
    );

    private static readonly FindingCode Fixed = new(
        "memory.not-removable",
        Severity.Note,
        "memory of a system-ram device is online in a zone whose pages need not move",
        "the kernel may put pages of its own there: such a block cannot be relied on to go offline, so the device stays "
            + "system-ram until reboot",
        "to get it back for sure, online it as movable: daxctl reconfigure-device with --no-online, then online-memory (movable "
            + "is the default)",
        "mm/memory_hotplug.c offline_pages() (5.10, 6.1, 6.12, 7.2)"
    );

    private static readonly FindingCode NoNode = new(
        "dax.no-target-node",
        Severity.Note,
        "a devdax device has no target node (-1)",
        "it cannot become System RAM: \"rejecting DAX region with invalid node: -1\"",
        "mend the firmware's SRAT, so that the range has a proximity domain; as devdax it works",
        "drivers/dax/kmem.c dev_dax_kmem_probe() (5.10, 6.1, 6.12, 7.2)"
    );

    private static readonly FindingCode Policy = new(
        "dax.auto-online-policy",
        Severity.Note,
        "the kernel onlines new memory by itself, and there is a devdax device",
        "daxctl reconfigure-device --mode=system-ram with --no-online ends with \"kernel policy will auto-online memory, "
            + "aborting\"; without "
            + "it the kernel chooses the zone",
        "echo offline > /sys/devices/system/memory/auto_online_blocks before, where the zone matters",
        "daxctl/device.c 76.1; drivers/base/memory.c auto_online_blocks"
    );

    public override ImmutableArray<FindingCode> Codes => [Offline, Fixed, NoNode, Policy];

    public override string Question => "Is memory of devdax devices online, removable, and can it become so?";

    public override ImmutableArray<FaultyMachine> Examples =>
        [
            new(
                FaultyMachines.One(
                    "offline",
                    "6.1",
                    "ndctl create-namespace --force --reconfig=namespace0.0 --mode=devdax",
                    "daxctl reconfigure-device --mode=system-ram --no-online dax0.0"
                ),
                Offline
            ),
            new(
                FaultyMachines.One(
                    "kernel-zone",
                    "6.1",
                    "ndctl create-namespace --force --reconfig=namespace0.0 --mode=devdax",
                    "daxctl reconfigure-device --mode=system-ram --no-movable dax0.0"
                ),
                Fixed
            )
            {
                IsTreatable = false,
            },
            new(
                FaultyMachines
                    .One("no-node", "6.1", "ndctl create-namespace --force --reconfig=namespace0.0 --mode=devdax")
                    .Replace("\"target_node\":1", "\"target_node\":-1"),
                NoNode
            )
            {
                IsTreatable = false,
            },
            new(
                FaultyMachines.One(
                    "policy",
                    "6.1",
                    "ndctl create-namespace --force --reconfig=namespace0.0 --mode=devdax",
                    "echo online > /sys/devices/system/memory/auto_online_blocks"
                ),
                Policy
            ),
        ];

    public override IEnumerable<Diagnosis> Check(Patient patient)
    {
        Machine machine = patient.Machine;
        foreach (DaxDeviceState dax in machine.Regions.Values.SelectMany(r => r.DaxDevices.Values))
        {
            var subject = new Subject(SubjectKind.DaxDevice, dax.Name);
            if (dax.Driver == DaxDeviceDrivers.Kmem)
            {
                foreach (Diagnosis diagnosis in CheckMemory(machine, dax, subject))
                    yield return diagnosis;
                continue;
            }
            if (dax.TargetNode < 0)
                yield return new Diagnosis(
                    Finding.Of(NoNode, subject, new PhysicalPlace(dax.Range), new Evidence("target_node", "0 or more", "-1"))
                );
            else if (machine.Mm.AutoOnline != OnlinePolicy.Offline)
                yield return new Diagnosis(
                    Finding.Of(
                        Policy,
                        subject,
                        null,
                        new Evidence("auto_online_blocks", "offline, for --no-online", machine.Mm.AutoOnline.ToString().ToLowerInvariant())
                    ),
                    new Treatment("", "echo offline > /sys/devices/system/memory/auto_online_blocks")
                    {
                        Advice = "for the next memory that comes; udev rules may online it all the same",
                        OnlySaves = true,
                    }
                );
        }
    }

    private static IEnumerable<Diagnosis> CheckMemory(Machine machine, DaxDeviceState dax, Subject subject)
    {
        KmemMemory[] parts = [.. machine.Mm.Kmem.Where(k => k.Device == dax.Name)];
        ByteSize size = machine.Mm.BlockSize;
        (ulong First, ulong Past, MemoryBlock Block)[] blocks =
        [
            .. parts.SelectMany(k =>
                machine
                    .Mm.Blocks.Within(k.Range.Start.Bytes / size.Bytes, (k.Range.Last.Bytes / size.Bytes) + 1)
                    .Where(r => r.Value.State != BlockState.Absent)
                    .Select(r => (r.Start, r.End, r.Value))
            ),
        ];
        ulong all = Count(blocks),
            offline = Count([.. blocks.Where(b => b.Block.State == BlockState.Offline)]);
        if (offline > 0)
            yield return new Diagnosis(
                Finding.Of(
                    Offline,
                    subject,
                    new PhysicalPlace(dax.Range),
                    new Evidence(
                        "blocks offline",
                        "0",
                        string.Create(CultureInfo.InvariantCulture, $"{offline} of {all}, {(size * offline).ToHuman()}")
                    )
                ),
                new Treatment("", $"daxctl online-memory {dax.Name}")
            );
        (ulong First, ulong Past, MemoryBlock Block)[] stuck =
        [
            .. blocks.Where(b => b.Block.State == BlockState.Online && b.Block.Zone != ZoneKind.Movable),
        ];
        if (stuck.Length > 0)
            yield return new Diagnosis(
                Finding.Of(
                    Fixed,
                    subject,
                    new PhysicalPlace(dax.Range),
                    new Evidence(
                        "zones",
                        "Movable",
                        string.Create(
                            CultureInfo.InvariantCulture,
                            $"{string.Join(", ", stuck.Select(b => b.Block.Zone.Name()).Distinct())}: {Count(stuck)} of {all} blocks"
                        )
                    )
                )
            );
    }

    private static ulong Count((ulong First, ulong Past, MemoryBlock Block)[] runs) =>
        runs.Aggregate(0UL, (sum, r) => sum + (r.Past - r.First));
}
