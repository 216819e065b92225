// Packs NuGet packages again so that the same content is the same bytes: entries in order, one time for all, a fixed name for the
// properties file, which `dotnet pack` gives a random one.
using System.Globalization;
using System.IO.Compression;
using System.Text.RegularExpressions;

DateTimeOffset time = DateTimeOffset.FromUnixTimeSeconds(long.Parse(args[0], CultureInfo.InvariantCulture));
if (time.Year < 1980)
    time = new DateTimeOffset(1980, 1, 1, 0, 0, 0, TimeSpan.Zero); // zip knows no earlier
foreach (string path in args[1..])
{
    var entries = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
    string? random = null;
    using (ZipArchive old = ZipFile.OpenRead(path))
    {
        foreach (ZipArchiveEntry entry in old.Entries)
        {
            using Stream stream = entry.Open();
            using var bytes = new MemoryStream();
            stream.CopyTo(bytes);
            entries.Add(entry.FullName, bytes.ToArray());
            if (entry.FullName.EndsWith(".psmdcp", StringComparison.Ordinal))
                random = Path.GetFileNameWithoutExtension(entry.FullName);
        }
    }
    string again = path + ".new";
    using (ZipArchive made = ZipFile.Open(again, ZipArchiveMode.Create))
    {
        foreach ((string name, byte[] content) in entries)
        {
            byte[] bytes = content;
            // The relations name the properties file, and have random identities of their own.
            if (random is not null && name == "_rels/.rels")
            {
                string text = System.Text.Encoding.UTF8.GetString(content).Replace(random, "core", StringComparison.Ordinal);
                int number = 0;
                bytes = System.Text.Encoding.UTF8.GetBytes(
                    Regex.Replace(text, "Id=\"[^\"]*\"", _ => $"Id=\"R{(number++).ToString(CultureInfo.InvariantCulture)}\"")
                );
            }
            ZipArchiveEntry entry = made.CreateEntry(random is null ? name : name.Replace(random, "core", StringComparison.Ordinal));
            entry.LastWriteTime = time;
            using Stream stream = entry.Open();
            stream.Write(bytes);
        }
    }
    File.Move(again, path, overwrite: true);
}
