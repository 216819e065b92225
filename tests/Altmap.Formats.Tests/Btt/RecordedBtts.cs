using System.Globalization;
using System.Text;
using Altmap.Core.Media;
using Altmap.TestSupport;

namespace Altmap.Formats.Tests.Btt;

/// <summary>Recorded images of namespaces in sector mode; README-btt.md says what they are.</summary>
internal static class RecordedBtts
{
    /// <summary>Names of fresh BTTs that a kernel laid down in whole NVDIMMs: label version, sector size.</summary>
    public static IEnumerable<string> Fresh =>
        Directory
            .EnumerateFiles(Golden.Path("c_sector", "images"), "sector-*.sparse.gz")
            .Select(f => Path.GetFileName(f).Split(".sparse")[0])
            .Order(StringComparer.Ordinal);

    /// <summary>The bytes of an NVDIMM without its label area.</summary>
    public static SparseBytes Read(string group, string name, uint labelBytes = 131072)
    {
        byte[] file = Golden.Gunzip(Golden.Path(group, "images", name + ".sparse.gz"));
        int at = 0;
        string Line()
        {
            int end = Array.IndexOf(file, (byte)'\n', at);
            string line = Encoding.ASCII.GetString(file, at, end - at);
            at = end + 1;
            return line;
        }
        SparseBytes bytes = SparseBytes.Zero(ulong.Parse(Line().Split(' ')[1], CultureInfo.InvariantCulture));
        while (at < file.Length)
        {
            ulong[] run = [.. Line().Split(' ').Select(n => ulong.Parse(n, CultureInfo.InvariantCulture))];
            bytes = bytes.Write(run[0], file.AsSpan(at, (int)run[1]));
            at += (int)run[1];
        }
        return bytes.Resize(bytes.LengthBytes - labelBytes);
    }

    /// <summary>A BTT of version 1.1 with 4096-byte sectors in 32 MiB, written to before; no label, so no parent.</summary>
    public static SparseBytes Used => Read("h_btt", "legacy4096-good", labelBytes: 0);
}
