using System.Collections.Immutable;
using Altmap.Core.Findings;
using Altmap.Core.Units;
using Altmap.Model;
using Altmap.Model.Hardware;

namespace Altmap.Advice.Doctor.Rules;

/// <summary>memmap=nn!ss over memory that is not there to be taken, or that starts or ends where no device can be made.</summary>
internal sealed class CarveOut : DoctorRule
{
    private static readonly PhysicalRange KernelImage = new(new PhysicalAddress(16UL << 20), ByteSize.MiB(64));

    private static readonly FindingCode Firmware = new(
        "memmap.over-firmware",
        Severity.Error,
        "memmap= carves out memory that the firmware keeps for itself, or that is no memory",
        "what the firmware or a device has there is handed out as persistent memory: data is lost, or the machine stops; the range falls "
            + "apart into several regions",
        "let the range lie inside of what dmesg calls usable (BIOS-e820)",
        "arch/x86/kernel/e820.c parse_memmap_one(), e820__update_table() (5.10, 6.1, 6.12, 7.2)"
    );

    private static readonly FindingCode Kernel = new(
        "memmap.over-kernel",
        Severity.Error,
        "memmap= carves out memory where the kernel itself is loaded",
        "the kernel does not boot, or is overwritten",
        "leave the first 80 MiB and more to the kernel: start the range at 4G or above",
        "arch/x86/boot/compressed (the kernel is loaded from 16 MiB on without KASLR)"
    );

    private static readonly FindingCode Misaligned = new(
        "memmap.misaligned",
        Severity.Error,
        "memmap= starts or ends where no device can be made",
        "the region's namespace has no device: \"misaligned, unable to map\"",
        "let the range start and end at multiples of 2 MiB, better of the section (128 MiB)",
        "drivers/nvdimm/pmem.c pmem_attach_disk(), memremap_compat_align() (5.10, 6.1, 6.12, 7.2)"
    );

    public override ImmutableArray<FindingCode> Codes => [Firmware, Kernel, Misaligned];

    public override string Question => "Does memmap= carve out what it may, at places where a device can be made?";

    public override ImmutableArray<FaultyMachine> Examples =>
        [
            new(
                FaultyMachines.Plain(
                    "over-firmware",
                    "6.1",
                    """
                    {"start":"0x100000","end":"0x7ffdcfff","type":"System RAM"},{"start":"0x7ffdd000","end":"0x7fffffff","type":"Reserved"}
                    """,
                    "memmap=256M!1792M"
                ),
                Firmware
            ),
            new(
                FaultyMachines.Plain(
                    "over-kernel",
                    "6.1",
                    """{"start":"0x100000","end":"0xffffffff","type":"System RAM"}""",
                    "memmap=1G!16M"
                ),
                Kernel
            ),
            new(
                FaultyMachines.Plain(
                    "odd-start",
                    "6.1",
                    """
                    {"start":"0x100000","end":"0x7fffffff","type":"System RAM"},{"start":"0x100000000","end":"0x1ffffffff","type":"System RAM"}
                    """,
                    "memmap=1G!0x140100000"
                ),
                Misaligned
            ),
        ];

    public override IEnumerable<Diagnosis> Check(Patient patient)
    {
        Machine machine = patient.Machine;
        string line = machine.Description.CommandLine;
        ByteSize section = machine.Mm.PageSize * machine.Mm.Geometry.PagesPerSection.Pages;
        foreach (PhysicalRange range in MemmapWords.Ranges(line))
        {
            PhysicalRange[] usable =
            [
                .. machine
                    .Description.Memory.Where(m => m.Type == FirmwareRangeType.SystemRam && m.Range.Overlaps(range))
                    .Select(m => m.Range),
            ];
            ulong inside = usable.Aggregate(0UL, (sum, r) => sum + r.Common(range).Bytes);
            bool isMisaligned =
                range.Start.Bytes % machine.Architecture.CompatAlign.Bytes != 0
                || range.End.Bytes % machine.Architecture.CompatAlign.Bytes != 0;
            FindingCode? code =
                inside < range.Size.Bytes && machine.Description.Memory.Length > 0 ? Firmware
                : range.Overlaps(KernelImage) ? Kernel
                : isMisaligned ? Misaligned
                : null;
            if (code is null)
                continue;
            yield return new Diagnosis(
                Finding.Of(
                    code,
                    new Subject(SubjectKind.Memory, $"memmap= at {range.Start}"),
                    new PhysicalPlace(range),
                    new Evidence("range", "start and end multiples of 2 MiB", range.ToString()),
                    new Evidence("usable to the firmware", range.Size.ToHuman(), new ByteSize(inside).ToHuman())
                ),
                [.. Treatments(line, range, usable, section)]
            );
        }
    }

    private static IEnumerable<Treatment> Treatments(string line, PhysicalRange range, PhysicalRange[] usable, ByteSize section)
    {
        foreach (PhysicalRange part in usable.OrderByDescending(u => u.Common(range).Bytes).Take(1))
        {
            ulong start = Math.Max(Math.Max(range.Start.Bytes, part.Start.Bytes), KernelImage.Overlaps(range) ? 1UL << 28 : 0),
                last = Math.Min(range.Last.Bytes, part.Last.Bytes);
            foreach (ulong unit in (ulong[])[section.Bytes, 2UL << 20])
            {
                ulong from = (start + unit - 1) / unit * unit,
                    end = (last + 1) / unit * unit;
                if (end <= from)
                    continue;
                var to = PhysicalRange.FromInclusive(new PhysicalAddress(from), new PhysicalAddress(end - 1));
                if (MemmapWords.Replace(line, range, to) is { } changed)
                    yield return new Treatment($"what is on the old range beyond {to}, and the order of what is on it: copy it first")
                    {
                        CommandLine = changed,
                        Advice = $"boot with memmap= for {to} ({to.Size.ToHuman()})",
                    };
            }
        }
    }
}
