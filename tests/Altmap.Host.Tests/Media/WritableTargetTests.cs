using System.Diagnostics;
using Altmap.Core.Findings;
using Altmap.Core.Units;
using Altmap.Host.Media;

namespace Altmap.Host.Tests.Media;

public class WritableTargetTests
{
    [Fact]
    public void A_new_file_goes_again_when_it_is_abandoned_and_one_that_grew_is_cut()
    {
        using var directory = new TemporaryDirectory();
        using (WritableTarget made = WritableTarget.OpenOrCreate(directory["new"], ByteSize.KiB(8)).Value!)
        {
            Assert.Equal(8192UL, made.Media.LengthBytes);
            made.Abandon();
        }
        Assert.False(File.Exists(directory["new"]));
        directory.Put("old", new byte[100]);
        using (WritableTarget grown = WritableTarget.OpenOrCreate(directory["old"], ByteSize.KiB(8)).Value!)
            grown.Abandon();
        Assert.Equal(100, new FileInfo(directory["old"]).Length);
    }

    [Fact]
    public void Who_opens_is_alone()
    {
        using var directory = new TemporaryDirectory();
        directory.Put("image", new byte[8192]);
        using (WritableTarget.Open(directory["image"]).Value!)
            Assert.Equal(Errno.EBUSY, WritableTarget.Open(directory["image"]).Error!.Errno);
        Assert.Null(WritableTarget.Open(directory["image"]).Error);
    }

    [Fact]
    public void Who_holds_it_for_an_instant_is_waited_for()
    {
        using var directory = new TemporaryDirectory();
        directory.Put("image", new byte[8192]);
        WritableTarget first = WritableTarget.Open(directory["image"]).Value!;
        var other = new Thread(() =>
        {
            Thread.Sleep(20);
            first.Dispose();
        });
        other.Start();
        using WritableTarget? second = WritableTarget.Open(directory["image"]).Value;
        Assert.NotNull(second);
        other.Join();
    }

    /// <summary>A process that only has it open, without any lock, as a virtual machine may.</summary>
    [Fact]
    public void A_file_that_another_process_has_open_is_refused()
    {
        using var directory = new TemporaryDirectory();
        directory.Put("image", new byte[8192]);
        using Process other = Process.Start(
            new ProcessStartInfo("sh", ["-c", "exec 3<>\"$1\"; echo ready; read line", "sh", directory["image"]])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            }
        )!;
        try
        {
            Assert.Equal("ready", other.StandardOutput.ReadLine());
            HostResult<WritableTarget> opened = WritableTarget.Open(directory["image"]);
            Assert.Equal(
                (Errno.EBUSY, true),
                (opened.Error!.Errno, opened.Error.ToString().Contains("another process", StringComparison.Ordinal))
            );
        }
        finally
        {
            other.StandardInput.WriteLine();
            other.WaitForExit();
        }
        using WritableTarget? free = WritableTarget.Open(directory["image"]).Value;
        Assert.NotNull(free);
    }

    [Theory]
    [InlineData("", "no path")]
    [InlineData("/dev/null", "neither a file nor a block device")]
    [InlineData("/tmp", "directory")]
    [InlineData("/nowhere/at/all", "no such file")]
    public void What_cannot_be_a_target(string path, string said) =>
        Assert.Contains(said, WritableTarget.Open(path).Error!.ToString(), StringComparison.Ordinal);

    [Fact]
    public void A_device_that_is_mounted_swapped_on_mapped_or_a_namespace_is_refused()
    {
        using var directory = new TemporaryDirectory();
        Lay(
            directory,
            "proc/self/mountinfo",
            "30 1 259:0 / /mnt/with\\040blank rw - ext4 /dev/pmem0 rw\n31 1 0:5 / /proc rw - proc proc rw\n"
        );
        Lay(directory, "proc/swaps", "Filename Type Size Used Priority\n/dev/pmem1 partition 1 0 -2\n");
        Lay(directory, "sys/dev/block/259:2/holders/dm-0", "");
        Lay(directory, "sys/dev/block/259:3/pmem3p1/dev", "259:0\n");
        Lay(directory, "sys/dev/block/259:4/device/namespace", "namespace4.0\n");
        Lay(directory, "sys/dev/block/259:5/device/force_raw", "0\n");
        Lay(directory, "sys/dev/block/259:5/device/mode", "raw\n");
        Lay(directory, "sys/dev/block/259:6/device/force_raw", "0\n");
        Lay(directory, "sys/dev/block/259:6/device/mode", "memory\n");
        Lay(directory, "sys/block/loop3/loop/backing_file", directory["looped"] + "\n");
        var inUse = new InUse(directory["proc"], directory["sys"]);
        Assert.Equal("it is mounted at /mnt/with blank", inUse.ReasonOfDevice("259:0", "pmem0"));
        Assert.Equal("it is swap space", inUse.ReasonOfDevice("259:1", "pmem1"));
        Assert.Equal("dm-0 is mapped onto it", inUse.ReasonOfDevice("259:2", "pmem2"));
        Assert.Equal("of its partition pmem3p1: it is mounted at /mnt/with blank", inUse.ReasonOfDevice("259:3", "pmem3"));
        Assert.Contains("active namespace: namespace4.0", inUse.ReasonOfDevice("259:4", "pmem4"), StringComparison.Ordinal);
        Assert.Null(inUse.ReasonOfDevice("259:5", "pmem5"));
        Assert.Contains("in memory mode", inUse.ReasonOfDevice("259:6", "pmem6"), StringComparison.Ordinal);
        Assert.Null(inUse.ReasonOfDevice("259:7", "pmem7"));
        Assert.Equal("/dev/loop3 is mapped onto it", inUse.ReasonOfFile(directory["looped"]));
        Assert.Null(inUse.ReasonOfFile(directory["other"]));
        directory.Put("looped", new byte[8192]);
        Assert.Equal(Errno.EBUSY, WritableTarget.Open(directory["looped"], null, inUse).Error!.Errno);
    }

    private static void Lay(TemporaryDirectory directory, string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(directory[path])!);
        directory.Put(path, text);
    }
}
