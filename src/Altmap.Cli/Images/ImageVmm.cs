using Altmap.Core.Units;
using Altmap.Formats.Images;
using Altmap.Formats.InfoBlocks;

namespace Altmap.Cli.Images;

/// <summary>What a hypervisor wants of an image that it gives to its guests as persistent memory.</summary>
/// <param name="Name">As <c>--vmm</c> has it.</param>
/// <param name="Mode">Where nothing else is asked for.</param>
/// <param name="Map">Where nothing else is asked for.</param>
/// <param name="Unit">Sizes are multiples of it.</param>
/// <param name="HasFrontTable">Two partition tables.</param>
/// <param name="Why">Why the unit.</param>
internal sealed record ImageVmm(string Name, ImageMode Mode, PageMapMode Map, ByteSize Unit, bool HasFrontTable, string Why)
{
    /// <summary>Sources: kata-containers tools/osbuilder/image-builder/image_builder.sh (dax_header_sz, mem_boundary_mb) and nsdax.gpl.c;
    /// Firecracker docs/pmem.md; cloud-hypervisor docs/device_model.md and vmm/src/device_manager.rs; QEMU docs/nvdimm.txt.</summary>
    public static readonly ImageVmm[] All =
    [
        new("kata", ImageMode.Fsdax, PageMapMode.Ram, ByteSize.MiB(128), true, "Kata plugs it as memory, in blocks of 128 MiB"),
        new("firecracker", ImageMode.Raw, PageMapMode.Ram, ByteSize.MiB(2), false, "virtio-pmem maps multiples of 2 MiB"),
        new("cloud-hypervisor", ImageMode.Raw, PageMapMode.Ram, ByteSize.MiB(2), false, "virtio-pmem maps multiples of 2 MiB"),
        new("qemu", ImageMode.Fsdax, PageMapMode.Pmem, ByteSize.MiB(2), false, "a namespace starts and ends at multiples of 2 MiB"),
    ];

    /// <summary>Null: none was asked for.</summary>
    public static ImageVmm? Find(string? name) => All.FirstOrDefault(v => v.Name == name);
}
