using Altmap.Cli.Common;
using Altmap.Core.Findings;
using Altmap.Core.Kernels;
using Altmap.Core.Media;
using Altmap.Core.Units;
using Altmap.Formats.Images;
using Altmap.Host;
using Altmap.Host.FileSystems;
using Altmap.Host.Media;

namespace Altmap.Cli.Images;

/// <summary>Makes an image: the file system beside it, then everything in a file that gets its name last.</summary>
internal sealed class ImageBuild(string output, ImageRequest request, KernelProfile kernel, ArchitectureRules arch)
{
    private const int TriesMax = 8;

    /// <summary>The file system that is in the image afterwards; null: none.</summary>
    public string? FileSystem { get; private set; }

    /// <summary>Of that file system.</summary>
    public ByteSize FileSystemSize { get; private set; }

    private string Scratch =>
        Path.Combine(Path.GetDirectoryName(Path.GetFullPath(output)) ?? "/", $".{Path.GetFileName(output)}.{Environment.ProcessId}.fs");

    /// <summary>Makes it, and says how it is laid out.</summary>
    /// <param name="size">Of the namespace; null: as <paramref name="room"/> or the contents ask.</param>
    /// <param name="room">For the file system; null: as the contents ask.</param>
    /// <param name="fileSystem">ext4, xfs, erofs; null: none is made.</param>
    /// <param name="rootfs">What is to be in it; null: nothing.</param>
    /// <param name="epoch">For all times; null: now.</param>
    /// <param name="overwrites">Replaces what is at the path.</param>
    /// <param name="progress">Told how much of the file system is in the image.</param>
    public ImagePlan Run(
        ByteSize? size,
        ByteSize? room,
        string? fileSystem,
        string? rootfs,
        long? epoch,
        bool overwrites,
        Action<ByteSize> progress
    )
    {
        string made = Scratch;
        try
        {
            using RootFiles? files = rootfs is null ? null : RootFiles.Open(rootfs, made + ".root");
            if (files?.Image is { } image)
            {
                (FileSystem, FileSystemSize) = (null, files.ImageSize);
                return Assemble(PlanFor(size, room ?? files.ImageSize), image, overwrites, progress);
            }
            if (fileSystem is null && files is null)
                return Assemble(PlanFor(size, room), null, overwrites, progress);
            FileSystem = fileSystem ?? "ext4";
            ImagePlan plan = MakeFileSystem(made, size, room, files?.Directory, epoch);
            return Assemble(plan, made, overwrites, progress);
        }
        finally
        {
            File.Delete(made);
        }
    }

    private ImagePlan PlanFor(ByteSize? size, ByteSize? room)
    {
        (ImagePlan? plan, string refusal) =
            size is { } given ? ImagePlan.Of(request, given, kernel, arch)
            : room is { } wanted ? ImagePlan.ForRoom(request, wanted, kernel, arch)
            : throw CliError.Usage("give --size, --usable or --rootfs: nothing else says how large it is to be");
        if (plan is null)
            throw new CliError(ExitCode.ErrorsLeft, $"{output}: {refusal}");
        return room is not { } needed || plan.Room >= needed
            ? plan
            : throw new CliError(
                ExitCode.ErrorsLeft,
                $"{output}: {needed} do not fit: of {plan.NamespaceSize} {plan.Room} are left for them; leave --size out, and it is made "
                    + "as large as it must be"
            );
    }

    /// <summary>Of a directory, the size that is needed is tried: only the tool knows what its own structures take.</summary>
    private ImagePlan MakeFileSystem(string path, ByteSize? size, ByteSize? room, string? directory, long? epoch)
    {
        ByteSize? needed = null;
        if (directory is not null && size is null && room is null)
        {
            HostResult<ByteSize?> estimate = FileSystemMaker.Estimate(directory, FileSystem!);
            needed = estimate.Value ?? throw CliError.Of(estimate.Error!);
        }
        if (FileSystem == "erofs")
        {
            Make(path, ByteSize.Zero, directory, epoch);
            FileSystemSize = new ByteSize((ulong)new FileInfo(path).Length);
            return PlanFor(size, room is { } asked && asked > FileSystemSize ? asked : FileSystemSize);
        }
        for (int tries = 1; ; tries++)
        {
            ImagePlan plan = PlanFor(size, room ?? needed);
            FileSystemSize = plan.Room.AlignDown(ByteSize.KiB(4));
            bool mayGrow = needed is not null && tries < TriesMax;
            if (TryMake(path, FileSystemSize, directory, epoch) is not { } error)
                return plan;
            if (!mayGrow || error.Errno == Errno.ENOENT)
                throw CliError.Of(error);
            File.Delete(path);
            needed = new ByteSize(plan.Room.Bytes + (plan.Room.Bytes / 4)).AlignUp(ByteSize.KiB(4));
        }
    }

    private void Make(string path, ByteSize size, string? directory, long? epoch)
    {
        if (TryMake(path, size, directory, epoch) is { } error)
            throw CliError.Of(error);
    }

    private HostError? TryMake(string path, ByteSize size, string? directory, long? epoch) =>
        FileSystemMaker.Make(path, size, new FileSystemRequest(FileSystem!, request.FileSystemUuid, directory, epoch));

    private ImagePlan Assemble(ImagePlan plan, string? fileSystem, bool overwrites, Action<ByteSize> progress)
    {
        HostResult<NewImage> created = NewImage.Create(output, plan.Size);
        using NewImage image = created.Value ?? throw CliError.Of(created.Error!);
        try
        {
            // Nothing has the image's name yet: a crash leaves nothing behind, and one flush at the end is enough.
            IMediaWriter writer = NewImageData.Unflushed(image);
            plan.Metadata.CarryOut(image.Media, writer);
            WriteData(plan, image, writer, fileSystem, progress);
        }
        catch (MediaException e) when (image.ErrorOf(e) is { } failed)
        {
            throw CliError.Of(failed);
        }
        return image.Commit(overwrites) is { } error ? throw CliError.Of(error) : plan;
    }

    private static void WriteData(ImagePlan plan, NewImage image, IMediaWriter writer, string? fileSystem, Action<ByteSize> progress)
    {
        (IMediaReader reader, IMediaWriter data) = NewImageData.Of(plan, image, writer);
        plan.OnData.CarryOut(reader, data);
        if (fileSystem is null)
            return;
        HostResult<FileMedia> opened = FileMedia.Open(fileSystem);
        using FileMedia source = opened.Value ?? throw CliError.Of(opened.Error!);
        SparseCopy.Run(source, data, plan.Place.Bytes, progress);
        data.Flush();
    }
}
