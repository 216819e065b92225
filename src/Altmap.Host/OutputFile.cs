using System.Text;

namespace Altmap.Host;

/// <summary>What is where a file is to be written.</summary>
public static class OutputFile
{
    /// <summary>Stands in every file that Altmap makes and can make again.</summary>
    public const string Mark = "made by altmap";

    /// <summary>What <see cref="Loss"/> says of a plain file.</summary>
    public const string IsThere = "there is such a file";

    private const int MarkBytesMax = 512;

    /// <summary>What writing there would destroy, as <c>there is such a file</c>; null: nothing. An empty file, a pipe, a character device
    /// hold nothing.</summary>
    public static string? Loss(string path) =>
        FileKinds.Of(path) switch
        {
            FileKind.Regular when !IsEmpty(path) => IsThere,
            FileKind.BlockDevice => "this is a block device",
            FileKind.Directory => "this is a directory",
            FileKind.Socket => "this is a socket",
            _ => null,
        };

    /// <summary>True for a file that holds <see cref="Mark"/> near its start.</summary>
    public static bool IsOurs(string path)
    {
        try
        {
            if (FileKinds.Of(path) != FileKind.Regular)
                return false;
            using FileStream file = InputFile.Open(path);
            byte[] head = new byte[MarkBytesMax];
            int count = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
            return head.AsSpan(0, count).IndexOf(Encoding.ASCII.GetBytes(Mark)) >= 0;
        }
        catch (Exception e) when (HostError.IsOfFiles(e))
        {
            return false;
        }
    }

    /// <summary>True where two paths lead to one file that is there.</summary>
    public static bool AreOne(string path, string other) => FileKinds.AreOne(path, other);

    private static bool IsEmpty(string path)
    {
        try
        {
            return new FileInfo(File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path).Length == 0;
        }
        catch (Exception e) when (HostError.IsOfFiles(e))
        {
            return false; // what cannot be looked at is not taken for empty
        }
    }
}
