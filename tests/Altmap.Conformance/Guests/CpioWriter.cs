using System.Globalization;
using System.Text;

namespace Altmap.Conformance.Guests;

/// <summary>An initramfs: a cpio archive in the "newc" form that the kernel unpacks (its
/// Documentation/driver-api/early-userspace/buffer-format.rst).</summary>
internal sealed class CpioWriter
{
    private const int FolderMode = 0x41ed, // 040755
        FileMode = 0x81a4, // 0100644
        ProgramMode = 0x81ed, // 0100755
        LinkMode = 0xa1ff; // 0120777

    private readonly List<byte> _bytes = [];
    private readonly HashSet<string> _paths = new(StringComparer.Ordinal);
    private int _inode;

    /// <summary>A file, with the folders above it.</summary>
    public void File(string path, ReadOnlySpan<byte> content, bool program = true)
    {
        Parents(path);
        if (_paths.Add(path))
            Entry(path, program ? ProgramMode : FileMode, content);
    }

    /// <summary>A symbolic link.</summary>
    public void Link(string path, string target)
    {
        Parents(path);
        if (_paths.Add(path))
            Entry(path, LinkMode, Encoding.UTF8.GetBytes(target));
    }

    /// <summary>An empty folder.</summary>
    public void Folder(string path)
    {
        Parents(path);
        if (_paths.Add(path))
            Entry(path, FolderMode, []);
    }

    /// <summary>The archive, closed.</summary>
    public byte[] ToArray()
    {
        Entry("TRAILER!!!", 0, []);
        return [.. _bytes];
    }

    private void Parents(string path)
    {
        for (int slash = path.IndexOf('/', StringComparison.Ordinal); slash > 0; slash = path.IndexOf('/', slash + 1))
        {
            string folder = path[..slash];
            if (_paths.Add(folder))
                Entry(folder, FolderMode, []);
        }
    }

    private void Entry(string path, int mode, ReadOnlySpan<byte> content)
    {
        byte[] name = Encoding.UTF8.GetBytes(path + "\0");
        int[] fields = [++_inode, mode, 0, 0, 1, 0, content.Length, 0, 0, 0, 0, name.Length, 0];
        _bytes.AddRange("070701"u8);
        foreach (int field in fields)
            _bytes.AddRange(Encoding.ASCII.GetBytes(field.ToString("X8", CultureInfo.InvariantCulture)));
        _bytes.AddRange(name);
        Pad();
        _bytes.AddRange(content);
        Pad();
    }

    private void Pad()
    {
        while (_bytes.Count % 4 != 0)
            _bytes.Add(0);
    }
}
