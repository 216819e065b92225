namespace Altmap.Host.Tests;

public class FileWriterTests
{
    [Fact]
    public void Replaces_a_file_and_leaves_nothing_else()
    {
        using var directory = new TemporaryDirectory();
        directory.Put("f", "old");
        Assert.Null(FileWriter.WriteAtomically(directory["f"], s => s.Write("new"u8)));
        Assert.Equal("new", File.ReadAllText(directory["f"]));
        Assert.Single(Directory.GetFileSystemEntries(directory.Root));
    }

    [Fact]
    public void Makes_a_new_file()
    {
        using var directory = new TemporaryDirectory();
        Assert.Null(FileWriter.WriteAtomically(directory["f"], s => s.Write("new"u8)));
        Assert.Equal("new", File.ReadAllText(directory["f"]));
    }

    [Fact]
    public void A_failure_leaves_the_old_file()
    {
        using var directory = new TemporaryDirectory();
        directory.Put("f", "old");
        HostError? error = FileWriter.WriteAtomically(
            directory["f"],
            s =>
            {
                s.Write("half"u8);
                throw new IOException("No space left on device");
            }
        );
        Assert.Equal($"{directory["f"]}: No space left on device", error?.ToString());
        Assert.Equal("old", File.ReadAllText(directory["f"]));
        Assert.Single(Directory.GetFileSystemEntries(directory.Root));
    }

    [Fact]
    public void A_full_device_is_an_error() => Assert.NotNull(FileWriter.WriteAtomically("/dev/full", s => s.Write("x"u8)));

    [Fact]
    public void A_device_is_written_not_replaced()
    {
        Assert.Null(FileWriter.WriteAtomically("/dev/null", s => s.Write("x"u8)));
        Assert.Equal(0, new FileInfo("/dev/null").Length);
    }

    /// <summary>The directory of shared memory is under /dev and holds plain files.</summary>
    [Fact]
    public void A_plain_file_under_dev_is_replaced()
    {
        string path = $"/dev/shm/altmap-test-{Environment.ProcessId}";
        try
        {
            File.WriteAllText(path, "a longer old text");
            Assert.Null(FileWriter.WriteAtomically(path, s => s.Write("new"u8)));
            Assert.Equal("new", File.ReadAllText(path));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory]
    [InlineData("target", true)]
    [InlineData("target", false)]
    [InlineData("sub/target", true)]
    [InlineData("sub/target", false)]
    public void A_relative_link_leads_where_it_points_also_to_nothing(string target, bool exists)
    {
        using var directory = new TemporaryDirectory();
        Directory.CreateDirectory(directory["sub"]);
        if (exists)
            directory.Put(target, "old");
        File.CreateSymbolicLink(directory["link"], target);
        string relative = Path.GetRelativePath(Environment.CurrentDirectory, directory["link"]);
        Assert.Null(FileWriter.WriteAtomically(relative, s => s.Write("new"u8)));
        Assert.Equal("new", File.ReadAllText(directory[target]));
        Assert.Equal(target, new FileInfo(directory["link"]).LinkTarget);
    }

    [Fact]
    public void An_empty_path_is_an_error() =>
        Assert.Equal("\"\": this is no path; expected the path of a file", FileWriter.WriteAtomically("", _ => { })?.ToString());

    [Fact]
    public void A_link_stays_a_link()
    {
        using var directory = new TemporaryDirectory();
        directory.Put("target", "old");
        File.CreateSymbolicLink(directory["link"], directory["target"]);
        Assert.Null(FileWriter.WriteAtomically(directory["link"], s => s.Write("new"u8)));
        Assert.NotNull(new FileInfo(directory["link"]).LinkTarget);
        Assert.Equal("new", File.ReadAllText(directory["target"]));
    }

    [Fact]
    public void Where_nothing_can_be_written()
    {
        using var directory = new TemporaryDirectory();
        Assert.Equal(
            $"{directory.Root}: this is a directory; expected a file",
            FileWriter.WriteAtomically(directory.Root, _ => { })?.ToString()
        );
        Assert.Equal(
            $"{directory["no/f"]}: there is no directory {directory["no"]}",
            FileWriter.WriteAtomically(directory["no/f"], _ => { })?.ToString()
        );
    }
}
