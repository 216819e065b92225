using System.Text;

namespace Altmap.Shell;

/// <summary>
/// The order in which sysfs lists the entries of a directory: by a hash of the name, which is the same on every 64-bit kernel
/// (fs/kernfs/dir.c kernfs_name_hash(), kernfs_sd_compare(); fs/namei.c; include/linux/stringhash.h; 6.1; seen on 5.10, 6.1, 6.12, 7.2).
/// libndctl puts each device it finds at the front of its list, so tools show the reverse.
/// </summary>
public static class KernfsOrder
{
    /// <summary>The hash of a name; equal hashes are ordered by the name.</summary>
    public static uint Hash(string name)
    {
        ulong hash = 0;
        unchecked // defined modulo 2^64
        {
            foreach (byte c in Encoding.UTF8.GetBytes(name))
                hash = (hash + ((ulong)c << 4) + ((ulong)c >> 4)) * 11;
            hash = (hash * 0x61c8864680b583eb) >> 32;
        }
        uint folded = (uint)hash & 0x7fffffff;
        return folded switch
        {
            < 2 => folded + 2, // 0 and 1 stand for the directory itself and its parent
            0x7fffffff => 0x7ffffffe,
            _ => folded,
        };
    }

    /// <summary>As libndctl and libdaxctl list devices: the reverse of the directory.</summary>
    public static IEnumerable<T> Listed<T>(IEnumerable<T> items, Func<T, string> name) =>
        items.OrderByDescending(i => Hash(name(i))).ThenByDescending(name, StringComparer.Ordinal);

    /// <summary>As the directory is read.</summary>
    public static IEnumerable<T> Read<T>(IEnumerable<T> items, Func<T, string> name) =>
        items.OrderBy(i => Hash(name(i))).ThenBy(name, StringComparer.Ordinal);
}
