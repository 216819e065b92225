using Altmap.Core.Findings;
using Altmap.Core.Kernels;
using Altmap.Model;
using Altmap.Model.Memory;
using Altmap.Model.Nvdimm;

namespace Altmap.Shell.Sysfs;

/// <summary>What <c>/sys/devices/system/memory</c> says of all memory blocks together (drivers/base/memory.c; 5.10, 6.1, 6.12, 7.2). The blocks are not modelled here.</summary>
internal static class MemoryFiles
{
    private const string AutoOnline = "/sys/devices/system/memory/auto_online_blocks";
    private const string BlockSize = "/sys/devices/system/memory/block_size_bytes";

    /// <summary>The files there are.</summary>
    public static readonly IReadOnlyList<string> Names = [AutoOnline, BlockSize];

    public static bool Owns(string path) => Names.Contains(path);

    public static SysfsValue Read(Machine machine, string path) => path == AutoOnline
        ? machine.Mm.AutoOnline.Word()
        : $"{DaxDeviceMemory.BlockSize(machine).Bytes:x}";

    /// <summary>EINVAL: not a policy; EACCES: the block size is read-only.</summary>
    public static StepResult Write(Machine machine, string path, string text)
    {
        if (path != AutoOnline) return machine.Fail(Errno.EACCES);
        return MemoryBlocks.SetAutoOnline(machine, text);
    }
}
