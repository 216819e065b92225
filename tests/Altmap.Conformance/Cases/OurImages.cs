using System.Globalization;
using System.Security.Cryptography;
using Altmap.Conformance.Fuzz;
using Altmap.Conformance.Guests;
using Altmap.Conformance.Judge;
using Altmap.Core.Findings;
using Altmap.Core.Identity;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Btt;
using Altmap.Formats.Btt.Check;
using Altmap.Formats.Btt.Device;
using Altmap.Formats.Writes;
using Altmap.Host.Media;
using Altmap.Model.Hardware;
using Altmap.Model.MachineFiles;
using Altmap.Model.Nvdimm;
using Altmap.Shell;

namespace Altmap.Conformance.Cases;

/// <summary>Media that we wrote, used by a real kernel; and what it then wrote, read by us.</summary>
internal static class OurImages
{
    private const ulong Mib = 1 << 20,
        Gib4 = 4UL << 30;
    private static readonly string[] All = ["5.10", "6.1", "6.12", "7.2"];

    public static IEnumerable<ConformanceCase> Cases() =>
        [
            new("image/btt-512", All, null, (laboratory, kernel) => Btt(laboratory, kernel, 512)),
            new("image/btt-4096", All, null, (laboratory, kernel) => Btt(laboratory, kernel, 4096)),
            new("image/fsdax-mem", All, null, (laboratory, kernel) => FsDax(laboratory, kernel, "-M mem")),
            new("image/fsdax-dev", All, null, (laboratory, kernel) => FsDax(laboratory, kernel, "-M dev")),
        ];

    /// <summary>A BTT that we laid down and wrote sectors of: the kernel reads the whole disk as we do. It then writes sectors, and we read
    /// the whole disk as it does.</summary>
    private static List<string> Btt(Laboratory laboratory, string kernel, uint sector)
    {
        const ulong Size = 32 * Mib;
        Dice dice = Dice.For(sector, 1);
        var name = new Uuid(dice.Word(), dice.Word() | 1);
        WritePlan fresh = BttGeometry.LayDown(BttGeometry.Plan(new ByteSize(Size), BttVersion.V1_1, sector, name, Uuid.Zero));
        MemoryMedia media = MemoryMedia.CopyOf(fresh.Apply(SparseBytes.Zero(Size)));
        BttDevice ours = Open(media, media);
        for (int i = 0; i < 600; i++)
            ours.Write((ulong)dice.Below((int)ours.Sectors), Content(dice, ours.SectorBytes));
        return InFolder(folder =>
        {
            string image = GuestMachine.NvdimmFile(folder, 0);
            using (FileStream file = File.Create(image))
                Copy(media, file);
            var differences = new List<string>();
            string theirs;
            Directory.CreateDirectory(Path.Combine(folder, "host"));
            byte[] more = Content(dice, 64 * ours.SectorBytes);
            File.WriteAllBytes(Path.Combine(folder, "host", "more"), more);
            ulong from = ours.Sectors / 2;
            using (
                LiveGuest guest = LiveGuest.Boot(
                    laboratory,
                    kernel,
                    new GuestMachine { Nvdimms = [new GuestNvdimm(Size, 0, Gib4)] },
                    folder
                )
            )
            {
                string read = guest.Run("dd if=/dev/pmem0s bs=1M iflag=direct 2>/dev/null | sha256sum").Split(' ')[0];
                if (read != Sum(ours))
                    differences.Add($"the kernel reads another content than we do: {read}, {Sum(ours)}");
                theirs = guest
                    .Run(
                        string.Create(
                            CultureInfo.InvariantCulture,
                            $"dd if=/host/more of=/dev/pmem0s bs={ours.SectorBytes} seek={from} oflag=direct conv=notrunc 2>/dev/null; "
                        ) + "dd if=/dev/pmem0s bs=1M iflag=direct 2>/dev/null | sha256sum; ndctl disable-region all > /dev/null"
                    )
                    .Split(' ')[0];
            }
            Use(
                image,
                written =>
                {
                    BttReport report = BttCheck.Run(written, new BttCheckRequest(Subject.SomeNamespace));
                    if (!report.IsUsable)
                    {
                        differences.Add("what the kernel wrote is damaged: " + string.Join("; ", report.Findings));
                        return;
                    }
                    string sum = Sum(BttDevice.Open(written, null, report));
                    if (sum != theirs)
                        differences.Add($"we read another content than the kernel: {sum}, {theirs}");
                    if (sum == Sum(ours))
                        differences.Add("the kernel's writes are not there");
                }
            );
            return differences;
        });
    }

    /// <summary>An fsdax namespace that the model made: the kernel lists it as the model does, and a file system on it is mounted with
    /// DAX.</summary>
    private static List<string> FsDax(Laboratory laboratory, string kernel, string map)
    {
        const ulong Size = 256 * Mib;
        MachineDescription machine =
            MachineFile
                .Parse(
                    System.Text.Encoding.UTF8.GetBytes(
                        $$"""
                        {"format": "altmap-machine/1", "kernel": "{{kernel}}",
                         "memory": [{"start": "0x0", "end": "0x9fbff", "type": "System RAM"}, {"start": "0x100000", "end": "0x3fffffff", "type": "System RAM"}],
                         "buses": [{"dev": "ndbus0", "provider": "ACPI.NFIT"}],
                         "regions": [{"dev": "region0", "bus": "ndbus0", "start": "0x100000000", "size": {{Size}}}]}
                        """
                    ),
                    "machine.json"
                )
                .Description
            ?? throw new InvalidOperationException("the machine of this case is none");
        ShellState state = ModelMachine.Of(machine).Boot();
        state = CommandShell.Run(state, ["ndctl", "create-namespace", "-f", "-e", "namespace0.0", "-m", "fsdax", .. map.Split(' ')]).State;
        RegionState region = state.Machine.Regions.Values.Single();
        return InFolder(folder =>
        {
            using (FileStream file = File.Create(GuestMachine.NvdimmFile(folder, 0)))
                Copy(region.Media, file);
            using LiveGuest guest = LiveGuest.Boot(
                laboratory,
                kernel,
                new GuestMachine { Nvdimms = [new GuestNvdimm(Size, 0, Gib4)] },
                folder
            );
            const string List = "ndctl list -N";
            var differences = new List<string>();
            string real = guest.Run(List).TrimEnd(),
                ours = CommandShell.Run(state, [.. List.Split(' ')]).Stdout.TrimEnd();
            if (Observation.WithoutRacingNumbers(real) != Observation.WithoutRacingNumbers(ours))
                differences.AddRange([$"{List}: real", real, "model", ours]);
            string used = guest.Run(
                """
                modprobe ext4; /usr/bin/mke2fs -q -t ext4 -b 4096 /dev/pmem0 && mount -t ext4 -o dax /dev/pmem0 /mnt && grep /mnt /proc/mounts
                dd if=/dev/urandom of=/mnt/f bs=64K count=40 2>/dev/null; a=$(sha256sum < /mnt/f); umount /mnt
                mount -t ext4 -o dax /dev/pmem0 /mnt; b=$(sha256sum < /mnt/f); umount /mnt
                [ "$a" = "$b" ] && echo kept; dmesg | grep -i 'dax unsupported'
                """
            );
            bool isDax =
                used.Contains("dax", StringComparison.Ordinal) && !used.Contains("unsupported", StringComparison.OrdinalIgnoreCase);
            if (!isDax || !used.Contains("\nkept\n", StringComparison.Ordinal))
                differences.Add("a file system with DAX on it: " + used);
            return differences;
        });
    }

    private static BttDevice Open(IMediaReader reader, IMediaWriter? writer) =>
        BttDevice.Open(reader, writer, BttCheck.Run(reader, new BttCheckRequest(Subject.SomeNamespace)));

    private static byte[] Content(Dice dice, int count)
    {
        byte[] bytes = new byte[count];
        for (int i = 0; i < count; i++)
            bytes[i] = (byte)dice.Below(256);
        return bytes;
    }

    /// <summary>SHA-256 of the whole disk.</summary>
    private static string Sum(BttDevice device)
    {
        using var sum = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] sector = new byte[device.SectorBytes];
        for (ulong i = 0; i < device.Sectors; i++)
        {
            if (device.Read(i, sector) == BttReadResult.Error)
                return $"sector {i} cannot be read";
            sum.AppendData(sector);
        }
        return Convert.ToHexStringLower(sum.GetHashAndReset());
    }

    private static void Copy(IMediaReader media, FileStream file)
    {
        file.SetLength((long)media.LengthBytes);
        byte[] buffer = new byte[64 << 10];
        foreach ((ulong start, ulong end) in media.DataRuns(0, media.LengthBytes))
        {
            file.Position = (long)start;
            for (ulong at = start; at < end; at += (ulong)buffer.Length)
            {
                int count = (int)Math.Min((ulong)buffer.Length, end - at);
                media.Read(at, buffer.AsSpan(0, count));
                file.Write(buffer, 0, count);
            }
        }
    }

    private static void Use(string path, Action<FileMedia> use)
    {
        using FileMedia media = FileMedia.Open(path).Value ?? throw new InvalidOperationException($"{path} cannot be opened");
        use(media);
    }

    private static List<string> InFolder(Func<string, List<string>> run)
    {
        string folder = Directory.CreateTempSubdirectory("altmap-image-").FullName;
        try
        {
            return run(folder);
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }
}
