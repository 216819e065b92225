using System.Collections.Immutable;
using Altmap.Core.Units;

namespace Altmap.Model.Hardware;

/// <summary>A word of the command line by which the kernel sets RAM aside at boot.</summary>
/// <param name="Word">As it stands there.</param>
/// <param name="Size">How much; null: what the word means depends on more than the line.</param>
/// <param name="IsInTotal">It still counts in MemTotal: set aside for huge pages.</param>
public readonly record struct BootReservation(string Word, ByteSize? Size, bool IsInTotal);

/// <summary>
/// Words that set RAM aside. <c>crashkernel=SIZE[@OFFSET]</c> takes it from what the kernel has (kernel/crash_core.c, from 6.6 on
/// kernel/crash_reserve.c, get_last_crashkernel(), parse_crashkernel_simple(); read in 6.1.192 and 7.2.13, never run); the last one
/// counts, and other forms depend on the amount of RAM or reserve twice. Huge pages are taken from the free pages, which count
/// (mm/hugetlb.c hugetlb_nrpages_setup(); 6.1.192).
/// </summary>
public static class BootReservations
{
    private static readonly string[] s_others = ["reserve_mem", "kho", "kho_scratch", "ramoops.mem_size", "pstore_blk.blkdev", "numa_cma"];

    /// <summary>In the order of the line.</summary>
    public static ImmutableArray<BootReservation> Of(string commandLine)
    {
        var all = ImmutableArray.CreateBuilder<BootReservation>();
        ulong hugePage = 2 << 20;
        foreach (KernelParameter word in CommandLine.Parse(commandLine))
        {
            if (word.Value is not { } value)
                continue;
            string told = $"{word.Name}={value}";
            (ulong bytes, int used) = CommandLine.ParseSize(value);
            switch (word.Name)
            {
                case "crashkernel":
                    bool isSimple = used > 0 && (used == value.Length || value[used] == '@');
                    all.RemoveAll(r => r.Word.StartsWith("crashkernel=", StringComparison.Ordinal));
                    all.Add(new(told, isSimple ? new ByteSize(bytes) : null, false));
                    break;
                case "hugepagesz" or "default_hugepagesz" when used == value.Length:
                    hugePage = bytes;
                    break;
                case "hugepages":
                    bool isNumber = ulong.TryParse(value, out ulong pages) && pages <= ulong.MaxValue / Math.Max(hugePage, 1);
                    all.Add(new(told, isNumber ? new ByteSize(pages * hugePage) : null, true));
                    break;
                case var name when Array.IndexOf(s_others, name) >= 0:
                    all.Add(new(told, null, false));
                    break;
                default:
                    break;
            }
        }
        return all.ToImmutable();
    }
}
